"""`recourse case explain` and `case replay`: what happened in a case, under which rule, and how it stood on a day.

From its steps and the trail alone: facts of procedure, never contents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from lifecycle import engine, migration
from lifecycle.clocks import standing
from lifecycle.migration import MIGRATE
from lifecycle.model import RING, Actor, ActorKind, Case, Fact, Facts, Step
from lifecycle.replay import as_of, in_force, states_before
from lifecycle.serial import from_json
from lifecycle.table import FieldKind
from policy.model import Policy, Role

if TYPE_CHECKING:
    from lifecycle.desk import Desk
    from lifecycle.records import CaseRow
    from lifecycle.table import Lifecycle

_TRAIL = text("select entry_json from audit_trail where object_ref = :case_id order by object_number")
_SOMEBODY = "somebody"
_PERSONS_SIDE = "ombuds"
"""The cell whose people nobody outside can count: its handlers are named by their part alone."""


async def explain(desk: Desk, row: CaseRow) -> dict[str, Any]:
    """Every step with the rules it was taken under, and every refusal with the rule that refused it."""
    case, policies = from_json(row.data), desk.policies_of(row)
    lifecycle = desk.lifecycles[row.lifecycle]
    states = states_before(lifecycle, case, policies)
    async with desk.database.transaction() as session:
        trail = [json.loads(one) for one in (await session.execute(_TRAIL, {"case_id": str(row.case_id)})).scalars()]
    return {
        **_named(desk, row),
        "steps": [
            {
                **_step(desk, step),
                "rules": _rules(lifecycle, states.get(step.version), step, in_force(policies, step.version)),
            }
            for step in case.steps
        ],
        "refused": [
            {
                "at": one["at"],
                "by": None if desk.service == _PERSONS_SIDE else one["actor"],
                "action": one["facts"].get("action"),
                "code": one["facts"]["code"],
                "rule": one["rule"],
            }
            for one in trail
            if one["act"] == "action.refused"
        ],
    }


def show_as_of(desk: Desk, row: CaseRow, moment: datetime, role: Role | None) -> dict[str, Any] | None:
    """What somebody who looked at `moment` could see of the case, and what `role` could have done; None when it was
    not open yet.
    """
    lifecycle, policies = desk.lifecycles[row.lifecycle], desk.policies_of(row)
    seen = as_of(lifecycle, from_json(row.data), moment, policies)
    if seen is None:
        return None
    case = seen.case
    policy = in_force(policies, case.version)
    return {
        **_named(desk, row),
        "policy": policy.pin,
        "as_of": moment.isoformat(),
        "state": case.state,
        "version": case.version,
        "facts": _facts(desk, case.facts),
        "assigned": {part.value: _name(desk, staff_id, part) for part, staff_id in case.assigned.items()},
        "clocks": [
            {"key": one.key, "standing": standing(one, moment), "due_at": one.due_at.isoformat()}
            for one in case.clocks.values()
        ],
        "steps": [_step(desk, step) for step in case.steps],
        "offers": _offers(lifecycle, case, role, moment, policy) if role else [],
        "deviations": [{"version": one.version, "action": one.action} for one in seen.deviations],
    }


def _named(desk: Desk, row: CaseRow) -> dict[str, Any]:
    return {
        "case_id": str(row.case_id),
        "service": desk.service,
        "lifecycle": row.lifecycle,
        "policy": f"{row.policy_name}/{row.policy_version}",
    }


def _name(desk: Desk, by: str, role: Role | None) -> str:
    return role.value if role and desk.service == _PERSONS_SIDE else by


def _step(desk: Desk, step: Step) -> dict[str, Any]:
    return {
        "version": step.version,
        "at": step.at.isoformat(),
        "action": step.action,
        "by": _name(desk, step.by, step.role),
        "role": step.role,
        "facts": _facts(desk, step.facts),
    }


def _staff_facts(desk: Desk) -> frozenset[str]:
    """Facts that name one of the person's own side."""
    if desk.service != _PERSONS_SIDE:
        return frozenset()
    fields = (field for table in desk.lifecycles.values() for rule in table.rules for field in rule.fields)
    return frozenset(field.name for field in fields if field.kind is FieldKind.STAFF)


def _facts(desk: Desk, facts: Facts) -> dict[str, Fact]:
    hidden = _staff_facts(desk)
    return {name: value for name, value in facts.items() if name not in hidden}


def _rules(lifecycle: Lifecycle, before: str | None, step: Step, policy: Policy) -> Sequence[str]:
    """What a step had to satisfy; of a clock that rang, the deadline it counts by, with its source and confidence."""
    if step.action == MIGRATE:
        return [migration.RULE]
    if step.action == RING:
        deadline = policy.deadlines.get(str(step.facts["clock"]))
        return [f"{deadline.key}: {deadline.source} ({deadline.confidence})"] if deadline else []
    rule = lifecycle.rule_of.get((before, step.action)) if before else None
    return list(dict.fromkeys(guard.rule for guard in (*rule.guards, *rule.checks))) if rule else []


def _offers(lifecycle: Lifecycle, case: Case, role: Role, moment: datetime, policy: Policy) -> list[dict[str, Any]]:
    """For somebody who holds this role and had taken no part yet."""
    looker = Actor(ActorKind.STAFF, _SOMEBODY, frozenset({role}))
    return [
        {"action": one.action, "open": one.open, "why_not": one.refused.code if one.refused else None}
        for one in engine.offers(lifecycle, case, looker, moment, policy)
    ]
