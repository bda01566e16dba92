"""Which report somebody means who has lost her code, and who can get another."""

from datetime import date
from uuid import uuid4

import pytest

from services.intake import bodies
from services.intake.domain.codes import SeveralMatch, meant
from services.intake.parties import Parties
from services.intake.use_cases.lodge_report import known_to_custodian

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


HER, WRITER = "S0018", "S0026"


@pytest.mark.parametrize(
    ("route", "choices", "writer", "known"),
    [
        ("retaliation", {}, None, HER),
        ("retaliation", {"kind": "request"}, None, HER),
        ("retaliation", {"kind": "third_party"}, None, None),
        ("retaliation", {"kind": "third_party"}, WRITER, WRITER),
        ("sea_report", {"writer": "affected"}, None, HER),
        ("sea_report", {"writer": "not_said"}, None, None),
        ("sea_report", {}, None, None),
        ("sea_report", {}, WRITER, WRITER),
        ("formal_report", {}, None, HER),
        ("formal_report", {"writer": "witness"}, None, None),
    ],
)
def test_inv_8_nobody_can_get_a_code_for_what_somebody_else_wrote(
    route: str, choices: dict[str, str], writer: str | None, known: str | None
) -> None:
    draft = bodies.LodgeReport(
        route=route,
        mode="confidential",
        choices=choices,
        parties=bodies.Parties(affected_individual=HER, reporter=writer),
    )
    service = "ethics" if route == "retaliation" else "workflow"
    assert known_to_custodian(draft, Parties.named_in(draft), service) == known


@pytest.mark.parametrize("number", [HER, HER.lower()])
def test_inv_02_whoever_tells_now_as_a_witness_what_happened_to_herself_is_not_shown_as_the_reporter(
    number: str,
) -> None:
    now = bodies.LodgeReport(
        route="formal_report",
        mode="confidential",
        choices={"writer": "witness"},
        parties=bodies.Parties(reporter=number),
    )
    joined = Parties.named_in(now).joined_with(Parties(affected_individual=HER))
    sealed = joined.content()
    assert (sealed["affected_individual"], sealed["reporter"]) == (HER, None)
    # She is protected all the same, and can get another code.
    assert known_to_custodian(now, joined, "workflow") == number


@pytest.mark.parametrize("writer", [WRITER, ""])
def test_whoever_writes_for_another_stands_beside_that_one(writer: str) -> None:
    assert Parties(affected_individual=HER, reporter=writer).content()["reporter"] == writer
