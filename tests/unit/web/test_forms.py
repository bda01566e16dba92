"""What comes back from a form, whatever was typed into it."""

from datetime import UTC, datetime

import pytest

from chassis.web.pages.forms import Choice, Field, NotAForm, Read, as_day, as_moment, day_parts, read

COLOUR = Field("colour", "radios", "Which?", choices=(Choice("red", "Red"), Choice("blue", "Blue")), missing="Choose.")
MANY = Field("many", "checks", "Which of these?", choices=(Choice("a", "A"), Choice("b", "B")))
WORDS = Field("words", "area", "Say it", longest=5)
DAY = Field("on", "day", "When?", missing="Enter a day.")
MOMENT = Field("at", "moment", "When exactly?")
NUMBER = Field("count", "number", "How many?", least=1, most=9)
CODE = Field("code", "text", "Code", pattern=r"[A-Z]{2}", mismatch="Two letters.")
AGREED = Field("agreed", "yes", "I agree", missing="Tick it.")


def test_what_was_left_empty_is_left_out_and_what_must_not_be_is_said() -> None:
    posted = {"words": ["  "], "colour": [""], "on-day": [" "]}
    assert read([WORDS, MANY, MOMENT, NUMBER], posted) == Read({}, {})
    assert read([COLOUR, DAY, AGREED], posted).errors == {
        "colour": "Choose.",
        "on": "Enter a day.",
        "agreed": "Tick it.",
    }


def test_values_come_as_what_they_are() -> None:
    posted = {
        "colour": ["red"],
        "many": ["a", "b"],
        "words": [" a\r\nb "],
        "on-day": ["3"],
        "on-month": ["4"],
        "on-year": ["2026"],
        "count": ["7"],
        "agreed": ["yes"],
    }
    found = read([COLOUR, MANY, WORDS, DAY, NUMBER, AGREED], posted)
    assert found == Read(
        {"colour": "red", "many": ["a", "b"], "words": "a\nb", "on": "2026-4-3", "count": "7", "agreed": True}, {}
    )


@pytest.mark.parametrize("posted", [{"colour": ["green"]}, {"many": ["a", "c"]}])
def test_a_choice_that_was_never_offered_is_no_form_of_ours(posted: dict[str, list[str]]) -> None:
    with pytest.raises(NotAForm):
        read([COLOUR, MANY], posted)


@pytest.mark.parametrize(
    ("field", "posted"),
    [
        (WORDS, {"words": ["abcdef"]}),
        (CODE, {"code": ["a1"]}),
        (NUMBER, {"count": ["0"]}),
        (NUMBER, {"count": ["10"]}),
        (NUMBER, {"count": ["7.5"]}),
        (NUMBER, {"count": ["7 7"]}),
        (DAY, {"on-day": ["31"], "on-month": ["2"], "on-year": ["2026"]}),
        (DAY, {"on-day": ["x"]}),
        (MOMENT, {"at-time": ["14:30"]}),
        (MOMENT, {"at-day": ["1"], "at-month": ["1"], "at-year": ["2027"], "at-time": ["25:00"]}),
    ],
)
def test_what_does_not_fit_is_kept_and_said(field: Field, posted: dict[str, list[str]]) -> None:
    found = read([field], posted)
    assert field.name in found.values
    assert found.errors[field.name]


@pytest.mark.parametrize(
    ("field", "posted", "most"),
    [
        (WORDS, {"words": ["ab\r\n" * 100_000]}, 100_005),
        (NUMBER, {"count": ["7" * 200_000]}, 11_000),
        (DAY, {"on-day": ["7" * 200_000], "on-month": ["4"], "on-year": ["2026"]}, 1_010),
        (MOMENT, {"at-day": ["1"], "at-month": ["1"], "at-year": ["7" * 200_000], "at-time": ["x" * 200_000]}, 2_010),
    ],
    ids=["words", "number", "day", "moment"],
)
def test_of_what_is_far_too_long_the_beginning_is_kept(field: Field, posted: dict[str, list[str]], most: int) -> None:
    found = read([field], posted)
    assert 1_000 <= len(str(found.values[field.name])) <= most
    assert found.errors[field.name]


def test_of_words_that_are_to_be_sent_in_parts_no_part_is_lost() -> None:
    found = read([WORDS], {"words": ["ab" * 40_000]})
    assert found.values["words"] == "ab" * 40_000
    assert "in two parts" in found.errors["words"]


def test_a_day_is_shown_again_as_it_was_typed() -> None:
    found = read([DAY], {"on-day": ["31"], "on-month": ["02"], "on-year": ["2026"]})
    assert day_parts(str(found.values["on"])) == {"day": "31", "month": "02", "year": "2026", "time": ""}
    assert as_day("2026-02-31") is None


def test_a_moment_may_leave_its_time_out() -> None:
    assert as_moment("2026-4-3") == datetime(2026, 4, 3, tzinfo=UTC)
    assert as_moment("2026-4-3T9.05") == datetime(2026, 4, 3, 9, 5, tzinfo=UTC)
    assert as_moment("T9:05") is None


def test_words_of_many_letters_are_counted_by_letters() -> None:
    assert read([WORDS], {"words": ["ééééé"]}).errors == {}
