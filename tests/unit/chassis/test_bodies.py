"""What a JSON body may be, and that refusals repeat nothing of it."""

import json
from typing import Any

import pytest

from chassis.web.bodies import MAX_DEPTH, read_json
from chassis.web.problems import Problem

SECRET = "a word that nobody may repeat"


def refusal(raw: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        read_json(raw)
    assert SECRET not in f"{caught.value.detail} {caught.value.facts} {caught.value!r}"
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"text": "' + SECRET.encode() + b'\xff"}', None),
        (b'{"text": "' + SECRET.encode(), None),
        (b'{"text": 1, "text": "' + SECRET.encode() + b'"}', None),
        (b'{"text": NaN}', None),
        (b'{"text": -Infinity}', None),
        (b"9" * 6000, None),
        (b"", None),
        (json.dumps({"text": SECRET + "\x00"}).encode(), "text"),
        (json.dumps({"text": SECRET + "\x1b"}).encode(), "text"),
        (json.dumps({"text": SECRET + "\x7f"}).encode(), "text"),
        (json.dumps({"answers": {"wish": ["ok", "\x85"]}}).encode(), "answers.wish[1]"),
        (json.dumps({"answers": {SECRET: "\x00"}}).encode(), "answers"),
        (json.dumps({"answers": {"\x00": "x"}}).encode(), "answers"),
        (b'{"text": "\\ud800"}', "text"),
    ],
)
def test_what_another_reader_could_take_differently_is_refused(raw: bytes, field: str | None) -> None:
    found = refusal(raw)
    assert found.status == 400
    assert found.facts.get("field") == field


@pytest.mark.parametrize("text", ["tab\there", "line\nbreak", "line\r\nbreak", "Größe ندى 😀 \u200f", "", "a\u2028b"])
def test_text_with_tabs_line_breaks_and_any_script_is_taken(text: str) -> None:
    assert read_json(json.dumps({"text": text}).encode()) == {"text": text}


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def test_nesting_is_taken_up_to_the_limit_and_not_beyond() -> None:
    assert read_json(json.dumps(nested(MAX_DEPTH)).encode()) == nested(MAX_DEPTH)
    assert "deep" in refusal(json.dumps(nested(MAX_DEPTH + 1)).encode()).detail


def test_nesting_that_would_exhaust_the_parser_is_refused_like_any_other() -> None:
    assert "deep" in refusal(b"[" * 1_000_000).detail


def test_brackets_inside_a_text_are_no_nesting() -> None:
    text = '[{"' * 100 + "\\"
    assert read_json(json.dumps([text]).encode()) == [text]
