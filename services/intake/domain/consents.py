"""Which of her acts give a consent of its own, and which take it back (invariant 15)."""

from collections.abc import Mapping
from typing import Final

NAMING: Final = "naming"
"""That her name goes to one recipient: a consent of its own beside the other one of the same report."""
ACTS: Final[Mapping[tuple[str, str], tuple[str, bool]]] = {
    ("interim_measure", "consent_to_measure"): ("", True),
    ("interim_measure", "renew_consent"): ("", True),
    ("interim_measure", "refuse_measure"): ("", False),
    ("interim_measure", "withdraw_consent"): ("", False),
    ("formal_report", "agree_to_referral"): ("", True),
    ("formal_report", "refuse_referral"): ("", False),
    ("formal_report", "agree_to_naming"): (NAMING, True),
    ("formal_report", "refuse_naming"): (NAMING, False),
    ("sea_report", "give_identity_consent"): ("", True),
    ("sea_report", "withdraw_identity_consent"): ("", False),
}
"""By procedure and act: to what, where a case rests on more than one consent, and whether she agrees by it."""


def consent_of(lifecycle: str, number: int, to: str = "") -> str:
    """The name of a consent that one case rests on: each is apart."""
    return ".".join((lifecycle, str(number), *([to] if to else [])))
