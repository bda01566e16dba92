"""Whom a decision names: what can be carried out, and that a refusal repeats nobody's staff id."""

import json
from typing import Any

import pytest

from lifecycle.exclusions import Parties
from services.workflow.domain.persons import LINE_CHANGE, Persons, PersonsWrong
from services.workflow.named_persons import _of_the_matter

NAMES = ("person", "current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver")
NAMED = {"person": "S0018", "current_supervisor": "S0017", "temporary_supervisor": "S0019"}
NO_OBJECT = "This has to be a JSON object that names people by staff id."


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
    assert (caught.value.field, caught.value.sentence) == ("persons", NO_OBJECT)
    assert "S00" not in str(caught.value)


@pytest.mark.parametrize("named", [[NAMED], "S0018", {"person": 18}])
def test_what_is_no_object_of_staff_ids_is_refused_in_the_same_words(named: Any) -> None:
    with pytest.raises(PersonsWrong) as caught:
        Persons.parse(json.dumps(named), LINE_CHANGE)
    assert caught.value.sentence == NO_OBJECT


def test_what_is_to_be_different_takes_no_more_room_for_hr_than_its_own_bytes() -> None:
    told, nothing = (Persons("S0018").to_json(arrangement=text) for text in ("نقل" * 100, "x"))
    assert len(told) - len(nothing) == len("نقل".encode()) * 100 - 1


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


@pytest.mark.parametrize(
    ("persons", "others_burden", "touched"),
    [
        (Persons("S0018"), False, ()),
        (Persons("S0018", "S0017", "S0019"), False, ("S0017",)),
        (Persons("S0018", "S0016", "S0019"), False, ()),
        (Persons("S0017"), True, ("S0017",)),
        (Persons("S0017", "S0016", "S0019"), True, ("S0017",)),
        (Persons("S0026", "S0017", "S0019"), True, ("S0017", "S0026")),
        (Persons("S0090"), True, ("S0090",)),
    ],
)
def test_nobody_else_of_those_whom_the_matter_is_about_is_touched(
    persons: Persons, others_burden: bool, touched: tuple[str, ...]
) -> None:
    """S0018 is affected; it is about S0017 and S0026. The decider may name another, too."""
    assert persons.touched("S0018", ("S0017", "S0026"), others_burden=others_burden) == touched


def test_inv_38_her_own_name_is_never_the_other_sides() -> None:
    line = Persons("S0018", "S0017", "S0019")
    assert line.touched("S0018", ("S0017",), others_burden=True) == ("S0017",)
    assert line.touched(None, (), others_burden=True) == (), "it may be hers while nobody knows who she is"


HER, HIM, NEW = "S0018", "S0017", "S0019"
NOT_NAMED = "Nobody has named this person as the other side. Say who it is about first."


@pytest.mark.parametrize(
    ("persons", "parties", "refused"),
    [
        (Persons(HER, HIM, NEW), Parties(), NOT_NAMED),
        (Persons(HIM, "S0016", NEW), Parties(HER, (HIM,)), None),
        (Persons(HIM), Parties(), None),
    ],
)
def test_inv_38_no_line_changes_as_the_other_sides_burden_while_it_may_be_hers(
    persons: Persons, parties: Parties, refused: str | None
) -> None:
    if refused is None:
        _of_the_matter(persons, parties, others_burden=True)
        return
    with pytest.raises(PersonsWrong) as wrong:
        _of_the_matter(persons, parties, others_burden=True)
    assert (wrong.value.field, wrong.value.sentence) == ("persons.person", refused)
    _of_the_matter(persons, parties, others_burden=False)
