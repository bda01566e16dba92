"""A report of sexual exploitation or abuse reaches oversight and help at once, and nobody else inquires into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import STOP_CONTACT, Case, EffectKind, Fact
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.sea_report import LIFECYCLE, NOT_PERSONNEL, OPEN
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, effect_names, refused, ring_until, staff

OFFICER = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
PSEAH = staff("S0070", Role.PSEAH_OFFICER)
HOUR = timedelta(hours=1)


def told(**facts: Fact) -> Case:
    return engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), **facts}, NOW, POLICY)


def routed(**facts: Fact) -> Case:
    return act(told(**facts), "record_routed", SYSTEM)


def reported(**facts: Fact) -> Case:
    return act(routed(**{"affected_is": "child", **facts}), "report_to_oio", SYSTEM)


def class_open() -> Case:
    return act(routed(), "leave_class_open", SYSTEM)


def told_staff(case: Case) -> set[str]:
    notices = [effect for effect in case.effects if effect.kind is EffectKind.NOTIFY]
    return {one for effect in notices for one in recipients(case, effect, POLICY, NOW)}


def test_everything_asked_may_be_left_out() -> None:
    """Invariant 17: what is not said is never the reason for less."""
    facts = told().facts
    assert (facts["affected_is"], facts["offender_class"], facts["identity_consent"]) == (
        "unclear",
        "unknown",
        "not_given",
    )


def test_help_is_asked_for_whatever_the_matter_is_called() -> None:
    for case in (routed(), routed(affected_is="child"), routed(affected_is="personnel")):
        assert told_staff(case) == {"S0070", "S0072"}


@pytest.mark.parametrize("affected", NOT_PERSONNEL)
def test_the_report_fires_when_the_affected_person_is_not_personnel(affected: str) -> None:
    case = act(routed(affected_is=affected), "report_to_oio", SYSTEM)
    assert (case.state, told_staff(case)) == ("reported_to_oio", {"S0005"})
    assert case.clocks["sea.report"].met_at == NOW
    assert refused(routed(affected_is=affected), "leave_class_open", SYSTEM).code == "DUTY_TO_REPORT"


@pytest.mark.parametrize("affected", ["personnel", "unclear"])
def test_the_report_does_not_fire_by_itself_when_that_is_not_known(affected: str) -> None:
    assert refused(routed(affected_is=affected), "report_to_oio", SYSTEM).code == "NO_DUTY_TO_REPORT"
    case = act(routed(affected_is=affected), "leave_class_open", SYSTEM)
    assert (case.state, case.clocks["sea.assist"].runs) == ("class_open", True)


def test_even_a_rumour_is_reported() -> None:
    assert reported(basis="rumour").state == "reported_to_oio"


def test_nags_after_four_hours_and_escalates_after_twenty_four() -> None:
    nagged = ring_until(class_open(), NOW + 4 * HOUR)
    marks = {(step.facts["clock"], step.facts["mark"]) for step in nagged.steps if step.action == "ring"}
    assert marks == {("sea.report", "sea.report.nag.20"), ("sea.assist", "sea.assist.nag.20")}
    assert [step.at for step in nagged.steps if step.action == "ring"] == [NOW + 4 * HOUR] * 2
    late = ring_until(class_open(), NOW + 24 * HOUR)
    assert late.state == "class_open"
    assert {step.facts["mark"] for step in late.steps if step.action == "ring"} >= {"due"}
    assert told_staff(late) <= {"S0001", "S0005"}
    assert "S0001" in told_staff(late), "one level above the PSEAH unit"


def test_nobody_in_the_line_or_of_hr_is_ever_told() -> None:
    """So a head of mission who is the alleged offender gets no notice, and help is led by the PSEAH unit."""
    effects = [effect for rule in LIFECYCLE.rules for effect in rule.effects]
    effects += [e for clock in LIFECYCLE.clocks for o in clock.outcomes for e in o.effects]
    effects += [effect for clock in LIFECYCLE.clocks for effect in clock.reminds]
    roles = {effect.facts["role"] for effect in effects if effect.kind is EffectKind.NOTIFY}
    assert roles == {Role.PSEAH_OFFICER, Role.SPECIALIST, Role.INTAKE_OFFICER}


def test_oversight_acknowledges_by_opening_a_formal_report() -> None:
    case = act(reported(), "acknowledge", OFFICER)
    assert (case.state, effect_names(case, EffectKind.OPEN)) == ("oio_acknowledged", ["formal_report"])


def test_a_late_acknowledgement_is_escalated() -> None:
    late = ring_until(reported(), NOW + 8 * 24 * HOUR)
    assert "report.ack" in {step.facts.get("clock") for step in late.steps}
    assert late.state == "reported_to_oio"


def test_three_classes_of_alleged_offender() -> None:
    ours, partners = reported(offender_class="own_personnel"), reported(offender_class="contractor_or_partner")
    others = reported(offender_class="other_entity")
    for case in (ours, partners, reported()):
        assert refused(case, "refer_to_entity", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
        assert act(case, "acknowledge", OFFICER).state == "oio_acknowledged"
    assert (
        refused(act(ours, "acknowledge", OFFICER), "tell_contract_owner", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
    )
    assert act(act(partners, "acknowledge", OFFICER), "tell_contract_owner", OFFICER).state == "oio_acknowledged"
    assert refused(others, "acknowledge", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
    assert act(others, "refer_to_entity", OFFICER).state == "referred"
    learnt = act(reported(), "note_offender_class", OFFICER, offender_class="other_entity")
    assert act(learnt, "refer_to_entity", OFFICER).state == "referred"


def test_oversight_decides_the_class_and_a_matter_among_personnel_is_the_persons_choice() -> None:
    sea = act(class_open(), "find_exploitation_or_abuse", OFFICER, affected_is="beneficiary")
    assert (sea.state, sea.facts["affected_is"]) == ("reported_to_oio", "beneficiary")
    hers = act(class_open(), "find_personnel_matter", OFFICER)
    assert (hers.state, hers.clocks["sea.report"].runs, hers.clocks["sea.assist"].runs) == ("her_choice", False, True)
    for action in ("acknowledge", "report_to_oio"):
        assert refused(hers, action, OFFICER).code in {"ROLE_NOT_ALLOWED", "ACTION_NOT_OPEN"}
    assert act(hers, "report_to_oio", PERSON).state == "reported_to_oio"
    assert act(hers, "leave_it", PERSON, outcome="another_way").state == "closed"


def test_whoever_told_may_have_it_reported_whatever_it_is() -> None:
    assert act(class_open(), "report_to_oio", PERSON).state == "reported_to_oio"


@pytest.mark.parametrize("state", OPEN)
def test_taking_part_can_stop_at_any_time(state: str) -> None:
    case = act(replace(reported(), state=state), "stop_taking_part", PERSON, stop_contact=True)
    assert (case.state, case.facts["withdrawn"], case.facts[STOP_CONTACT]) == (state, True, True)


def test_consent_to_be_named_is_given_and_taken_back() -> None:
    given = act(reported(), "give_identity_consent", PERSON)
    assert given.facts["identity_consent"] == "given"
    assert act(given, "withdraw_identity_consent", PERSON).facts["identity_consent"] == "not_given"
    refused(reported(), "give_identity_consent", OFFICER)


def test_help_counts_as_given_when_the_person_or_a_helper_says_so_and_oversight_cannot() -> None:
    for actor in (PERSON, PSEAH, staff("S0072", Role.SPECIALIST)):
        assert act(reported(), "record_assistance", actor, assistance="connected").clocks["sea.assist"].met_at == NOW
    assert refused(reported(), "record_assistance", OFFICER).code == "ROLE_NOT_ALLOWED"
    assert reported().clocks["sea.assist"].runs


def test_inv_30_what_help_it_was_has_no_place_here() -> None:
    for rule in LIFECYCLE.rules:
        if rule.action == "record_assistance":
            assert [(field.name, field.choices) for field in rule.fields] == [("assistance", ("connected", "declined"))]


def test_it_is_erased_with_the_formal_report_and_not_before() -> None:
    case = act(reported(), "acknowledge", OFFICER)
    assert ring_until(act(case, "record_assistance", PSEAH), NOW + 4000 * 24 * HOUR).state == "oio_acknowledged"
    erased = act(case, "record_report_erased", SYSTEM)
    assert (erased.state, effect_names(erased, EffectKind.ERASE)) == ("erased", ["case"])
