"""Facts lie open in rows and travel far: only the narrow values below may become one."""

import time as clock

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


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00"),
        ("2200-12-31T23:59:59Z", "2200-12-31T23:59:59+00:00"),
    ],
)
def test_the_first_and_the_last_year_are_times_too(value: str, kept: str) -> None:
    assert check(time("f"), value) == kept


@pytest.mark.parametrize("value", ["1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z"])
def test_what_lies_outside_of_them_is_a_typing_error(value: str) -> None:
    with pytest.raises(InvalidFacts, match="FIELD_INVALID: f"):
        check(time("f"), value)


def test_a_time_is_kept_in_utc_wherever_this_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    clock.tzset()
    try:
        assert check(time("f"), "2026-03-02T09:00:00+01:00") == "2026-03-02T08:00:00+00:00"
    finally:
        monkeypatch.undo()
        clock.tzset()


def test_what_may_be_left_out_and_what_is_not_asked_for() -> None:
    rule = Rule("go", ("here",), frozenset({PERSON.kind}), fields=(text("why"), flag("sure", required=False)))

    def code(*texts: str, **facts: Fact) -> str:
        with pytest.raises(InvalidFacts) as error:
            check_action(rule, Action(ACTION, "go", facts, frozenset(texts)), POLICY)
        return f"{error.value.code} {error.value.field}"

    assert check_action(rule, Action(ACTION, "go", {}, frozenset({"why"})), POLICY) == {}
    assert code() == "FIELD_MISSING why"
    assert code("why", why=True) == "FIELD_UNKNOWN why", "a text is never a fact"
    assert code("why", "sure") == "FIELD_UNKNOWN sure", "nor a fact a text"
    assert code("why", b=1, a=1) == "FIELD_UNKNOWN a"
    assert code("why", **{"not a name": 1}) == "FIELD_UNKNOWN ?", "what comes from outside is not repeated"
