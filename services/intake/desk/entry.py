"""What the registrar enters, as it lies in the session until it is sent."""

import secrets
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

from chassis.web.pages.forms import Choice, Field, NotAForm, Read, as_moment, day_parts, read
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.intake import Intake, utc_now
from services.intake.web.pages.asking_draft import SAID
from services.intake.web.pages.questions import DIRECT, JOURNEYS, asked_on
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_options import OPTIONS

CAME: Final[Mapping[str, tuple[str, str]]] = {
    "mail": (N_("By e-mail"), N_("The registry entered this. It came by e-mail on %(day)s.")),
    "phone": (N_("By phone"), N_("The registry entered this. It was told by phone on %(day)s.")),
    "paper": (N_("On paper"), N_("The registry entered this. It came on paper on %(day)s.")),
    "in_person": (N_("In person"), N_("The registry entered this. It was told in person on %(day)s.")),
}
"""How it came, as it is asked and as it is sealed with what was told."""
BEGIN: Final = (
    Field(
        "how",
        "radios",
        N_("How did it come?"),
        choices=tuple(Choice(name, label) for name, (label, _) in CAME.items()),
        missing=N_("Choose how it came."),
    ),
    Field(
        "received",
        "moment",
        N_("When did it first reach the organisation?"),
        hint=N_("At whichever office or person. Every date for an answer is counted from here."),
        missing=N_("Enter the day on which it came."),
    ),
    Field(
        "way",
        "radios",
        N_("What is asked for?"),
        hint=N_("As it was told. Ask back only if that was offered."),
        choices=tuple(Choice(way, OPTIONS[way].name) for way in JOURNEYS if way != DIRECT),
        missing=N_("Choose what is asked for."),
    ),
)
ENTRY: Final = "entry"
KEY: Final = "key"
AGAIN: Final = "again"
"""In the entry: that it was taken up after the session had ended, with one question's words alone."""
ENDED: Final = "ended"
"""Beside it, until it was said: that the session had ended after the code was shown, and nothing was sent."""
_CAME: Final = "entry-"
"""Before the names of `BEGIN` in the form of a question, which says again what lay in a session that may have ended."""
_AHEAD: Final = N_("This is in the future. Enter the day on which it came.")


def not_ahead(found: Read, now: datetime) -> Read:
    received = as_moment(str(found.values.get("received", "")))
    ahead = {"received": _AHEAD} if received is not None and received > now else {}
    return Read(found.values, found.errors | ahead)


def begun_with(found: Read) -> dict[str, Any]:
    """A new entry, from the answers to `BEGIN`."""
    return found.values | {KEY: secrets.token_urlsafe(16)}


def take_up(page: Page, data: MutableMapping[str, Any]) -> None:
    """Where the session had ended over a question, its words wait in its form for the same person (ADR 74): the entry
    begins again with what that form says of how it came.
    """
    if ENTRY in data or not page.typed:
        return
    came = {one.name: str(page.typed.get(_CAME + one.name, "")) for one in BEGIN}
    boxes = {f"received-{part}": text for part, text in day_parts(came.pop("received")).items()}
    try:
        found = not_ahead(read(BEGIN, {name: [text] for name, text in (came | boxes).items()}), utc_now())
    except NotAForm:
        return
    if not found.errors:
        data[ENTRY] = begun_with(found) | {AGAIN: True}


def asked_in(intake: Intake, data: Mapping[str, Any]) -> Asked | None:
    """None before it is said how it came, and after it was lodged."""
    if ENTRY not in data:
        return None
    said = {name.removeprefix(SAID): of for name, of in data.items() if name.startswith(SAID)}
    return asked_on(intake.policy, data[ENTRY]["way"], said, now=utc_now())


def received_in(data: Mapping[str, Any]) -> datetime:
    received = as_moment(data[ENTRY]["received"])
    assert received is not None  # the form has read it
    return received


def forget(data: MutableMapping[str, Any]) -> None:
    for name in [name for name in data if name == ENTRY or name.startswith((SAID, "typed:/entry"))]:
        del data[name]
