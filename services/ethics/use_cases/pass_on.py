"""A request that is no matter of retaliation goes on to the oversight office, if she agrees, and leaves nothing."""

from contracts.ids import CaseId
from lifecycle import parties, passing_on, records, reports
from lifecycle.desk import Desk
from lifecycle.erasing import strip
from lifecycle.model import PASSED_ON
from lifecycle.routing import offices_about
from policy.model import Office


async def pass_on(desk: Desk, case_id: CaseId) -> None:
    """The errand of a request that was passed on. Bears being done twice. Raises IntakeUnreachable."""
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        if row is None or row.erased_at is not None or row.state != PASSED_ON:
            return
        found = await parties.parties_of(session, desk, row)
        now = await records.clock_now(session)
        about = await offices_about(session, desk.policy, found, now) if found else frozenset[Office]()
    await passing_on.relay(desk, row, "formal_report", about)
    await strip(desk, case_id)
    async with desk.database.transaction() as session:
        await reports.forget(session, row.report_id)
