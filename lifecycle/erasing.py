"""The end of a case: its key is destroyed, and what is left says that there was one, not what it was about."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_actors, audit_trail
from chassis.audit_actors import KEPT_FOR
from chassis.outbox import add_event
from contracts.cases.v1.cases_pb2 import CaseErased
from contracts.topics import cases_of
from lifecycle import parties, records
from lifecycle.access import hidden_name
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from lifecycle.serial import from_json, to_json
from policy.model import Policy

# In one order, so that of two that are erased at once each sees what the other has done.
_LEFT: Final = text("""
    select case_id from cases where report_id = :report_id and lifecycle = :lifecycle and erased_at is null
    order by case_id for update
""")
# Whoever erases another case of the report waits here, and then sees what this one has done.
_ONE_BY_ONE: Final = text("select pg_advisory_xact_lock(hashtextextended(cast(cast(:report_id as uuid) as text), 0))")
_ANY_LEFT: Final = text("select exists (select from cases where report_id = :report_id and erased_at is null)")
_ERASED: Final = text("""
    update cases set data = '{}', errands = '{}', handlers = '{}', next_due_at = null, unmet_at = null,
        changed_at = now(), erased_at = now()
    where case_id = :case_id returning erased_at
""")


async def erase(desk: Desk, case_id: UUID) -> None:
    """Bears being done twice. The key goes first: whatever fails afterwards, nothing opens any more. Where a report has
    several cases of a kind, what lies with intake serves them all and is erased with the last of them. Who opened the
    case is kept for the time after it that its own policy says.
    """
    await desk.keystore.destroy_matter_key(case_id)
    async with desk.database.transaction() as session:
        left = await others_left(session, case_id)
        row = await records.lock(session, case_id)
        if row is None or row.erased_at is not None:
            return
        await _hide_actors(session, desk, case_id)
        for table in ("action_bodies", "case_steps", "case_tags", "case_exclusions"):
            await session.execute(
                text(f"delete from {table} where case_id = :case_id"),  # noqa: S608  names of ours
                params={"case_id": case_id},
            )
        await desk.clear(session, row)
        erased_at = await session.scalar(_ERASED, params={"case_id": case_id})
        until = actors_until(desk.policy_of(row), erased_at)
        if until:
            await _keep_actors_until(session, row, until)
        if not left:
            erased = CaseErased(
                report_id=str(row.report_id), lifecycle=row.lifecycle, number=row.number, actors_until=until
            )
            await add_event(session, cases_of(desk.service), str(row.report_id), erased)
        await audit_trail.record(session, "case.erased", object_ref=str(case_id), actor=None)


def actors_until(policy: Policy, erased_at: datetime) -> datetime | None:
    """Until when it is kept who opened what is erased; None where the policy says no time, and nobody is forgotten."""
    return policy.due(KEPT_FOR, erased_at) if policy.is_set(KEPT_FOR) else None


async def others_left(session: AsyncSession, case_id: UUID) -> bool:
    """Whether the case's report has another case of its kind that is not erased. Locks them, and the case itself."""
    row = await records.load(session, case_id)
    if row is None:
        return False
    named = {"report_id": row.report_id, "lifecycle": row.lifecycle}
    return bool(set(await session.scalars(_LEFT, params=named)) - {case_id})


async def _keep_actors_until(session: AsyncSession, row: CaseRow, until: datetime) -> None:
    """Of what names the report, with the last of all its cases."""
    await audit_actors.keep_until(session, str(row.case_id), until)
    named = {"report_id": row.report_id}
    await session.execute(_ONE_BY_ONE, params=named)
    if not await session.scalar(_ANY_LEFT, params=named):
        await audit_actors.keep_until(session, str(row.report_id), until)


async def _hide_actors(session: AsyncSession, desk: Desk, case_id: UUID) -> None:
    """Actions stay, so that one sent again is answered as before; by whom they were, only their sender can show."""
    actors = await session.scalars(
        text("select distinct actor from case_actions where case_id = :case_id and roles <> '{}'"),
        params={"case_id": case_id},
    )
    for actor in actors.all():
        await session.execute(
            text("update case_actions set actor = :hidden, roles = '{}' where case_id = :case_id and actor = :actor"),
            params={"hidden": hidden_name(desk, case_id, actor), "case_id": case_id, "actor": actor},
        )


async def strip(desk: Desk, case_id: UUID) -> None:
    """What a desk keeps of a case whose report has gone to another one: that it was passed on. Its key goes, and with
    it every text and who it concerned; no fact of it is left. Bears being done twice.
    """
    await desk.keystore.destroy_matter_key(case_id)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.erased_at is not None:
            return
        await session.execute(text("delete from action_bodies where case_id = :case_id"), params={"case_id": case_id})
        await parties.forget(session, case_id)
        await records.strip_steps(session, case_id)
        await records.save(session, replace(row, data=to_json(replace(from_json(row.data), facts={}))))
        await audit_trail.record(session, "case.stripped", object_ref=str(case_id), actor=None)
