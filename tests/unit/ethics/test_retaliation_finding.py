"""Protection from retaliation, by its table alone: review, investigation, determination."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.recipients import heard_as
from policy.decisions import Burden
from policy.model import Role
from services.ethics.domain.retaliation import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused, ring_until, staff
from tests.unit.ethics.retaliation import (
    ILO,
    INVESTIGATOR,
    OFFICER,
    REVIEWER,
    TO_DETERMINATION,
    TO_FINDING,
    TO_REVIEW,
    UN,
    begun,
    heard,
    walked,
)


@pytest.mark.parametrize("part", ["protected_activity", "detrimental_act", "link"])
def test_a_prima_facie_case_has_an_activity_an_act_and_a_link(part: str) -> None:
    case = walked(begun(), *TO_REVIEW)
    answer = refused(case, "find_prima_facie", OFFICER, **{part: False})
    assert (answer.code, answer.params) == ("NOT_CONFIRMED", {"field": part})


def test_no_prima_facie_is_looked_at_again_by_somebody_else_within_the_window() -> None:
    case = walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER))
    assert refused(case, "close_case", OFFICER).code == "REVIEW_STILL_OPEN"
    after = NOW + timedelta(days=30)
    assert refused(case, "ask_review", PERSON, now=after).code == "REVIEW_TOO_LATE"
    asked = act(case, "ask_review", PERSON, now=after - timedelta(seconds=1))
    assert effect_names(asked, "errand") == ["find_reviewer"]
    assert refused(asked, "uphold_finding", REVIEWER).code == "NOT_ASSIGNED"
    assert effect_names(act(asked, "release_reviewer", SYSTEM), "errand") == ["find_reviewer"]
    assigned = act(asked, "assign_reviewer", SYSTEM, reviewer="S0068")
    assert Role.REVIEWER not in act(assigned, "release_reviewer", SYSTEM).assigned
    assert heard(assigned) == [("retaliation.to_review", ("S0068",))]
    late = ring_until(assigned, assigned.clocks["ret.review"].due_at)
    assert heard_as(late.effects[0], POLICY) is Role.OVERSIGHT_COMMITTEE, "whoever stands above a reviewer"
    again = ring_until(late, NOW + timedelta(days=400))
    assert sum(step.facts.get("clock") == "ret.review" for step in again.steps) > 1, "for as long as nothing is said"
    upheld = act(assigned, "uphold_finding", REVIEWER)
    overturned = act(assigned, "overturn_finding", REVIEWER)
    for after in (upheld, overturned):
        assert Role.REVIEWER not in after.assigned, "with the answer ends the right to read it"
        assert heard(after) == [("retaliation.reviewed", ("S0007",))]
    assert (upheld.state, overturned.state) == ("no_prima_facie", "prima_facie")
    assert refused(upheld, "ask_review", PERSON).code == "REVIEW_TOO_LATE"
    assert act(upheld, "close_case", OFFICER).state == "closed"
    assert act(assigned, "overturn_finding", REVIEWER, policy=UN).facts["burden"] == "organisation"


def test_nobody_reviews_a_finding_of_their_own() -> None:
    both = staff("S0066", Role.ETHICS_OFFICER, Role.ALTERNATE_ETHICS_OFFICER)
    steps = [(name, both) for name, _ in TO_REVIEW]
    case = walked(begun(), *steps, ("find_no_prima_facie", both), ("ask_review", PERSON))
    case = act(case, "assign_reviewer", SYSTEM, reviewer="S0066")
    for finding in ("uphold_finding", "overturn_finding"):
        assert refused(case, finding, both).code == "SAME_PERSON"


def test_nobody_but_the_reviewer_who_was_named_answers_a_review() -> None:
    case = walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER), ("ask_review", PERSON))
    case = act(case, "assign_reviewer", SYSTEM, reviewer="S0068")
    for finding in ("uphold_finding", "overturn_finding"):
        assert refused(case, finding, staff("S9001", Role.REVIEWER)).code == "NOT_ASSIGNED"


def test_the_window_over_nobody_closes_it_but_the_office() -> None:
    case = walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER))
    later = ring_until(case, NOW + timedelta(days=40))
    assert later.state == "no_prima_facie"
    assert act(later, "close_case", OFFICER, now=NOW + timedelta(days=40)).state == "closed"


# Investigation and determination


def test_inv_31_the_oversight_office_has_no_part_in_it_but_one_investigator_whom_this_office_names() -> None:
    of_oversight = {action for action, by in LIFECYCLE.by_action.items() if Role.INVESTIGATOR in by}
    assert of_oversight == {
        "submit_investigation",
        "pause_investigation",
        "resume_investigation",
    }
    assert not any(Role.INTAKE_OFFICER in by for by in LIFECYCLE.by_action.values())
    case = walked(begun(), *TO_FINDING)
    assert Role.INVESTIGATOR not in case.assigned
    assert refused(case, "refer_to_oversight", INVESTIGATOR).code == "ROLE_NOT_ALLOWED"
    referred = act(case, "refer_to_oversight", OFFICER, investigator="S0006")
    assert referred.assigned[Role.INVESTIGATOR] == "S0006"
    assert refused(referred, "submit_investigation", staff("S0005", Role.INVESTIGATOR)).code == "NOT_ASSIGNED"
    assert Role.INVESTIGATOR not in act(referred, "submit_investigation", INVESTIGATOR).assigned


def test_an_investigation_may_go_to_somebody_outside_and_is_given_to_one_at_a_time() -> None:
    case = act(walked(begun(), *TO_FINDING), "refer_to_oversight", OFFICER, investigator="S0006")
    moved = act(case, "refer_outside", OFFICER, outside_investigator="S0064")
    assert moved.assigned.keys() & {Role.INVESTIGATOR, Role.OUTSIDE_INVESTIGATOR} == {Role.OUTSIDE_INVESTIGATOR}
    assert refused(case, "refer_outside", OFFICER, outside_investigator="S0006").code == "NOT_APPOINTED"


def test_an_investigation_that_is_handed_on_is_due_no_later_for_that() -> None:
    case = walked(begun(), *TO_FINDING, ("refer_to_oversight", OFFICER))
    moved = act(case, "refer_outside", OFFICER, now=NOW + timedelta(days=119))
    assert moved.clocks["ret.investigation"].due_at == NOW + timedelta(days=120)
    ill = act(case, "pause_investigation", INVESTIGATOR, pause_reason="sick_leave", now=NOW + timedelta(days=100))
    moved = act(ill, "refer_outside", OFFICER, now=NOW + timedelta(days=109))
    clock = moved.clocks["ret.investigation"]
    assert (clock.due_at, clock.paused_at) == (NOW + timedelta(days=129), None)


def test_an_investigation_stands_still_for_a_lawful_reason_and_for_no_other() -> None:
    case = walked(begun(), *TO_FINDING, ("refer_to_oversight", OFFICER))
    assert refused(case, "pause_investigation", INVESTIGATOR, pause_reason="busy").code == "FIELD_INVALID"
    assert refused(case, "pause_investigation", staff("S0005", Role.INVESTIGATOR)).code == "NOT_ASSIGNED"
    paused = act(case, "pause_investigation", INVESTIGATOR, pause_reason="sick_leave")
    resumed = act(paused, "resume_investigation", OFFICER, now=NOW + timedelta(days=9))
    assert resumed.clocks["ret.investigation"].due_at == NOW + timedelta(days=129)


@pytest.mark.parametrize("step", ["recommend", "find_not_established"])
def test_the_office_reads_the_whole_file_before_it_determines(step: str) -> None:
    case = walked(begun(), *TO_DETERMINATION)
    answer = refused(case, step, OFFICER, whole_file_read=False)
    assert (answer.code, answer.params) == ("NOT_CONFIRMED", {"field": "whole_file_read"})
    assert refused(case, step, OFFICER, without="whole_file_read").code == "FIELD_MISSING"


def test_who_investigated_does_not_determine() -> None:
    both = staff("S0006", Role.INVESTIGATOR, Role.ETHICS_OFFICER)
    case = walked(begun(), *TO_FINDING, ("refer_to_oversight", OFFICER), ("submit_investigation", both))
    for determination in ("find_not_established", "recommend"):
        assert refused(case, determination, both).code == "SAME_PERSON"


@pytest.mark.parametrize("determination", ["find_not_established", "recommend"])
def test_what_was_to_be_determined_is_late_no_more_once_it_is(determination: str) -> None:
    case = walked(begun(), *TO_DETERMINATION)
    assert case.clocks["ret.determine"].runs
    assert act(case, determination, OFFICER).clocks["ret.determine"].met_at == NOW


def test_inv_47_burden_and_standard_come_from_the_tribunal_of_the_pinned_policy() -> None:
    for policy, burden, standard in (
        (UN, "organisation", "clear_and_convincing"),
        (ILO, "requester", "balance_of_probabilities"),
    ):
        case = walked(begun(policy=policy), *TO_FINDING, policy=policy)
        assert (case.facts["burden"], case.facts["standard"]) == (burden, standard)


def test_inv_47_once_prima_facie_only_what_the_organisation_shows_ends_it_against_her() -> None:
    case = walked(begun(policy=UN), *TO_DETERMINATION, policy=UN)
    for ground in ("no_act_found", "no_link_found"):
        answer = refused(case, "find_not_established", OFFICER, policy=UN, ground=ground)
        assert (answer.code, answer.rule) == ("BURDEN_NOT_MET", "invariant 47")
    shown = act(case, "find_not_established", OFFICER, policy=UN, ground="same_action_shown")
    assert shown.state == "not_established"


def test_inv_47_no_change_of_policy_turns_the_burden_or_lowers_the_standard_against_her() -> None:
    case = walked(begun(policy=UN), *TO_DETERMINATION, policy=UN)
    answer = refused(case, "find_not_established", OFFICER, policy=ILO, ground="no_link_found")
    assert answer.params == {"field": "ground", "needs": "same_action_shown"}
    answer = refused(case, "find_not_established", OFFICER, policy=ILO, ground="same_action_shown")
    assert answer.params == {"field": "standard_met", "needs": "clear_and_convincing"}
    # Where the other policy is better for her, it counts.
    case = walked(begun(policy=ILO), *TO_DETERMINATION, policy=ILO)
    stricter = replace(POLICY, tribunal=replace(POLICY.tribunals["ilo"], burden=Burden.ORGANISATION))
    assert (
        refused(case, "find_not_established", OFFICER, policy=stricter, ground="no_link_found").rule == "invariant 47"
    )
    assert act(case, "find_not_established", OFFICER, policy=ILO, ground="no_link_found").state == "not_established"


def test_where_no_window_is_set_a_finding_is_looked_at_again_whenever_she_asks() -> None:
    case = walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER))
    without = replace(case, clocks={key: clock for key, clock in case.clocks.items() if key != "ret.appeal"})
    assert act(without, "ask_review", PERSON, now=NOW + timedelta(days=300)).state == "review_asked"
