"""Every personnel action of everybody, sealed alike to the ethics office: what HR declares and what it does not."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import seal_to, tag
from contracts.personnel.v1.actions_pb2 import PersonnelAction, SealedPersonnelAction
from contracts.topics import HR_PERSONNEL_ACTIONS
from services.hr_bridge import holds
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.declarations import DECLARES, Changed, expect_declared, was_known

DECLARED: Final = "declared"
OBSERVED: Final = "observed"

_CONTEXT: Final = b"personnel-action"
# One size whatever the kind and whoever the person, so that the topic's records all look alike.
_SIZE: Final = 512

_COUNT: Final = text("""
    insert into personnel_counters as counter (source, last) values (:source, 1)
    on conflict (source) do update set last = counter.last + 1
    returning last
""")
# What has replaced a past state: the next past one, or the present one.
_NOT_COMPARED: Final = text("""
    select past.staff_id, past.ended_at, past.line_staff_id, past.contract_end, past.active,
           next.line_staff_id as next_line, next.contract_end as next_end, next.active as next_active
    from people_history past
    cross join lateral (
        select line_staff_id, contract_end, active from (
            select line_staff_id, contract_end, active, ended_at as until from people_history
            where staff_id = past.staff_id and ended_at > past.ended_at
            union all
            select line_staff_id, contract_end, active, 'infinity' from people where staff_id = past.staff_id
        ) states order by until limit 1
    ) next
    where not past.compared and past.ended_at <= :seen_until
    order by past.ended_at, past.staff_id
    for update of past
""")


class ReferenceReused(Exception):
    """HR has given one reference to two different actions: taken for the first, the second would be lost."""


class Declared(msgspec.Struct, frozen=True):
    """A personnel action in HR's words; `reference` is HR's own, one for each action."""

    kind: str
    staff_id: str
    effective_on: date
    reference: str


async def record(session: AsyncSession, bridge: Bridge, declared: Declared, now: datetime) -> bool:
    """
    Take down what HR has declared; False when it was taken down before.

    Raises ReferenceReused, and DeskKeyUnknown while the ethics office has not published its key.
    """
    keys = bridge.keys
    content = tag(keys.cell, "content", msgspec.json.encode(declared))
    reference = tag(keys.cell, "reference", declared.reference)
    added = await session.scalar(
        text("""
            insert into personnel_actions (reference_tag, content_tag, recorded_at) values (:reference, :content, :now)
            on conflict (reference_tag) do nothing returning true
        """),
        params={"reference": reference, "content": content, "now": now},
    )
    if not added:
        # A statement of its own: it sees what another request, sent at the same time, has just committed.
        found = await session.scalar(
            text("select content_tag from personnel_actions where reference_tag = :reference"),
            params={"reference": reference},
        )
        if found != content:
            raise ReferenceReused
        return False
    await expect_declared(session, keys, declared.staff_id, declared.kind)
    await emit(session, DECLARED, declared.staff_id, declared.kind, declared.effective_on, now)
    await holds.notice(session, bridge, declared.staff_id, {declared.kind}, _begin_of(declared.effective_on))
    return True


async def compare(session: AsyncSession, bridge: Bridge, now: datetime) -> int:
    """
    Tell the ethics office of changes in the HR system that nobody has declared in time; how many there were.

    Raises DeskKeyUnknown while the ethics office has not published its key.
    """
    seen_until = datetime.fromtimestamp(now.timestamp() - bridge.settings.undeclared_after, UTC)
    rows = (await session.execute(_NOT_COMPARED, {"seen_until": seen_until})).all()
    told = 0
    for row in rows:
        changes: Mapping[Changed, tuple[object, object]] = {
            Changed.LINE: (row.line_staff_id, row.next_line),
            Changed.CONTRACT_END: (row.contract_end, row.next_end),
        }
        observed = set()
        for changed, (before, after) in changes.items():
            if before == after or await was_known(session, bridge.keys, row.staff_id, changed, str(after or "")):
                continue
            await emit(session, OBSERVED, row.staff_id, changed, row.ended_at.date(), now)
            observed.add(changed)
        await _notice(session, bridge, row, observed)
        told += len(observed)
        await session.execute(
            text("update people_history set compared = true where staff_id = :staff_id and ended_at = :ended_at"),
            {"staff_id": row.staff_id, "ended_at": row.ended_at},
        )
    return told


async def _notice(session: AsyncSession, bridge: Bridge, row: Row[Any], observed: Collection[Changed]) -> None:
    """
    What HR was asked to leave undone and did. Nobody has given it a name, so any that it may go by counts.

    A contract that is prolonged is nothing to hold (invariant 44); one that nobody prolongs ends without any change.
    """
    effective: dict[Changed, datetime] = {}
    if Changed.LINE in observed:
        effective[Changed.LINE] = row.ended_at
    if row.active and not row.next_active:
        effective[Changed.CONTRACT_END] = row.ended_at
    elif Changed.CONTRACT_END in observed and (row.next_end or date.max) < (row.contract_end or date.max):
        effective[Changed.CONTRACT_END] = _begin_of(row.next_end)
    for changed, effective_at in effective.items():
        kinds = [kind for kind, shown in DECLARES.items() if shown is changed]
        await holds.notice(session, bridge, row.staff_id, kinds, effective_at)


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def emit(session: AsyncSession, source: str, staff_id: str, kind: str, effective_on: date, now: datetime) -> None:
    """Seal one action, numbered within its source, under a key that says nothing."""
    ethics = await desk_key(session, "ethics", "ethics")
    action = PersonnelAction(
        number=await session.scalar(_COUNT, params={"source": source}),
        staff_id=staff_id,
        kind=kind,
        effective_on=_begin_of(effective_on),
        recorded_at=now,
        source=source,
    )
    sealed = seal_to(ethics.public, action.SerializeToString(), context=_CONTEXT, size=_SIZE)
    key = str(uuid4())
    await add_event(session, HR_PERSONNEL_ACTIONS, key, SealedPersonnelAction(sealed=sealed))
    await audit_trail.record(
        session, "personnel_action_passed_on", object_ref=key, actor=None, rule="46", facts={"source": source}
    )
