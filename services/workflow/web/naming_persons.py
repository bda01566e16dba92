"""Whom a measure touches, asked for person by person; the decision holds it as one sealed text."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chassis.web.pages.forms import Field
from chassis.web.pages.words import N_
from lifecycle.pages.panels import Spread

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_MISMATCH: Final = N_("Enter a staff number, like S0012.")
_LINE: Final = N_("Only for another supervisor.")


def _staff(name: str, label: str, hint: str = _LINE, missing: str = "") -> Field:
    return Field(name, "text", label, hint=hint, missing=missing, pattern=_ID, mismatch=_MISMATCH)


_FIELDS: Final = (
    _staff("person", N_("Staff number of the one whose work changes"), "", N_("Enter a staff number.")),
    _staff("current_supervisor", N_("Supervisor now")),
    _staff("temporary_supervisor", N_("Supervisor for the time being")),
    _staff("next_level_manager", N_("Manager of the next level, who takes over if nobody decides")),
    _staff("appraiser", N_("Who appraises, if somebody else")),
    _staff("approver", N_("Who approves leave, travel and contract, if somebody else")),
    Field("location", "text", N_("Other duty station"), hint=N_("Only for a physical separation."), longest=64),
)


def _joined(values: Mapping[str, Any]) -> str:
    return json.dumps({one.name: values[one.name] for one in _FIELDS if one.name in values})


PERSONS: Final = Spread(_FIELDS, _joined)
