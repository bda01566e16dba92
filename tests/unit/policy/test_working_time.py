"""How time is counted."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.working_time import PLAIN, Calendar, Unit, add, subtract, working_days_between

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        (MONDAY, 30, Unit.SECONDS, datetime(2026, 3, 2, 9, 30, 30, tzinfo=UTC)),
        (MONDAY, 24, Unit.HOURS, datetime(2026, 3, 3, 9, 30, tzinfo=UTC)),
        (MONDAY, 30, Unit.CALENDAR_DAYS, datetime(2026, 4, 1, 9, 30, tzinfo=UTC)),
        (MONDAY, 1, Unit.WORKING_DAYS, datetime(2026, 3, 3, 9, 30, tzinfo=UTC)),
        (FRIDAY, 1, Unit.WORKING_DAYS, datetime(2026, 3, 9, 16, 0, tzinfo=UTC)),
        (SATURDAY, 1, Unit.WORKING_DAYS, datetime(2026, 3, 9, 11, 0, tzinfo=UTC)),
        (FRIDAY, 10, Unit.WORKING_DAYS, datetime(2026, 3, 20, 16, 0, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), 1, Unit.MONTHS, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2024, 1, 31, tzinfo=UTC), 1, Unit.MONTHS, datetime(2024, 2, 29, tzinfo=UTC)),
        (datetime(2026, 11, 15, tzinfo=UTC), 24, Unit.MONTHS, datetime(2028, 11, 15, tzinfo=UTC)),
        (datetime(2026, 12, 15, tzinfo=UTC), 1, Unit.MONTHS, datetime(2027, 1, 15, tzinfo=UTC)),
    ],
)
def test_adding(start: datetime, amount: int, unit: Unit, expected: datetime) -> None:
    assert add(start, amount, unit) == expected


@pytest.mark.parametrize(
    ("end", "amount", "unit", "expected"),
    [
        (MONDAY, 1, Unit.WORKING_DAYS, datetime(2026, 2, 27, 9, 30, tzinfo=UTC)),
        (MONDAY, 14, Unit.CALENDAR_DAYS, datetime(2026, 2, 16, 9, 30, tzinfo=UTC)),
        (datetime(2026, 3, 31, tzinfo=UTC), 1, Unit.MONTHS, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, Unit.MONTHS, datetime(2025, 12, 15, tzinfo=UTC)),
    ],
)
def test_counting_back(end: datetime, amount: int, unit: Unit, expected: datetime) -> None:
    assert subtract(end, amount, unit) == expected


ZURICH, SANTIAGO, CAIRO, KATHMANDU = (
    ZoneInfo(name) for name in ("Europe/Zurich", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu")
)
EASTER = Calendar(ZURICH, yearly=frozenset({(12, 25)}), holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        # Good Friday and Easter Monday are no working days, and on 29 March clocks go forward.
        (local(ZURICH, 2026, 4, 2, 16), 1, Unit.WORKING_DAYS, local(ZURICH, 2026, 4, 7, 16)),
        (local(ZURICH, 2026, 3, 27, 16), 1, Unit.WORKING_DAYS, local(ZURICH, 2026, 3, 30, 16)),
        (local(ZURICH, 2026, 12, 24, 9), 1, Unit.WORKING_DAYS, local(ZURICH, 2026, 12, 28, 9)),
        (local(ZURICH, 2027, 12, 24, 9), 1, Unit.WORKING_DAYS, local(ZURICH, 2027, 12, 27, 9)),
        (local(ZURICH, 2026, 3, 1, 9), 90, Unit.CALENDAR_DAYS, local(ZURICH, 2026, 5, 30, 9)),
        (local(ZURICH, 2026, 3, 28, 9), 24, Unit.HOURS, local(ZURICH, 2026, 3, 29, 10)),
        (local(ZURICH, 2026, 1, 31, 0, 30), 1, Unit.MONTHS, local(ZURICH, 2026, 2, 28, 0, 30)),
        # There is no half past two on that night: it is an hour later.
        (local(ZURICH, 2026, 3, 28, 2, 30), 1, Unit.CALENDAR_DAYS, local(ZURICH, 2026, 3, 29, 3, 30)),
        # Of the two half past two of that night, the first.
        (local(ZURICH, 2026, 10, 24, 2, 30), 1, Unit.CALENDAR_DAYS, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_days_and_months_are_an_offices_own(start: datetime, amount: int, unit: Unit, expected: datetime) -> None:
    assert add(start.astimezone(UTC), amount, unit, EASTER) == expected.astimezone(UTC)


def test_the_day_is_the_offices_and_not_that_of_utc() -> None:
    """Thursday 23:00 in UTC is Friday in Kathmandu, where Saturday alone is free."""
    late = datetime(2026, 3, 5, 23, 0, tzinfo=UTC)
    assert add(late, 1, Unit.WORKING_DAYS) == datetime(2026, 3, 6, 23, 0, tzinfo=UTC)
    nepal = Calendar(KATHMANDU, weekend=frozenset({5}))
    assert add(late, 1, Unit.WORKING_DAYS, nepal) == datetime(2026, 3, 7, 23, 0, tzinfo=UTC)
    assert add(late, 1, Unit.WORKING_DAYS, nepal).astimezone(KATHMANDU).date() == date(2026, 3, 8)


MOMENTS = st.integers(1_577_836_800, 2_082_758_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
CALENDARS = st.builds(
    Calendar,
    st.sampled_from([UTC, ZURICH, SANTIAGO, CAIRO, KATHMANDU]),
    st.frozensets(st.integers(0, 6), max_size=6),
    st.frozensets(st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day)), max_size=20),
    st.frozensets(st.dates(date(2020, 1, 1), date(2035, 12, 31)), max_size=20),
)


def wall(at: datetime, calendar: Calendar) -> datetime:
    return at.astimezone(calendar.zone).replace(tzinfo=None, fold=0)


def is_left_out(at: datetime, calendar: Calendar) -> bool:
    """Whether a change of clocks leaves this time of day out."""
    return wall(at.replace(tzinfo=calendar.zone), calendar) != at


@given(MOMENTS, st.integers(1, 60), CALENDARS)
def test_working_days_keep_the_time_of_day_and_never_end_on_a_free_day(
    start: datetime, amount: int, calendar: Calendar
) -> None:
    first, last = wall(start, calendar), wall(add(start, amount, Unit.WORKING_DAYS, calendar), calendar)
    expected = datetime.combine(last.date(), first.time())
    assert last == expected or is_left_out(expected, calendar)
    assert calendar.works(last.date())
    days = [first.date() + timedelta(days=day) for day in range(1, (last.date() - first.date()).days + 1)]
    assert sum(calendar.works(day) for day in days) == amount


@given(MOMENTS, st.integers(1, 60), CALENDARS)
def test_as_many_working_days_have_passed_as_were_added(start: datetime, amount: int, calendar: Calendar) -> None:
    """An hour later, because a change of clocks may have made the last day an hour shorter."""
    end = add(start, amount, Unit.WORKING_DAYS, calendar)
    assert working_days_between(start, end + timedelta(hours=1), calendar) == amount
    assert working_days_between(start, start, calendar) == 0


@given(MOMENTS, st.integers(1, 200), st.sampled_from([Unit.CALENDAR_DAYS, Unit.MONTHS]), CALENDARS)
def test_days_and_months_keep_the_time_of_day(start: datetime, amount: int, unit: Unit, calendar: Calendar) -> None:
    first, last = wall(start, calendar), wall(add(start, amount, unit, calendar), calendar)
    expected = datetime.combine(last.date(), first.time())
    assert last == expected or is_left_out(expected, calendar)
    if unit is Unit.MONTHS:
        months = (last.year - first.year) * 12 + last.month - first.month
        assert months == amount
        assert last.day == first.day or (last.day < first.day and (last + timedelta(days=1)).day == 1)
    else:
        assert (last.date() - first.date()).days == amount


@given(MOMENTS, st.integers(1, 100), st.sampled_from(list(Unit)), CALENDARS)
def test_adding_goes_forward_and_taking_away_goes_back(
    at: datetime, amount: int, unit: Unit, calendar: Calendar
) -> None:
    assert subtract(at, amount, unit, calendar) < at < add(at, amount, unit, calendar)
    assert add(at, amount, unit, calendar) <= add(at, amount + 1, unit, calendar)


@given(MOMENTS, st.integers(1, 30))
def test_from_a_working_day_there_and_back_is_the_same_moment(start: datetime, amount: int) -> None:
    there = add(start, amount, Unit.WORKING_DAYS)
    if PLAIN.works(start.date()):
        assert subtract(there, amount, Unit.WORKING_DAYS) == start
    assert time(there.hour, there.minute, there.second, there.microsecond) == start.time()
