"""Writes docs/lifecycles.md from the tables: `python -m ops.lifecycle_docs`. A test keeps the file current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lifecycle.model import ActorKind
from lifecycle.notified import notified
from lifecycle.table import Lifecycle, Rule
from policy.model import Role
from services.ethics.domain import query, recommendation, retaliation
from services.ombuds.domain import informal_resolution, mediation
from services.support.domain import support_referral
from services.workflow.domain import (
    danger_alert,
    data_request,
    emergency_separation,
    formal_report,
    interim_measure,
    misdirected_report,
    respondent,
    review,
    sea_report,
    supervisor_request,
)

FILE = Path(__file__).parent.parent / "docs" / "lifecycles.md"
LIFECYCLES: tuple[Lifecycle, ...] = (
    informal_resolution.LIFECYCLE,
    mediation.LIFECYCLE,
    support_referral.LIFECYCLE,
    formal_report.LIFECYCLE,
    review.LIFECYCLE,
    misdirected_report.LIFECYCLE,
    interim_measure.LIFECYCLE,
    emergency_separation.LIFECYCLE,
    respondent.LIFECYCLE,
    danger_alert.LIFECYCLE,
    supervisor_request.LIFECYCLE,
    sea_report.LIFECYCLE,
    data_request.LIFECYCLE,
    retaliation.LIFECYCLE,
    recommendation.LIFECYCLE,
    query.LIFECYCLE,
)
HEAD = """# Lifecycles

Drawn from the tables in `services/*/domain/` by `python -m ops.lifecycle_docs`; do not edit by hand.
An arrow names the action and who may take it; a clock's name on an arrow means that time moves the case.
An arrow to an end point leaves a closed state: nobody handles the case any more.
A mail says that there is something new and no more, whatever its wording is called; only her inbox says it in words.
Steps of any procedure stand in no table: `recuse` and `announce_handover` (somebody loses a part), `freeze` and
`unfreeze` (a review is open), `migrate_policy` (the case goes over to the version of the policy that is in force),
`record_name` (whoever wrote without a name has given one).
"""


def document() -> str:
    return "\n".join([HEAD, *("\n".join(_section(lifecycle)) for lifecycle in LIFECYCLES)])


def _section(lifecycle: Lifecycle) -> Iterator[str]:
    yield f"## {lifecycle.name}\n"
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"  [*] --> {state}" for state in lifecycle.opening.first_states)
    for rule in lifecycle.rules:
        for state in rule.states:
            if rule.to and rule.to != state:
                yield f"  {state} --> {rule.to}: {rule.action} ({_by(rule)})"
    for clock in lifecycle.clocks:
        for outcome in clock.outcomes:
            for state in _where(lifecycle, clock.key) if outcome.to else ():
                yield f"  {state} --> {outcome.to}: {clock.key}"
    for one in lifecycle.states:
        if one.closed:
            yield f"  {one.name} --> [*]"
    yield "```\n"
    if lifecycle.deciding:
        yield f"A decision is pending, and the policy stays as it is, in: {', '.join(lifecycle.deciding)}.\n"
    yield "| In | Action | By | Needs | Refused by |"
    yield "|---|---|---|---|---|"
    for rule in lifecycle.rules:
        fields = ", ".join(f"{f.name} ({f.kind})" if f.required else f"[{f.name} ({f.kind})]" for f in rule.fields)
        guards = ", ".join(dict.fromkeys(f"{guard.code} ({guard.rule})" for guard in (*rule.guards, *rule.checks)))
        yield f"| {', '.join(rule.states)} | {rule.action} | {_by(rule)} | {fields or '-'} | {guards or '-'} |"
    yield "\n| Clock | When due | Person sees the date |"
    yield "|---|---|---|"
    for clock in lifecycle.clocks:
        outcomes = [f"to {one.to}" if one.to else "notices only" for one in clock.outcomes]
        extra = [word for word, holds in (("repeats", clock.repeats), ("irreversible", clock.irreversible)) if holds]
        yield f"| {clock.key} | {'; '.join([*outcomes, *extra])} | {'yes' if clock.person_sees else 'no'} |"
    yield "\n| Event | Who hears of it | By | Wording |"
    yield "|---|---|---|---|"
    for notice in dict.fromkeys(notified(lifecycle)):
        yield f"| {notice.event} | {notice.who} | {notice.channel} | {notice.wording} |"
    yield ""


def _by(rule: Rule) -> str:
    order = [*ActorKind, *Role]
    return ", ".join(sorted(rule.by, key=order.index))


def _where(lifecycle: Lifecycle, key: str) -> list[str]:
    """The states a clock may ring in: those reached with it started and left without meeting it."""
    found = [*lifecycle.opening.first_states] if any(one.key == key for one in lifecycle.opening.clocks) else []
    for rule in lifecycle.rules:
        started = any(one.key == key and one.kind == "start" for one in rule.clocks)
        found += [rule.to or state for state in rule.states if started]
    for state in found:
        for rule in lifecycle.rules:
            stopped = any(one.key == key and one.kind == "meet" for one in rule.clocks)
            reached = state in rule.states and rule.to and not stopped and not lifecycle.state_of[rule.to].closed
            if rule.to and reached and rule.to not in found:
                found.append(rule.to)
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
