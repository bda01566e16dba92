"""Who is kept out of a case, for any lines of anybody (invariant 32), on the real directory and stores."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecycle import parties
from lifecycle.exclusions import Parties
from tests import real_parts
from tests.integration.workflow.house import House, prepare

Fresh = Callable[..., Awaitable[real_parts.Database]]
_runs = itertools.count()
SIZE = 8
LINES = st.lists(st.integers(-1, SIZE - 1), min_size=SIZE, max_size=SIZE)
"""For each of the people, to whom they report; -1 for nobody. Circles and people who are their own supervisor, too."""
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def house(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[House]:
    made = await prepare(await fresh_database("workflow"), await fresh_keystore("workflow"), tmp_path)
    yield made
    await made.close()


def named(run: int, one: int) -> str:
    return f"T{run:03d}-{one}" if one >= 0 else ""


async def imported(house: House, run: int, lines: list[int]) -> None:
    people = {named(run, one): named(run, above) for one, above in enumerate(lines)}
    await house.people(people, at=datetime.now(UTC))


def around(edges: set[tuple[int, int]], one: int) -> tuple[set[int], set[int]]:
    """(next to somebody, anywhere above or below), worked out the slow way."""

    def reached(step: Mapping[int, set[int]]) -> set[int]:
        found, new = set[int](), {one}
        while new := {other for at in new for other in step.get(at, set())} - found:
            found |= new
        return found

    up: dict[int, set[int]] = {}
    down: dict[int, set[int]] = {}
    for below, above in edges:
        up.setdefault(below, set()).add(above)
        down.setdefault(above, set()).add(below)
    first = up.get(one, set()) | down.get(one, set())
    return first - {one}, (reached(up) | reached(down)) - {one}


@SLOW
@given(now=LINES, later=LINES, affected=st.integers(0, SIZE - 1), offender=st.integers(0, SIZE - 1))
async def test_inv_32_whole_lines_for_handlers_first_lines_for_deciders_and_no_import_lifts_one(
    house: House, now: list[int], later: list[int], affected: int, offender: int
) -> None:
    run = next(_runs)
    await imported(house, run, now)
    case_id = await house.open()
    await house.route(case_id, Parties(named(run, affected), (named(run, offender),)))

    async def kept_out(*, decides: bool) -> set[int]:
        return {one for one in range(SIZE) if await house.excluded(case_id, named(run, one), decides=decides)}

    def expected(edges: set[tuple[int, int]], *, decides: bool) -> set[int]:
        found = [around(edges, one) for one in (affected, offender)]
        return {affected, offender}.union(*(first if decides else first | whole for first, whole in found))

    edges = {(one, above) for one, above in enumerate(now) if above >= 0}
    for decides in (False, True):
        assert await kept_out(decides=decides) == expected(edges, decides=decides)
    before = {decides: await kept_out(decides=decides) for decides in (False, True)}
    await imported(house, run, later)
    while await parties.retag(house.desk):
        pass
    # Yesterday's lines count for two years, so those of both imports do.
    edges |= {(one, above) for one, above in enumerate(later) if above >= 0}
    for decides in (False, True):
        after = await kept_out(decides=decides)
        assert after == expected(edges, decides=decides)
        assert after >= before[decides]
