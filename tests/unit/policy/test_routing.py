"""Who takes a matter that is about the very people who would usually take it."""

from dataclasses import replace
from itertools import chain, combinations

import pytest

from chassis.keys import OFFICES
from policy.decisions import Desk
from policy.load import load
from policy.model import Appointment, Office, Policy, Role
from policy.routing import (
    acting_roles,
    desk_for,
    desk_keys,
    handlers,
    holders,
    offices_of,
    standing,
    stood_in_for,
    too_near,
)
from tests.lifecycles import NOW

POLICY = load("iom-2024-03")
O = Office  # noqa: E741


@pytest.mark.parametrize(
    ("route", "about", "desk"),
    [
        ("formal_report", (), "oio"),
        ("formal_report", (O.OOM, O.RWFP, O.SWO, O.SECURITY), "oio"),
        ("formal_report", (O.ADMINISTRATION,), "oio_away"),
        ("formal_report", (O.LEG,), "oio_outside_counsel"),
        ("formal_report", (O.ECO,), "oio_alternate_ethics"),
        ("formal_report", (O.DHR,), "oio_without_dhr"),
        ("formal_report", (O.OIO,), "committee"),
        ("formal_report", (O.LEG, O.ECO), "committee"),
        ("formal_report", (O.LEG, O.ADMINISTRATION), "committee"),
        ("formal_report", (O.OIO, O.DHR), "governing_body"),
        ("formal_report", (O.DHR, O.ADMINISTRATION), "governing_body"),
        ("formal_report", (O.EXECUTIVE,), "governing_body"),
        ("formal_report", (O.EXECUTIVE, O.OIO, O.LEG, O.DHR, O.ECO), "governing_body"),
        ("formal_report", (O.COMMITTEE,), "oio"),
        ("formal_report", (O.COMMITTEE, O.OIO), "governing_body"),
        ("retaliation", (O.ECO,), "ethics_outside"),
        ("retaliation", (O.EXECUTIVE,), "ethics_governing_body"),
        ("retaliation", (O.ECO, O.EXECUTIVE), "ethics_governing_body"),
        ("informal_resolution", (O.OIO, O.EXECUTIVE), "ombuds"),
        ("informal_resolution", (O.RWFP,), "ombuds"),
        ("informal_resolution", (O.OOM,), "ombuds_outside"),
        ("informal_resolution", (O.OOM, O.RWFP), "ombuds_outside"),
    ],
)
def test_where_a_matter_goes(route: str, about: tuple[Office, ...], desk: str) -> None:
    assert desk_for(POLICY, route, about).name == desk
    assert desk_for(POLICY, route, reversed(about)).name == desk  # type: ignore[arg-type]


@pytest.mark.parametrize("pack", ["iom-2024-03", "minimal"])
def test_no_office_that_a_matter_is_about_takes_part_at_the_desk_that_takes_it(pack: str) -> None:
    """Of two offices at once too, unless the last body is reached, or one of them is the very body that stands in."""
    policy = load(pack)
    for route in policy.routes:
        usual = policy.desks[policy.routes[route].desk]
        last = usual.instead[-1].desk if usual.instead else usual.name
        for about in chain(combinations(Office, 1), combinations(Office, 2)):
            desk = desk_for(policy, route, about)
            if len(about) == 1 or desk.name != last:
                assert desk.offices.isdisjoint(about), (route, about, desk.name)
            elif desk.name == "governing_body":
                assert desk.offices.isdisjoint(set(about) - {O.COMMITTEE, O.OUTSIDE}), about


def test_inv_32_where_nobody_is_left_at_a_desk_the_next_body_takes_it() -> None:
    usual = desk_for(POLICY, "formal_report")
    handle = {POLICY.roles[role].office for role in handlers(POLICY, "formal_report", usual)}
    assert handle == {O.OIO}
    assert desk_for(POLICY, "formal_report", handle).name == "committee"
    support = replace(POLICY.desks["supervisors"], offices=frozenset({O.LEG}))
    alone = replace(POLICY, desks=POLICY.desks | {"oio": support})
    assert desk_for(alone, "formal_report", {O.LEG}) is support, "no matter is turned away"


def test_a_stand_in_acts_as_what_it_stands_in_for_and_the_one_stood_in_for_does_not() -> None:
    committee, usual = POLICY.desks["committee"], POLICY.desks["oio"]
    member = frozenset({Role.OVERSIGHT_COMMITTEE})
    assert acting_roles(usual, member) == member
    assert acting_roles(committee, member) == {Role.OVERSIGHT_COMMITTEE, Role.INTAKE_OFFICER}
    assert acting_roles(committee, frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})) == frozenset()
    assert acting_roles(committee, frozenset({Role.INVESTIGATOR, Role.HR_DIRECTOR})) == {Role.HR_DIRECTOR}
    assert acting_roles(POLICY.desks["governing_body"], member) == {
        Role.OVERSIGHT_COMMITTEE,
        Role.INTAKE_OFFICER,
        Role.ADMINISTRATIVE_HEAD,
        Role.HR_DIRECTOR,
        Role.EXECUTIVE_HEAD,
    }
    without_dhr = POLICY.desks["oio_without_dhr"]
    assert acting_roles(without_dhr, frozenset({Role.ADMINISTRATIVE_HEAD})) == {
        Role.ADMINISTRATIVE_HEAD,
        Role.HR_DIRECTOR,
    }


def staff_ids(appointments: tuple[Appointment, ...]) -> set[str]:
    return {one.staff_id for one in appointments}


def test_who_holds_a_role_at_a_desk() -> None:
    committee, usual = POLICY.desks["committee"], POLICY.desks["oio"]
    assert staff_ids(holders(POLICY, Role.INVESTIGATOR, usual, NOW)) == {"S0005", "S0006"}
    assert staff_ids(holders(POLICY, Role.INVESTIGATOR, committee, NOW)) == {"S0064"}
    assert staff_ids(holders(POLICY, Role.LEGAL_OFFICER, committee, NOW)) == {"S0065"}
    assert handlers(POLICY, "formal_report", committee) == (Role.OVERSIGHT_COMMITTEE, Role.OUTSIDE_INVESTIGATOR)
    assert handlers(POLICY, "informal_resolution", POLICY.desks["ombuds_outside"]) == (Role.EXTERNAL_OMBUDSPERSON,)
    assert acting_roles(committee, POLICY.roles_of("S0064", NOW)) == {Role.OUTSIDE_INVESTIGATOR, Role.INVESTIGATOR}
    assert acting_roles(committee, frozenset({Role.INVESTIGATOR})) == frozenset()


def test_a_head_of_offices_own_station_takes_no_part_and_others_do() -> None:
    away, usual = POLICY.desks["oio_away"], POLICY.desks["oio"]
    everybody = {"S0003", "S0004", "S0017"}
    assert staff_ids(holders(POLICY, Role.ADMINISTRATIVE_HEAD, usual, NOW, "selwick")) == everybody
    assert staff_ids(holders(POLICY, Role.ADMINISTRATIVE_HEAD, away, NOW, "selwick")) == everybody - {"S0017"}
    assert staff_ids(holders(POLICY, Role.ADMINISTRATIVE_HEAD, away, NOW)) == everybody


@pytest.mark.parametrize("desk", POLICY.desks.values(), ids=lambda desk: str(desk.name))
def test_the_appointments_as_they_count_at_a_desk_say_the_same_as_the_table(desk: Desk) -> None:
    there = replace(POLICY, appointments=standing(POLICY, desk))
    for staff_id in sorted({one.staff_id for one in POLICY.appointments}):
        assert there.roles_of(staff_id, NOW) == acting_roles(desk, POLICY.roles_of(staff_id, NOW)), staff_id
    for role in POLICY.roles:
        assert staff_ids(there.appointed(role, NOW)) == staff_ids(holders(POLICY, role, desk, NOW)), role


def test_only_the_offices_a_matter_was_taken_from_stand_aside_by_place() -> None:
    usual, away = POLICY.desks["oio"], POLICY.desks["oio_away"]
    assert too_near(POLICY, usual, away, {"selwick"}, NOW) == {"S0017"}
    assert too_near(POLICY, usual, away, {"valmora"}, NOW) == {"S0003", "S0004"}, "oversight sits there too, and stays"
    assert too_near(POLICY, usual, away, set(), NOW) == frozenset()
    assert too_near(POLICY, usual, usual, {"valmora"}, NOW) == frozenset()


def test_for_whom_somebody_stands_in() -> None:
    one = replace(POLICY.appointments[0], staff_id="S0026", role=Role.INVESTIGATOR, substitute_for="S0006")
    policy = replace(POLICY, appointments=(*POLICY.appointments, one))
    assert stood_in_for(policy, "S0026", Role.INVESTIGATOR, NOW) == {"S0006"}
    assert stood_in_for(policy, "S0026", Role.INTAKE_OFFICER, NOW) == frozenset()
    assert stood_in_for(policy, "S0005", Role.INVESTIGATOR, NOW) == frozenset()


def test_every_part_at_every_desk_is_held_by_somebody() -> None:
    for route in POLICY.routes.values():
        usual = POLICY.desks[route.desk]
        for desk in [usual, *(POLICY.desks[one.desk] for one in usual.instead)]:
            for role in {*route.handlers, *desk.in_place_of} - {Role.MANAGER}:
                assert holders(POLICY, role, desk, NOW), (desk.name, role)


def test_separation_of_functions_still_has_two_people_at_the_last_body() -> None:
    """Alert, decision and review of a measure are by different persons (invariant 33), whomever it is about."""
    last = POLICY.desks["governing_body"]
    deciders = staff_ids(holders(POLICY, Role.HR_DIRECTOR, last, NOW))
    alerters = staff_ids(holders(POLICY, Role.LEGAL_OFFICER, last, NOW))
    assert len(deciders) >= 2
    assert alerters
    assert not deciders & alerters


def test_which_offices_people_belong_to() -> None:
    assert offices_of(POLICY, ["s0005 ", "S0002"], NOW) == {O.OIO, O.DHR}
    assert offices_of(POLICY, ["S0018", "nobody"], NOW) == frozenset()
    assert offices_of(POLICY, ["S0008"], NOW, units=["OIO"]) == {O.OIO}
    assert offices_of(POLICY, [], NOW, units=["Logistics", "Executive Office"]) == {O.EXECUTIVE}
    assert offices_of(POLICY, ["S0005"], NOW.replace(year=2023)) == frozenset()


def test_the_keys_of_a_services_desks() -> None:
    assert desk_keys(POLICY, "workflow") == {"oio", "committee", "supervisors", "data_protection"}
    assert desk_keys(POLICY, "ombuds") == {"ombuds", "ombuds_outside"}
    assert desk_keys(POLICY, "ethics") == {"ethics", "ethics_outside"}
    assert desk_keys(POLICY, "support") == {"support"}
    assert desk_keys(POLICY, "hr_bridge") == frozenset()


@pytest.mark.parametrize("pack", ["iom-2024-03", "minimal"])
def test_every_service_holds_the_keys_of_its_desks(pack: str) -> None:
    policy = load(pack)
    for desk in policy.desks.values():
        assert desk.key in OFFICES[desk.service], desk.name


def test_a_desk_of_another_pack_is_another_desk() -> None:
    def moved(policy: Policy) -> Policy:
        desk = replace(policy.desks["oio"], instead=())
        return replace(policy, desks=policy.desks | {"oio": desk})

    assert desk_for(moved(POLICY), "formal_report", {O.OIO}).name == "oio"
