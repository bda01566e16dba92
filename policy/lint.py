"""Everything that can be found wrong with a pack without running it, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from policy.appointing import apart
from policy.entry import Mistake, PolicyBroken
from policy.load import PACKS, Reading, Rows
from policy.model import BY_ASSIGNMENT, Policy, Role
from policy.routing import holders, in_place_of

OF_THE_SOFTWARE: Final = ("deadline", "threshold", "wording", "option", "resource")
"""Kinds whose keys the software asks for by name: in a pack based on another, a new one is a slip of the pen."""

Finding = tuple[str, str, str, str]
"""Kind, key, field and what is wrong."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a pack, and which deadlines it leaves unset. `policy` is None where it cannot be used."""

    mistakes: tuple[Mistake, ...]
    unset: tuple[str, ...]
    policy: Policy | None
    entries: Rows


def lint(name: str, version: str | None, at: datetime, *, packs: Path = PACKS) -> Report:
    """`at`: whose appointments count."""
    reading = Reading(packs)
    try:
        policy = reading.policy(name, version)
    except PolicyBroken as broken:
        return Report(broken.mistakes, (), None, reading.found)
    found = [*_of_people(policy, at), *_of_desks(policy), *_of_references(policy), *_unknown_below(reading)]
    mistakes = tuple(reading.found[kind][key].mistake(field, wrong) for kind, key, field, wrong in found)
    unset = tuple(key for key, one in policy.deadlines.items() if one.amount is None)
    return Report(mistakes, unset, policy, reading.found)


def _of_people(policy: Policy, at: datetime) -> Iterator[Finding]:
    for role in Role:
        if role not in BY_ASSIGNMENT and not policy.appointed(role, at):
            yield "role", role.value, "", "is held by nobody"
        for staff_id in sorted({one.staff_id for one in policy.appointed(role, at)}):
            for other in sorted(apart(policy.roles, role, policy.roles_of(staff_id, at))):
                if other in policy.roles[role].apart_from:
                    yield "role", role.value, "apart_from", f"is not kept: {staff_id} is {other} too"
    for key, route in policy.routes.items():
        if not route.handlers:
            yield "route", key, "handlers", "names nobody who would handle it"
            continue
        usual = policy.desks[route.desk]
        for desk in (usual, *(policy.desks[one.desk] for one in usual.instead)):
            if not any(role in BY_ASSIGNMENT or holders(policy, role, desk, at) for role in route.handlers):
                yield "desk", desk.name, "", f"has nobody who would handle {key}"
    for kind, entries in (("measure", policy.measures), ("delegation", policy.delegation)):
        for key, entry in entries.items():
            if not entry.deciders:
                yield kind, key, "deciders", "names nobody who would decide"


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


def _unknown_below(reading: Reading) -> Iterator[Finding]:
    if reading.based_on is None:
        return
    below = Reading(reading.packs)
    name, _, version = reading.based_on.partition("/")
    below.policy(name, version)
    for kind in OF_THE_SOFTWARE:
        for key in reading.found[kind].keys() - below.found[kind].keys():
            yield kind, key, "", f"is not known to {reading.based_on}, on which this pack is based"
