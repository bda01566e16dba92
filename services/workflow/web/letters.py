"""The letter on a measure as a PDF: made when it is asked for, from what was decided and what the office wrote, and
kept nowhere. It says what was decided and what follows; never why, never who reported, and nobody's name but those that
the office put into its own words.
"""

import asyncio
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typst

from chassis.web.pages.words import N_, Language

FONTS: Final = "fonts"
"""In the folder of the kit: letters that typst does not bring itself."""
_TEMPLATE: Final = files("services.workflow.web") / "templates" / "letter.typ"
# Nothing in a file tells when it was made: asked for twice, it is the same bytes.
_NO_TIME: Final = datetime.fromtimestamp(0, UTC)
_FACTS: Final = {
    "from_at": N_("From"),
    "review_at": N_("Looked at again on"),
    "until_at": N_("Ends on"),
}


@dataclass(frozen=True)
class Measure:
    """What the one hears whose work a measure changes. `kind` and `office` are names of the policy, `facts` the times
    of the decision by key, `words` what the office wrote to them. Without a time nothing has been decided yet.
    """

    kind: str
    office: str
    facts: Mapping[str, str]
    words: str = ""

    @property
    def is_decided(self) -> bool:
        return "from_at" in self.facts


@dataclass(frozen=True)
class Part:
    heading: str
    texts: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Letter:
    language: str
    title: str
    parts: Sequence[Part]


def letter(language: Language, measures: Sequence[Measure]) -> Letter:
    """On every measure that somebody is told of. Pure."""
    text = language.text
    offices = dict.fromkeys(one.office for one in measures if one.office)
    rights = (
        Part(
            text(N_("How you are heard")),
            (
                text(
                    N_("You can answer on your page, in your own words. You can send evidence, and ask for more time.")
                ),
                text(N_("You can bring somebody along whom you trust.")),
            ),
        ),
        Part(
            text(N_("If you do not agree")),
            (
                text(N_("You can ask for a review of the measure on your page. Somebody else decides on it.")),
                text(N_("There may be a time limit for it. Your page names it where one is set.")),
            ),
        ),
        Part(
            text(N_("Whom you can ask")),
            (
                text(N_("Write on your page, under 'About me'. It reaches the office that deals with it.")),
                *(text(N_("It was decided by: %(office)s."), office=text(one)) for one in offices),
            ),
        ),
    )
    parts = [part for one in measures for part in _of_measure(language, one)]
    return Letter(language.code, text(N_("A temporary measure")), (*parts, *rights))


def _of_measure(language: Language, measure: Measure) -> Sequence[Part]:
    text = language.text
    said = [text(N_("This measure is temporary. It is no finding and no punishment."))]
    if not measure.is_decided:
        said.insert(0, text(N_("A draft: nothing has been decided.")))
    facts = [(text(N_("Measure")), text(measure.kind))] if measure.kind else []
    facts += [
        (text(label), language.day(datetime.fromisoformat(measure.facts[name])))
        for name, label in _FACTS.items()
        if name in measure.facts
    ]
    words = [line for line in measure.words.splitlines() if line.strip()]
    return (
        Part("", said),
        *((Part(text(N_("What was decided")), (), facts),) if facts else ()),
        *((Part(text(N_("What the office writes to you")), words),) if words else ()),
    )


async def pdf(said: Letter, kit: Path) -> bytes:
    """Tagged for readers' aids (PDF/UA-1); with its title and language, and no other word about itself. What was
    written goes in as data: nothing of it is read as markup.
    """
    return await asyncio.to_thread(_pdf, said, kit / FONTS)


def _pdf(said: Letter, fonts: Path) -> bytes:
    return typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[fonts]),
        sys_inputs={"letter": json.dumps(_data(said), ensure_ascii=False)},
        timestamp=_NO_TIME,
        pdf_standards="ua-1",
    )


def _data(said: Letter) -> dict[str, Any]:
    """Each line with the direction it is read in: the office may write in another language than the page is in."""
    parts = [
        asdict(part) | {"texts": [{"text": one, "rtl": _is_right_to_left(one)} for one in part.texts]}
        for part in said.parts
    ]
    return asdict(said) | {"parts": parts}


def _is_right_to_left(line: str) -> bool:
    """By its first letter, as browsers do for `dir="auto"`."""
    return next((kind != "L" for one in line if (kind := unicodedata.bidirectional(one)) in {"L", "R", "AL"}), False)
