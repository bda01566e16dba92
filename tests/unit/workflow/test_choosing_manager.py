"""Who may deal with what somebody has told a manager."""

from dataclasses import replace
from typing import Any

import pytest

from services.workflow.domain.choosing_manager import Candidate, levels_above, may_be_asked, next_level

SUPERVISOR = Candidate(
    "S0017", at_work=True, above_a_party=True, manages=True, below_the_offender=False, kept_out=False
)


def may(candidate: Candidate, level: str | None = "supervisor", *, anybody_named: bool = True) -> bool:
    return may_be_asked(candidate, level, anybody_named=anybody_named)


def test_whoever_is_above_a_party_may() -> None:
    assert may(SUPERVISOR)
    assert may(replace(SUPERVISOR, below_the_offender=True)), "her own supervisor may, also when his boss is meant"


@pytest.mark.parametrize("fault", [{"at_work": False}, {"kept_out": True}, {"had_it": True}, {"above_a_party": False}])
def test_whoever_left_is_in_conflict_had_it_or_has_no_duty_may_not(fault: dict[str, Any]) -> None:
    assert not may(replace(SUPERVISOR, **fault))


@pytest.mark.parametrize("level", ["higher_manager", None])
def test_inv_17_a_manager_beside_the_line_may_unless_she_means_her_own_supervisor(level: str | None) -> None:
    beside = replace(SUPERVISOR, above_a_party=False)
    assert may(beside, level)
    assert not may(beside, "supervisor")
    assert not may(replace(beside, manages=False), level), "he has to manage somebody"


def test_where_nobody_is_named_no_line_can_be_told() -> None:
    assert may(replace(SUPERVISOR, above_a_party=False), anybody_named=False)


def test_the_next_level_is_the_nearest_who_may_and_never_somebody_below_the_offender() -> None:
    def one(staff_id: str, **faults: Any) -> Candidate:
        return replace(SUPERVISOR, staff_id=staff_id, **faults)

    line = [one("A", kept_out=True), one("B", at_work=False), one("C", below_the_offender=True), one("D"), one("E")]
    assert next_level(line) == "D"
    assert next_level(line[:3]) is None


@pytest.mark.parametrize(
    ("last", "above_last", "skipped", "expected"),
    [
        ("boss", ["director"], None, ["director"]),  # he had it: only above him
        ("offender", ["boss", "director"], None, ["boss", "director"]),  # told about himself
        ("peer", ["other boss"], None, ["boss", "director"]),  # no duty: her own line
        ("peer", ["other boss"], "boss", ["director"]),  # her own supervisor, whom she did not name
        ("offender", ["boss", "director"], "boss", ["director"]),
        (None, [], None, ["boss", "director"]),
    ],
)
def test_the_turn_goes_upwards_alone(last: str, above_last: list[str], skipped: str, expected: list[str]) -> None:
    assert list(levels_above(last, above_last, ["boss", "director"], {"offender", "her"}, skipped)) == expected


def test_where_no_line_is_known_it_is_the_line_of_whom_she_named() -> None:
    assert list(levels_above("boss", ["director"], [], set(), None)) == ["director"]
