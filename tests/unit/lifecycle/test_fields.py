"""Facts lie open in rows and travel far: only the narrow values below may become one."""

import pytest

from lifecycle.fields import InvalidFacts, check_action, choice, flag, number, reference, staff, text, time
from lifecycle.model import Action, Fact
from lifecycle.table import Field, FieldKind, Rule
from tests.lifecycles import ACTION, PERSON, POLICY


def check(field: Field, value: object) -> Fact:
    rule = Rule("go", ("here",), frozenset({PERSON.kind}), fields=(field,))
    return check_action(rule, Action(ACTION, "go", {field.name: value}), POLICY)[field.name]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (flag("f"), True, True),
        (flag("f"), False, False),
        (number("f"), 0, 0),
        (number("f"), 2**53 - 1, 2**53 - 1),
        (choice("f", "a", "b"), "b", "b"),
        (staff("f"), "S0011", "S0011"),
        (reference("f"), "sha256:ab+/=", "sha256:ab+/="),
        (time("f"), "2026-03-02T09:00:00Z", "2026-03-02T09:00:00+00:00"),
        (time("f"), "2026-03-02T09:00:00-05:00", "2026-03-02T14:00:00+00:00"),
    ],
)
def test_a_valid_fact_is_kept_in_one_form(field: Field, value: Fact, kept: Fact) -> None:
    assert check(field, value) == kept
    assert type(check(field, value)) is type(kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (flag("f"), 1),
        (flag("f"), "true"),
        (flag("f"), None),
        (number("f"), True),
        (number("f"), -1),
        (number("f"), 1.5),
        (number("f"), 2**53),
        (number("f"), "1"),
        (choice("f", "a"), "A"),
        (choice("f", "a"), ["a"]),
        (choice("f", "a"), {"a": 1}),
        (staff("f"), ""),
        (staff("f"), "S0011 "),
        (staff("f"), "S0011\n"),
        (staff("f"), "he who shouts"),
        (staff("f"), "S" * 65),
        (staff("f"), 11),
        (reference("f"), "two words"),
        (reference("f"), "x" * 129),
        (reference("f"), "ünder"),
        (time("f"), "2026-03-02T09:00:00"),
        (time("f"), "2026-03-02"),
        (time("f"), "tomorrow"),
        (time("f"), 1772442000),
        (time("f"), "0001-01-01T00:00:00+14:00"),
        (time("f"), "9999-12-31T23:59:59-14:00"),
        (time("f"), "2026-03-02T09:00:00Z\x00"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(field: Field, value: object) -> None:
    with pytest.raises(InvalidFacts) as error:
        check(field, value)
    assert (error.value.code, error.value.field) == ("FIELD_INVALID", "f")
    assert str(error.value) == "FIELD_INVALID: f"


def test_a_default_stands_in_for_a_field_left_out() -> None:
    field = Field("f", choice("f").kind, required=False, choices=("a", "b"), default="b")
    rule = Rule(
        "go", ("here",), frozenset({PERSON.kind}), fields=(field, text("t", required=False), flag("g", required=False))
    )
    assert check_action(rule, Action(ACTION, "go"), POLICY) == {"f": "b"}


def test_a_field_of_the_cases_own_takes_what_the_case_knows_and_nothing_else() -> None:
    own = Field("f", FieldKind.CHOICE, choices=("a", "b"), own=True)
    rule = Rule("go", ("here",), frozenset({PERSON.kind}), fields=(own,))
    assert check_action(rule, Action(ACTION, "go", {"f": "a"}), POLICY, {"f": "a"}) == {"f": "a"}
    with pytest.raises(InvalidFacts, match="FIELD_INVALID: f"):
        check_action(rule, Action(ACTION, "go", {"f": "b"}), POLICY, {"f": "a"})
    assert own.options(POLICY, {}) == ("a", "b")
