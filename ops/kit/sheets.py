"""A style sheet of the kit made ours: nobody's brand, nothing fetched by it, one for both directions of writing."""

import re
from collections.abc import Iterator
from typing import Any

import tinycss2

BRANDS = re.compile(r"govuk-(header|logo|footer__(crown|licence-logo|copyright-logo))|moj-header|probation-common")
"""Selectors of parts that say who somebody else is: their headers, crests and crowns."""
FONT = "var(--govuk-font-family)"
BRAND_COLOUR = "var(--govuk-brand-colour)"
_BRAND_LITERALS = {"1d70b8", "005ea5"}

# Drawn with the borders of one side and turned or cut as a whole; ours.css mirrors those that point somewhere.
_DRAWN = {
    ".govuk-accordion-nav__chevron:after": re.compile("border|left"),
    ".govuk-checkboxes__label:after": re.compile("border"),
    ".govuk-details__summary:before": re.compile("border"),
}
_DEVICE_EDGE = "safe-area-inset"  # the notch of a telephone does not change sides with the language

_SIDE = {"left": "start", "right": "end"}
_AXIS = {"top": "start", "bottom": "end"}
_KEYWORDS = {
    "float": {"left": "inline-start", "right": "inline-end"},
    "clear": {"left": "inline-start", "right": "inline-end"},
    "text-align": _SIDE,
    "justify-content": _SIDE,
    "justify-self": _SIDE,
    "justify-items": _SIDE,
}
_FOUR_SIDES = re.compile(r"(margin|padding|inset|scroll-margin|scroll-padding)$|border-(width|style|color)$")


class UnknownSheet(Exception):
    """A newer kit holds what this module has not been taught: say here what becomes of it."""


def made_ours(sheet: str, *, with_variables: bool) -> str:
    """`sheet`, compact. Without variables, those of its `:root` are left out: another sheet of the kit has them.

    Raises UnknownSheet.
    """
    return _rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True), with_variables)


def _rules(rules: list[Any], with_variables: bool) -> str:
    return "".join(text for rule in rules for text in _rule(rule, with_variables))


def _rule(rule: Any, with_variables: bool) -> Iterator[str]:
    if rule.type == "qualified-rule":
        selectors = [one for one in _split(rule.prelude, ",") if not BRANDS.search(one)]
        if selectors == [":root"] and not with_variables:
            return
        declarations = [text for one in _declarations(rule.content) for text in _declared(selectors, one)]
        if selectors and declarations:
            yield f"{','.join(selectors)}{{{';'.join(declarations)}}}"
        return
    if rule.type != "at-rule":
        raise UnknownSheet(f"line {rule.source_line}: {rule.type}")
    if rule.at_keyword in {"charset", "font-face", "-moz-document"}:
        return
    if rule.at_keyword not in {"media", "supports"}:
        raise UnknownSheet(f"line {rule.source_line}: @{rule.at_keyword}")
    condition = tinycss2.serialize(rule.prelude).strip()
    inner = _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), with_variables)
    if inner and "\N{REPLACEMENT CHARACTER}" not in condition:  # `screen\0`: a trick that only old browsers fall for
        yield f"@{rule.at_keyword} {condition}{{{inner}}}"


def _declarations(content: list[Any]) -> Iterator[Any]:
    for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if one.type != "declaration":
            raise UnknownSheet(f"line {one.source_line}: {one.type}")
        yield one


def _declared(selectors: list[str], one: Any) -> Iterator[str]:
    if any(token.type == "url" or getattr(token, "lower_name", "") == "url" for token in _deep(one.value)):
        return
    value = tinycss2.serialize(_without_brand(one.value)).strip()
    if one.lower_name == "font-family" and value != "inherit":
        # On paper too: the stack ends in the one that upstream sets there.
        if value == "sans-serif":
            return
        value = FONT
    if one.name in BRAND_COLOUR and value == BRAND_COLOUR:  # where upstream sets it
        return
    important = "!important" if one.important else ""
    for name, text in _neutral(selectors, one.name, value):
        yield f"{name}:{text}{important}"


def _neutral(selectors: list[str], name: str, value: str) -> Iterator[tuple[str, str]]:
    """The declaration in terms of where a line begins and ends."""
    drawn = [side for shape, side in _DRAWN.items() if any(one.endswith(shape) for one in selectors)]
    if _DEVICE_EDGE in value or any(side.match(name) for side in drawn):
        yield name, value
    elif name in _KEYWORDS:
        yield name, _KEYWORDS[name].get(value, value)
    elif name == "border-radius":
        yield from _corners(value)
    elif _FOUR_SIDES.match(name):
        yield from _four_sides(name, value)
    else:
        yield _logical(name), value


def _logical(name: str) -> str:
    if name in _SIDE:
        return f"inset-inline-{_SIDE[name]}"
    corner = re.fullmatch(r"border-(top|bottom)-(left|right)-radius", name)
    if corner:
        return f"border-{_AXIS[corner[1]]}-{_SIDE[corner[2]]}-radius"
    return re.sub(r"(?<=-)(left|right)\b", lambda side: f"inline-{_SIDE[side[1]]}", name)


def _four_sides(name: str, value: str) -> Iterator[tuple[str, str]]:
    parts = _parts(value)
    if len(parts) < 4 or parts[1] == parts[3]:
        yield name, value
        return
    top, right, bottom, left = parts
    block, inline = (name.replace("border", f"border-{axis}") for axis in ("block", "inline"))
    if block == name:
        block, inline = f"{name}-block", f"{name}-inline"
    yield block, f"{top} {bottom}"
    yield inline, f"{left} {right}"


def _corners(value: str) -> Iterator[tuple[str, str]]:
    parts = _parts(value)
    if len(parts) == 1:
        yield "border-radius", value
        return
    if "/" in parts:
        raise UnknownSheet(f"border-radius: {value}")
    top_left, top_right, *rest = parts
    bottom_right = rest[0] if rest else top_left
    bottom_left = rest[1] if len(rest) == 2 else top_right
    for corner, size in (
        ("start-start", top_left), ("start-end", top_right), ("end-end", bottom_right), ("end-start", bottom_left)
    ):  # fmt: skip
        yield f"border-{corner}-radius", size


def _parts(value: str) -> list[str]:
    return [token.serialize() for token in tinycss2.parse_component_value_list(value) if token.type != "whitespace"]


def _without_brand(tokens: list[Any]) -> list[Any]:
    """The colours that are written out where upstream forgot its own variable, and the variable's stand-in."""
    (variable,) = tinycss2.parse_component_value_list(BRAND_COLOUR)
    found = []
    for token in tokens:
        is_brand = token.type == "hash" and token.value in _BRAND_LITERALS
        if token.type == "function" and token.lower_name == "var":
            is_brand = is_brand or token.arguments[0].value == "--govuk-brand-colour"
        found.append(variable if is_brand else token)
    return found


def _deep(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _deep(getattr(token, "arguments", None) or getattr(token, "content", None) or [])


def _split(tokens: list[Any], separator: str) -> list[str]:
    found: list[list[Any]] = [[]]
    for token in tokens:
        if token == separator:
            found.append([])
        else:
            found[-1].append(token)
    return [tinycss2.serialize(one).strip() for one in found]
