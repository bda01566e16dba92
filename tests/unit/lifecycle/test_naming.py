"""A name that is given later, as a step of the case: pure, and the same when the case is played again."""

from lifecycle import engine, naming, replay
from lifecycle.model import Case, Step
from tests.lifecycles import BY_NAME, NOW, OPENING, POLICY, REPORT


def told(mode: str) -> Case:
    facts = {**OPENING["formal_report"], "mode": mode}
    return engine.open_case(BY_NAME["formal_report"], REPORT, 1, facts, NOW, POLICY)


def test_from_then_on_it_counts_as_told_in_confidence_and_nothing_else_changes() -> None:
    before = told("anonymous")
    assert naming.is_anonymous(before)
    after = naming.name_given(before, NOW)
    assert not naming.is_anonymous(after)
    assert after.facts == {**before.facts, "mode": "confidential"}
    assert (after.version, after.state, after.clocks, after.assigned, after.effects) == (
        before.version + 1, before.state, before.clocks, before.assigned, (),
    )  # fmt: skip
    assert after.steps == (*before.steps, Step(after.version, "record_name", "system", None, NOW))


def test_a_case_whose_reporter_was_named_from_the_first_is_not_anonymous() -> None:
    assert not naming.is_anonymous(told("confidential"))


def test_such_a_case_is_played_again_without_a_deviation() -> None:
    case = naming.name_given(told("anonymous"), NOW)
    again = replay.replay(BY_NAME["formal_report"], case, case.steps, {1: POLICY})
    assert (again.deviations, again.case.facts, again.case.steps) == ((), case.facts, case.steps)
