"""Which appointments may be made and ended, and by whom."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lifecycle.model import Refused
from policy.appointing import Changes, Ended, appointment_id, with_changes
from policy.model import Appointment, Office, Role
from services.workflow.domain import appointing
from services.workflow.domain.appointing import RULE, Refusal
from tests.lifecycles import NOW, POLICY

TODAY = NOW.date()
FIRST, SECOND = "S0073", "S0074"
PEOPLE, PLACES = {"S0040", "S0015", "S0011"}, {"creek", "valmora"}
LISTENER = Appointment(
    "S0040", Role.FOCAL_POINT, Office.RWFP, "creek", TODAY + timedelta(days=1), appointed_by=FIRST, confirmed_by=SECOND
)
[AUDITOR] = POLICY.appointed(Role.AUDITOR, NOW)


def refused(one: Appointment) -> Refused | None:
    return appointing.appointing_refused(POLICY, one, PEOPLE, PLACES, (), TODAY)


def of(staff_id: str, role: Role) -> Appointment:
    return next(one for one in POLICY.appointments if (one.staff_id, one.role) == (staff_id, role))


def ends(one: Appointment, last_day: date) -> Refused | None:
    return appointing.ending_refused(POLICY, Ended(appointment_id(one), last_day), TODAY)


def test_somebody_at_work_is_appointed_from_today_on_or_later() -> None:
    assert refused(LISTENER) is None
    assert refused(replace(LISTENER, from_=TODAY, to=TODAY)) is None


def test_the_second_word_is_asked_of_whoever_may_give_it_and_of_nobody_else() -> None:
    assert appointing.approvers(POLICY, FIRST, "S0040", NOW) == {SECOND}
    assert appointing.approvers(POLICY, FIRST, None, NOW) == {SECOND}
    assert appointing.approvers(POLICY, FIRST, SECOND, NOW) == set(), "nobody approves their own appointment"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"staff_id": "S9999"}, Refusal.UNKNOWN_PERSON),
        ({"role": Role.MANAGER}, Refusal.UNKNOWN_ROLE),
        ({"role": Role.ALLEGED_OFFENDER}, Refusal.UNKNOWN_ROLE),
        ({"place": "atlantis"}, Refusal.UNKNOWN_PLACE),
        ({"appointed_by": "s0040"}, Refusal.APPOINTS_ONESELF),
        ({"to": TODAY}, Refusal.END_BEFORE_START),
        ({"from_": TODAY - timedelta(days=1)}, Refusal.IN_THE_PAST),
        ({"substitute_for": "S0015"}, Refusal.NOBODY_TO_STAND_IN_FOR),
        ({"substitute_for": "S0040"}, Refusal.NOBODY_TO_STAND_IN_FOR),
    ],
)
def test_an_appointment_that_cannot_be_is_refused(changes: dict[str, object], code: Refusal) -> None:
    found = refused(replace(LISTENER, **changes))  # type: ignore[arg-type]
    assert (found and found.code, found and found.rule) == (code, RULE)


def test_a_stand_in_is_for_somebody_who_holds_the_role_then() -> None:
    assert refused(replace(LISTENER, substitute_for="S0011")) is None


def test_roles_that_are_kept_apart_are_not_held_in_the_same_days() -> None:
    found = refused(replace(LISTENER, staff_id="S0015", role=Role.INVESTIGATOR))
    assert found == Refused(Refusal.HELD_APART, "role.investigator.apart_from", {"other": "auditor"})
    ended = with_changes(POLICY, Changes(1, ended=(Ended(appointment_id(AUDITOR), TODAY),)))
    after = replace(LISTENER, staff_id="S0015", role=Role.INVESTIGATOR)
    assert appointing.appointing_refused(ended, after, PEOPLE, PLACES, (), TODAY) is None, (
        "the day after the other ended"
    )
    until = replace(after, from_=TODAY, to=TODAY)
    assert appointing.appointing_refused(ended, until, PEOPLE, PLACES, (), TODAY) is not None


def test_nobody_is_appointed_twice_to_one_role_at_one_place() -> None:
    listener = of("S0011", Role.FOCAL_POINT)
    again = replace(LISTENER, staff_id="S0011")
    assert refused(again) is None, "at another place"
    there = replace(again, place=listener.place)
    found = appointing.appointing_refused(POLICY, there, PEOPLE, {listener.place}, (), TODAY)
    assert found is not None
    assert found.code == Refusal.HELD_ALREADY


def test_what_was_ended_before_it_began_is_appointed_again_from_another_day_only() -> None:
    ended = Ended(appointment_id(LISTENER), TODAY)
    policy = with_changes(POLICY, Changes(3, (LISTENER, LISTENER), (ended,)))
    assert LISTENER.staff_id not in {one.staff_id for one in policy.appointments}, "an end is of the later one too"

    def again(one: Appointment) -> Refused | None:
        return appointing.appointing_refused(policy, one, PEOPLE, PLACES, {ended.appointment}, TODAY)

    assert again(replace(LISTENER, to=TODAY + timedelta(days=9))) == Refused(Refusal.ENDED_ALREADY, RULE)
    assert again(replace(LISTENER, from_=TODAY + timedelta(days=2))) is None


@pytest.mark.parametrize("last_day", [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=30)])
def test_an_appointment_ends_now_or_later(last_day: date) -> None:
    assert ends(AUDITOR, last_day) is None


def test_an_end_is_not_dated_back_not_of_nothing_and_never_later() -> None:
    found = [
        ends(AUDITOR, TODAY - timedelta(days=2)),
        ends(replace(AUDITOR, place="creek"), TODAY),
        appointing.ending_refused(
            replace(POLICY, appointments=(replace(AUDITOR, to=TODAY),)), Ended(appointment_id(AUDITOR), TODAY), TODAY
        ),
    ]
    codes = [one and one.code for one in found]
    assert codes == [Refusal.IN_THE_PAST, Refusal.UNKNOWN_APPOINTMENT, Refusal.ENDS_SOONER_ALREADY]


def test_whether_nobody_would_hold_a_role_counts_from_the_day_after_the_last() -> None:
    ended, last = Ended(appointment_id(AUDITOR), TODAY + timedelta(days=9)), TODAY + timedelta(days=9)
    successor = replace(AUDITOR, staff_id="S0040", from_=last + timedelta(days=1), to=last + timedelta(days=1))
    alone = replace(POLICY, appointments=(AUDITOR,))
    followed = replace(POLICY, appointments=(AUDITOR, successor))
    too_late = replace(POLICY, appointments=(AUDITOR, replace(successor, from_=last + timedelta(days=2), to=None)))
    found = [appointing.leaves_nobody(policy, ended, Role.AUDITOR, TODAY) for policy in (alone, followed, too_late)]
    assert found == [True, False, True]
    others = replace(POLICY, appointments=(AUDITOR, replace(successor, role=Role.REGISTRAR, to=None)))
    assert appointing.leaves_nobody(others, ended, Role.AUDITOR, TODAY)
    # A day that is over ends it now.
    past = Ended(ended.appointment, TODAY - timedelta(days=1))
    until_now = replace(successor, from_=TODAY - timedelta(days=30), to=TODAY - timedelta(days=1))
    assert appointing.leaves_nobody(replace(POLICY, appointments=(AUDITOR, until_now)), past, Role.AUDITOR, TODAY)


def test_two_people_who_decide_are_always_left() -> None:
    found = ends(of(FIRST, Role.POLICY_OFFICER), TODAY + timedelta(days=3))
    assert found is not None
    assert found.code == Refusal.TOO_FEW_TO_DECIDE


@pytest.mark.parametrize(
    ("drafted_by", "by", "appointed", "code"),
    [
        (FIRST, SECOND, "S0040", None),
        (FIRST, SECOND, None, None),
        (FIRST, "s0073", "S0040", Refusal.SAME_PERSON),
        (FIRST, SECOND, "s0074", Refusal.APPOINTS_ONESELF),
        (FIRST, "S0002", "S0040", Refusal.NOT_DELEGATED),
        ("S0002", SECOND, "S0040", Refusal.NOT_DELEGATED),
    ],
)
def test_a_second_person_of_those_who_may_approves(
    drafted_by: str, by: str, appointed: str | None, code: Refusal | None
) -> None:
    found = appointing.approving_refused(POLICY, drafted_by, by, appointed, NOW)
    assert (found and found.code) == code


def test_nothing_is_in_force_before_the_day_of_the_second_word() -> None:
    assert appointing.beginning(LISTENER, TODAY + timedelta(days=9)).from_ == TODAY + timedelta(days=9)
    assert appointing.beginning(LISTENER, TODAY) == LISTENER
