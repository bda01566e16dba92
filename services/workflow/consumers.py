"""What workflow takes in: reports and their persons' acts, what the ethics office alerts to, what the HR
bridge did, the directory, desk keys.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys, outbox
from chassis.consumer import Acknowledge, AfterCommit, Event, Handler, InvalidMessage
from contracts.alerts.v1.alerts_pb2 import DangerRaised
from contracts.counts.v1.counts_pb2 import TalksCounted
from contracts.intake.v1.reports_pb2 import IdentityAnswered, IdentityAsked, MessageReceived
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.measures.v1.measures_pb2 import (
    MeasureApplied,
    MeasureEventApplied,
    MeasureFailed,
    MeasurePassedOn,
    MeasureRestored,
)
from contracts.people.v1.people_pb2 import Person
from contracts.requests.v1.requests_pb2 import ProtectionAlerted
from contracts.topics import (
    DESK_KEYS,
    ETHICS_REQUESTS,
    HR_MEASURE_RESULTS,
    HR_PEOPLE,
    INTAKE_REPORTS_WORKFLOW,
    OMBUDS_ALERTS,
    OMBUDS_COUNTS,
    WORKFLOW_MEASURES,
    Topic,
)
from lifecycle import directory, engine, notices, records, reports
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.recipients import appointed, assigned
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Role
from services.workflow import alerts, danger, figures, formal_reports, identities, managers
from services.workflow.hr_orders import code, proof, result

SYSTEM: Final = Actor(ActorKind.SYSTEM)
TALKED_ABOUT: Final = {"supervisor_request", "formal_report", "sea_report", "data_request"}
ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = {INTAKE_REPORTS_WORKFLOW: reports.acknowledge("workflow")}


def handlers(desk: Desk) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    of_reports = reports.handlers(desk, _placed(desk))
    return {
        INTAKE_REPORTS_WORKFLOW: {
            **of_reports,
            MessageReceived: _written(desk, of_reports[MessageReceived]),
            IdentityAsked: partial(identities.note_asked, desk=desk),
            IdentityAnswered: partial(identities.note_answered, desk=desk),
        },
        HR_MEASURE_RESULTS: {
            MeasureApplied: result(desk, "record_applied", proof),
            MeasureRestored: result(desk, "record_restored", proof),
            MeasurePassedOn: result(desk, "record_passed_on", proof),
            MeasureFailed: result(desk, "record_failed", code),
            MeasureEventApplied: _applied,
        },
        HR_PEOPLE: {Person: _person(desk)},
        OMBUDS_COUNTS: {TalksCounted: figures.told_by_ombuds},
        OMBUDS_ALERTS: {DangerRaised: danger.handler(desk)},
        ETHICS_REQUESTS: {ProtectionAlerted: alerts.handler(desk)},
        DESK_KEYS: {DeskKey: desk_keys.remember},
    }


def _placed(desk: Desk) -> reports.Placed:
    """The protected person's inbox shows the measure: it is effective, goes on for longer, or is over, and the other
    side may be told.
    """

    async def placed(session: AsyncSession, row: CaseRow, version: int, event: Event) -> AfterCommit | None:
        lifecycle, now = desk.lifecycles[row.lifecycle], datetime.now(UTC)
        if (row.state, "record_placed") not in lifecycle.rule_of:
            return None
        offers = engine.offers(lifecycle, from_json(row.data), SYSTEM, now, desk.policy_of(row))
        if not any(one.action == "record_placed" and one.open for one in offers):
            return None
        action = Action(event.id, "record_placed", {"version": version})
        await decide_as(session, desk, row.case_id, action, SYSTEM, now)
        return desk.poke(row.case_id)

    return placed


def _person(desk: Desk) -> Handler:
    """Whoever leaves has nothing to read here any more, from this moment on."""

    async def person(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = event.message
        assert isinstance(message, Person)  # the topic's only message
        await directory.record_person(session, event)
        if message.active:
            return None
        closed = await managers.close_to_those_who_left(session, desk, message.staff_id, datetime.now(UTC))
        return desk.poke(*closed)

    return person


def _written(desk: Desk, written: Handler) -> Handler:
    """What she writes while a question waits for her is an answer to it."""

    async def answer(session: AsyncSession, event: Event) -> AfterCommit | None:
        await written(session, event)
        await _tell_written(session, desk, _id(event.key))
        return desk.poke(*await formal_reports.record_answer(session, desk, _id(event.key), event.id))

    return answer


async def _tell_written(session: AsyncSession, desk: Desk, report_id: UUID) -> None:
    """Whoever has what she lodged hears that there is something to read; a report that nobody has yet, the office."""
    for row in await records.of_report(session, report_id):
        if row.closed_at is not None or row.lifecycle not in TALKED_ABOUT:
            continue
        case, wording = from_json(row.data), f"{row.lifecycle}.message"
        if row.lifecycle == "supervisor_request":
            notices.tell(session, desk, row, case, assigned(wording, Role.MANAGER))
        elif row.lifecycle == "data_request":
            notices.tell(session, desk, row, case, appointed(wording, Role.DATA_PROTECTION_OFFICER))
        elif Role.INVESTIGATOR in case.assigned:
            notices.tell(session, desk, row, case, assigned(wording, Role.INVESTIGATOR))
        else:
            notices.tell(session, desk, row, case, appointed(wording, Role.INTAKE_OFFICER))


async def _applied(session: AsyncSession, event: Event) -> None:
    """The HR bridge has the event: it is not sent again."""
    message = event.message
    assert isinstance(message, MeasureEventApplied)
    await outbox.applied(session, WORKFLOW_MEASURES, message.measure_id, message.sequence)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidMessage("id_unreadable") from None
