"""Taking somebody out of a part, and telling them ahead: pure, and the same when a case is played again."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest

from lifecycle import handover, replay
from lifecycle.guards import is_assigned
from lifecycle.model import Case, EffectKind, Step
from lifecycle.recipients import recipients
from lifecycle.table import Situation
from policy.model import Appointment, Office, Policy, Role
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, opened, staff

OFFICER, INVESTIGATOR = staff("S0005", Role.INTAKE_OFFICER), staff("S0006", Role.INVESTIGATOR)
MEDIATOR = staff("S0010", Role.OMBUDSPERSON)
LAST = date(2026, 4, 30)


def investigated() -> Case:
    case = act(opened("formal_report"), "record_routed", SYSTEM)
    return act(act(case, "acknowledge", OFFICER), "start_assessment", INVESTIGATOR)


def test_a_recused_part_is_nobodys_and_the_step_says_which_part_alone() -> None:
    before = investigated()
    after = handover.recuse(before, Role.INVESTIGATOR, NOW)
    assert after.assigned == {Role.INTAKE_OFFICER: "S0005"}
    assert (after.version, after.state, after.clocks, after.facts) == (
        before.version + 1, before.state, before.clocks, before.facts,
    )  # fmt: skip
    step = Step(after.version, "recuse", "system", None, NOW, {"role": "investigator"})
    assert after.steps == (*before.steps, step)
    assert handover.again(before, step) == after
    (effect,) = after.effects
    assert (effect.kind, effect.name, dict(effect.facts)) == (
        EffectKind.NOTIFY, "handover.waiting", {"to": "appointed", "role": "investigator"},
    )  # fmt: skip


def test_a_part_is_lost_until_somebody_has_it_again() -> None:
    before = investigated()
    never_had = act(opened("formal_report"), "record_routed", SYSTEM)
    lost = handover.recuse(before, Role.INVESTIGATOR, NOW)
    again = act(lost, "hand_over", OFFICER, investigator="S0006")
    announced = handover.announce(never_had, Role.INVESTIGATOR, LAST, NOW)
    cases = (before, never_had, lost, again, announced)
    table = BY_NAME["formal_report"]
    assert [handover.is_lost(table, case, Role.INVESTIGATOR) for case in cases] == [False, False, True, False, False]
    assert not handover.is_lost(table, lost, Role.LEGAL_OFFICER), "it is another's part that is lost"


def test_a_part_is_lost_too_by_a_step_of_its_own_that_the_system_takes() -> None:
    table, case = BY_NAME["mediation"], act(opened("mediation"), "agree_to_mediation", PERSON)
    mediated = act(case, "take_mediation", MEDIATOR)
    released = act(mediated, "release_mediator", SYSTEM)
    cases = (case, mediated, released, act(released, "take_mediation", MEDIATOR))
    assert [handover.is_lost(table, one, Role.OMBUDSPERSON) for one in cases] == [False, False, True, False]


def test_for_a_part_that_nobody_has_whoever_may_give_it_hears_where_its_holders_see_no_such_case() -> None:
    table, case = BY_NAME["formal_report"], investigated()
    here = [rule for rule in table.rules if case.state in rule.states and Role.INVESTIGATOR in rule.assigns]
    givers = {one for rule in here for one in rule.by} & set(Role)
    assert Role.INTAKE_OFFICER in givers

    def heard(readers: Collection[Role]) -> tuple[Role, ...]:
        return handover.told_for(table, case, Role.INVESTIGATOR, frozenset(readers))

    assert heard({Role.INVESTIGATOR, Role.INTAKE_OFFICER}) == (Role.INVESTIGATOR,)
    assert heard({*givers, Role.AUDITOR} - {Role.INVESTIGATOR}) == tuple(sorted(givers - {Role.INVESTIGATOR}))
    assert heard({Role.AUDITOR}) == ()
    erased = replace(case, state="erased")
    assert handover.told_for(table, erased, Role.INVESTIGATOR, frozenset(givers - {Role.INVESTIGATOR})) == ()


def test_a_last_day_is_announced_once_and_takes_nothing_away() -> None:
    before = investigated()
    assert not handover.is_announced(before, Role.INVESTIGATOR, LAST)
    after = handover.announce(before, Role.INVESTIGATOR, LAST, NOW)
    assert after.assigned == before.assigned
    said = {"role": "investigator", "last": "2026-04-30"}
    step = Step(before.version + 1, "announce_handover", "system", None, NOW, said)
    assert (after.version, after.steps) == (before.version + 1, (*before.steps, step))
    assert handover.again(before, step) == after
    assert handover.is_announced(after, Role.INVESTIGATOR, LAST)
    assert not handover.is_announced(after, Role.INVESTIGATOR, LAST + timedelta(days=1))
    assert not handover.is_announced(after, Role.INTAKE_OFFICER, LAST)
    (effect,) = after.effects
    assert (effect.name, effect.facts["to"]) == ("handover.ahead", "assigned")


def test_a_case_with_these_steps_is_played_again_without_a_deviation() -> None:
    case = handover.announce(investigated(), Role.INVESTIGATOR, LAST, NOW)
    case = handover.recuse(case, Role.INVESTIGATOR, NOW)
    again = replay.replay(BY_NAME["formal_report"], case, case.steps, {1: POLICY})
    assert again.deviations == ()
    assert again.case.assigned == case.assigned
    assert again.case.steps == case.steps


def with_substitute(of: str, role: Role, to: date | None = None) -> Policy:
    one = Appointment(
        "S0026", role, Office.OIO, "valmora", NOW.date(), to, of, appointed_by="S0001", confirmed_by="S0020"
    )
    return replace(POLICY, appointments=(*POLICY.appointments, one))


@pytest.mark.parametrize(
    ("policy", "fits"),
    [
        (POLICY, False),
        (with_substitute("S0006", Role.INVESTIGATOR), True),
        (with_substitute("S0006", Role.INVESTIGATOR, NOW.date() - timedelta(days=1)), False),
        (with_substitute("S0005", Role.INVESTIGATOR), False),
        (with_substitute("S0006", Role.INTAKE_OFFICER), False),
    ],
)
def test_who_stands_in_for_the_assigned_one_in_that_role_may_do_what_is_theirs(policy: Policy, fits: bool) -> None:
    case, guard = investigated(), is_assigned(Role.INVESTIGATOR)

    def broken(staff_id: str) -> object:
        return guard.broken(Situation(case, staff(staff_id, Role.INVESTIGATOR), NOW, policy, {}))

    assert broken("S0006") is None
    assert (broken("S0026") is None) == fits
    assert guard.broken(Situation(case, SYSTEM, NOW, policy, {})) is not None


def test_whoever_has_the_part_hears_of_the_last_day() -> None:
    announced = handover.announce(investigated(), Role.INVESTIGATOR, LAST, NOW)
    assert [recipients(announced, effect, POLICY, NOW) for effect in announced.effects] == [("S0006",)]
    recused = handover.recuse(investigated(), Role.INVESTIGATOR, NOW)
    assert [recipients(recused, effect, POLICY, NOW) for effect in recused.effects] == [
        tuple(one.staff_id for one in POLICY.appointed(Role.INVESTIGATOR, NOW))
    ]
