"""When words are reasons: of this matter, not of any (policy 2.3), and of today (invariant 37)."""

from __future__ import annotations

import re

from policy.model import Policy

FRESH = "invariant 37"
# A word; where a script does not part words, each of its signs counts as one.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def plain(text: str) -> str:
    """The words alone, so that neither letter case nor punctuation makes a formula another one."""
    return " ".join(_WORD.findall(text.casefold()))


def reasons_wrong(text: str, policy: Policy) -> str | None:
    """A refusal's code where too little is said beside stock phrases (policy: option.stock_phrase, reasons.words)."""
    said = own = plain(text)
    for phrase in sorted(policy.options["stock_phrase"].choices.values(), key=len, reverse=True):
        own = own.replace(plain(phrase), " ")
    if len(own.split()) >= policy.thresholds["reasons.words"].value:
        return None
    return "REASONS_TOO_SHORT" if own == said else "REASONS_STOCK_PHRASE"


def same_reasons(one: str, other: str) -> bool:
    return plain(one) == plain(other)
