"""Every line of the safety list, S1 to S26, is held by a test of its number: `test_s7_…`, `test_s12_s13_…`."""

import re
from typing import Final

import pytest

from tests.architecture.test_promises import names_of_tests

LINES: Final = frozenset(range(1, 27))


def lines(name: str) -> list[int]:
    """Those that a test holds, by its name; one may hold an invariant too."""
    found = re.match(r"test_(?:inv_\d+_)*((?:s\d+_)+)", name)
    return [int(one) for one in re.findall(r"\d+", found[1])] if found else []


def test_every_line_of_the_safety_list_has_a_test_of_its_number() -> None:
    assert {line for name in names_of_tests() for line in lines(name)} == LINES


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("test_s7_leaving", [7]),
        ("test_s12_s13_the_profile", [12, 13]),
        ("test_inv_25_s3_s7_leaving", [3, 7]),
        ("test_somebody", []),
        ("test_a_page_of_s12_", []),
    ],
)
def test_a_line_without_a_test_would_be_missed(name: str, held: list[int]) -> None:
    assert lines(name) == held
