"""What can be said in a case of retaliation: no option of the policy is lost, and HR holds only what HR can do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from tests.lifecycles import (
    BY_NAME,
    NOW,
    PERSON,
    POLICY,
    REPORT,
    SYSTEM,
    act,
    effect_names,
    opened,
    refused,
    ring_until,
    staff,
)
from tests.unit.ethics.retaliation import INVESTIGATOR, OFFICER, TO_DETERMINATION, TO_REVIEW, begun, monitored, walked
from tests.unit.ethics.test_retaliation_refusals import (
    acknowledged,
    held,
    investigated,
    of_another,
    reviewed,
    to_determine,
)

DIRECTOR = staff("S0002", Role.HR_DIRECTOR)
PREVENTING = act(begun("fear"), "acknowledge", OFFICER)
COLLECTING = act(begun(), "acknowledge", OFFICER)
ACTS = "non_renewal early_termination dismissal suspension demotion non_selection transfer duties_removed pay_or_hours"
ACTS += " training_refused leave_refused travel_refused access_cut appraisal discipline medical_referral visa_or_permit"
BESIDE_HR = "reference blacklisting ostracism threat other"


@pytest.mark.parametrize("what", f"{ACTS} {BESIDE_HR}".split())
def test_what_can_be_done_to_somebody_for_having_reported(what: str) -> None:
    assert act(PREVENTING, "report_act", PERSON, act=what).facts["act"] == what
    if what in ACTS.split():
        assert act(COLLECTING, "ask_hr_hold", OFFICER, contested=what).facts["contested"] == what
    else:
        answer = refused(COLLECTING, "ask_hr_hold", OFFICER, contested=what)
        assert (answer.code, answer.params) == ("FIELD_INVALID", {"field": "contested"}), "not HR's to hold"


@pytest.mark.parametrize(
    "steps", ["remind_of_the_rules", "regular_check_in", "other_contact_person", "watch_closely", "interim_measure"]
)
def test_what_can_be_done_so_that_it_does_not_happen(steps: str) -> None:
    assert (
        act(act(begun("fear"), "acknowledge", OFFICER), "propose_steps", OFFICER, steps=steps).facts["steps"] == steps
    )


@pytest.mark.parametrize(
    "remedy", ["rescind", "restore", "transfer_requester", "move_offender", "compensate", "refer_for_discipline"]
)
def test_what_can_be_recommended(remedy: str) -> None:
    asked_for = act(walked(begun(), *TO_DETERMINATION), "recommend", OFFICER, remedy=remedy, she_agrees=True)
    assert asked_for.facts["remedy"] == remedy
    assert (
        engine.open_case(
            BY_NAME["recommendation"], REPORT, 1, {"remedy": remedy, "decider": "hr_director"}, NOW, POLICY
        ).facts["remedy"]
        == remedy
    )


@pytest.mark.parametrize("lacking", ["protected_activity", "detrimental_act", "link"])
def test_what_a_finding_can_say_is_lacking(lacking: str) -> None:
    assert act(walked(begun(), *TO_REVIEW), "find_no_prima_facie", OFFICER, lacking=lacking).facts["lacking"] == lacking


@pytest.mark.parametrize("reason", ["explained", "set_right", "taken_up"])
def test_how_a_query_ends(reason: str) -> None:
    assert act(opened("query"), "close_query", OFFICER, reason=reason).facts["reason"] == reason


def test_how_a_recommendation_is_answered() -> None:
    asked = opened("recommendation")
    for outcome in ("as_recommended", "otherwise"):
        assert act(asked, "decide_recommendation", DIRECTOR, outcome=outcome).facts["outcome"] == outcome
    for reason in ("not_possible", "not_justified", "done_already"):
        assert act(asked, "decline_recommendation", DIRECTOR, reason=reason).facts["reason"] == reason


@pytest.mark.parametrize("about", ["confidentiality", "counter_complaint"])
def test_what_the_office_looks_into_beside_a_case(about: str) -> None:
    assert act(COLLECTING, "open_query", OFFICER, about=about).facts["about"] == about


def test_inv_53_the_look_ahead_is_what_keeps_a_case_however_short_its_own_time_is() -> None:
    short = {key: replace(POLICY.deadlines[key], amount=1) for key in ("keep.no_case", "keep.investigated")}
    policy = replace(POLICY, deadlines={**POLICY.deadlines, **short})
    watched = walked(begun(), *TO_DETERMINATION, ("find_not_established", OFFICER), ("start_monitoring", OFFICER))
    for closed in (
        act(begun(), "pass_on", OFFICER, policy=policy),
        act(watched, "close_case", OFFICER, reason="person_wished", policy=policy),
        act(opened("query"), "close_query", OFFICER, policy=policy),
        act(opened("recommendation"), "decide_recommendation", DIRECTOR, policy=policy),
        act(opened("recommendation"), "decline_recommendation", DIRECTOR, policy=policy),
    ):
        (kept,) = [clock for key, clock in closed.clocks.items() if key.startswith("keep.")]
        assert kept.due_at == policy.due("ret.lookahead", NOW), closed.steps[-1].action


def test_a_recommendation_is_announced_once_to_whom_it_is_addressed() -> None:
    told = act(opened("recommendation"), "record_routed", SYSTEM)
    assert [recipients(told, effect, POLICY, NOW) for effect in told.effects] == [("S0002",)]
    assert refused(told, "record_routed", SYSTEM) == Refused("SAME_PERSON", "lifecycle", {"did": "record_routed"})


def test_she_hears_that_a_review_is_late_too() -> None:
    asked = act(walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER)), "ask_review", PERSON)
    late = ring_until(asked, POLICY.due("ret.review", NOW))
    assert effect_names(late, "notify")[-2:] == ["retaliation.review_late", "retaliation.delayed"]


@pytest.mark.parametrize(
    ("answer", "state"), [("uphold_finding", "no_prima_facie"), ("overturn_finding", "prima_facie")]
)
def test_whoever_reviews_a_finding_gives_reasons_and_leaves_it_at_one_or_the_other(answer: str, state: str) -> None:
    asked = act(walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER)), "ask_review", PERSON)
    in_review = act(asked, "assign_reviewer", SYSTEM, reviewer="S0068")
    reviewer = staff("S0068", Role.REVIEWER)
    assert refused(in_review, answer, reviewer, without="reasons").params == {"field": "reasons"}
    assert act(in_review, answer, reviewer).state == state


@pytest.mark.parametrize(
    ("case", "action", "who", "field", "said"),
    [
        (acknowledged, "alert_interim_measures", OFFICER, "urgency", "green red"),
        (acknowledged, "alert_interim_measures", OFFICER, "addressee", "administrative_head hr_director"),
        (acknowledged, "alert_interim_measures", OFFICER, "suggested_type", "physical_separation"),
        (acknowledged, "alert_interim_measures", OFFICER, "ground", "agreed imminent_harm"),
        (of_another, "contact_person", OFFICER, "ground", "imminent_harm"),
        (acknowledged, "correct_activity", OFFICER, "activity", "reported told_supervisor cooperated"),
        (held, "record_hr_hold", SYSTEM, "hr_hold", "kept not_possible"),
        (lambda: act(acknowledged(), "ask_tolling", PERSON), "toll", OFFICER, "toll_reason", "informal_effort"),
        (begun, "pass_on", OFFICER, "reason", "no_retaliation"),
        (investigated, "pause_investigation", INVESTIGATOR, "pause_reason", "sick_leave official_travel"),
        (to_determine, "find_not_established", OFFICER, "ground", "same_action_shown no_act_found no_link_found"),
        (to_determine, "recommend", OFFICER, "decider", "executive_head hr_director"),
        (monitored, "answer_check_in", PERSON, "answer", "well not_well rather_not_say"),
        (monitored, "close_case", OFFICER, "reason", "person_wished"),
        (reviewed, "close_case", OFFICER, "reason", "no_prima_facie"),
        (lambda: opened("query"), "contact_person", OFFICER, "ground", "imminent_harm"),
    ],
)
def test_what_else_can_be_said(case: Callable[[], Case], action: str, who: Actor, field: str, said: str) -> None:
    for one in said.split():
        assert act(case(), action, who, **{field: one}).facts[field] == one


@pytest.mark.parametrize(
    "said",
    [
        *({"mode": one} for one in ("confidential", "anonymous")),
        *({"activity": one} for one in ("reported", "told_supervisor", "cooperated")),
        {"language": "fr"},
        *({field: NOW.isoformat()} for field in ("activity_on", "first_act_on", "last_act_on")),
    ],
)
def test_what_the_first_word_can_say(said: dict[str, str]) -> None:
    assert said.items() <= begun(**said).facts.items()


@pytest.mark.parametrize("about", ["personnel_action", "contract_end", "counter_complaint", "confidentiality"])
def test_what_a_query_is_about(about: str) -> None:
    assert engine.open_case(BY_NAME["query"], REPORT, 1, {"about": about}, NOW, POLICY).facts["about"] == about


def test_when_an_act_was_last_can_be_said_with_it() -> None:
    reported = act(PREVENTING, "report_act", PERSON, act="threat", last_act_on=NOW.isoformat())
    assert reported.facts["last_act_on"] == NOW.isoformat()


@pytest.mark.parametrize("state", ["steps_agreed", "no_prima_facie", "declined", "remedy", "not_established"])
def test_after_which_ends_the_office_goes_on_watching(state: str) -> None:
    assert act(replace(begun(), state=state), "start_monitoring", OFFICER).state == "monitoring"


@pytest.mark.parametrize("state", ["requested", "third_party_report", "acknowledged", "info_complete", "prelim_review"])
def test_until_when_it_can_turn_out_to_be_no_retaliation(state: str) -> None:
    assert act(replace(begun(), state=state), "pass_on", OFFICER).state == "passed_on"


@pytest.mark.parametrize("state", ["fear_raised", "preventing", "steps_proposed", "steps_agreed", "monitoring"])
def test_where_something_new_is_a_request(state: str) -> None:
    assert act(replace(begun("fear"), state=state), "report_act", PERSON).state == "requested"
