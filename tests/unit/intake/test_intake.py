"""Intake's rules that need no store."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.web.problems import Problem
from services.intake.bodies import Answers
from services.intake.parties import Parties
from services.intake.use_cases.send_message import NotAFact, check_facts
from services.intake.web.public import check_key


@given(st.text().filter(lambda text: any(character.isspace() or not character.isascii() for character in text)))
def test_no_sentence_passes_for_a_fact(words: str) -> None:
    with pytest.raises(NotAFact) as refusal:
        check_facts({"fine": True, "outcome": words})
    assert refusal.value.name == "outcome"


@pytest.mark.parametrize(
    "words", ["S0017", "s0017 ", "He", "", "he-said-it", "a" * 65, "resolved\n", "2026-03-01 he", "9"]
)
def test_what_could_name_somebody_or_tell_something_is_no_fact(words: str) -> None:
    with pytest.raises(NotAFact):
        check_facts({"outcome": words})


@pytest.mark.parametrize(
    "fact",
    [
        True, 0, -3, "resolved", "not_resolved", "im.remind.14", "2026-03-01", "2026-03-01T10:00Z",
        pytest.param(str(uuid4()), id="uuid4"),
    ],
)  # fmt: skip
def test_words_of_procedure_numbers_dates_and_ids_are_facts(fact: bool | int | str) -> None:
    check_facts({"outcome": fact})


def test_an_earlier_naming_fills_in_and_adds_and_never_replaces() -> None:
    now = Parties("S0021", ["S0022"], ["S0003"])
    earlier = Parties("S0018", ["S0017", "S0022"], ["S0012"])
    joined = now.joined_with(earlier)
    assert joined == Parties("S0021", ("S0022", "S0017"), ("S0003", "S0012"))
    assert Parties().joined_with(earlier).affected_individual == "S0018"
    assert joined.everybody() == {"S0021", "S0022", "S0017", "S0003", "S0012"}
    assert Parties.read(joined.content()).content() == joined.content()


@given(st.uuids(version=4))
def test_every_random_uuid_is_a_key(key: object) -> None:
    assert check_key(str(key)) == str(key)


@given(st.uuids().filter(lambda key: key.version != 4))
def test_a_uuid_that_is_not_random_is_no_key(key: object) -> None:
    with pytest.raises(Problem):
        check_key(str(key))


def test_inv_18_nothing_is_asked_that_blames_or_hurts() -> None:
    """Each answer was weighed: none asks why not, for proof, for clothes, for graphic detail, for a past or a status.
    Whoever adds one weighs it too.
    """
    assert set(Answers.__struct_fields__) == {
        "what_happened",
        "wish",
        "when_and_where",
        "others_present",
        "effects",
        "support_needs",
        "earlier_steps",
        "fear_of_retaliation",
        "how_to_address_me",
        "safe_times",
        "who_is_involved",
    }
    assert Answers() == Answers(**dict.fromkeys(Answers.__struct_fields__)), "each may be left out"
