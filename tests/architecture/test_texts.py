"""What pages say is there in every language, whole, with what it has to be filled in."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from chassis.web.pages.words import OWN_NAMES
from ops.texts import EVERY, FOR_PERSONS, LANGUAGES, file_of, texts_of, updated

FILLED_IN = re.compile(r"%\(\w+\)s|\{\w*\}")


def catalog(owner: str, language: str) -> Catalog:
    with file_of(owner, language).open("rb") as source:
        return read_po(source, locale=language)


def said(owner: str, language: str) -> Iterator[Message]:
    return (message for message in catalog(owner, language) if message.id)


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def english(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owner", EVERY)
def test_a_catalog_has_what_is_said_and_nothing_else(owner: str, language: str) -> None:
    assert file_of(owner, language).read_bytes() == updated(owner, language), "run `make texts`"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owner", FOR_PERSONS)
def test_whom_nobody_briefs_reads_everything_in_their_language(owner: str, language: str) -> None:
    missing = [english(one)[0] for one in said(owner, language) if not all(forms(one)) or one.fuzzy]
    assert not missing, f"{len(missing)} not translated"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("owner", EVERY)
def test_a_translation_keeps_what_is_filled_in(owner: str, language: str) -> None:
    for message in said(owner, language):
        wanted = set(FILLED_IN.findall(english(message)[-1]))
        for number, form in enumerate(forms(message)):
            given = set(FILLED_IN.findall(form))
            # Arabic says one and two in the noun itself.
            in_the_noun = {"%(num)s"} if language == "ar" and len(forms(message)) > 1 and number in (1, 2) else set()
            assert not form or wanted - in_the_noun <= given <= wanted, english(message)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_each_form_of_its_language(language: str) -> None:
    wanted = {"fr": 2, "es": 2, "ar": 6}[language]
    for owner in EVERY:
        assert catalog(owner, language).num_plurals == wanted
        for message in said(owner, language):
            if not isinstance(message.id, str):
                assert len(forms(message)) == wanted, message.id


@pytest.mark.parametrize("owner", EVERY)
def test_a_text_has_no_markup_and_stands_alone(owner: str) -> None:
    for message in texts_of(owner):
        for text in english(message) if message.id else ():
            assert not re.search(r"<\w|&\w+;", text), text
            assert text == text.strip(), text


def test_the_languages_call_themselves_by_their_own_names() -> None:
    assert OWN_NAMES == {"en": "English", "fr": "Français", "es": "Español", "ar": "العربية"}
