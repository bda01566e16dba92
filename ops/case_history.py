"""`recourse case explain` and `case replay`: what happened in a case, under which rule, and how it stood on a day.

From its steps and the trail alone: facts of procedure, never contents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from chassis.audit_trail import COMMITTED
from lifecycle import access, at_desk, engine, exclusions, migration
from lifecycle.clocks import PLACE, standing
from lifecycle.exclusions import FOR_DECIDERS, FOR_HANDLERS
from lifecycle.migration import MIGRATE
from lifecycle.model import RING, Actor, ActorKind, Case, Fact, Facts, Step
from lifecycle.replay import as_of, cases_before, in_force
from lifecycle.routing import DECIDERS
from lifecycle.serial import from_json, to_json
from lifecycle.table import FieldKind
from policy.model import Policy, Role

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from lifecycle.desk import Desk
    from lifecycle.records import CaseRow
    from lifecycle.table import Lifecycle

_WRITTEN = text("""
    select a.version, a.action, name from case_actions a cross join lateral jsonb_object_keys(a.bodies) written (name)
    where a.case_id = :case_id and a.at <= :moment order by a.version, name
""")
_TRAIL = text("select entry_json from audit_readable where object_ref = :case_id order by object_number")
NOT_KEPT = "not kept any more"
"""Whoever acted so long ago that it is forgotten."""
_PERSONS_SIDE = "ombuds"
"""The cell whose people nobody outside can count: its handlers are named by their part alone."""


async def explain(desk: Desk, row: CaseRow) -> dict[str, Any]:
    """Every step with the rules it was taken under, and every refusal with the rule that refused it."""
    case, policies = from_json(row.data), desk.policies_of(row)
    lifecycle = desk.lifecycles[row.lifecycle]
    before = cases_before(lifecycle, case, policies)
    async with desk.database.transaction() as session:
        trail = [json.loads(one) for one in (await session.execute(_TRAIL, {"case_id": str(row.case_id)})).scalars()]
    return {
        **_named(desk, row),
        "steps": [
            {
                **_step(desk, step),
                "rules": rules_of(lifecycle, before.get(step.version), step, in_force(policies, step.version)),
            }
            for step in case.steps
        ],
        "refused": [
            {
                "at": one["at"],
                "by": _by(desk, one["actor"]),
                "action": one["facts"].get("action"),
                "code": one["facts"]["code"],
                "rule": one["rule"],
            }
            for one in trail
            if one["act"] == "action.refused"
        ],
    }


async def show_as_of(desk: Desk, row: CaseRow, moment: datetime, role: Role | None) -> dict[str, Any] | None:
    """How the case stood at `moment`; None when it was not open yet. With `role`, no more than somebody who held it
    could see of it that day, and what they could have done: nothing but that it was `hidden` from them, where the role
    does not read it or everybody who held it was kept out (a conflict is never lifted, so all that are known count).
    """
    lifecycle, policies = desk.lifecycles[row.lifecycle], desk.policies_of(row)
    seen = as_of(lifecycle, from_json(row.data), moment, policies)
    if seen is None:
        return None
    case = seen.case
    policy = in_force(policies, case.version)
    found = {**_named(desk, row), "policy": policy.pin, "as_of": moment.isoformat()}
    then = replace(row, state=case.state, data=to_json(case))
    async with desk.database.transaction() as session:
        looker = await _looker(session, desk, then, case, policy, role, moment) if role else None
        written = [tuple(one) for one in await session.execute(_WRITTEN, {"case_id": row.case_id, "moment": moment})]
    if role and looker is None:
        return {**found, "hidden": True}
    return {
        **found,
        "hidden": False,
        "state": case.state,
        "version": case.version,
        "facts": _facts(desk, case.facts),
        "assigned": {part.value: _name(desk, staff_id, part) for part, staff_id in case.assigned.items()},
        "clocks": [
            {"key": one.key, "standing": standing(one, moment), "due_at": one.due_at.isoformat()}
            for one in case.clocks.values()
        ],
        "steps": [_step(desk, step) for step in case.steps],
        "texts": [
            {"version": version, "action": action, "name": name}
            for version, action, name in written
            if looker is None or _is_shown(desk, then, looker, action, name)
        ],
        "offers": _offers(lifecycle, case, looker, moment, policy) if looker else [],
        "deviations": [{"version": one.version, "action": one.action} for one in seen.deviations],
    }


async def _looker(
    session: AsyncSession, desk: Desk, row: CaseRow, case: Case, policy: Policy, role: Role, moment: datetime
) -> Actor | None:
    """Somebody who saw the case in this role: who had the part, else one of those who held the role and were not kept
    out of it.
    """
    if part := case.assigned.get(role):
        return Actor(ActorKind.STAFF, part, frozenset({role}))
    held = sorted({one.staff_id for one in policy.appointed(role, moment)})
    conflicts = FOR_DECIDERS if role in DECIDERS else FOR_HANDLERS
    for staff_id in held:
        looker = Actor(ActorKind.STAFF, staff_id, frozenset({role}))
        kept_out = await exclusions.excluded(session, desk.keys.cell, row.case_id, staff_id, conflicts)
        if not kept_out and access.may_see(desk, row, looker):
            return looker
    return None


def _is_shown(desk: Desk, row: CaseRow, looker: Actor, action: str, name: str) -> bool:
    """Whether a reader was shown this text, by what the desk keeps from whom."""
    team = desk.teams.get(row.lifecycle)
    if team and looker.roles.isdisjoint(team.roles) and action not in team.shares:
        return False
    return access.may_read(desk, row, looker) and name not in at_desk.withheld(desk, row, looker)


def _named(desk: Desk, row: CaseRow) -> dict[str, Any]:
    return {
        "case_id": str(row.case_id),
        "service": desk.service,
        "lifecycle": row.lifecycle,
        "policy": f"{row.policy_name}/{row.policy_version}",
    }


def _by(desk: Desk, actor: str | None) -> str | None:
    if desk.service == _PERSONS_SIDE or actor is None:
        return None
    return NOT_KEPT if actor.startswith(COMMITTED) else actor


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
    """Facts that name one of the person's own side, or say where they work."""
    if desk.service != _PERSONS_SIDE:
        return frozenset()
    fields = (field for table in desk.lifecycles.values() for rule in table.rules for field in rule.fields)
    return frozenset({PLACE, *(field.name for field in fields if field.kind is FieldKind.STAFF)})


def _facts(desk: Desk, facts: Facts) -> dict[str, Fact]:
    hidden = _staff_facts(desk)
    return {name: value for name, value in facts.items() if name not in hidden}


def rules_of(lifecycle: Lifecycle, before: Case | None, step: Step, policy: Policy) -> Sequence[str]:
    """What a step had to satisfy; of a clock that rang, the deadline it counts by, with its source and confidence."""
    if step.action == MIGRATE:
        return [migration.RULE]
    if step.action == RING:
        clock = before.clocks.get(str(step.facts["clock"])) if before else None
        deadline = policy.deadlines.get(clock.deadline) if clock and clock.deadline else None
        return [f"{deadline.key}: {deadline.source} ({deadline.confidence})"] if deadline else []
    rule = lifecycle.rule_of.get((before.state, step.action)) if before else None
    return list(dict.fromkeys(guard.rule for guard in (*rule.guards, *rule.checks))) if rule else []


def _offers(lifecycle: Lifecycle, case: Case, looker: Actor, moment: datetime, policy: Policy) -> list[dict[str, Any]]:
    return [
        {"action": one.action, "open": one.open, "why_not": one.refused.code if one.refused else None}
        for one in engine.offers(lifecycle, case, looker, moment, policy)
    ]
