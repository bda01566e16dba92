"""What a desk does with intake's events: every desk the same, whatever its procedures are about."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.inbox import Acknowledge, AfterCommit, Event, Handler, InvalidMessage
from chassis.outbox import add_event, applied
from contracts.cases.v1.cases_pb2 import PersonActionRefused, ReportEventApplied, ReportOpened
from contracts.intake.v1.reports_pb2 import (
    REPORTING_MODE_ANONYMOUS,
    REPORTING_MODE_CONFIDENTIAL,
    CaseEventApplied,
    MessagePlaced,
    MessageReceived,
    NameGiven,
    PartiesAdded,
    PersonActed,
    PlacedInInbox,
    ReportLodged,
    RouteKeyReplaced,
)
from contracts.topics import cases_of
from lifecycle import changes, exclusions, naming, records, routing, unread
from lifecycle.decide import Refusal, decide_as, is_shown_to_her, open_case
from lifecycle.desk import Desk
from lifecycle.fields import InvalidFacts
from lifecycle.model import SYSTEM, Action, Actor, ActorKind, Fact, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json

_MODES = {REPORTING_MODE_CONFIDENTIAL: naming.CONFIDENTIAL, REPORTING_MODE_ANONYMOUS: naming.ANONYMOUS}

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Placed = Callable[[AsyncSession, CaseRow, int, Event], Awaitable[AfterCommit | None]]
"""What a service does when the person's inbox shows this version of a case."""


def define(metadata: sa.MetaData) -> None:
    """Adds `reports` to a service's metadata: for each report the desk has, the key that replies are sealed to, and how
    many messages of the person nobody has read who has a part in it.
    """
    sa.Table(
        "reports",
        metadata,
        sa.Column("report_id", sa.Uuid, primary_key=True),
        sa.Column("lifecycle", sa.Text, nullable=False),
        sa.Column("route_public_key", sa.LargeBinary, nullable=False),
        sa.Column("lodged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unread", sa.Integer, nullable=False, server_default="0"),
    )


async def lodged_as(session: AsyncSession, report_id: UUID) -> str | None:
    """The lifecycle of the route that it came by; None for what did not come from intake."""
    name: str | None = await session.scalar(
        sa.text("select lifecycle from reports where report_id = :report_id"), params={"report_id": report_id}
    )
    return name


async def becomes(session: AsyncSession, report_id: UUID, lifecycle: str) -> None:
    """What the person writes from here on is another matter's."""
    await session.execute(
        sa.text("update reports set lifecycle = :lifecycle where report_id = :report_id"),
        {"report_id": report_id, "lifecycle": lifecycle},
    )


async def keep(session: AsyncSession, report_id: UUID, lifecycle: str, route_key: bytes, at: datetime) -> None:
    """The key that replies are sealed to. A report that came to another office first is that one's no longer."""
    await session.execute(
        sa.text(
            "insert into reports (report_id, lifecycle, route_public_key, lodged_at)"
            " values (:report_id, :lifecycle, :key, :at)"
            " on conflict (report_id) do update set lifecycle = excluded.lifecycle"
        ),
        {"report_id": report_id, "lifecycle": lifecycle, "key": route_key, "at": at},
    )


async def use_key(session: AsyncSession, report_id: UUID, route_key: bytes) -> None:
    """What is sealed to her from here on is sealed to this key."""
    await session.execute(
        sa.text("update reports set route_public_key = :key where report_id = :report_id"),
        {"report_id": report_id, "key": route_key},
    )


async def forget(session: AsyncSession, report_id: UUID) -> None:
    await session.execute(sa.text("delete from reports where report_id = :report_id"), {"report_id": report_id})


def handlers(desk: Desk, placed: Placed | None = None) -> Mapping[type[Message], Handler]:
    """For intake.reports.<service>.v1."""

    async def lodged(session: AsyncSession, event: Event) -> AfterCommit:
        message = _of(event, ReportLodged)
        report_id = _id(message.report_id)
        if message.lifecycle not in desk.talks or message.mode not in _MODES:
            raise InvalidMessage("report_not_for_this_desk")
        try:
            place = routing.place_at(desk, message.lifecycle, message.desk)
        except routing.DeskUnknown:
            raise InvalidMessage("desk_unknown") from None
        at = message.lodged_at.ToDatetime(tzinfo=UTC)
        await keep(session, report_id, message.lifecycle, message.route_public_key, at)
        chosen = {name: _fact(value) for name, value in _facts(message.facts_json).items()}
        facts: dict[str, Fact] = {**chosen, "lodged_at": at.isoformat(), "mode": _MODES[message.mode]}
        if message.language:
            facts["language"] = message.language
        try:
            case_ids = [
                await open_case(session, desk, report_id, message.lifecycle, number, one, _now(), place)
                for number, one in enumerate(desk.opens(facts), start=1)
            ]
        except InvalidFacts:
            raise InvalidMessage("report_unreadable") from None
        await add_event(session, cases_of(desk.service), event.key, ReportOpened(report_id=event.key))
        return desk.poke(*case_ids)

    async def acted(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = _of(event, PersonActed)
        action = Action(_id(message.action_id), message.action, _facts(message.facts_json))
        row = await records.find(session, _id(message.report_id), message.lifecycle, message.number)
        # One that she is not shown is for her none that there is: the answer must not tell (invariants 1, 38).
        if row is None or not is_shown_to_her(desk, row):
            await _without_case(session, event)
            await _refuse_person(session, desk, message, Refusal.CASE_UNKNOWN)
            return None
        outcome = await decide_as(session, desk, row.case_id, action, Actor(ActorKind.PERSON), _now())
        if isinstance(outcome, Refused):
            await _refuse_person(session, desk, message, outcome.code)
            return None
        return desk.poke(row.case_id)

    async def shown(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = _of(event, PlacedInInbox)
        row = await records.find(session, _id(message.report_id), message.lifecycle, message.number)
        if row is None:
            await _without_case(session, event)
            return None
        await records.place(session, row.case_id, message.version)
        return await placed(session, row, message.version, event) if placed else None

    async def added(session: AsyncSession, event: Event) -> None:
        """Nobody sees the report's cases until it is known whom she has named now."""
        message = _of(event, PartiesAdded)
        for row in await records.of_report(session, _id(message.report_id)):
            if row.erased_at is None:
                await exclusions.suspend(session, row.case_id)
        await audit_trail.record(session, "parties.added", object_ref=str(_id(message.report_id)), actor=None)

    return {
        ReportLodged: lodged,
        PersonActed: acted,
        PlacedInInbox: shown,
        PartiesAdded: added,
        NameGiven: _named(desk),
        MessageReceived: _written,
        MessagePlaced: _answered,
        RouteKeyReplaced: _replaced(desk),
    }


async def _written(session: AsyncSession, event: Event) -> None:
    """Contents stay at intake; that there are any is a fact of procedure."""
    message = _of(event, MessageReceived)
    await unread.count(session, _id(message.report_id))
    await audit_trail.record(session, "message.received", object_ref=str(_id(message.report_id)), actor=None)


async def _answered(session: AsyncSession, event: Event) -> None:
    message = _of(event, MessagePlaced)
    await audit_trail.record(session, "message.placed", object_ref=str(_id(message.report_id)), actor=None)


def acknowledge(service: str) -> Acknowledge:
    """Intake sends an event again until it has this."""

    async def tell(session: AsyncSession, event: Event) -> None:
        message = ReportEventApplied(report_id=event.key, sequence=event.sequence)
        await add_event(session, cases_of(service), event.key, message)

    return tell


def settling(service: str) -> Mapping[type[Message], Handler]:
    """For intake.applied.<service>.v1: what intake has applied of the desk's own events is not sent again."""

    async def settle(session: AsyncSession, event: Event) -> None:
        await applied(session, cases_of(service), event.key, _of(event, CaseEventApplied).sequence)

    return {CaseEventApplied: settle}


def _replaced(desk: Desk) -> Handler:
    """She has another access code. What was sealed to her before, intake moves itself where it has both codes; what is
    told her alone is sealed anew, for where it has not.
    """

    async def replaced(session: AsyncSession, event: Event) -> None:
        message = _of(event, RouteKeyReplaced)
        report_id = _id(message.report_id)
        await use_key(session, report_id, message.route_public_key)
        for row in await records.of_report(session, report_id):
            if row.erased_at is None:
                await changes.tell_anew(session, desk, row)

    return replaced


def _named(desk: Desk) -> Handler:
    """What is under way under the report is from here on the matter of somebody who gave her name."""

    async def named(session: AsyncSession, event: Event) -> AfterCommit:
        rows = await records.of_report(session, _id(_of(event, NameGiven).report_id))
        return desk.poke(*[row.case_id for row in rows if await _note_name(session, desk, row.case_id)])

    return named


async def _note_name(session: AsyncSession, desk: Desk, case_id: UUID) -> bool:
    row = await records.lock(session, case_id)
    if row is None or row.erased_at is not None or not naming.is_anonymous(case := from_json(row.data)):
        return False
    after = naming.name_given(case, await records.clock_now(session))
    facts = {"action": naming.RECORD_NAME}
    await changes.keep_change(session, desk, row, after, desk.policy_of(row), "case.acted", SYSTEM, facts)
    return True


async def _refuse_person(session: AsyncSession, desk: Desk, message: PersonActed, code: str) -> None:
    """Her inbox says that this action of hers could not be taken."""
    refused = PersonActionRefused(
        report_id=message.report_id,
        lifecycle=message.lifecycle,
        number=message.number,
        action_id=message.action_id,
        code=code,
    )
    await add_event(session, cases_of(desk.service), message.report_id, refused)


async def _without_case(session: AsyncSession, event: Event) -> None:
    """An event about a case that was never here: kept in the trail, and no reason to hold up the report's others."""
    await audit_trail.record(session, "event.without_case", object_ref=event.key, actor=None)


def _of(event: Event, kind: type[Any]) -> Any:
    """The event's message, which must speak of the report that the event is keyed by."""
    if not isinstance(event.message, kind) or getattr(event.message, "report_id", None) != event.key:
        raise InvalidMessage("report_not_the_key")
    return event.message


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidMessage("id_unreadable") from None


def _facts(text: str) -> dict[str, Fact]:
    try:
        facts = json.loads(text or "{}")
    except ValueError:
        raise InvalidMessage("facts_unreadable") from None
    if not isinstance(facts, dict) or not all(isinstance(value, str | int | bool) for value in facts.values()):
        raise InvalidMessage("facts_unreadable")
    return facts


def _fact(value: Fact) -> Fact:
    """A day that she chose is a time to the engine: its beginning."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return f"{value}T00:00:00+00:00"
    return value


def _now() -> datetime:
    return datetime.now(UTC)
