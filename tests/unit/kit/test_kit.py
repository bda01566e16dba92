"""The kit that set-up made: what every page of ours is served with."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from ops.kit.make import is_there
from ops.local_stack.paths import KIT, ROOT

# The edges of a device, and shapes that are turned or cut as a whole.
STAY = {
    (".govuk-details__summary:before", "border-left-color:inherit"),
    (".govuk-accordion-nav__chevron:after", "left:.375rem"),
    (".govuk-accordion-nav__chevron:after", "border-right:.125rem solid"),
}
MOST = {"kit.css": 16_000, "desk.css": 12_000}  # bytes, packed: their part of what a first visit may weigh
BRANDS = r"url\(|@font-face|@import|crest|crown|logotype|transport|1d70b8|probation|govuk-header|moj-header"


@pytest.fixture
def names() -> dict[str, str]:
    names: dict[str, str] = json.loads((KIT / "manifest.json").read_text(encoding="utf-8"))
    return names


def sheets() -> dict[str, str]:
    return {path.name.partition(".")[0]: path.read_text(encoding="utf-8") for path in KIT.glob("*.css")}


def declarations(sheet: str) -> list[tuple[str, str]]:
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
    return [(selector, one) for selector, body in rules for one in body.split(";")]


def test_the_kit_is_the_one_that_the_lock_and_the_recipe_make(names: dict[str, str]) -> None:
    assert is_there()
    assert set(names) == {"kit.css", "desk.css"}
    assert {path.name for path in KIT.iterdir()} == {
        *names.values(),
        "manifest.json",
        "made-from",
        "NOTICES.txt",
        "fonts",
    }
    assert {path.name for path in (KIT / "fonts").iterdir()} == {
        "Amiri_400Regular.ttf", "Amiri_700Bold.ttf", "LICENSE_FONT",
    }  # fmt: skip
    for name, stored in names.items():
        digest = hashlib.sha256((KIT / stored).read_bytes()).hexdigest()
        assert stored == name.replace(".", f".{digest[:12]}.")


def test_it_fetches_nothing_and_carries_nobodys_brand() -> None:
    for name, sheet in sheets().items():
        assert len(declarations(sheet)) > 1000, name
        assert re.findall(BRANDS, sheet, re.IGNORECASE) == [], name
        fonts = {one.partition(":")[2] for _, one in declarations(sheet) if one.startswith("font-family:")}
        assert fonts <= {"var(--govuk-font-family)", "inherit"}, name


def test_nothing_is_left_or_right_but_what_must_be() -> None:
    for sheet in sheets().values():
        physical = {
            (selector, one) for selector, one in declarations(sheet) if re.search(r"(?<![a-z])(left|right)\b", one)
        }
        stay = {
            (selector, one) for selector, one in physical if any(selector.endswith(s) and one == d for s, d in STAY)
        }
        edges = {(selector, one) for selector, one in physical if "safe-area-inset" in one}
        assert physical == stay | edges
        for selector, one in declarations(sheet):
            parts = re.fullmatch(r"(?:margin|padding|inset|border-\w+):(\S+) (\S+) (\S+) (\S+)", one)
            turned = selector.endswith((".govuk-checkboxes__label:after", ".govuk-details__summary:before"))
            assert turned or parts is None or parts[2] == parts[4], (selector, one)


def test_it_weighs_what_a_page_may_weigh(names: dict[str, str]) -> None:
    for name, stored in names.items():
        assert len(gzip.compress((KIT / stored).read_bytes(), 9)) <= MOST[name]


def test_its_licences_go_with_it_and_name_the_versions_that_are_locked() -> None:
    notices = (KIT / "NOTICES.txt").read_text(encoding="utf-8")
    assert notices == (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert "Permission is hereby granted, free of charge" in notices
    lock = (ROOT / "deploy" / "kit.lock").read_text(encoding="utf-8")
    locked = re.findall(r'name = "(.*)"\nversion = "(.*)"', lock)
    macros = re.findall(r"^(govuk-frontend-jinja)==(\S+)", Path(ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(locked) == 3
    for name, version in [*locked, *macros]:
        licence = "(MIT License|SIL Open Font License 1.1)"
        assert re.search(rf" {re.escape(version)} \({re.escape(name)}\), {licence}\n  Copyright", notices)
    assert "SIL Open Font License, Version 1.1" in (KIT / "fonts" / "LICENSE_FONT").read_text(encoding="utf-8")
