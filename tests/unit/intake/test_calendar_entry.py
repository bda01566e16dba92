"""A day in her calendar says a word that says nothing."""

import re
from datetime import date
from pathlib import Path

import pytest

from chassis.web.pages.words import OWN_NAMES, Words
from services import intake
from services.intake.web.pages.calendar_entry import SUMMARY, entry

WORDS = Words(Path(intake.__path__[0]) / "locale")
DAY = date(2027, 1, 5)


@pytest.mark.parametrize("language", sorted(OWN_NAMES))
def test_s26_an_entry_holds_its_day_one_word_and_what_the_format_wants(language: str) -> None:
    first, again = entry(DAY, WORDS[language]).decode(), entry(DAY, WORDS[language]).decode()
    word = WORDS[language].text(SUMMARY)
    assert re.fullmatch(r"\w+(-\w+)?", word), "nothing that the format would want escaped"
    assert [line for line in first.split("\r\n") if not line.startswith("UID:")] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//calendar//",
        "BEGIN:VEVENT",
        "DTSTAMP:20270105T000000Z",
        "DTSTART;VALUE=DATE:20270105",
        f"SUMMARY:{word}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    one, other = (re.findall(r"^UID:(.+)\r$", text, re.MULTILINE) for text in (first, again))
    assert len(one) == len(other) == 1
    assert one != other
    assert all(len(line.encode()) <= 75 for line in first.split("\r\n")), "a longer line would have to be folded"


def test_s26_the_word_is_that_which_was_agreed_and_every_language_has_its_own() -> None:
    assert WORDS["en"].text(SUMMARY) == "Meeting"
    assert len({WORDS[language].text(SUMMARY) for language in OWN_NAMES}) == len(OWN_NAMES)
