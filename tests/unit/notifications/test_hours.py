"""When a mail goes to somebody who chose hours: inside them, and never telling when there was something new."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notifications.hours import LONGEST_DELAY, Hours, moment

KATHMANDU = ZoneInfo("Asia/Kathmandu")
EVENING = Hours(17, 22, KATHMANDU)
WHOLE_DAY = Hours(0, 24, KATHMANDU)


def local(*clock: int, day: int = 22) -> datetime:
    return datetime(2026, 11, day, *clock, tzinfo=KATHMANDU)


@pytest.mark.parametrize(
    ("now", "share", "goes"),
    [
        (local(9), 0.0, local(17)),
        (local(9), 0.5, local(18, 30)),
        (local(18), 0.0, local(18)),
        (local(18), 0.999999, local(21)),
        (local(21), 0.5, local(21, 30)),
        (local(21, 50), 0.0, local(17, day=23)),
        (local(23), 0.5, local(18, 30, day=23)),
    ],
)
def test_it_goes_within_the_hours_after_a_random_part_of_what_is_left(
    now: datetime, share: float, goes: datetime
) -> None:
    found = moment(now.astimezone(UTC), EVENING, share)
    assert abs(found - goes) < timedelta(seconds=1)
    assert EVENING.hold(found)


def test_at_any_hour_it_goes_within_some_hours() -> None:
    assert moment(local(9), WHOLE_DAY, 0.5) == local(9) + LONGEST_DELAY / 2
    assert moment(local(23, 50), WHOLE_DAY, 0.0) == local(0, day=23)
    assert WHOLE_DAY.hold(local(23, 59))


def test_when_clocks_change_the_hours_stay_those_of_the_clock() -> None:
    morning = Hours(7, 12, ZoneInfo("Europe/Zurich"))
    before, after = datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 20, tzinfo=UTC)
    assert moment(before, morning, 0.0) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    assert moment(after, morning, 0.0) == datetime(2026, 10, 26, 6, tzinfo=UTC)


def test_hours_end_before_their_last_hour_begins() -> None:
    assert not EVENING.hold(local(22))
    assert not EVENING.hold(local(16, 59))
    assert EVENING.hold(local(17))
