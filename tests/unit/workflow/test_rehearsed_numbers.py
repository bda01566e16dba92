"""What a page may tell of cases that were played again: invariant 10."""

from collections import Counter

from lifecycle.past_cases import Rehearsed
from lifecycle.rehearsal import Course
from services.workflow.web.policy_pages import Played, played

LEAST = 10


def _rehearsed(cases: int, was: dict[str, int], would_be: dict[str, int], left_out: int = 0) -> Rehearsed:
    before, after = Course(cases, breaches=Counter(was)), Course(cases, breaches=Counter(would_be))
    return Rehearsed("workflow", "formal_report", before, after, left_out)


def test_a_procedure_with_few_cases_is_not_named() -> None:
    assert played([_rehearsed(9, {"report.ack": 9}, {})], LEAST) == []


def test_neither_a_small_number_nor_a_difference_of_one_case_is_told() -> None:
    was = {"small": 9, "one_more": 10, "many": 23, "grows": 2}
    would_be = {"one_more": 11, "many": 10, "grows": 12}
    expected = Played("formal_report", 25, None, [("breaches", "grows", None, 10), ("breaches", "many", 25, 10)])
    assert played([_rehearsed(24, was, would_be, left_out=2)], LEAST) == [expected]
