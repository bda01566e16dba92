"""A case as plain JSON, for the `data` column of its row, and back. Effects belong to one change and are left out.

Its steps are kept one by one, so that a long life makes no step dearer; they go with the data as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lifecycle.model import Case, Clock
from policy.model import Role

FORMAT = 1


class UnknownFormat(Exception):
    """The row was written by a newer version of this software."""


def to_json(case: Case) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "report_id": str(case.report_id),
        "lifecycle": case.lifecycle,
        "number": case.number,
        "state": case.state,
        "version": case.version,
        "opened_at": case.opened_at.isoformat(),
        "clocks": {key: _clock_to_json(clock) for key, clock in case.clocks.items()},
        "assigned": {role.value: name for role, name in case.assigned.items()},
        "steps": case.steps,
        "facts": dict(case.facts),
    }


def from_json(data: Mapping[str, Any]) -> Case:
    """Raises `UnknownFormat`; any other damage raises what the damage causes, because a row is ours alone."""
    if data["format"] != FORMAT:
        raise UnknownFormat(f"a case of format {data['format']}; this version reads format {FORMAT}")
    return Case(
        report_id=UUID(data["report_id"]),
        lifecycle=data["lifecycle"],
        number=data["number"],
        state=data["state"],
        version=data["version"],
        opened_at=datetime.fromisoformat(data["opened_at"]),
        clocks={key: _clock_from_json(key, clock) for key, clock in data["clocks"].items()},
        assigned={Role(role): name for role, name in data["assigned"].items()},
        steps=data["steps"],
        facts=dict(data["facts"]),
    )


def _clock_to_json(clock: Clock) -> dict[str, Any]:
    return {
        "started_at": clock.started_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "paused_at": clock.paused_at.isoformat() if clock.paused_at else None,
        "met_at": clock.met_at.isoformat() if clock.met_at else None,
        "rung": list(clock.rung),
        "deadline": clock.deadline,
        "paused_for": clock.paused_for.total_seconds(),
        "pause_reason": clock.pause_reason,
        "rounds": clock.rounds,
        # An office's clock has none, and looks as it always did.
        **({"place": clock.place} if clock.place else {}),
    }


def _clock_from_json(key: str, data: Mapping[str, Any]) -> Clock:
    return Clock(
        key=key,
        started_at=datetime.fromisoformat(data["started_at"]),
        due_at=datetime.fromisoformat(data["due_at"]),
        paused_at=datetime.fromisoformat(data["paused_at"]) if data["paused_at"] else None,
        met_at=datetime.fromisoformat(data["met_at"]) if data["met_at"] else None,
        rung=tuple(data["rung"]),
        deadline=data["deadline"],
        paused_for=timedelta(seconds=data["paused_for"]),
        pause_reason=data["pause_reason"],
        rounds=data["rounds"],
        place=data.get("place"),
    )
