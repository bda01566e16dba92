"""What HR is told of a measure that somebody carries out by hand, and whether any of it was ever begun."""

from typing import Any

import pytest

from services.hr_bridge.domain.by_hand import Done, Order, was_begun
from services.hr_bridge.domain.line_change import PersonsUnreadable, TaskKind, TaskState

LINE = {
    "person": "S0018",
    "current_supervisor": "S0017",
    "temporary_supervisor": "S0019",
    "next_level_manager": "S0016",
    "appraiser": "S0015",
    "approver": "S0014",
}


def test_an_order_says_whose_work_changes_and_how_and_names_everybody_in_it() -> None:
    order = Order.parse({**LINE, "arrangement": "from home", "location": "creek"})
    assert order == Order("S0018", "from home", "creek", "S0015", "S0014", frozenset(LINE.values()))


def test_what_is_not_told_is_empty_and_names_nobody() -> None:
    assert Order.parse({"person": "S0018", "appraiser": ""}) == Order("S0018", named=frozenset({"S0018"}))


@pytest.mark.parametrize("found", [{}, {"person": ""}, {**LINE, "approver": None}, {"person": ["S0018"]}])
def test_an_order_without_a_person_or_with_anything_but_words_is_unreadable(found: dict[str, Any]) -> None:
    with pytest.raises(PersonsUnreadable) as wrong:
        Order.parse(found)
    assert wrong.value.args == ("persons",), "nothing of what was sealed is repeated"


APPLY, PASS_ON, RESTORE = TaskKind.APPLY, TaskKind.PASS_ON, TaskKind.RESTORE


@pytest.mark.parametrize(
    ("tasks", "begun"),
    [
        ([], False),
        ([Done(APPLY, TaskState.DONE, due=True)], True),
        ([Done(PASS_ON, TaskState.DONE, due=True)], True),
        ([Done(APPLY, TaskState.DONE, due=True), Done(RESTORE, TaskState.DONE, due=True)], False),
        # Handed over, or withdrawn after it was: somebody may have begun.
        ([Done(APPLY, TaskState.HANDED, due=True)], True),
        ([Done(APPLY, TaskState.WITHDRAWN, due=True)], True),
        ([Done(APPLY, TaskState.WITHDRAWN, due=False)], False),
        ([Done(APPLY, TaskState.HANDED, due=False)], False),
        ([Done(APPLY, TaskState.WAITING, due=True)], False),
        ([Done(APPLY, TaskState.FAILED, due=True)], False),
        # What is on its way to be undone was not begun by that.
        ([Done(RESTORE, TaskState.HANDED, due=True)], False),
        ([Done(PASS_ON, TaskState.HANDED, due=True)], False),
        # The last that is settled counts, and what came after it.
        ([Done(RESTORE, TaskState.DONE, due=True), Done(APPLY, TaskState.HANDED, due=True)], True),
        ([Done(APPLY, TaskState.HANDED, due=True), Done(RESTORE, TaskState.DONE, due=True)], False),
    ],
)
def test_whether_something_may_have_to_be_taken_back(tasks: list[Done], begun: bool) -> None:
    assert was_begun(tasks) is begun
