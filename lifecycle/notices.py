"""Mails that say nothing, as a desk's service asks for them: to whom stays here, sealed, and only a random reference
travels. The notifications service comes and asks who it is when it sends (policy 2.10).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import before_commit, fetch
from chassis.outbox import add_event
from chassis.sealing import DeskPrivateKey, open_from, seal_to, tag
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.topics import Topic, cases_of
from lifecycle import access, directory, handover
from lifecycle.desk import Desk
from lifecycle.model import Case, Effect
from lifecycle.recipients import ASSIGNED, ESCALATION, TOOK_PART, heard_as, recipients
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import BY_ASSIGNMENT, Policy, Role

KEPT: Final = timedelta(days=30)
"""How long a reference answers: as long as the topic keeps the event, longer than notifications tries."""
# Room for a case id and the longest staff id that intake takes: the other side's is what the reporter typed.
_SIZE: Final = 256
_TOLD: Final = "told"
"""What a transaction has told to whom."""
_AT_ONCE: Final = "mail.at_once_hours"
"""The policy's threshold: whoever has to do something within so many hours is told at once."""

_UNMET: Final = "from cases where case_id = :case_id and closed_at is null and erased_at is null"
# References that are older than they answer are forgotten on the way.
_ADD: Final = sa.text(f"""
    with forgotten as (delete from recipients where created_at < now() - cast(:kept as interval)),
        added as (insert into recipients (recipient_ref, sealed) values (:recipient_ref, :sealed))
    select unmet_at <= now() + make_interval(hours => :hours) as soon {_UNMET}
""")  # noqa: S608 -- our own words
_FIND: Final = sa.text("""
    select sealed from recipients
    where recipient_ref = :recipient_ref and created_at >= now() - cast(:kept as interval)
""")
_BEFORE: Final = sa.text(f"select unmet_at {_UNMET}")


def define(metadata: sa.MetaData) -> None:
    """Add `recipients` to a service's metadata: who is meant by a reference, sealed to the service's own desk key."""
    sa.Table(
        "recipients",
        metadata,
        sa.Column("recipient_ref", sa.Uuid, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), index=True),
    )


def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Has a mail that says nothing sent to everybody the effect is for, never to somebody who must not know of the
    case (invariant 32). Where nobody is left, whoever is next above hears of it; but a role whose other cases these
    are, and not this one, leaves nobody to stand in for.

    At the end of the transaction: the exclusions of a case that is being opened come after its opening. Whoever hears
    of a step in more than one role gets one mail.
    """

    async def write(session: AsyncSession) -> None:
        late = _late_office(effect, desk.policy_of(row))
        told: set[tuple[object, ...]] = session.info.setdefault(_TOLD, set())
        for staff_id in await _hearers(session, desk, row, case, effect):
            if (once := (row.case_id, case.version, effect.name, staff_id)) not in told:
                told.add(once)
                await add(session, desk, row, staff_id, effect.name, late_office=late)

    before_commit(session, write)


async def tell_role(
    session: AsyncSession, desk: Desk, row: CaseRow, role: Role, wording_key: str, now: datetime
) -> None:
    """Has a mail that says nothing sent to those who hold `role` at the case's desk, or to whoever is next above."""
    for staff_id in await _climb(session, desk, row, role, _appointed(desk.policy_of(row), role, now), now):
        await add(session, desk, row, staff_id, wording_key)


async def tell_assigned(session: AsyncSession, desk: Desk, row: CaseRow, wording_key: str, now: datetime) -> None:
    """Has a mail that says nothing sent to everybody who has a part in the case by their appointment."""
    held = {name for role, name in from_json(row.data).assigned.items() if role not in BY_ASSIGNMENT}
    for staff_id in await _not_excluded(session, desk, row, sorted(held), None, now):
        await add(session, desk, row, staff_id, wording_key)


def _late_office(effect: Effect, policy: Policy) -> str:
    """Whose time was not kept, where that is what the notice is about; its mail names that desk and no case."""
    return policy.roles[Role(str(effect.facts["role"]))].office if effect.facts["to"] == ESCALATION else ""


async def _hearers(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> Sequence[str]:
    policy, now = desk.policy_of(row), case.steps[-1].at
    role = heard_as(effect, policy)
    found = recipients(case, effect, policy, now)
    if effect.facts["to"] == ASSIGNED and found:
        role = Role(str(effect.facts["role"]))
        found = (*found, *(one.staff_id for one in policy.appointed(role, now) if one.substitute_for in found))
    elif effect.facts["to"] == ASSIGNED:
        part = Role(str(effect.facts["role"]))
        lost = handover.is_lost(desk.lifecycles[row.lifecycle], case, part)
        return await _in_place_of(session, desk, row, case, [part], now) if lost else ()
    elif effect.facts["to"] == TOOK_PART:
        acted_as = [one.role for one in case.steps if one.action == effect.facts["action"] and one.role]
        there = await _not_excluded(session, desk, row, found, None, now)
        return there or await _in_place_of(session, desk, row, case, acted_as, now)
    if role in desk.readers[row.lifecycle] - desk.readers_of(row):
        return ()
    return await _climb(session, desk, row, role, found, now)


async def _in_place_of(
    session: AsyncSession, desk: Desk, row: CaseRow, case: Case, parts: Iterable[Role], now: datetime
) -> Sequence[str]:
    """Until somebody has the part that another lost, those hear of it who heard that it waits."""
    found: dict[str, None] = {}
    lifecycle, readers = desk.lifecycles[row.lifecycle], desk.readers_of(row)
    roles = [role for part in parts for role in handover.told_for(lifecycle, case, part, readers)]
    for role in dict.fromkeys(roles):
        of_role = _appointed(desk.policy_of(row), role, now)
        found |= dict.fromkeys(await _climb(session, desk, row, role, of_role, now))
    return tuple(found)


async def _climb(
    session: AsyncSession, desk: Desk, row: CaseRow, role: Role | None, found: Sequence[str], now: datetime
) -> Sequence[str]:
    """Those of `found` who may know and have not left; where nobody is, whoever holds the next role above that has
    somebody.
    """
    policy = desk.policy_of(row)
    hearers = await _not_excluded(session, desk, row, found, role, now)
    seen = set[Role]()
    while role is not None and not hearers and role not in seen:
        seen.add(role)
        role = policy.roles[role].escalates_to
        hearers = await _not_excluded(session, desk, row, _appointed(policy, role, now), role, now)
    return hearers


def _appointed(policy: Policy, role: Role, now: datetime) -> Sequence[str]:
    return tuple(dict.fromkeys(one.staff_id for one in policy.appointed(role, now)))


async def _not_excluded(
    session: AsyncSession, desk: Desk, row: CaseRow, staff_ids: Sequence[str], role: Role | None, now: datetime
) -> Sequence[str]:
    """Somebody in a party's wider line keeps a decider's part of the roles, and hears nothing in the others. Who has
    left reads no mail any more, also where nobody has ended their appointment yet. Without a `role` whoever still sees
    the case, and not who has gone to other work.
    """
    gone = await directory.gone(session, staff_ids)
    there = [one for one in staff_ids if one not in gone]
    actors = await access.actors_in(session, desk, row, there, now)
    seeing = [one for one in actors if (role in one.roles if role else access.may_see(desk, row, one))]
    return [one.name for one in seeing if not one.excluded]


async def add(
    session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, wording_key: str, *, late_office: str = ""
) -> None:
    """One mail that says nothing to one person. Whoever calls this has made sure that they may know of the case."""
    key = desk.keys.desk(desk.notices_office)
    threshold = None if late_office else desk.policy_of(row).thresholds.get(_AT_ONCE)
    notice = StaffNotice(wording_key=wording_key, late_office=late_office)
    await add_notice(
        session,
        cases_of(desk.service),
        row.report_id,
        staff_id,
        notice,
        case_id=row.case_id,
        desk_key=key,
        waits_beyond=threshold.value if threshold else None,
    )


async def add_notice(
    session: AsyncSession,
    topic: Topic,
    report_id: UUID,
    staff_id: str,
    notice: StaffNotice,
    *,
    case_id: UUID,
    desk_key: DeskPrivateKey,
    waits_beyond: int | None = None,
) -> None:
    """Have one content-free mail sent to `staff_id`; `topic` is the service's own about its cases. It may wait for the
    next digest where the case needs nobody for more than `waits_beyond` hours.
    """
    recipient_ref = uuid4()
    plain = json.dumps({"staff_id": staff_id, "case_id": str(case_id)}).encode()
    sealed = seal_to(desk_key.public, plain, context=_context(recipient_ref), size=_SIZE)
    values = {"recipient_ref": recipient_ref, "sealed": sealed, "kept": KEPT, "case_id": case_id}
    found = await fetch(session, _ADD, {**values, "hours": waits_beyond or 0})
    if waits_beyond is not None:
        notice.may_wait = bool(found) and not found[0]["soon"]
    notice.notice_id, notice.recipient_ref = str(uuid4()), str(recipient_ref)
    await add_event(session, topic, str(report_id), notice)


@dataclass(frozen=True)
class Meant:
    """Whom a reference means. `item`: the same for every notice to anybody about one case, and no id of it; None where
    the case is over and needs nobody. `before`: when it needs somebody.
    """

    staff_id: str
    item: str | None
    before: datetime | None


async def recipient(session: AsyncSession, recipient_ref: UUID, *, desk_key: DeskPrivateKey) -> Meant | None:
    """Whom a reference means; None when it is unknown or too old. Raises SealNotOpened for another desk's key."""
    sealed = await session.scalar(_FIND, params={"recipient_ref": recipient_ref, "kept": KEPT})
    if sealed is None:
        return None
    staff_id, case_id = opened(sealed, recipient_ref, desk_key)
    found = await fetch(session, _BEFORE, {"case_id": case_id}) if case_id else ()
    for one in found:
        assert case_id is not None
        return Meant(staff_id, tag(desk_key.public, "item", case_id.bytes).hex(), one["unmet_at"])
    return Meant(staff_id, None, None)


def opened(sealed: bytes, recipient_ref: UUID, desk_key: DeskPrivateKey) -> tuple[str, UUID | None]:
    """Who is meant, and in which case; None for what was kept before items were counted. Raises SealNotOpened."""
    plain = open_from(desk_key, sealed, context=_context(recipient_ref))
    if not plain.startswith(b"{"):
        return plain.decode(), None
    told = json.loads(plain)
    return told["staff_id"], UUID(told["case_id"])


def _context(recipient_ref: UUID) -> bytes:
    return b"recipient|" + recipient_ref.bytes
