"""When digests go: fixed hours of working days, by the clock of the place."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from policy.working_time import Calendar
from services.notifications.slots import last_slot, next_slot

HOURS = (8, 14)
ZURICH = Calendar(ZoneInfo("Europe/Zurich"), holidays=frozenset({date(2026, 11, 24)}))
KATHMANDU = Calendar(ZoneInfo("Asia/Kathmandu"), weekend=frozenset({5}))


def at(day: int, *clock: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, *clock, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "then"),
    [
        (at(23, 6, 59), at(20, 13), at(23, 7)),  # Monday morning, before the first
        (at(23, 7), at(23, 7), at(23, 13)),
        (at(23, 12, 59), at(23, 7), at(23, 13)),
        (at(23, 13), at(23, 13), at(25, 7)),  # the day after is a holiday
        (at(22, 10), at(20, 13), at(23, 7)),  # on a Sunday
    ],
)
def test_a_digest_goes_at_its_hours_of_working_days(now: datetime, last: datetime, then: datetime) -> None:
    assert (last_slot(now, HOURS, ZURICH), next_slot(now, HOURS, ZURICH)) == (last, then)


def test_the_clock_and_the_weekend_are_those_of_the_place() -> None:
    assert next_slot(at(21, 10), HOURS, KATHMANDU) == at(22, 2, 15)


def test_when_clocks_change_the_hour_stays_that_of_the_clock() -> None:
    assert next_slot(at(23, 13, month=10), HOURS, ZURICH) == at(26, 7, month=10)
    assert last_slot(at(23, 7, month=10), HOURS, ZURICH) == at(23, 6, month=10)
    never = Calendar(UTC, holidays=frozenset(date(2026, 11, day) for day in range(1, 31)))
    assert last_slot(at(23, 7), HOURS, never) is None
    assert next_slot(at(5, 7), HOURS, never) == at(20, 7)
