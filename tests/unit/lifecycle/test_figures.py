"""What is published of counts tells of nobody: tried with every number that could have led to it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.figures import OTHERS, Cell, due, lowest, period_of, publish, span, tenths, total

LEAST = 10
REGIONS = ("north", "south", "east", "")
ROWS = ("formal.open", "formal.closed", "told.open")
Shown = Mapping[Cell, int | None]


def whole(shown: Shown) -> tuple[object, ...]:
    """Everything that stands on a page or in a file of it: the cells, and every total of them that could be drawn."""
    columns = (*REGIONS, OTHERS)
    of_rows = tuple(total([shown[row, region] for region in columns]) for row in ROWS)
    of_columns = tuple(total([shown[row, region] for row in ROWS]) for region in columns)
    of_kinds = tuple(
        total([shown[row, region] for row in ROWS if row.startswith(kind) for region in columns])
        for kind in ("formal", "told")
    )
    return tuple(shown.items()), of_rows, of_columns, of_kinds, total([*shown.values()])


def published(counts: Mapping[Cell, int]) -> Shown:
    return publish(counts, ROWS, REGIONS, LEAST)


def naive(counts: Mapping[Cell, int]) -> Shown:
    """What is too small is hidden, and what is hidden together is told whenever it is large enough."""
    shown = dict(published(counts))
    for row in ROWS:
        rest = sum(counts.get((row, region), 0) for region in REGIONS if shown[row, region] is None)
        shown[row, OTHERS] = rest if rest >= LEAST else None
    return shown


def possible(
    counts: Mapping[Cell, int], row: str, made: Callable[[Mapping[Cell, int]], Shown] = published
) -> Mapping[str, set[int]]:
    """For each region that this row hides: every number that it could be. Whoever solves this knows how it was made,
    knows all other rows and all that is shown exactly, and has every total: more than anybody does.
    """
    seen = made(counts)
    hidden = [region for region in REGIONS if seen[row, region] is None]
    found: dict[str, set[int]] = {region: set() for region in hidden}
    told = whole(seen)
    for numbers in product(range(LEAST), repeat=len(hidden)):
        # Where every number of a region was found already, another proof of it is not worth the time.
        if all(number in found[region] for region, number in zip(hidden, numbers, strict=True)):
            continue
        world = {**counts, **{(row, region): number for region, number in zip(hidden, numbers, strict=True)}}
        if whole(made(world)) == told:
            for region, number in zip(hidden, numbers, strict=True):
                found[region].add(number)
    return found


numbers = st.one_of(st.integers(0, LEAST - 1), st.integers(0, 60))
tables = st.fixed_dictionaries({(row, region): numbers for row in ROWS for region in REGIONS})


@given(tables)
@settings(max_examples=60, deadline=None)
def test_inv_10_a_hidden_number_could_be_any_from_zero_to_one_below_the_least(counts: Mapping[Cell, int]) -> None:
    for row in ROWS:
        for region, values in possible(counts, row).items():
            assert values == set(range(LEAST)), (row, region)


def test_the_same_solver_finds_what_the_naive_way_would_give_away() -> None:
    counts = {("formal.open", "north"): 14, ("formal.open", "south"): 40, ("formal.open", "east"): 9}
    assert possible(counts | {("formal.open", ""): 8}, "formal.open", naive)["east"] == {8, 9}


@pytest.mark.parametrize(
    ("hidden", "together"),
    [
        ((0, 0, 0, 0), None),
        ((9, 0, 0, 0), None),
        ((3, 3, 3, 3), 10),
        ((5, 5, 0, 0), 10),
        ((30, 9, 9, 2), 20),
        ((9, 9, 0, 0), 20),
        ((9, 9, 9, 9), None),
        ((30, 9, 8, 0), 15),
        ((30, 40, 9, 8), None),
        ((30, 40, 50, 9), None),
    ],
)
def test_what_is_hidden_is_shown_together_where_the_others_could_have_made_it_alone(
    hidden: Sequence[int], together: int | None
) -> None:
    counts = {("formal.open", region): number for region, number in zip(REGIONS, hidden, strict=True)}
    assert publish(counts, ["formal.open"], REGIONS, LEAST)["formal.open", OTHERS] == together


def test_what_is_shown_is_rounded_to_five_and_a_total_is_the_sum_of_what_is_shown() -> None:
    counts = {("told.open", "north"): 12, ("told.open", "south"): 13, ("told.open", "east"): 9}
    shown = publish(counts, ["told.open"], REGIONS, LEAST)
    assert [shown["told.open", region] for region in (*REGIONS, OTHERS)] == [10, 15, None, None, None]
    assert total([*shown.values()]) == 25
    assert total([None, None]) is None


def test_the_least_that_is_shown_is_shown() -> None:
    assert publish({("told.open", "north"): LEAST}, ["told.open"], REGIONS, LEAST)["told.open", "north"] == LEAST


def test_a_half_year_begins_and_ends_in_utc() -> None:
    assert period_of(datetime(2026, 7, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-H1"
    middle = datetime(2026, 7, 1, tzinfo=UTC)
    assert span("2026-H1") == (datetime(2026, 1, 1, tzinfo=UTC), middle)
    assert span("2026-H2") == (middle, datetime(2027, 1, 1, tzinfo=UTC))


def test_nothing_and_a_few_look_the_same() -> None:
    few = publish({("told.open", "north"): 9}, ROWS, REGIONS, LEAST)
    assert few == publish({}, ROWS, REGIONS, LEAST)
    assert set(few.values()) == {None}


@pytest.mark.parametrize(
    ("kept", "late", "known", "told"),
    [
        (9, 90, 1000, None),
        (10, 0, 10, 10),
        (10, 0, 9, None),
        (60, 9, 10, 10),
        (30, 10, 1000, 8),
        (10, 500, 1000, 1),
        (5000, 10, 1000, 9),
        (10, 10, 20, 5),
        (10, 10, 18, None),
        (57, 10, 67, 9),
        (57, 10, 60, None),
    ],
)
def test_a_rate_says_nothing_of_few_and_of_no_more_cases_than_are_published(
    kept: int, late: int, known: int, told: int | None
) -> None:
    assert tenths(kept, late, LEAST, known) == told


def test_what_is_published_says_how_many_there_were_at_the_least() -> None:
    assert lowest([None, 10, 15, 40], LEAST) == 10 + 13 + 38


def test_a_half_year_is_due_when_it_has_rested() -> None:
    assert span("2026-H2") == (datetime(2026, 7, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    over = span("2026-H1")[1]
    assert period_of(over) == "2026-H2"
    assert due(over + timedelta(days=90) - timedelta(seconds=1), 90) == ["2025-H1", "2025-H2"]
    assert due(over + timedelta(days=90), 90) == ["2025-H2", "2026-H1"]
