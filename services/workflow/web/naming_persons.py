"""Whom a measure touches, asked for person by person; the decision holds it as one sealed text."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chassis.web.pages.forms import Field
from chassis.web.pages.words import N_
from lifecycle.pages.panels import Spread

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_MISMATCH: Final = N_("Enter a staff number, like S0012.")
_NOBODY: Final = N_("Enter a staff number.")


def _staff(name: str, label: str, missing: str = "") -> Field:
    return Field(name, "text", label, missing=missing, pattern=_ID, mismatch=_MISMATCH)


MOVED: Final = _staff("person", N_("Staff number of the one whose work changes"), _NOBODY)
LINE: Final = (
    _staff("current_supervisor", N_("Supervisor now"), _NOBODY),
    _staff("temporary_supervisor", N_("Supervisor for the time being"), _NOBODY),
    _staff("next_level_manager", N_("Manager of the next level, who takes over if nobody decides")),
    _staff("appraiser", N_("Who appraises, if somebody else")),
    _staff("approver", N_("Who approves leave, travel and contract, if somebody else")),
)
"""Only for a change of reporting line."""
PLACE: Final = Field("location", "text", N_("Other duty station"), longest=64)
"""Only for a physical separation."""
_FIELDS: Final = (MOVED, *LINE, PLACE)


def _joined(values: Mapping[str, Any]) -> str:
    return json.dumps({one.name: values[one.name] for one in _FIELDS if one.name in values})


PERSONS: Final = Spread(_FIELDS, _joined)
