"""Which desk takes a matter, and who may act there as what: pure, by the tables of the pack.

Persons in conflict are excluded one by one elsewhere (invariant 32). Here whole offices step aside, and what stands in
for them is itself never of an office that the matter is about, as long as there is one left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from policy.decisions import Desk
from policy.model import Appointment, Office, Policy, Role


def desk_for(policy: Policy, route: str, about: Collection[Office] = ()) -> Desk:
    """The desk that takes a matter of this route when it is about people of the offices `about`. Where nobody is left
    to handle it there, ask again with its handlers' offices added: the answer is the next body. Raises KeyError for no
    such route.
    """
    return in_place_of(policy, policy.desks[policy.routes[route].desk], about)


def in_place_of(policy: Policy, usual: Desk, about: Collection[Office]) -> Desk:
    """The desk that takes what would usually go to `usual`: that one if none of its people are concerned; else the
    first in its list that is for such a matter and free of all of them; else the last of those, because no matter is
    turned away.
    """
    concerned = frozenset(about)
    if usual.offices.isdisjoint(concerned):
        return usual
    others = [policy.desks[one.desk] for one in usual.instead if not concerned.isdisjoint(one.about)]
    free = (one for one in others if one.offices.isdisjoint(concerned))
    return next(free, others[-1] if others else usual)


def desk_keys(policy: Policy, service: str) -> frozenset[str]:
    """The names of the desk keys that a service has to hold for its routes."""
    return frozenset(desk.key for desk in policy.desks.values() if desk.service == service)


def offices_of(
    policy: Policy, staff_ids: Iterable[str], at: datetime, *, units: Iterable[str] = ()
) -> frozenset[Office]:
    """The offices that these people belong to, by the roles they hold and by their units in the people directory.

    However the staff ids are typed: `s0017` is S0017.
    """
    named, in_units = {one.strip().casefold() for one in staff_ids}, frozenset(units)
    held = {one.office for one in policy.appointments if one.staff_id.casefold() in named and one.holds(at)}
    return frozenset(held | {one.office for one in policy.offices.values() if in_units.intersection(one.units)})


def acting_roles(desk: Desk, roles: frozenset[Role]) -> frozenset[Role]:
    """What somebody who holds `roles` may act as in a case of this desk: their own, except those that somebody stands
    in for there, and those that they stand in for.
    """
    stands_in_for = {role for role, stand_in in desk.in_place_of.items() if stand_in in roles}
    return (roles - desk.in_place_of.keys()) | stands_in_for


def holders(policy: Policy, role: Role, desk: Desk, at: datetime, place: str | None = None) -> tuple[Appointment, ...]:
    """Who acts as `role` in a case of this desk about something at `place`: those appointed to it, or those who stand
    in for it.
    """
    standing = policy.appointed(desk.in_place_of.get(role, role), at)
    return tuple(one for one in standing if not _too_near(desk, one, place))


def standing(policy: Policy, desk: Desk) -> tuple[Appointment, ...]:
    """The appointments as they count in a case of this desk: whoever stands in holds that role too, and whoever is
    stood in for does not.
    """
    found: list[Appointment] = []
    for one in policy.appointments:
        if one.role not in desk.in_place_of:
            found.append(one)
        found += [replace(one, role=role) for role, stand_in in desk.in_place_of.items() if stand_in is one.role]
    return tuple(found)


def too_near(policy: Policy, usual: Desk, desk: Desk, places: Collection[str], at: datetime) -> frozenset[str]:
    """Who takes no part in a case that is at `desk` in place of its usual one, because their office is one that it was
    taken from and they are appointed where the matter is about.
    """
    taken_from = usual.offices - desk.offices
    return frozenset(
        one.staff_id
        for one in policy.appointments
        if one.holds(at) and one.office in taken_from and any(_too_near(desk, one, place) for place in places)
    )


def stood_in_for(policy: Policy, staff_id: str, role: Role, at: datetime) -> frozenset[str]:
    """For whom somebody stands in as `role` while they are away."""
    return frozenset(
        one.substitute_for for one in policy.appointed(role, at) if one.staff_id == staff_id and one.substitute_for
    )


def handlers(policy: Policy, route: str, desk: Desk) -> tuple[Role, ...]:
    """The roles whose turn it is at this desk, in order of preference; stand-ins in place of those they stand for."""
    usual = policy.routes[route].handlers
    return tuple(dict.fromkeys(desk.in_place_of.get(role, role) for role in usual))


def _too_near(desk: Desk, appointment: Appointment, place: str | None) -> bool:
    """Of the desk's own offices everybody takes part; it is the others whose people are at many places."""
    return desk.away and place is not None and appointment.place == place and appointment.office not in desk.offices
