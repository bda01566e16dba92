"""Which of her acts give a consent of its own, and which take it back (invariant 15)."""

from collections.abc import Mapping
from typing import Final

ACTS: Final[Mapping[tuple[str, str], bool]] = {
    ("interim_measure", "consent_to_measure"): True,
    ("interim_measure", "renew_consent"): True,
    ("interim_measure", "refuse_measure"): False,
    ("interim_measure", "withdraw_consent"): False,
    ("formal_report", "agree_to_referral"): True,
    ("formal_report", "refuse_referral"): False,
    ("sea_report", "give_identity_consent"): True,
    ("sea_report", "withdraw_identity_consent"): False,
}
"""By procedure and act: whether she agrees by it."""


def consent_of(lifecycle: str, number: int) -> str:
    """The name of the consent that one case rests on: each is apart."""
    return f"{lifecycle}.{number}"
