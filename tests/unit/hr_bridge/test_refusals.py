"""A refusal is written down with how many it stands for, and none is left out of the count."""

from datetime import UTC, datetime, timedelta

from services.hr_bridge.web.personnel_actions import Refusals

NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


def test_of_a_flood_an_entry_stands_for_those_that_had_none() -> None:
    refusals = Refusals()
    assert [refusals.stands_for(NOW) for _ in range(50)] == [1] * 20 + [0] * 30
    assert [refusals.stands_for(NOW + timedelta(minutes=1)) for _ in range(2)] == [31, 1]
