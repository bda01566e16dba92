"""The catalogs of what pages say: `python -m ops.texts` brings them up to date with code, templates and policy.

A text is added where it is used, in English; here it gets an empty line in every `<language>.po` of its owner, and goes
from there when nobody uses it any more. Nothing is guessed: what was translated stays, what is new waits for a human.
"""

import argparse
import io
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from chassis.web.pages.words import OWN_NAMES, SOURCE
from ops.local_stack.paths import ROOT
from services.support.help_file import FILE, load

KEYWORDS: Final = {"_": None, "N_": None, "counted": (1, 2)}
_METHODS: Final = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS: Final = {"**.html": {"trimmed": "true", "silent": "false"}}
OWNERS: Final[Mapping[str, str]] = {
    "chassis/web/pages": "chassis/web",
    "lifecycle/pages": "lifecycle",
    **{
        f"services/{name}": f"services/{name}"
        for name in ("intake", "support", "ombuds", "workflow", "ethics", "hr_bridge", "audit", "notifications")
    },
}
"""Whose `locale` holds the texts of which folder."""
OF_POLICY: Final = "policy"
OF_HELP: Final = "services/support/help"
"""Where help is, which each organisation writes anew: a file and the catalogs beside it."""
EVERY: Final = (*OWNERS, OF_POLICY, OF_HELP)
FOR_PERSONS: Final = (
    "chassis/web/pages",
    "services/intake",
    "services/support",
    "services/notifications",
    OF_POLICY,
    OF_HELP,
)
"""Whose texts are read by whom nobody briefs: all of them are there in every language, or the build fails."""
PLURALS: Final = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
}
"""Where Babel's order of forms is not the one that translators know."""
LANGUAGES: Final = tuple(code for code in OWN_NAMES if code != SOURCE)


def texts_of(owner: str) -> Catalog:
    """What the owner says, as an empty catalog."""
    found = Catalog(charset="utf-8")
    if owner in _OF_DATA:
        for said, where in _OF_DATA[owner]():
            found.add(said, locations=[(where, 0)])
        return found
    for name, _, text, comments, _ in extract_from_dir(
        str(ROOT / OWNERS[owner]), _METHODS, _OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",)
    ):
        found.add(text, locations=[(f"{OWNERS[owner]}/{name}", 0)], auto_comments=comments)
    return found


def _of_packs() -> Iterator[tuple[str, str]]:
    """What a pack says to people: the sentences of states, the choices of forms, the names of help and offices."""
    for file in sorted((ROOT / "policy" / "packs").glob("*/*/*.toml")):
        where = str(file.relative_to(ROOT))
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        for text in table.get("wording", {}).values():
            yield text, where
        for key, option in table.get("option", {}).items():
            if key != "stock_phrase":
                yield from ((text, where) for text in option.get("choices", {}).values())
        for kind in ("resource", "office", "identity_purpose"):
            yield from ((one["name"], where) for one in table.get(kind, {}).values() if "name" in one)


def _of_help() -> Iterator[tuple[str, str]]:
    """What the directory of help says, without the numbers and addresses, which are the same in every language."""
    where = str(FILE.relative_to(ROOT))
    places = load()
    yield places.said_first, where
    yield from ((one.text, where) for one in places.health)
    yield from ((one.text, where) for one in places.doors)
    yield from ((one.name, where) for one in places.stations.values())
    for one in places.entries:
        yield from (
            (text, where) for text in (one.name, one.hours, one.cost, one.run_by, one.note, *one.must_report) if text
        )


_OF_DATA: Final = {OF_POLICY: _of_packs, OF_HELP: _of_help}
"""Whose texts are no code and no template."""


def file_of(owner: str, language: str) -> Path:
    return ROOT / owner / "locale" / f"{language}.po"


def updated(owner: str, language: str) -> bytes:
    """The owner's catalog in this language as it should be."""
    file = file_of(owner, language)
    if file.is_file():
        with file.open("rb") as source:
            catalog = read_po(source, locale=language)
    else:
        catalog = Catalog(locale=language, charset="utf-8")
    catalog.update(texts_of(owner), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = f"# What {owner} says, in {language}. Written by people; see docs/translating.md."
    written = io.BytesIO()
    write_po(written, catalog, width=120, sort_output=True, omit_header=True, include_lineno=False)
    head = ['msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"']
    head.append(f'"Plural-Forms: {PLURALS.get(language, catalog.plural_forms)}\\n"')
    return "\n".join([*head, "", ""]).encode() + written.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is out of date")
    check = parser.parse_args().check
    stale = 0
    for owner in EVERY:
        for language in LANGUAGES:
            file, wanted = file_of(owner, language), updated(owner, language)
            if file.is_file() and file.read_bytes() == wanted:
                continue
            stale += 1
            if check:
                print(f"{file.relative_to(ROOT)} is out of date: run `make texts`.", file=sys.stderr)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(wanted)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
