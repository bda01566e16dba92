"""A report of sexual exploitation or abuse reaches oversight and help at once, and nobody else inquires into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine, freezing
from lifecycle.model import STOP_CONTACT, Case, Clock, Due, DueKind, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.sea_outside import withholds_name
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
    roles = {effect.facts.get("role", "she") for effect in effects if effect.kind is EffectKind.NOTIFY}
    assert roles - {"she"} == {Role.PSEAH_OFFICER, Role.SPECIALIST, Role.INTAKE_OFFICER, Role.CONTRACT_OWNER}


def test_oversight_acknowledges_by_opening_a_formal_report() -> None:
    case = act(reported(), "acknowledge", OFFICER)
    assert (case.state, effect_names(case, EffectKind.OPEN)) == ("oio_acknowledged", ["formal_report"])


def test_a_late_acknowledgement_is_escalated() -> None:
    late = ring_until(reported(), NOW + 8 * 24 * HOUR)
    assert "report.ack" in {step.facts.get("clock") for step in late.steps}
    assert late.state == "reported_to_oio"


def test_whoever_told_hears_once_that_each_of_our_dates_was_missed() -> None:
    late = ring_until(reported(), NOW + 30 * 24 * HOUR)
    assert [step.facts["clock"] for step in late.steps if step.facts.get("mark") == "due"].count("sea.assist") > 1
    for key in ("sea.report", "sea.assist", "report.ack"):
        first, again = [ring_once(key, rounds) for rounds in (0, 1)]
        assert "sea_report.date_missed" in first
        assert "sea_report.date_missed" not in again
        assert len(again) == len(first) - 1, "whoever is above goes on hearing it"


def ring_once(key: str, rounds: int) -> list[str]:
    case = reported()
    case = replace(case, clocks={key: Clock(key, NOW, NOW, deadline=key, rounds=rounds)})
    return effect_names(
        engine.on_due(LIFECYCLE, case, Due(key, DueKind.DUE, NOW, "due"), NOW, POLICY), EffectKind.NOTIFY
    )


def nothing_new(case: Case) -> list[str]:
    clock = case.clocks["report.update"]
    return effect_names(ring_until(replace(case, clocks={"report.update": clock}), clock.due_at), "notify")


def test_oversight_hears_that_she_waits_only_of_what_it_has() -> None:
    for case in (told(), routed()):
        assert nothing_new(case) == ["sea_report.nothing_new"], case.state
    for case in (class_open(), reported()):
        assert nothing_new(case) == ["sea_report.update_due", "sea_report.nothing_new"], case.state


def test_nothing_new_is_not_said_where_it_is_for_her_to_choose() -> None:
    hers = act(class_open(), "find_personnel_matter", OFFICER)
    assert not hers.clocks["report.update"].runs
    ours = act(hers, "report_to_oio", PERSON, now=NOW + 24 * HOUR)
    assert ours.clocks["report.update"].started_at == NOW + 24 * HOUR


def test_three_classes_of_alleged_offender() -> None:
    ours, partners = reported(offender_class="own_personnel"), reported(offender_class="contractor_or_partner")
    others = reported(offender_class="other_entity")
    for case in (ours, partners, reported()):
        assert refused(case, "refer_to_entity", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
        assert act(case, "acknowledge", OFFICER).state == "oio_acknowledged"
    assert (
        refused(act(ours, "acknowledge", OFFICER), "tell_contract_owner", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
    )
    told = act(act(partners, "acknowledge", OFFICER), "tell_contract_owner", OFFICER)
    assert (told.state, effect_names(told, EffectKind.NOTIFY)) == (
        "oio_acknowledged",
        ["sea_report.contract_concerned"],
    )
    assert recipients(told, told.effects[0], POLICY, NOW) == ("S0077",)
    assert refused(others, "acknowledge", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
    assert act(others, "refer_to_entity", OFFICER).state == "referred"
    learnt = act(reported(), "note_offender_class", OFFICER, offender_class="other_entity")
    assert act(learnt, "refer_to_entity", OFFICER).state == "referred"


def test_whoever_owns_the_contract_answers_or_somebody_above_hears_of_it() -> None:
    partners = act(reported(offender_class="contractor_or_partner"), "acknowledge", OFFICER)
    early = refused(partners, "record_contract_answer", OFFICER)
    assert (early.code, early.rule, early.params) == ("NOT_TOLD_YET", "policy 2.7", {"needs": "contract_owner_told"})
    told = act(partners, "tell_contract_owner", OFFICER)
    clock = told.clocks["sea.contract"]
    late = ring_until(replace(told, clocks={clock.key: clock}), clock.due_at)
    hear = [recipients(late, effect, POLICY, NOW) for effect in late.effects]
    assert hear == [("S0001",), ("S0005",)], "as of every clock here, nobody of the line"
    answered = act(told, "record_contract_answer", OFFICER, contract_answer="carried_out")
    assert not answered.clocks["sea.contract"].runs


def test_inv_15_nobody_outside_learns_who_it_happened_to_without_consent() -> None:
    """That it happened is passed on whatever they say (policy 2.7)."""
    contract = {"offender_class": "contractor_or_partner", "writer": "personnel"}
    partners = act(reported(**contract), "acknowledge", OFFICER)
    others = reported(offender_class="other_entity", writer="personnel")
    for case, action in ((partners, "tell_contract_owner"), (others, "refer_to_entity")):
        answer = refused(case, action, OFFICER, affected_named="yes")
        assert answer == Refused("NAMING_NOT_AGREED", "invariant 15", {"field": "affected_named"})
        assert act(case, action, OFFICER).facts["affected_named"] == "no"
        agreed = act(case, "give_identity_consent", PERSON)
        assert act(agreed, action, OFFICER, affected_named="yes").facts["affected_named"] == "yes"
        back = act(agreed, "withdraw_identity_consent", PERSON)
        assert refused(back, action, OFFICER, affected_named="yes").code == "NAMING_NOT_AGREED"


def test_oversight_decides_the_class_and_a_matter_among_personnel_is_the_persons_choice() -> None:
    sea = act(class_open(), "find_exploitation_or_abuse", OFFICER, affected_is="beneficiary")
    assert (sea.state, sea.facts["affected_is"]) == ("reported_to_oio", "beneficiary")
    hers = act(class_open(), "find_personnel_matter", OFFICER)
    assert (hers.state, hers.clocks["sea.report"].runs, hers.clocks["sea.assist"].runs) == ("her_choice", False, True)
    for action in ("acknowledge", "report_to_oio"):
        assert refused(hers, action, OFFICER).code in {"ROLE_NOT_ALLOWED", "ACTION_NOT_OPEN"}
    assert act(hers, "report_to_oio", PERSON).state == "reported_to_oio"
    assert refused(class_open(), "leave_it", PERSON).code == "ACTION_NOT_OPEN", "not before oversight has decided"
    assert act(hers, "leave_it", PERSON, outcome="another_way").state == "closed"


def test_oversight_has_had_it_since_it_was_told_whatever_it_is_found_to_be() -> None:
    lodged = NOW - timedelta(days=1)
    due = POLICY.due("report.ack", lodged)
    unclear = act(routed(lodged_at=lodged.isoformat()), "leave_class_open", SYSTEM)
    later = NOW + timedelta(days=3)
    found = act(unclear, "find_exploitation_or_abuse", OFFICER, affected_is="child", now=later)
    clear = act(routed(lodged_at=lodged.isoformat(), affected_is="beneficiary"), "report_to_oio", SYSTEM)
    for case in (unclear, found, clear):
        assert case.clocks["report.ack"].due_at == due, case.state
    hers = act(unclear, "find_personnel_matter", OFFICER, now=later)
    assert not hers.clocks["report.ack"].runs
    assert act(hers, "report_to_oio", PERSON, now=later).clocks["report.ack"].due_at == POLICY.due("report.ack", later)


def test_whoever_told_may_have_it_reported_whatever_it_is() -> None:
    assert act(class_open(), "report_to_oio", PERSON).state == "reported_to_oio"


@pytest.mark.parametrize("state", OPEN)
def test_taking_part_can_stop_at_any_time(state: str) -> None:
    case = act(replace(reported(), state=state), "stop_taking_part", PERSON, stop_contact=True)
    assert (case.state, case.facts["withdrawn"], case.facts[STOP_CONTACT]) == (state, True, True)


@pytest.mark.parametrize("state", OPEN)
def test_inv_16_that_somebody_stops_with_her_code_she_takes_back(state: str) -> None:
    case = replace(reported(), state=state)
    assert refused(case, "take_back_withdrawal", PERSON).code == "NOT_WITHDRAWN"
    back = act(act(case, "stop_taking_part", PERSON, stop_contact=True), "take_back_withdrawal", PERSON)
    assert (back.state, back.facts["withdrawn"], back.facts[STOP_CONTACT]) == (state, False, False)


def test_consent_to_be_named_is_given_and_taken_back() -> None:
    given = act(reported(), "give_identity_consent", PERSON)
    assert given.facts["identity_consent"] == "given"
    taken_back = act(given, "withdraw_identity_consent", PERSON)
    assert taken_back.facts["identity_consent"] == "not_given"
    assert told_staff(taken_back) >= {"S0005"}, "who handles it hears of it"
    assert effect_names(taken_back, EffectKind.EMIT) == ["sea_report.identity_withdrawn"]
    refused(reported(), "give_identity_consent", OFFICER)


def test_inv_15_a_name_that_was_not_agreed_to_or_is_no_more_is_shown_on_no_page() -> None:
    hers = reported(writer="affected")
    assert [withholds_name(one) for one in (reported(), reported(identity_consent="given"), hers)] == [
        True, False, False,
    ]  # fmt: skip
    assert withholds_name(act(hers, "withdraw_identity_consent", PERSON))
    again = act(act(hers, "withdraw_identity_consent", PERSON), "give_identity_consent", PERSON)
    assert not withholds_name(again)


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


YEAR = timedelta(days=365)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)


def referred() -> Case:
    return act(reported(offender_class="other_entity"), "refer_to_entity", OFFICER)


def left() -> Case:
    return act(act(class_open(), "find_personnel_matter", OFFICER), "leave_it", PERSON)


@pytest.mark.parametrize("closed", [referred, left], ids=["referred", "left"])
def test_inv_53_a_hold_keeps_what_was_reported_beyond_its_time(closed: Callable[[], Case]) -> None:
    until = NOW + 10 * YEAR
    assert ring_until(closed(), NOW + 9 * YEAR).state == "erased", "without one"
    held = act(closed(), "set_hold", INVESTIGATOR, hold_until=until.isoformat())
    waiting = ring_until(held, NOW + 9 * YEAR)
    assert (waiting.state, effect_names(waiting, EffectKind.NOTIFY)) == (held.state, ["sea_report.kept"])
    assert ring_until(held, until).state == "erased", "at the end of the hold"
    released = act(waiting, "release_hold", INVESTIGATOR, now=NOW + 9 * YEAR)
    assert ring_until(released, NOW + 9 * YEAR + timedelta(days=13)).state == held.state, "somebody can still object"
    assert ring_until(released, NOW + 9 * YEAR + timedelta(days=14)).state == "erased"
    frozen = ring_until(freezing.freeze(closed(), NOW), NOW + 9 * YEAR)
    assert frozen.state == closed().state, "nor while a decision of the report is under review"


def test_inv_53_a_hold_has_an_owner_an_end_and_reasons_and_is_oversights() -> None:
    for needed in ("hold_owner", "hold_until", "reasons"):
        assert refused(referred(), "set_hold", INVESTIGATOR, without=needed).params == {"field": needed}
    assert refused(referred(), "set_hold", PSEAH).code == "ROLE_NOT_ALLOWED"
    assert refused(reported(), "set_hold", INVESTIGATOR).code == "ACTION_NOT_OPEN", (
        "nothing of it goes while it is open"
    )
