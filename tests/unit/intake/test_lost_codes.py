"""Which report somebody means who has lost her code."""

from datetime import date
from uuid import uuid4

import pytest

from services.intake.domain.codes import SeveralMatch, meant

DAY = date(2026, 3, 10)
FIRST, SECOND = uuid4(), uuid4()


@pytest.mark.parametrize(("sent", "found"), [(7, True), (10, True), (13, True), (6, False), (14, False)])
def test_a_day_is_remembered_to_three_days(sent: int, found: bool) -> None:
    assert meant({FIRST: date(2026, 3, sent)}, DAY) == (FIRST if found else None)


def test_that_of_the_very_day_comes_before_one_near_it() -> None:
    assert meant({FIRST: date(2026, 3, 9), SECOND: DAY}, DAY) == SECOND


@pytest.mark.parametrize("others", [{FIRST: DAY, SECOND: DAY}, {FIRST: date(2026, 3, 9), SECOND: date(2026, 3, 11)}])
def test_nobody_guesses_between_two(others: dict[object, date]) -> None:
    with pytest.raises(SeveralMatch):
        meant(others, DAY)  # type: ignore[arg-type]


def test_nothing_was_sent() -> None:
    assert meant({}, DAY) is None
