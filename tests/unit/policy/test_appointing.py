"""What is decided about appointments since the pack's own list."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from policy.appointing import Changes, Ended, apart, appointment, appointment_id, with_changes
from policy.entry import PolicyBroken
from policy.lint import lint
from policy.load import PACKS, load
from policy.model import Appointment, Policy, Role
from policy.protection import Direction, direction

POLICY = load("iom-2024-03")
SAID = {
    "staff_id": "S0040",
    "role": "focal_point",
    "place": "creek",
    "from": date(2026, 4, 1),
    "appointed_by": "S0073",
    "confirmed_by": "S0074",
}
NEW = appointment(SAID, POLICY.roles)
[AUDITOR] = POLICY.appointed(Role.AUDITOR, datetime(2026, 4, 1, tzinfo=UTC))


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def held(policy: Policy, one: Appointment, day: date) -> bool:
    return one.role in policy.roles_of(one.staff_id, on(day))


def test_nothing_decided_is_the_packs_own_list() -> None:
    assert with_changes(POLICY, Changes(0)) is POLICY


def test_an_appointment_counts_from_its_first_day_and_is_another_list_from_the_decision_on() -> None:
    policy = with_changes(POLICY, Changes(1, (NEW,)))
    assert [held(policy, NEW, day) for day in (date(2026, 3, 31), date(2026, 4, 1))] == [False, True]
    assert policy.content_hash == POLICY.content_hash, "cases stay pinned to what they were"
    assert policy.appointments_hash != POLICY.appointments_hash, "so that conflicts are looked at again"


def test_an_end_takes_the_packs_own_people_too_and_only_ever_shortens() -> None:
    sooner, later = Ended(appointment_id(AUDITOR), date(2026, 4, 2)), Ended(appointment_id(AUDITOR), date(2026, 4, 9))
    for order in ((sooner, later), (later, sooner)):
        policy = with_changes(POLICY, Changes(2, ended=order))
        assert [held(policy, AUDITOR, day) for day in (date(2026, 4, 2), date(2026, 4, 3))] == [True, False]
    one = replace(NEW, to=date(2026, 4, 5))
    ends = Ended(appointment_id(one), date(2026, 4, 20))
    assert with_changes(POLICY, Changes(2, (one,), (ends,))).appointments[-1].to == date(2026, 4, 5)


def test_what_is_ended_before_it_begins_never_does() -> None:
    ended = Ended(appointment_id(NEW), date(2026, 3, 31))
    assert with_changes(POLICY, Changes(2, (NEW,), (ended,))).appointments == POLICY.appointments


def test_an_appointment_has_one_name_however_the_staff_id_is_typed_and_whatever_its_end() -> None:
    assert appointment_id(replace(NEW, staff_id="s0040", to=date(2027, 1, 1))) == appointment_id(NEW)
    assert len({appointment_id(one) for one in POLICY.appointments}) == len(POLICY.appointments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"confirmed_by": "S0073"},
        {"appointed_by": "S0040"},
        {"confirmed_by": "S0040"},
        {"confirmed_by": "s0073"},
        {"appointed_by": "s0040"},
        {"confirmed_by": "s0040"},
        {"role": "manager"},
        {"role": "king"},
        {"to": date(2026, 3, 31)},
        {"from": "soon"},
    ],
)
def test_what_is_said_to_be_in_force_is_held_to_the_rules_of_a_packs_list(wrong: dict[str, object]) -> None:
    with pytest.raises(PolicyBroken):
        appointment(SAID | wrong, POLICY.roles)


def test_roles_are_kept_apart_whichever_of_the_two_says_so() -> None:
    assert apart(POLICY.roles, Role.AUDITOR, {Role.INVESTIGATOR, Role.SPECIALIST}) == {Role.INVESTIGATOR}
    assert apart(POLICY.roles, Role.INVESTIGATOR, {Role.AUDITOR}) == {Role.AUDITOR}
    assert apart(POLICY.roles, Role.INVESTIGATOR, {Role.INTAKE_OFFICER}) == set()
    loses = direction("role", "auditor", "apart_from", (Role.INVESTIGATOR,), ())
    assert loses is Direction.WEAKER


def test_whoever_says_who_may_act_holds_no_other_role() -> None:
    others = set(Role) - {Role.POLICY_OFFICER, Role.MANAGER, Role.ALLEGED_OFFENDER}
    assert apart(POLICY.roles, Role.POLICY_OFFICER, others) == others


def test_lint_names_whoever_holds_what_is_kept_apart(tmp_path: Path) -> None:
    shutil.copytree(PACKS / "iom-2024-03/1", tmp_path / "iom-2024-03/1")
    organisation = Path(shutil.copytree(PACKS / "invented-organisation/1", tmp_path / "invented-organisation/1"))
    with (organisation / "appointments.toml").open("a") as file:
        said = SAID | {"staff_id": AUDITOR.staff_id, "role": "investigator"}
        file.write("\n[[appointment]]\n")
        file.writelines(f"{name} = {json.dumps(said[name])}\n" for name in said if name != "from")
        file.write("from = 2026-01-01\n")
    (wrong,) = lint("iom-2024-03", "1", on(date(2026, 4, 1)), packs=tmp_path).mistakes
    assert (wrong.key, wrong.wrong) == ("role.auditor.apart_from", "is not kept: S0015 is investigator too")
