"""Which way a value protects people: known here and not in a pack, so that no pack can call its own loss a gain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from policy.decisions import Burden
from policy.model import AtEnd, Deadline, Side
from policy.working_time import Unit


class Direction(StrEnum):
    STRONGER = "stronger"
    WEAKER = "weaker"


class Lengths(NamedTuple):
    """What it means for a deadline to become longer, and to become shorter."""

    longer: Direction | None
    shorter: Direction | None


HERS: Final = Lengths(Direction.STRONGER, Direction.WEAKER)
"""Time that a person has, to answer or to think, or is protected."""
OURS: Final = Lengths(Direction.WEAKER, Direction.STRONGER)
"""Time that the organisation takes, or keeps a secret talk."""
KEPT: Final = Lengths(None, Direction.WEAKER)
"""What is erased sooner can help nobody any more; kept longer, it is data held longer, which is no gain by itself."""

LENGTHS: Final[Mapping[str, Lengths]] = {
    "anon.silence": HERS,
    "assess": OURS,
    "charge.reply": HERS,
    "consent.refresh": OURS,
    "danger": OURS,
    "dsr.reply": OURS,
    "emergency": OURS,
    "help.recheck": OURS,
    "im": OURS,
    "investigation": OURS,
    "keep": KEPT,
    "leg": OURS,
    "misdirect": OURS,
    "ombuds.first": OURS,
    "ombuds.purge": OURS,
    "policy.waiting": HERS,
    "report": OURS,
    "report.monitor": HERS,
    "report.window": HERS,
    "ret": OURS,
    "ret.appeal": HERS,
    "ret.lookahead": HERS,
    "ret.monitor": HERS,
    "ret.toll": HERS,
    "ret.window": HERS,
    "ret.withdrawal": HERS,
    "respondent.answer": OURS,
    "review": HERS,
    "review.decide": OURS,
    "rwfp": OURS,
    "sea": OURS,
    "subject.response": HERS,
    "supervisor": OURS,
    "support": OURS,
    "withdraw.cooling": HERS,
}
"""By the beginning of the key; the longest that fits has the say. A key that none fits has no known direction."""

SECONDS: Final = {
    Unit.SECONDS: 1.0,
    Unit.HOURS: 3_600.0,
    Unit.CALENDAR_DAYS: 86_400.0,
    Unit.WORKING_DAYS: 86_400.0 * 7 / 5,
    Unit.MONTHS: 86_400.0 * 365.25 / 12,
}
"""About how long a unit is, to tell which of two deadlines in different units is longer."""

PROTECTS_BY_BEING_THERE: Final = frozenset({"route", "measure", "reminder", "resource"})
"""Kinds of which one more is more protection, and one less is less."""

DECIDE_ON_PROTECTION: Final = frozenset({"policy_change", "appointment"})
"""Whoever these delegations name says what protects people, and who says so."""

Compare = Callable[[Any, Any], Direction | None]


def of_length(key: str) -> Lengths | None:
    """What a change of length means for the deadline `key`; None where it is not known."""
    fitting = [one for one in LENGTHS if key == one or key.startswith(f"{one}.")]
    return LENGTHS[max(fitting, key=len)] if fitting else None


def length(deadline: Deadline) -> float:
    """About how many seconds; unset is for ever."""
    return float("inf") if deadline.amount is None else deadline.amount * SECONDS[deadline.unit]


def direction(kind: str, key: str, field: str, old: Any, new: Any) -> Direction | None:
    """Whether `new` protects people more or less than `old`; None where it is not known, or neither."""
    if isinstance(old, Deadline):
        known, change = of_length(key), length(new) - length(old)
        return None if known is None or not change else known.longer if change > 0 else known.shorter
    compare = _COMPARED.get((kind, field))
    return compare(old, new) if compare else None


def _more_is_stronger(old: Collection[Any], new: Collection[Any]) -> Direction | None:
    """What lost something protects less, whatever it gained."""
    if set(old) - set(new):
        return Direction.WEAKER
    return Direction.STRONGER if set(new) - set(old) else None


def _more_is_weaker(old: Collection[Any], new: Collection[Any]) -> Direction | None:
    return _more_is_stronger(new, old)


def _some(old: Collection[Any], new: Collection[Any]) -> Direction | None:
    """Whether there is any at all is what counts."""
    return None if bool(old) == bool(new) else Direction.STRONGER if new else Direction.WEAKER


def _higher(old: int, new: int) -> Direction:
    return Direction.STRONGER if new > old else Direction.WEAKER


def _becomes(better: object) -> Compare:
    def compare(old: object, new: object) -> Direction | None:
        return Direction.STRONGER if new == better else Direction.WEAKER if old == better else None

    return compare


def _burdens(old: Collection[Side], new: Collection[Side]) -> Direction | None:
    hers = Side.AFFECTED_INDIVIDUAL
    return _becomes(better=False)(hers in old, hers in new) if (hers in old) != (hers in new) else None


_COMPARED: Final[Mapping[tuple[str, str], Compare]] = {
    ("deadline", "excludes"): _more_is_stronger,
    ("reminder", "before"): _more_is_stronger,
    ("threshold", "value"): _higher,
    ("office", "units"): _more_is_stronger,
    ("role", "apart_from"): _more_is_stronger,
    ("desk", "in_place_of"): _more_is_stronger,
    ("desk", "away"): _becomes(better=True),
    ("route", "protects"): _some,
    ("route", "handlers"): _some,
    ("route", "needs"): _more_is_weaker,
    ("measure", "conditions"): _more_is_stronger,
    ("measure", "conditions_on_offender"): _more_is_stronger,
    ("measure", "second"): _some,
    ("measure", "staff_only"): _becomes(better=True),
    ("measure", "burdens"): _burdens,
    ("measure", "at_end"): _becomes(AtEnd.PASS_ON),
    ("measure", "pay_percent"): _higher,
    ("delegation", "second"): _some,
    ("tribunal", "burden"): _becomes(Burden.ORGANISATION),
    ("tribunal", "disclosure"): _more_is_stronger,
    ("tribunal", "on_request"): _more_is_stronger,
}
