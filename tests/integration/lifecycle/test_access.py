"""The list of cases that somebody sees, in pages."""

from datetime import UTC, datetime
from uuid import UUID

from lifecycle import access, exclusions
from lifecycle.exclusions import Parties
from tests.integration.lifecycle.loans import OTHER_INVESTIGATOR, Loans


async def test_neither_the_length_of_a_page_nor_where_it_ends_tells_of_a_hidden_case(loans: Loans) -> None:
    opened, now = [await loans.open() for _ in range(5)], datetime.now(UTC)
    parties = Parties(alleged_offender=(OTHER_INVESTIGATOR,))
    found: list[UUID] = []
    async with loans.desk.database.transaction() as session:
        for hidden in (opened[0], opened[2], opened[4]):
            await exclusions.exclude(session, loans.desk.keys.cell, hidden, parties, now)
        after: access.Position | None = None
        for left in (opened[3], opened[1]):
            ((row, _),), after = await access.cases_seen_by(
                session, loans.desk, OTHER_INVESTIGATOR, now, after=after, limit=1
            )
            found.append(row.case_id)
            assert after is None or after[1] == left

    assert found == [opened[3], opened[1]]
    assert after is None


async def test_more_hidden_cases_than_are_looked_at_at_once_end_no_list_early(loans: Loans) -> None:
    seen, now = await loans.open(), datetime.now(UTC)
    for _ in range(access._AT_ONCE + 1):
        await loans.open(tagged=False)
    async with loans.desk.database.transaction() as session:
        found, rest = await access.cases_seen_by(session, loans.desk, OTHER_INVESTIGATOR, now, after=None, limit=50)
    assert ([row.case_id for row, _ in found], rest) == ([seen], None)
