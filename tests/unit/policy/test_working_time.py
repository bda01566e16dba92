"""How time is counted."""

from datetime import UTC, datetime

import pytest

from policy.working_time import Unit, add, subtract

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
