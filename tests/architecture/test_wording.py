"""How pages speak to whoever is in distress: short, plain, and without the words that hurt or promise too much."""

import re
from collections.abc import Iterator

import pyphen
import pytest
from babel.messages.pofile import read_po

from ops.texts import file_of, texts_of

OWNERS = ("services/intake", "services/support", "chassis/web/pages")
AVERAGE, LONGEST, GRADE = 12, 25, 6
_SENTENCE = re.compile(r"[.!?:؟](?:\s|$)")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
NEVER = re.compile(
    r"\b(victim|perpetrator|complain\w*|allegation|accus\w+|prove|proof|valid|invalid|unfortunately|don't worry"
    r"|safe space|strictly confidential|100 %|sorry|please|forgot|required|click|trust me)\b|!",
    re.IGNORECASE,
)
ALLOWED = ("no proof", "without proof", "survivor or victim")
"""That none is needed; and what the person harmed may choose to be called."""


def english(owner: str) -> Iterator[str]:
    for message in texts_of(owner):
        yield from ([message.id] if isinstance(message.id, str) else message.id) if message.id else ()


def sentences(text: str) -> list[list[str]]:
    found = (_WORD.findall(part) for part in _SENTENCE.split(text))
    return [words for words in found if words]


def grade(words: list[str], count: int) -> float:
    """Flesch and Kincaid's."""
    hyphens = pyphen.Pyphen(lang="en_US")
    syllables = sum(len(hyphens.positions(word)) + 1 for word in words)
    return 0.39 * len(words) / count + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize("owner", OWNERS)
def test_english_is_plain(owner: str) -> None:
    said = [words for text in english(owner) for words in sentences(text)]
    longest = [" ".join(words) for words in said if len(words) > LONGEST]
    assert not longest
    words = [word for sentence in said for word in sentence]
    assert len(words) / len(said) <= AVERAGE
    assert grade(words, len(said)) <= GRADE


@pytest.mark.parametrize("language", ["fr", "es", "ar"])
@pytest.mark.parametrize("owner", OWNERS)
def test_other_languages_are_no_longer_than_they_must_be(owner: str, language: str) -> None:
    with file_of(owner, language).open("rb") as source:
        said = [
            words
            for message in read_po(source, locale=language)
            if message.id
            for form in ([message.string] if isinstance(message.string, str) else message.string)
            for words in sentences(form)
        ]
    assert sum(map(len, said)) / len(said) <= AVERAGE + 2
    assert not [" ".join(words) for words in said if len(words) > LONGEST + 5]


@pytest.mark.parametrize("owner", OWNERS)
def test_no_word_hurts_or_promises_too_much(owner: str) -> None:
    for text in english(owner):
        rest = text
        for allowed in ALLOWED:
            rest = re.sub(allowed, "", rest, flags=re.IGNORECASE)
        assert not NEVER.search(rest), text
