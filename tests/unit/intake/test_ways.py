"""Which ways are shown: none is chosen for her, and the dangerous ones are not among them."""

from dataclasses import fields
from itertools import product
from typing import Any

import pytest

from services.intake.bodies import AskWays
from services.intake.domain.ways import WAYS, Said, Situation, Way, Ways, ways

SAID: tuple[Said, ...] = ("yes", "no", "not_said")


def shown(**said: Any) -> set[str]:
    return {one.way for one in ways(Situation(**said)).ways}


def test_what_may_be_said_is_what_is_looked_at() -> None:
    assert [field.name for field in fields(Situation)] == list(AskWays.__struct_fields__)


def test_inv_13_no_way_is_ever_preselected() -> None:
    assert {field.name for field in fields(Way)} == {"way", "risks"}
    assert {field.name for field in fields(Ways)} == {"urgency", "help", "ways"}
    for danger, minor, safe in product(SAID, repeat=3):
        found = [one.way for one in ways(Situation(danger_now=danger, minor=minor, feels_safe_to_talk=safe)).ways]
        assert found == [way for way in WAYS if way in found], "the same order, whatever was said"


@pytest.mark.parametrize(
    "said",
    [
        {"danger_now": "yes"},
        {"weapon": "yes"},
        {"sexual_assault": "yes"},
        {"minor": "yes"},
        {"affected_is": "beneficiary"},
        {"feels_safe_to_talk": "no"},
    ],
    ids=str,
)
def test_inv_13_direct_approach_is_not_shown_when_it_is_not_safe(said: dict[str, Any]) -> None:
    assert "direct_approach" not in shown(**said)
    assert "direct_approach" not in shown(
        **said | ({} if "feels_safe_to_talk" in said else {"feels_safe_to_talk": "yes"})
    )
    assert "direct_approach" in shown(feels_safe_to_talk="yes")


def test_direct_approach_is_shown_with_its_risk_where_the_other_has_power_over_her() -> None:
    def risks(**said: Any) -> tuple[str, ...]:
        return next(one.risks for one in ways(Situation(**said)).ways if one.way == "direct_approach")

    assert risks(feels_safe_to_talk="yes", power_over_me="yes") == ("the_other_has_power_over_me",)
    assert risks() == ("only_if_it_feels_safe",)


@pytest.mark.parametrize(
    "said", [{"minor": "yes"}, *({"affected_is": who} for who in ("child", "beneficiary"))], ids=str
)
def test_inv_24_a_child_or_a_beneficiary_leads_to_oversight_and_to_no_talk_with_the_other(said: dict[str, Any]) -> None:
    assert not shown(**said) & {"direct_approach", "supervisor_request", "informal_resolution"}
    assert {"sea_report", "support_referral", "formal_report"} <= shown(**said)
    assert "sea_help" in ways(Situation(**said)).help


def test_among_personnel_nothing_is_said_of_exploitation_unless_somebody_is_a_minor() -> None:
    assert "sea_report" not in shown(affected_is="personnel")
    assert "sea_report" in shown(affected_is="personnel", minor="yes")


def test_who_says_nothing_is_shown_every_way() -> None:
    """Invariant 17."""
    assert shown() == set(WAYS)
    assert ways(Situation()).urgency == "green"


@pytest.mark.parametrize(
    ("said", "urgency"),
    [
        ({"weapon": "yes"}, "red"),
        ({"self_harm": "yes"}, "red"),
        ({"affected_is": "child"}, "red"),
        ({"sexual_assault": "yes"}, "red"),
        ({"sexual_assault": "yes", "recent": "no"}, "orange"),
        ({"affected_is": "beneficiary"}, "orange"),
        ({"fears_retaliation": "yes"}, "orange"),
        ({"power_over_me": "yes"}, "orange"),
        ({"affected_is": "personnel"}, "green"),
    ],
)
def test_how_urgent_it_is(said: dict[str, Any], urgency: str) -> None:
    assert ways(Situation(**said)).urgency == urgency


def test_inv_23_whoever_is_in_danger_is_told_what_is_urgent_for_health_without_saying_what_happened() -> None:
    assert {"emergency", "health_in_time"} <= set(ways(Situation(danger_now="yes")).help)
    assert ways(Situation(self_harm="yes")).help[:3] == ("emergency", "health_in_time", "somebody_to_stay_with")


def test_somebody_to_listen_is_always_there() -> None:
    """Invariant 21: help has no condition."""
    for danger, minor in product(SAID, repeat=2):
        found = ways(Situation(danger_now=danger, minor=minor))
        assert "somebody_to_listen" in found.help
        assert "support_referral" in {one.way for one in found.ways}
