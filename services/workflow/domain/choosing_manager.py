"""Which manager may deal with a request (policy 2.1 b and c): not a party, nobody in conflict, and somebody with a duty
as a manager towards a party.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A manager as directory and matter know them. `above_a_party`: in the line above the affected individual or the
    alleged offender; `manages`: somebody reports to them; `below_the_offender`: they report to the alleged offender,
    directly or not. `kept_out`: a party, refused by the person, or in a declared conflict. `had_it`: it was with them.
    """

    staff_id: str
    at_work: bool
    above_a_party: bool
    manages: bool
    below_the_offender: bool
    kept_out: bool
    had_it: bool = False


def may_be_asked(candidate: Candidate, level: str | None, *, anybody_named: bool) -> bool:
    """Whether the person's own choice stands. It may also be a manager from beside the line, unless she has said that
    she means her own supervisor; and where no party is named, nobody's line can be told.
    """
    duty = candidate.above_a_party or (candidate.manages and (level != SUPERVISOR or not anybody_named))
    return candidate.at_work and duty and not candidate.kept_out and not candidate.had_it


def next_level(above: Iterable[Candidate]) -> str | None:
    """The first of those above, nearest first, who may be given it: nobody who reports to the alleged offender."""
    for one in above:
        if one.at_work and not (one.kept_out or one.had_it or one.below_the_offender):
            return one.staff_id
    return None


def levels_above(
    last: str | None, above_last: Sequence[str], line: Sequence[str], parties: Collection[str], skipped: str | None
) -> Sequence[str]:
    """Whose turn it may be after `last`, nearest first: never somebody below. `line` is everybody above the parties;
    `last` may be one of those, or a party, or stand beside them; `skipped` is her own supervisor, who has it only
    where she named him herself (policy 2.1c).
    """
    upwards = above_last if last and (not line or last in line or last in parties) else line
    return [one for one in upwards if one != skipped]
