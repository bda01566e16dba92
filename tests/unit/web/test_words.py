"""Which language a reader gets, and how it writes days, numbers and plurals."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chassis.web.pages.words import OWN_NAMES, Words

AR = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "zero %(num)s"
msgstr[1] "one %(num)s"
msgstr[2] "two %(num)s"
msgstr[3] "few %(num)s"
msgstr[4] "many %(num)s"
msgstr[5] "other %(num)s"
"""
FR = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello %(name)s"
msgstr "Bonjour %(name)s"

msgid "Empty"
msgstr ""
"""


@pytest.fixture
def words(tmp_path: Path) -> Words:
    (tmp_path / "ar.po").write_text(AR, encoding="utf-8")
    (tmp_path / "fr.po").write_text(FR, encoding="utf-8")
    return Words(tmp_path)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, es;q=0.4", "es"),
        ("AR", "ar"),
        ("en;q=0.2, ar;q=0.9", "ar"),
        ("fr;q=0, es;q=0.1", "es"),
        ("zh", "en"),
        ("", "en"),
        (";q=,,x;q=y", "en"),
    ],
)
def test_a_browser_gets_the_language_it_likes_most_of_ours(words: Words, asked: str, given: str) -> None:
    assert words.best_for(asked) == given


def test_what_nobody_has_translated_stands_in_english(words: Words) -> None:
    assert words["fr"].text("Hello %(name)s", name="A") == "Bonjour A"
    assert words["fr"].text("Empty") == "Empty"
    assert words["es"].text("Hello %(name)s", name="A") == "Hello A"
    assert words["fr"].text("") == ""


def test_a_later_catalog_wins_over_an_earlier_one(tmp_path: Path, words: Words) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (later / "fr.po").write_text(FR.replace("Bonjour", "Salut"), encoding="utf-8")
    both = Words(tmp_path, later)
    assert both["fr"].text("Hello %(name)s", name="A") == "Salut A"
    assert words["fr"].text("Hello %(name)s", name="A") == "Bonjour A"


def test_arabic_has_six_forms(words: Words) -> None:
    found = [words["ar"].count("%(num)s day", "%(num)s days", number).split()[0] for number in (0, 1, 2, 5, 11, 100)]
    assert found == ["zero", "one", "two", "few", "many", "other"]


def test_a_day_has_its_month_in_words(words: Words) -> None:
    day = date(2026, 4, 3)
    assert [words[code].day(day) for code in ("en", "fr", "es")] == [
        "3 April 2026",
        "3 avril 2026",
        "3 de abril de 2026",
    ]
    at = datetime(2026, 4, 3, 14, 5, tzinfo=UTC)
    assert words["en"].moment(at) == "3 April 2026, 14:05 UTC"
    assert words["es"].moment(at) == "3 de abril de 2026, 14:05 UTC"
    assert words["ar"].moment(at) == "3 أبريل 2026، 14:05 UTC"


def test_each_language_knows_its_direction(words: Words) -> None:
    assert {code: words[code].direction for code in OWN_NAMES} == {"en": "ltr", "fr": "ltr", "es": "ltr", "ar": "rtl"}


def test_a_list_has_the_comma_of_its_language() -> None:
    words = Words()
    assert {code: words[code].comma for code in words.languages} == {"en": ", ", "fr": ", ", "es": ", ", "ar": "، "}
