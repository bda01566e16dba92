"""How pages speak to whoever is in distress: short, plain, and without the words that hurt or promise too much."""

import re
from collections.abc import Iterator

import pyphen
import pytest
from babel.messages.pofile import read_po

from lifecycle.model import EffectKind
from lifecycle.recipients import HER_INBOX
from lifecycle.table import Lifecycle
from ops.local_stack.paths import ROOT
from ops.texts import OF_POLICY, file_of, texts_of
from tests.lifecycles import BY_NAME, POLICY

OWNERS = ("services/intake", "services/support", "chassis/web/pages", OF_POLICY)
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


def shown_to_her(lifecycle: Lifecycle) -> Iterator[str]:
    """The keys of the sentences that her inbox says of a procedure: how it stands, and what else she is told."""
    for state in lifecycle.states:
        if state.person_sees:
            yield f"{lifecycle.name}.{state.seen_as or state.name}"
    rung = (outcome.effects for clock in lifecycle.clocks for outcome in clock.outcomes)
    said = (*(rule.effects for rule in lifecycle.rules), *(clock.reminds for clock in lifecycle.clocks), *rung)
    for effects in said:
        yield from (e.name for e in effects if e.kind is EffectKind.NOTIFY and e.facts.get("to") == HER_INBOX)


HERS = frozenset(POLICY.wording[key] for lifecycle in BY_NAME.values() for key in shown_to_her(lifecycle))
"""Of what the policy says, the sentences that she reads; the others go to staff."""


def english(owner: str) -> Iterator[str]:
    if owner == OF_POLICY:
        yield from HERS
        return
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
            if message.id and (owner != OF_POLICY or message.id in HERS)
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


def test_a_link_that_goes_somewhere_is_no_button() -> None:
    """Without scripts the space key would do nothing on it."""
    pages = [file for place in ("services", "lifecycle", "chassis") for file in (ROOT / place).rglob("*.html")]
    assert len(pages) > 50
    assert not [file.name for file in pages if 'role="button"' in file.read_text(encoding="utf-8")]
