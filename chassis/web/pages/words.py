"""What a page says, in the reader's language: gettext catalogs, read from `<language>.po` when first needed."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

SOURCE: Final = "en"
"""The language that the texts in code, templates and policy are written in."""
OWN_NAMES: Final = {"en": "English", "fr": "Français", "es": "Español", "ar": "العربية"}
"""The languages, of equal rank, each as its readers call it."""
_WRITTEN_AS: Final = {"en": "en_GB"}
"""Whose way of writing days is taken: the day before the month, as in the other three."""


def N_(text: str) -> str:  # noqa: N802  the name that gettext's tools look for
    """Marks a text that is translated where it is shown."""
    return text


class Language:
    """One language: its texts, its direction, how it writes days and numbers."""

    def __init__(self, code: str, catalogs: Sequence[Path]) -> None:
        self.code = code
        self.name = OWN_NAMES[code]
        self.locale = Locale.parse(_WRITTEN_AS.get(code, code))
        self.direction: str = self.locale.text_direction
        self._catalogs = catalogs

    @cached_property
    def _texts(self) -> Translations:
        texts = Translations()
        for folder in self._catalogs:
            file = folder / f"{self.code}.po"
            if not file.is_file():
                continue
            compiled = io.BytesIO()
            with file.open("rb") as source:
                write_mo(compiled, read_po(source, locale=self.code))
            compiled.seek(0)
            found = Translations(compiled)
            texts.merge(found)
            texts.plural = found.plural
        return texts

    def text(self, text: str, /, **values: Any) -> str:
        """`text` in this language, with `%(name)s` filled in; `text` itself where nobody has translated it."""
        said = self._texts.ugettext(text) if text else ""
        return said % values if values else said

    def count(self, one: str, many: str, number: int) -> str:
        """The form that goes with `number`, which fills `%(num)s`."""
        return self._texts.ungettext(one, many, number) % {"num": self.number(number)}

    @property
    def comma(self) -> str:
        """What stands between the items of a list."""
        return "، " if self.code == "ar" else ", "

    @property
    def colon(self) -> str:
        """What stands between a label and what it labels; in French no line breaks before it."""
        return "\N{NO-BREAK SPACE}: " if self.code == "fr" else ": "

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self.locale)

    def day(self, day: date | datetime) -> str:
        """With the month's name: no reader takes one for the other."""
        return format_date(day, format="long", locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """The day and the time in UTC, which it says."""
        return f"{self.day(moment)}{self.comma}{format_time(moment, format='HH:mm', locale=self.locale)} UTC"


class Words:
    """The languages of a service; `catalogs` are folders with a `<language>.po` each, the later ones winning."""

    def __init__(self, *catalogs: Path) -> None:
        self.languages: Mapping[str, Language] = {code: Language(code, catalogs) for code in OWN_NAMES}

    def __getitem__(self, code: str) -> Language:
        return self.languages[code]

    def best_for(self, accept_language: str) -> str:
        """The code of the language a browser asks for (RFC 9110, 12.5.4); the source language where we have none."""
        asked: list[tuple[float, str]] = []
        for part in accept_language[:500].split(","):
            tag, _, weight = part.partition(";q=")
            try:
                asked.append((float(weight or 1), tag.strip().lower().partition("-")[0]))
            except ValueError:
                continue
        known = [one for one in asked if one[1] in self.languages and one[0] > 0]
        return max(known, key=lambda one: one[0])[1] if known else SOURCE
