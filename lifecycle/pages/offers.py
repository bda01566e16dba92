"""The form of an action, from what its offer asks for; and what came back, as the engine takes it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.web.pages.forms import Choice, Field, Values, as_moment
from chassis.web.pages.words import N_
from lifecycle.fields import BIGGEST_NUMBER
from lifecycle.pages.panels import Spread
from lifecycle.pages.wording import Wording
from lifecycle.table import FieldKind
from lifecycle.views import LONGEST_TEXT, OfferSeen

_FEW: Final = 8
_STAFF_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_MISSING: Final = {
    FieldKind.TEXT: N_("Write a few words here."),
    FieldKind.TIME: N_("Enter a day."),
    FieldKind.CHOICE: N_("Choose one of these."),
    FieldKind.FLAG: N_("Choose yes or no."),
    FieldKind.NUMBER: N_("Enter a number."),
    FieldKind.STAFF: N_("Enter a staff number."),
    FieldKind.REFERENCE: N_("Enter the reference."),
}
_YES_OR_NO: Final = (Choice("yes", N_("Yes")), Choice("no", N_("No")))


def form_of(offer: OfferSeen, lifecycle: str, wording: Wording, spreads: Mapping[str, Spread]) -> list[Field]:
    """One question for each of its fields, in their order; several for one that is spread."""
    found: list[Field] = []
    for one in offer.fields:
        spread = spreads.get(one["name"])
        found += spread.fields if spread else [_question(one, lifecycle, wording)]
    return found


def _question(one: Mapping[str, Any], lifecycle: str, wording: Wording) -> Field:
    kind = FieldKind(one["kind"])
    choices = tuple(Choice(key, wording.of("choice", key, lifecycle)) for key in one.get("choices", ()))
    shapes: dict[FieldKind, dict[str, Any]] = {
        FieldKind.TEXT: {"kind": "area", "longest": LONGEST_TEXT},
        FieldKind.TIME: {"kind": "moment"},
        FieldKind.CHOICE: {"kind": "radios" if len(choices) <= _FEW else "select", "choices": choices},
        FieldKind.FLAG: {"kind": "radios", "choices": _YES_OR_NO},
        FieldKind.NUMBER: {"kind": "number", "least": 0, "most": BIGGEST_NUMBER},
        FieldKind.STAFF: {"kind": "text", "pattern": _STAFF_ID, "mismatch": N_("Enter a staff number, like S0012.")},
        FieldKind.REFERENCE: {"kind": "text", "longest": 64},
    }
    label = wording.of("field", one["name"], lifecycle)
    return Field(
        name=one["name"],
        label=label,
        hint=wording.hint(one["name"], lifecycle),
        missing=_MISSING[kind] if one["required"] else "",
        **shapes[kind],
    )


def taken(
    offer: OfferSeen, values: Values, spreads: Mapping[str, Spread]
) -> tuple[dict[str, bool | int | str], dict[str, str]]:
    """The facts and the texts of the action."""
    facts: dict[str, bool | int | str] = {}
    texts: dict[str, str] = {}
    for one in offer.fields:
        spread = spreads.get(one["name"])
        value = spread.joined(values) if spread else values.get(one["name"])
        if value is None:
            continue
        match FieldKind(one["kind"]):
            case FieldKind.TEXT:
                texts[one["name"]] = str(value)
            case FieldKind.TIME:
                moment = as_moment(str(value))
                assert moment is not None  # the form has been read
                facts[one["name"]] = moment.isoformat()
            case FieldKind.FLAG:
                facts[one["name"]] = value == "yes"
            case FieldKind.NUMBER:
                facts[one["name"]] = int(str(value))
            case _:
                facts[one["name"]] = str(value)
    return facts, texts


def named(offers: Sequence[OfferSeen], action: str) -> OfferSeen | None:
    return next((one for one in offers if one.action == action), None)
