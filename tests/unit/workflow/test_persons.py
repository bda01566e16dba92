"""Whom a decision names: what can be carried out, and that a refusal repeats nobody's staff id."""

import json
from typing import Any

import pytest

from services.workflow.domain.persons import LINE_CHANGE, Persons, PersonsWrong

NAMES = ("person", "current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver")
NAMED = {"person": "S0018", "current_supervisor": "S0017", "temporary_supervisor": "S0019"}


def test_a_line_change_names_three_people_and_may_name_who_comes_next() -> None:
    persons = Persons.parse(json.dumps(NAMED | {"next_level_manager": "S0016"}), LINE_CHANGE)
    assert persons == Persons("S0018", "S0017", "S0019", "S0016")
    assert json.loads(persons.to_json()) == NAMED | {"next_level_manager": "S0016"}
    assert json.loads(Persons.parse(json.dumps(NAMED), LINE_CHANGE).to_json()) == NAMED


def test_another_measure_names_the_person_alone() -> None:
    assert Persons.parse('{"person": "S0018"}', "flexible_working") == Persons("S0018")


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({}, "persons.person"),
        ({"person": ""}, "persons.person"),
        ({"person": "S0018"}, "persons.current_supervisor"),
        ({"person": "S0018", "current_supervisor": "S0017"}, "persons.temporary_supervisor"),
        (NAMED | {"temporary_supervisor": "S0018"}, "persons"),
        (NAMED | {"temporary_supervisor": "S0017"}, "persons"),
        (NAMED | {"current_supervisor": "S0018"}, "persons"),
        (NAMED | {"next_level_manager": "S0018"}, "persons"),
        (NAMED | {"person": ["S0018"]}, "persons"),
        (NAMED | {"person": None}, "persons"),
        (NAMED | {"why": "S0018 asked"}, "persons"),
        (NAMED | {"temporary_supervisor": "S" * 65}, "persons"),
        ([NAMED], "persons"),
        ("S0018", "persons"),
    ],
)
def test_what_could_not_be_carried_out_is_refused_by_field(named: Any, field: str) -> None:
    with pytest.raises(PersonsWrong) as caught:
        Persons.parse(json.dumps(named), LINE_CHANGE)
    assert caught.value.field == field
    assert "S00" not in f"{caught.value} {caught.value.field}"


def test_text_that_is_no_json_is_refused_without_its_words() -> None:
    with pytest.raises(PersonsWrong) as caught:
        Persons.parse("move S0018 to S0019", LINE_CHANGE)
    assert caught.value.__cause__ is None
    assert "S00" not in str(caught.value)


def test_nobody_stands_in_a_representation() -> None:
    assert "S0018" not in repr(Persons("S0018", "S0017", "S0019"))


def test_inv_42_the_old_supervisor_neither_appraises_nor_approves_any_more() -> None:
    line = {"person": "S1", "current_supervisor": "S2", "temporary_supervisor": "S3"}
    complete = Persons.parse(json.dumps(line), LINE_CHANGE).complete()
    assert (complete.appraiser, complete.approver) == ("S3", "S3")
    other = Persons.parse(json.dumps(line | {"appraiser": "S4"}), LINE_CHANGE).complete()
    assert (other.appraiser, other.approver) == ("S4", "S3")
    for name in ("appraiser", "approver"):
        with pytest.raises(PersonsWrong) as wrong:
            Persons.parse(json.dumps(line | {name: "S2"}), LINE_CHANGE)
        assert wrong.value.field == f"persons.{name}"


def test_each_measure_names_what_it_touches_and_nothing_else() -> None:
    assert Persons.parse('{"person": "S1", "location": "tarn"}', "physical_separation").location == "tarn"
    for text, measure, field in (
        ('{"person": "S1", "location": "tarn"}', "flexible_working", "persons.location"),
        ('{"person": "S1", "temporary_supervisor": "S3"}', "flexible_working", "persons.temporary_supervisor"),
    ):
        with pytest.raises(PersonsWrong) as wrong:
            Persons.parse(text, measure)
        assert wrong.value.field == field


@pytest.mark.parametrize("name", NAMES[1:])
def test_nobody_of_a_line_is_named_where_no_line_changes(name: str) -> None:
    with pytest.raises(PersonsWrong) as wrong:
        Persons.parse(json.dumps({"person": "S1", name: "S2"}), "flexible_working")
    assert (wrong.value.field, str(wrong.value)) == (
        f"persons.{name}",
        "Only a change of reporting line names this person.",
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"temporary_supervisor": "S0018"}, "These have to be different people."),
        ({"appraiser": "S0017"}, "This has to be somebody else than before."),
        ({"temporary_supervisor": ""}, "This measure needs this person's staff id."),
        ({"location": "tarn"}, "Only a separation names another place."),
        ({"approver": "S" * 65}, "A staff id has at most 64 characters."),
        ({"why": "S0018 asked"}, f"Only these names are known here: {', '.join((*NAMES, 'location'))}."),
    ],
)  # fmt: skip
def test_a_refusal_says_in_a_sentence_what_to_do(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(PersonsWrong) as wrong:
        Persons.parse(json.dumps(NAMED | changed), LINE_CHANGE)
    assert (str(wrong.value), wrong.value.sentence) == (sentence, sentence)


def test_a_staff_id_may_have_sixty_four_characters() -> None:
    assert Persons.parse(json.dumps(NAMED | {"approver": "S" * 64}), LINE_CHANGE).approver == "S" * 64
