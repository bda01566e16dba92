"""Reasons are of this matter and of today: formulas, a few words and yesterday's words are none."""

from dataclasses import replace

import pytest

from policy.model import Policy
from services.workflow.domain.measure_reasons import reasons_wrong, same_reasons
from tests.lifecycles import POLICY

REAL = "He signs her leave and her appraisal, and she has to see him every morning until the inquiry ends."


@pytest.mark.parametrize(
    "text",
    [
        "In the interest of the Organization.",
        "IN THE BEST INTERESTS of the organisation, and due to the seriousness of the allegations!",
        "Dans l'intérêt du service.",
        "In view of the gravity of the allegations, the measure is necessary and proportionate.",
    ],
)
def test_a_formula_that_fits_any_case_is_no_reason(text: str) -> None:
    assert reasons_wrong(text, POLICY) == "REASONS_STOCK_PHRASE"


@pytest.mark.parametrize("text", ["", "ok", "She asked for it.", "x " * 7, "..."])
def test_a_few_words_are_no_reasons(text: str) -> None:
    assert reasons_wrong(text, POLICY) == "REASONS_TOO_SHORT"


@pytest.mark.parametrize(
    "text",
    [REAL, f"In the interest of the organization. {REAL}", "他签署她的休假和考核直到调查结束", "x " * 8],
)
def test_words_of_the_matter_count_also_beside_a_formula_and_in_any_script(text: str) -> None:
    assert reasons_wrong(text, POLICY) is None


def with_formulas(*formulas: str) -> Policy:
    phrases = replace(POLICY.options["stock_phrase"], choices={str(n): one for n, one in enumerate(formulas)})
    return replace(POLICY, options={**POLICY.options, "stock_phrase": phrases})


OWN = "one two three four five six seven"
"""One word less than reasons need."""


@pytest.mark.parametrize("order", [1, -1])
def test_nothing_of_a_formula_counts_not_even_the_rest_around_a_shorter_one(order: int) -> None:
    formulas = ("the interest", "in the interest of the service")[::order]
    assert reasons_wrong(f"{OWN} in the interest of the service", with_formulas(*formulas)) == "REASONS_STOCK_PHRASE"
    assert reasons_wrong(f"{OWN} eight in the interest of the service", with_formulas(*formulas)) is None


def test_inv_37_the_same_words_in_other_clothes_are_not_fresh() -> None:
    assert same_reasons(REAL, f"  {REAL.upper().replace(',', ' -')} ")
    assert not same_reasons(REAL, REAL.replace("every morning", "every Monday"))
