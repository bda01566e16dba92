"""Everything that can be found wrong with a pack without running it, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from policy.appointing import Changes, apart, with_changes
from policy.entry import Mistake, PolicyBroken
from policy.load import PACKS, Reading, Rows
from policy.model import BY_ASSIGNMENT, Policy, Role
from policy.routing import holders, in_place_of

OF_THE_SOFTWARE: Final = ("deadline", "threshold", "wording", "option", "resource")
"""Kinds whose keys the software asks for by name: in a pack based on another, a new one is a slip of the pen."""

INDEPENDENT: Final = frozenset({Role.OVERSIGHT_COMMITTEE, Role.EXTERNAL_OMBUDSPERSON})
"""Whom it comes to at last, where clocks run out level by level: nobody is above them."""
OWN_CELL: Final = frozenset({Role.WELFARE_OFFICER})
"""Who answers to nobody outside their own cell, so that nobody outside hears of help."""

NOTHING_DECIDED: Final = Changes(0)
Finding = tuple[str, str, str, str]
"""Kind, key, field and what is wrong."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a pack, and which deadlines it leaves unset. `policy` is None where it cannot be used."""

    mistakes: tuple[Mistake, ...]
    unset: tuple[str, ...]
    policy: Policy | None
    entries: Rows


def lint(
    name: str, version: str | None, at: datetime, *, packs: Path = PACKS, decided: Changes = NOTHING_DECIDED
) -> Report:
    """`at`: whose appointments count, by the pack's own list and what was decided since."""
    reading = Reading(packs)
    try:
        policy = reading.policy(name, version)
    except PolicyBroken as broken:
        return Report(broken.mistakes, (), None, reading.found)
    found = [
        *of_people(with_changes(policy, decided), at),
        *_of_deciding(policy),
        *_of_levels(policy),
        *_of_desks(policy),
        *_of_references(policy),
        *_unknown_below(reading),
    ]
    mistakes = tuple(reading.found[kind][key].mistake(field, wrong) for kind, key, field, wrong in found)
    unset = tuple(key for key, one in policy.deadlines.items() if one.amount is None)
    return Report(mistakes, unset, policy, reading.found)


def of_people(policy: Policy, at: datetime) -> Iterator[Finding]:
    """What is wrong with who is appointed: a role or a desk that has nobody, roles that nobody may hold together."""
    for role in Role:
        if role not in BY_ASSIGNMENT and not policy.appointed(role, at):
            yield "role", role.value, "", "is held by nobody"
        for staff_id in sorted({one.staff_id for one in policy.appointed(role, at)}):
            for other in sorted(apart(policy.roles, role, policy.roles_of(staff_id, at))):
                if other in policy.roles[role].apart_from:
                    yield "role", role.value, "apart_from", f"is not kept: {staff_id} is {other} too"
    for key, route in policy.routes.items():
        if not route.handlers:
            continue
        usual = policy.desks[route.desk]
        for desk in (usual, *(policy.desks[one.desk] for one in usual.instead)):
            if not any(role in BY_ASSIGNMENT or holders(policy, role, desk, at) for role in route.handlers):
                yield "desk", desk.name, "", f"has nobody who would handle {key}"


def _of_deciding(policy: Policy) -> Iterator[Finding]:
    for key, route in policy.routes.items():
        if not route.handlers:
            yield "route", key, "handlers", "names nobody who would handle it"
    for kind, entries in (("measure", policy.measures), ("delegation", policy.delegation)):
        for key, entry in entries.items():
            if not entry.deciders:
                yield kind, key, "deciders", "names nobody who would decide"


def _of_levels(policy: Policy) -> Iterator[Finding]:
    """One level up, and another, and at last an independent body: no role is its own way up, and no ring of them."""
    for role in Role:
        level, passed = role, {role}
        while level not in INDEPENDENT | OWN_CELL:
            level = policy.roles[level].escalates_to
            if level in passed:
                yield "role", role.value, "escalates_to", f"comes to no independent body, but back to {level}"
                break
            passed.add(level)


def _of_desks(policy: Policy) -> Iterator[Finding]:
    stand_ins = {one.desk for desk in policy.desks.values() for one in desk.instead}
    for name, desk in policy.desks.items():
        for office in sorted(desk.offices) if name not in stand_ins else ():
            if office in in_place_of(policy, desk, {office}).offices:
                yield "desk", name, "offices", f"has {office}, and nobody takes a matter about {office}"


def _of_references(policy: Policy) -> Iterator[Finding]:
    for name, preset in policy.presets.items():
        if preset.deadline not in policy.deadlines:
            yield "preset", name, "", f"is for no deadline: {preset.deadline}"
    for key, tribunal in policy.tribunals.items():
        if tribunal.windows not in {one.name for one in policy.presets.values() if one.deadline.startswith("review.")}:
            yield "tribunal", key, "windows", f"names no preset of review.request or review.appeal: {tribunal.windows}"
    for key in ("review.request", "review.appeal"):
        if (chosen := policy.deadlines[key].preset) not in (None, policy.tribunal.windows):
            yield "deadline", key, "preset", f"is of another tribunal than {policy.tribunal.key}: {chosen}"


def _unknown_below(reading: Reading) -> Iterator[Finding]:
    if reading.based_on is None:
        return
    below = Reading(reading.packs)
    name, _, version = reading.based_on.partition("/")
    below.policy(name, version)
    for kind in OF_THE_SOFTWARE:
        for key in reading.found[kind].keys() - below.found[kind].keys():
            yield kind, key, "", f"is not known to {reading.based_on}, on which this pack is based"
