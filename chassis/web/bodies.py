"""Reading a JSON body strictly: what another reader could understand differently is refused, not guessed."""

import json
import re
from typing import Any

import msgspec
from litestar import Request

from chassis.web.problems import Problem, invalid, of_msgspec

MAX_DEPTH = 16
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# A whole string, so that brackets inside it do not count; or a bracket.
_STRUCTURE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def check_text(text: str, field: str | None) -> None:
    """Refuse control characters other than tab and line breaks, and halves of surrogate pairs, which UTF-8 lacks."""
    if _REFUSED.search(text):
        raise invalid(field, "This text contains control characters. Only tabs and line breaks are taken.")


def read_json(raw: bytes) -> Any:
    """The value in `raw`. Raises Problem for invalid UTF-8, syntax errors, nesting beyond MAX_DEPTH, a name given twice
    in one object, numbers that JSON does not have, and control characters.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid(None, "The body is not valid UTF-8.") from None
    _check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # Without the cause: it quotes the text.
        raise invalid(None, "The body is not valid JSON.") from None
    _check_strings(value, "")
    return value


def _check_depth(text: str) -> None:
    """Before the parser is let at it: it would go as deep as the sender wants."""
    depth = 0
    for found in _STRUCTURE.finditer(text):
        match found[0][0]:
            case "[" | "{":
                depth += 1
                if depth > MAX_DEPTH:
                    raise invalid(None, f"The body is nested more than {MAX_DEPTH} levels deep.")
            case "]" | "}":
                depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise invalid(None, "The body gives a field twice in one object.")
    return found


def _no_constant(_: str) -> Any:
    raise invalid(None, "The body holds a number that JSON does not have.")


def _check_strings(value: Any, place: str) -> None:
    if isinstance(value, str):
        check_text(value, place or None)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check_strings(item, f"{place}[{number}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            check_text(name, place or None)
            # A name that is no plain word may be the sender's words: then the field is the object that holds it.
            plain = name.isascii() and name.isidentifier() and len(name) <= 40
            _check_strings(item, f"{place}.{name}".lstrip(".") if plain else place)


class StrictRequest(Request[Any, Any, Any]):
    """Litestar's request, whose `json()` reads strictly and converts to the type that the handler's `data` declares."""

    async def json(self) -> Any:
        content_type, options = self.content_type
        if content_type != "application/json" or options.get("charset", "utf-8").lower() != "utf-8":
            raise Problem(415, "not_json", "Send the body as application/json in UTF-8.")
        value = read_json(await self.body())
        declared = self.route_handler.parsed_data_field
        if declared is None:
            return value
        try:
            return msgspec.convert(value, declared.annotation, strict=True)
        except msgspec.ValidationError as error:
            raise of_msgspec(error) from None
