"""Guards that any procedure may use: when they hold to the second, and what they say when they do not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import guards
from lifecycle.clocks import DUE
from lifecycle.model import PERSON as HERSELF
from lifecycle.model import Actor, Case, Clock, Fact, Facts, Step
from lifecycle.table import Guard, Situation
from policy.model import Role
from tests.lifecycles import NOW, PERSON, POLICY, at, opened, staff

SECOND = timedelta(seconds=1)
SOMEBODY = staff("S0006", Role.INVESTIGATOR)
CASE = opened("formal_report")


def broken(guard: Guard, actor: Actor = SOMEBODY, case: Case = CASE, **facts: Fact) -> Facts | None:
    return guard.broken(Situation(case, actor, NOW, POLICY, facts))


def stepped(*steps: tuple[str, str]) -> Case:
    taken = [Step(number, action, by, None, NOW) for number, (action, by) in enumerate(steps, start=2)]
    return replace(CASE, steps=(*CASE.steps, *taken))


def test_who_took_a_part_is_refused_and_told_which() -> None:
    guard = guards.took_no_part("decide", "sign", rule="invariant 33")
    assert (guard.code, guard.rule) == ("SAME_PERSON", "invariant 33")
    assert broken(guard, case=stepped(("look", "S0006"), ("sign", "S0006"))) == {"did": "sign"}
    assert broken(guard, case=stepped(("decide", "S0007"), ("look", "S0006"))) is None
    assert broken(guard, PERSON, stepped(("decide", HERSELF))) == {"did": "decide"}


def test_who_also_holds_another_office_is_refused_and_told_the_first_of_them() -> None:
    guard = guards.holds_none_of(Role.LEGAL_OFFICER, Role.AUDITOR, rule="invariant 49")
    both = staff("S0003", Role.LEGAL_OFFICER, Role.AUDITOR)
    assert (guard.code, guard.rule) == ("ROLE_CONFLICT", "invariant 49")
    assert broken(guard, both) == {"role": Role.AUDITOR}
    assert broken(guard, SOMEBODY) is None


def test_a_step_that_is_for_whoever_is_assigned_is_for_nobody_while_nobody_is() -> None:
    guard = guards.is_assigned(Role.INVESTIGATOR)
    assert (guard.code, guard.rule) == ("NOT_ASSIGNED", "lifecycle")
    assigned = replace(CASE, assigned={Role.INVESTIGATOR: "S0006"})
    assert broken(guard, case=assigned) is None
    assert broken(guard, staff("S0005", Role.INVESTIGATOR), assigned) == {"role": Role.INVESTIGATOR}
    assert broken(guard, PERSON, assigned) == broken(guard) == {"role": Role.INVESTIGATOR}


def test_what_is_to_be_ended_has_yet_to_ring_and_a_refusal_names_the_first_that_was_looked_for() -> None:
    guard = guards.counts("first", "second")
    assert (guard.code, guard.rule) == ("CLOCK_NOT_RUNNING", "lifecycle")

    def with_clocks(*clocks: Clock) -> Case:
        return replace(CASE, clocks={one.key: one for one in clocks})

    ahead, late = Clock("second", NOW, NOW + SECOND), Clock("first", NOW, NOW, rung=(DUE,))
    assert broken(guard, case=with_clocks(late, ahead)) is None
    for nothing_left in (with_clocks(), with_clocks(late), with_clocks(late, ahead._replace(met_at=NOW))):
        assert broken(guard, case=nothing_left) == {"clock": "first"}


@pytest.mark.parametrize(
    ("facts", "holds"), [({"seen": True}, True), ({"seen": False}, False), ({}, False), ({"seen": 1}, False)]
)
def test_only_a_plain_yes_confirms(facts: dict[str, Fact], holds: bool) -> None:
    guard = guards.confirmed("seen", "policy 2.3")
    assert (guard.code, guard.rule) == ("NOT_CONFIRMED", "policy 2.3")
    assert broken(guard, **facts) == (None if holds else {"field": "seen"})


def test_two_times_are_in_order_to_the_second_and_one_of_them_may_be_the_cases_own() -> None:
    guard = guards.in_order("from_at", "until_at", "invariant 35")
    equal = guards.in_order("from_at", "until_at", "invariant 35", may_be_equal=True)
    assert (guard.code, guard.rule) == ("TIMES_OUT_OF_ORDER", "invariant 35")
    wrong = {"field": "until_at", "after": "from_at"}
    assert broken(guard, from_at=at(1), until_at=at(2)) is None
    assert broken(guard, from_at=at(1), until_at=at(1)) == wrong
    assert broken(equal, from_at=at(1), until_at=at(1)) is None
    assert broken(equal, from_at=at(2), until_at=at(1)) == wrong
    knows = replace(CASE, facts={**CASE.facts, "from_at": at(5)})
    assert broken(guard, case=knows, until_at=at(6)) is None
    assert broken(guard, case=knows, until_at=at(4)) == wrong
    assert broken(guard, case=knows, from_at=at(3), until_at=at(4)) is None, "what is sent counts"


def test_a_time_lies_ahead_or_as_little_behind_as_two_clocks_may_differ() -> None:
    guard = guards.not_before_now("from_at", "invariant 35")
    tolerant = guards.not_before_now("from_at", "invariant 35", tolerance=5 * SECOND)
    assert (guard.code, guard.rule) == ("TIME_IN_THE_PAST", "invariant 35")
    assert broken(guard, from_at=(NOW + SECOND).isoformat()) is None
    assert broken(guard, from_at=NOW.isoformat()) == {"field": "from_at"}
    assert broken(tolerant, from_at=(NOW - 4 * SECOND).isoformat()) is None
    assert broken(tolerant, from_at=(NOW - 5 * SECOND).isoformat()) == {"field": "from_at"}


def test_the_version_that_a_step_last_made() -> None:
    case = stepped(("look", "S1"), ("sign", "S1"), ("look", "S1"), ("wait", "S1"))
    assert guards.version_of(case, "look") == 4
    assert guards.version_of(case, "never") == 0


def test_who_is_named_holds_the_role_now_or_stands_in_for_it() -> None:
    guard = guards.is_appointed("investigator", Role.INVESTIGATOR)
    assert (guard.code, guard.rule) == ("NOT_APPOINTED", "lifecycle")
    assert broken(guard, investigator="S0006") is None
    assert broken(guard, investigator="S0011") == {"field": "investigator"}
    either = guards.is_appointed("who", Role.INVESTIGATOR, Role.FOCAL_POINT)
    assert broken(either, who="S0006") is None
    assert broken(either, who="S0011") is None
    standing_in = {role for desk in POLICY.desks.values() for role in desk.in_place_of.values()}
    for desk in POLICY.desks.values():
        for role, stand_in in desk.in_place_of.items():
            held = [one.staff_id for one in POLICY.appointed(stand_in, NOW)]
            assert all(broken(guards.is_appointed("who", role), who=one) is None for one in held)
    assert standing_in, "or the last assertion would hold for nothing"
