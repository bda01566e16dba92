"""What may be done to a line, case by case. S1 is the person, S2 the one above her, S3 the temporary supervisor."""

import pytest

from services.hr_bridge.domain.line_change import (
    Persons,
    PersonsUnreadable,
    Step,
    TaskState,
    Turn,
    Verdict,
    judge,
    next_turn,
    ours,
)

WAITING, RUNNING, DONE = TaskState.WAITING, TaskState.RUNNING, TaskState.DONE
FAILED, WITHDRAWN = TaskState.FAILED, TaskState.WITHDRAWN


@pytest.mark.parametrize(
    ("current", "verdict"),
    [
        ("S2", Verdict.WRITE),
        ("S3", Verdict.ALREADY_THERE),  # written by us before we were cut off
        ("S9", Verdict.NOT_OURS),
        ("", Verdict.NOT_OURS),
    ],
)
def test_a_line_is_written_only_from_what_we_know_it_to_be(current: str, verdict: Verdict) -> None:
    assert judge(current, expected={"S2"}, wanted="S3") is verdict


def test_before_anything_was_written_the_line_may_only_be_the_first_one() -> None:
    assert ours("S2", [Step(WAITING, due=True)]) == {"S2"}


def test_a_proven_task_leaves_its_own_value_and_nothing_else() -> None:
    assert ours("S2", [Step(DONE, due=True, to="S3")]) == {"S3"}
    assert ours("S2", [Step(DONE, due=True, to="S3"), Step(DONE, due=True, to="S4")]) == {"S4"}


def test_a_task_that_puts_nobody_there_leaves_what_the_others_may_have_written() -> None:
    assert ours("S2", [Step(WITHDRAWN, due=True), Step(RUNNING, due=True, to="S3")]) == {"S2", "S3"}


@pytest.mark.parametrize("state", [RUNNING, WITHDRAWN, FAILED])
def test_a_task_that_was_cut_off_may_or_may_not_have_written(state: TaskState) -> None:
    assert ours("S2", [Step(state, due=True, to="S3")]) == {"S2", "S3"}
    assert ours("S2", [Step(DONE, due=True, to="S3"), Step(state, due=True, to="S4")]) == {"S3", "S4"}


def test_nothing_is_done_before_its_hour() -> None:
    assert next_turn([]) is None
    assert next_turn([Step(WAITING, due=False)]) is None


def test_what_is_done_or_waits_for_a_human_has_no_turn() -> None:
    assert next_turn([Step(DONE, due=True, to="S3")]) is None
    assert next_turn([Step(FAILED, due=True)]) is None


def test_a_restoration_takes_the_place_of_a_change_that_is_half_done() -> None:
    assert next_turn([Step(RUNNING, due=True, to="S3"), Step(WAITING, due=True)]) == Turn(do=1, withdraw=(0,))


def test_a_restoration_withdraws_a_change_whose_hour_has_not_come() -> None:
    assert next_turn([Step(WAITING, due=False), Step(WAITING, due=True)]) == Turn(do=1, withdraw=(0,))


def test_a_later_decision_does_not_hold_up_the_one_in_force() -> None:
    assert next_turn([Step(RUNNING, due=True, to="S3"), Step(WAITING, due=False)]) == Turn(do=0, withdraw=())


def test_what_was_proven_is_not_withdrawn() -> None:
    assert next_turn([Step(DONE, due=True, to="S3"), Step(WAITING, due=True)]) == Turn(do=1, withdraw=())


NAMED = {"person": "S1", "current_supervisor": "S2", "temporary_supervisor": "S3"}


def test_the_next_level_manager_may_be_left_open() -> None:
    assert Persons.parse(NAMED) == Persons("S1", "S2", "S3", "")
    assert Persons.parse(NAMED | {"next_level_manager": "S4"}).next_level_manager == "S4"
    assert Persons.parse(NAMED | {"next_level_manager": "S3"}).next_level_manager == "S3", "who has it may keep it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": ""},
        {"person": "S3"},  # nobody supervises himself
        {"temporary_supervisor": "S2"},  # nothing would change
        {"temporary_supervisor": 3},
        {"next_level_manager": "S1"},
        {"next_level_manager": "S2"},  # the line must not pass on to him
        {"next_level_manager": None},
    ],
)
def test_persons_that_make_no_sense_are_refused_without_being_repeated(wrong: dict[str, object]) -> None:
    with pytest.raises(PersonsUnreadable) as refused:
        Persons.parse(NAMED | wrong)
    assert refused.value.args == ("persons",)


def test_a_missing_person_is_refused() -> None:
    with pytest.raises(PersonsUnreadable):
        Persons.parse({"person": "S1"})
