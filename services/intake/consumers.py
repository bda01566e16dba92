"""What intake hears: from desks about their cases, and from everybody about desk keys."""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final, cast
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys
from chassis.inbox import Acknowledge, Event, Handler, InvalidMessage
from chassis.outbox import add_event, applied
from contracts.cases.v1.cases_pb2 import (
    CaseChanged,
    CaseErased,
    IdentityReleaseEnded,
    Offer,
    PersonActionRefused,
    ReportEventApplied,
    ReportOpened,
)
from contracts.intake.v1.reports_pb2 import CaseEventApplied
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.topics import (
    DESK_KEYS,
    ETHICS_CASES,
    HR_PEOPLE,
    OMBUDS_CASES,
    SUPPORT_CASES,
    WORKFLOW_CASES,
    WORKFLOW_POLICY,
    Topic,
    applied_to,
    reports_to,
)
from lifecycle import in_force
from services.intake.intake import Intake
from services.intake.routing import record_person
from services.intake.tables import RouteCase
from services.intake.use_cases.follow_case import NotItsReport, erase_route, note_opened, note_refused, show_case
from services.intake.use_cases.release_identity import end_release

_WORD: Final = re.compile(r"[a-z][a-z0-9_.]{0,79}")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,79}")


def handlers(intake: Intake) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    """For the consumer. Types that are not here are none of intake's business."""

    async def show(session: AsyncSession, event: Event) -> None:
        quiet = cast("CaseChanged", event.message).no_contact
        await show_case(session, intake, event.source, _case(event), event.time, quiet=quiet)

    async def erase(session: AsyncSession, event: Event) -> None:
        erased = cast("CaseErased", event.message)
        until = erased.actors_until.ToDatetime(UTC) if erased.HasField("actors_until") else None
        await erase_route(session, intake, event.source, _report_id(event), erased.lifecycle, event.time, until)

    async def end(session: AsyncSession, event: Event) -> None:
        request_id = _id(cast("IdentityReleaseEnded", event.message).request_id, "request_id_malformed")
        await end_release(session, intake, event.source, _report_id(event), request_id, event.time)

    of_cases: Mapping[type[Message], Handler] = {
        CaseChanged: _from_own_desk(show),
        PersonActionRefused: _from_own_desk(_note_refused),
        ReportEventApplied: _from_own_desk(_settle),
        ReportOpened: _from_own_desk(_note_opened),
        CaseErased: _from_own_desk(erase),
        IdentityReleaseEnded: end,
    }
    return {
        OMBUDS_CASES: of_cases,
        WORKFLOW_CASES: of_cases,
        SUPPORT_CASES: of_cases,
        ETHICS_CASES: of_cases,
        HR_PEOPLE: {Person: record_person},
        DESK_KEYS: {DeskKey: desk_keys.remember},
        WORKFLOW_POLICY: in_force.handlers(intake),
    }


async def _acknowledge(session: AsyncSession, event: Event) -> None:
    """The desk sends an event again until it has this."""
    message = CaseEventApplied(report_id=event.key, sequence=event.sequence)
    await add_event(session, applied_to(event.source), event.key, message)


ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = dict.fromkeys(
    (OMBUDS_CASES, SUPPORT_CASES, WORKFLOW_CASES, ETHICS_CASES), _acknowledge
)


def _from_own_desk(handler: Handler) -> Handler:
    async def handle(session: AsyncSession, event: Event) -> None:
        try:
            await handler(session, event)
        except NotItsReport:
            raise InvalidMessage("report_of_another_desk") from None

    return handle


def _case(event: Event) -> RouteCase:
    message = cast("CaseChanged", event.message)
    return RouteCase(
        report_id=_report_id(event),
        lifecycle=_word(message.lifecycle),
        number=message.number,
        version=message.version,
        state=_word(message.state),
        next_date=message.next_date.ToDatetime(UTC) if message.HasField("next_date") else None,
        next_clock=_word(message.next_clock) if message.next_clock else "",
        offers=[_offer(offer) for offer in message.offers],
        wording_key=_word(message.wording_key),
        closed=message.closed,
        sealed_facts=message.sealed_facts or None,
    )


async def _settle(session: AsyncSession, event: Event) -> None:
    # A desk can settle only what was sent to it: the topic is that of the desk that signed.
    sequence = cast("ReportEventApplied", event.message).sequence
    await applied(session, reports_to(event.source), str(_report_id(event)), sequence)


async def _note_opened(session: AsyncSession, event: Event) -> None:
    await note_opened(session, event.source, _report_id(event), event.time)


async def _note_refused(session: AsyncSession, event: Event) -> None:
    message = cast("PersonActionRefused", event.message)
    if not _CODE.fullmatch(message.code):
        raise InvalidMessage("code_malformed")
    action_id = _id(message.action_id, "action_id_malformed")
    await note_refused(session, event.source, _report_id(event), message.lifecycle, action_id, message.code, event.time)


def _report_id(event: Event) -> UUID:
    text: str = event.message.report_id  # type: ignore[attr-defined]
    report_id = _id(text, "report_id_malformed")
    if event.key != text:
        raise InvalidMessage("report_id_is_not_the_key")
    return report_id


def _id(text: str, otherwise: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidMessage(otherwise) from None


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise InvalidMessage("word_malformed")
    return text


def _offer(offer: Offer) -> dict[str, Any]:
    try:
        fields = json.loads(offer.fields_json or "[]")
    except ValueError:
        raise InvalidMessage("offer_malformed") from None
    if not isinstance(fields, list):
        raise InvalidMessage("offer_malformed")
    return {"action": _word(offer.action), "fields": fields, "asked": offer.asked}
