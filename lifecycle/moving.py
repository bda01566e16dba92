"""A case that another desk has is for that desk to open, and for nobody else: its key, and what the person wrote, are
wrapped to the new desk, and the old desk's wraps are destroyed. Contents are not opened on the way.
"""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.sealing import SealNotOpened, unwrap, wrap
from contracts.ids import CaseId
from lifecycle import bodies, contents, passing_on, records, routing
from lifecycle.desk import Desk
from lifecycle.model import PASSED_ON
from lifecycle.records import CaseRow

REWRAP: Final = routing.REWRAP
"""The errand of a case whose new desk has another key. Until it is done nobody reads what was written in it."""


async def rewrap(desk: Desk, case_id: CaseId) -> None:
    """Bears being done twice, and being killed after any step. Raises IntakeUnreachable, NotHandedOut."""
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        if row is None or row.erased_at is not None or not is_on_its_way(desk, row):
            return
        talks = row.state != PASSED_ON and await contents.talks(session, desk, row)
    proof = (await passing_on.move(desk, row)).proof if talks else None
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is not None and row.erased_at is None and is_on_its_way(desk, row):
            await _move(session, desk, row, proof)


def is_on_its_way(desk: Desk, row: CaseRow) -> bool:
    """Whether the desk that has the case cannot open it yet, and the one that had it may not any more."""
    return routing.office_at(desk, row) != desk.office_of(row)


async def _move(session: AsyncSession, desk: Desk, row: CaseRow, proof: str | None) -> None:
    old, new = desk.office_of(row), routing.office_at(desk, row)
    context = bodies.key_context(row.case_id)
    wrapped = await desk.keystore.matter_key(row.case_id)
    if wrapped is not None:
        try:
            key = unwrap(wrapped, desk.keys.desk(old), context=context)
        except SealNotOpened:
            # Killed between the two stores: it is wrapped to the new desk already.
            unwrap(wrapped, desk.keys.desk(new), context=context)
        else:
            await desk.keystore.replace_matter_key(row.case_id, wrap(key, desk.keys.desk(new).public, context=context))
    await records.settle_at(session, row.case_id, new)
    facts: dict[str, str | int] = {"from": old, "to": new, **({"proof": proof} if proof else {})}
    await audit_trail.record(session, "case.rewrapped", object_ref=str(row.case_id), actor=None, facts=facts)
