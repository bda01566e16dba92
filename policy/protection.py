"""Which way a value protects people: known here and not in a pack, so that no pack can call its own loss a gain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from policy.decisions import Burden
from policy.model import AtEnd, Deadline, Role, Side
from policy.working_time import Unit


class Direction(StrEnum):
    STRONGER = "stronger"
    WEAKER = "weaker"


class Lengths(NamedTuple):
    """What it means for a deadline to become longer, and to become shorter; an unset one is as long as `unset`."""

    longer: Direction | None
    shorter: Direction | None
    unset: float = float("inf")


HERS: Final = Lengths(Direction.STRONGER, Direction.WEAKER)
"""Time that a person has, to answer or to think: a limit that is not set limits nobody."""
RUNS: Final = Lengths(Direction.STRONGER, Direction.WEAKER, unset=0)
"""Time that protects by running: where it is not set nothing runs, and nobody is protected."""
OURS: Final = Lengths(Direction.WEAKER, Direction.STRONGER)
"""Time that the organisation takes, or keeps a secret talk."""
KEPT: Final = Lengths(None, Direction.WEAKER)
"""What is erased sooner can help nobody any more; kept longer, it is data held longer, which is no gain by itself."""

NEUTRAL: Final[Mapping[str, str]] = {
    "draft.expire": "kept longer, what she has not sent yet lies there longer, for whoever finds her code too",
    "health.ec": "what medicine says, shown on pages of help: wrong either way, and no rule counts by it",
    "health.hiv": "what medicine says, shown on pages of help: wrong either way, and no rule counts by it",
}
"""Deadlines that protect no more by being longer or shorter, and why."""

LENGTHS: Final[Mapping[str, Lengths]] = {
    "anon.silence": HERS,
    "assess": OURS,
    "charge.reply": HERS,
    "consent.refresh": OURS,
    "danger": OURS,
    "discipline": OURS,
    "dsr.reply": OURS,
    "emergency": OURS,
    "handover.before": RUNS,
    "help.recheck": OURS,
    "im": OURS,
    "informal.checkin": OURS,
    "investigation": OURS,
    "keep": KEPT,
    "leg": OURS,
    "mediation": OURS,
    "mediation.consent": HERS,
    "misdirect": OURS,
    "ombuds.first": OURS,
    "ombuds.purge": OURS,
    "policy.waiting": HERS,
    "redress": OURS,
    "report": OURS,
    "report.monitor": RUNS,
    "report.window": HERS,
    "ret": OURS,
    "ret.appeal": RUNS,
    "ret.lookahead": RUNS,
    "ret.monitor": RUNS,
    "ret.toll": HERS,
    "ret.window": HERS,
    "ret.withdrawal": RUNS,
    "respondent.answer": OURS,
    "respondent.close": OURS,
    "review": RUNS,
    "review.decide": OURS,
    "review.end": OURS,
    "rwfp": OURS,
    "sea": OURS,
    "subject.notice": OURS,
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

NAME_LENGTHS: Final = frozenset({"longest", "review", "alarm"})
"""Fields of a measure that name a deadline: how long it may stand, and stand unseen, without being decided anew."""

PROTECTS_BY_BEING_THERE: Final = frozenset({"route", "measure", "reminder", "resource"})
"""Kinds of which one more is more protection, and one less is less."""

EXPOSES_BY_BEING_THERE: Final = frozenset({"identity_purpose"})
"""Kinds of which one more is less protection: one more thing for which others learn who she is."""

DECIDE_ON_PROTECTION: Final = frozenset({"policy_change", "appointment"})
"""Whoever these delegations name says what protects people, and who says so."""

Compare = Callable[[Any, Any], Direction | None]


def of_length(key: str) -> Lengths | None:
    """What a change of length means for the deadline `key`; None where it is not known."""
    fitting = [one for one in LENGTHS if key == one or key.startswith(f"{one}.")]
    return LENGTHS[max(fitting, key=len)] if fitting else None


def of_being_there(kind: str, *, there: bool) -> Direction | None:
    """What it means that there is one more of a kind now, or no more; None where that is not known."""
    if kind not in PROTECTS_BY_BEING_THERE | EXPOSES_BY_BEING_THERE:
        return None
    return Direction.STRONGER if there is (kind in PROTECTS_BY_BEING_THERE) else Direction.WEAKER


def direction(kind: str, key: str, field: str, old: Any, new: Any) -> Direction | None:
    """Whether `new` protects people more or less than `old`; None where it is not known, or neither. What names a
    deadline is compared as that deadline.
    """
    if isinstance(old, Deadline):
        known = OURS if field in NAME_LENGTHS else of_length(key)
        return _of_lengths(known, old, new) if known else None
    if (kind, field) == ("role", "escalates_to"):
        # Whoever is their own way up hears of what they let pass themselves.
        return Direction.WEAKER if new == key else Direction.STRONGER if old == key else None
    compare = _COMPARED.get((kind, field))
    return compare(old, new) if compare else None


def _of_lengths(known: Lengths, old: Deadline, new: Deadline) -> Direction | None:
    before, after = (
        known.unset if one.amount is None else one.amount * SECONDS[one.unit]  # about how many seconds
        for one in (old, new)
    )
    return None if before == after else known.longer if after > before else known.shorter


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


def _deciding(old: Collection[Role], new: Collection[Role]) -> Direction | None:
    """One more who may decide is one more whose word is enough; with nobody left nothing is decided for anybody."""
    if not old or not new:
        return _some(old, new)
    return Direction.WEAKER if set(new) - set(old) else None


def _higher(old: int, new: int) -> Direction:
    return Direction.STRONGER if new > old else Direction.WEAKER


def _lower(old: int, new: int) -> Direction:
    return _higher(new, old)


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
    ("route", "keeps_reporter"): _becomes(better=True),
    ("route", "handlers"): _some,
    ("route", "needs"): _more_is_weaker,
    ("measure", "conditions"): _more_is_stronger,
    ("measure", "conditions_on_offender"): _more_is_stronger,
    ("measure", "deciders"): _deciding,
    ("measure", "second"): _deciding,
    ("measure", "staff_only"): _becomes(better=True),
    ("measure", "burdens"): _burdens,
    ("measure", "at_end"): _becomes(AtEnd.PASS_ON),
    ("measure", "pay_percent"): _higher,
    ("delegation", "deciders"): _deciding,
    ("delegation", "second"): _deciding,
    ("identity_purpose", "roles"): _more_is_weaker,
    ("identity_purpose", "days"): _lower,
    ("identity_purpose", "consent"): _becomes(better=True),
    ("identity_purpose", "told"): _becomes(better=True),
    ("tribunal", "burden"): _becomes(Burden.ORGANISATION),
    ("tribunal", "disclosure"): _more_is_stronger,
    ("tribunal", "on_request"): _more_is_stronger,
}
