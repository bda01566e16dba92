"""What a proposed pack would have changed in the cases of one service. Reads their rows and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import text

from lifecycle import records
from lifecycle.desk import Desk, PinnedPackMissing
from lifecycle.rehearsal import Course, rehearse
from lifecycle.serial import from_json
from policy.model import Policy

COUNTED: Final = ("reminders", "breaches", "ends", "refusals", "notices")
_AT_ONCE: Final = 200
_CASES: Final = text("select case_id from cases where erased_at is null order by opened_at, case_id")


@dataclass
class Rehearsed:
    """One procedure's cases as they went by the packs they are pinned to, and as they would have gone. `left_out`:
    cases whose own pack is gone or not what it was, so that there is nothing to compare with.
    """

    service: str
    lifecycle: str
    was: Course = field(default_factory=Course)
    would_be: Course = field(default_factory=Course)
    left_out: int = 0

    def changes(self) -> Iterator[tuple[str, str, int, int]]:
        """What, of what, how often it was and how often it would be; only where the two differ."""
        for what in COUNTED:
            was, would_be = getattr(self.was, what), getattr(self.would_be, what)
            for name in sorted(was.keys() | would_be.keys()):
                if was[name] != would_be[name]:
                    yield what, name, was[name], would_be[name]

    def as_dict(self) -> dict[str, Any]:
        """Every count, changed or not."""
        return {
            "service": self.service,
            "lifecycle": self.lifecycle,
            "left_out": self.left_out,
            "was": _counts(self.was),
            "would_be": _counts(self.would_be),
        }


def _counts(course: Course) -> dict[str, Any]:
    # Not dataclasses.asdict: it makes every Counter anew from pairs, which counts the pairs.
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(course).items()}


async def over_cases_of(desk: Desk, proposed: Policy) -> list[Rehearsed]:
    """One service's cases that are not erased."""
    # Whoever holds a role today: people are no part of what is proposed.
    policy = replace(proposed, appointments=desk.policy.appointments)
    found: dict[str, Rehearsed] = {}
    async with desk.database.transaction() as session:
        case_ids = list((await session.execute(_CASES)).scalars())
    for begin in range(0, len(case_ids), _AT_ONCE):
        async with desk.database.transaction() as session:
            rows = await records.load_all(session, case_ids[begin : begin + _AT_ONCE])
            now = await records.clock_now(session)
        for row in rows:
            rehearsed = found.setdefault(row.lifecycle, Rehearsed(desk.service, row.lifecycle))
            try:
                own = desk.policy_of(row)
            except PinnedPackMissing:
                rehearsed.left_out += 1
                continue
            lifecycle, case = desk.lifecycles[row.lifecycle], from_json(row.data)
            rehearse(lifecycle, case, own, now, rehearsed.was)
            rehearse(lifecycle, case, policy, now, rehearsed.would_be)
    return list(found.values())


def totals(found: Sequence[Rehearsed]) -> dict[str, tuple[int, int]]:
    """Of all procedures together, how often it was and how often it would be."""
    return {
        what: (
            sum(getattr(one.was, what).total() for one in found),
            sum(getattr(one.would_be, what).total() for one in found),
        )
        for what in COUNTED
    }
