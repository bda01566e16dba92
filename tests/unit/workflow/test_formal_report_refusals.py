"""What stands in the way of a step of a formal report: one thing is changed in a case where every step is open, and
exactly these steps are refused, for this reason and by this rule.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Case, Clock, Facts, Refused
from policy.model import Role
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import INVESTIGATOR
from tests.lifecycles import NOW, attempt
from tests.refusals import Change, did, known, nobody_has_a_part, nothing_has_rung, refusals, same, unknown
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, standing

NOBODY_DECIDES = replace(
    EVERYBODY_DECIDES,
    delegation={key: replace(one, deciders=(), second=()) for key, one in EVERYBODY_DECIDES.delegation.items()},
)
BY_LEGAL = {"find_no_case", "advise_managerial_action", "charge", "extend_reply", "go_on_without_reply", "recommend"}
BY_LEGAL |= {"refuse_more_time", "record_view", "propose_national_referral", "answer_outside_demand"}
SANCTIONS = {"decide_discipline", "decide_no_sanction", "dismiss_summarily"}
BY_DECIDER = {"take_managerial_action", "consider_redress"} | SANCTIONS
SIGNS = {"sign_second", "decline_signature"}
BY_SECOND = SIGNS | {"decide_national_referral"}
SPOKEN_WITH = {"ask_person", "disclose_to_person", "ask_view", "tell_person_of_demand", "ask_referral_consent"}
SPOKEN_WITH |= {"ask_naming_consent"}
BY_HER = {"ask_for_protection", "say_who_writes", "state_view", "request_assessment", "request_review", "withdraw"}
BY_HER |= {"take_back_withdrawal", "note_contact_wanted", "agree_to_referral", "refuse_referral"}
BY_HER |= {"agree_to_naming", "refuse_naming"}
ADMITTING = {"open_investigation", "close_no_action", "close_out_of_scope", "refer_informal", "refer_other"}
ADMITTING |= {"refer_to_entity", "refer_to_contract_owner"}
HOLDS = {"set_hold", "release_hold"}


def somebody_has_a_part(case: Case) -> Case:
    parts = dict.fromkeys((Role.LEGAL_OFFICER, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD), "S9000")
    return replace(case, assigned={**parts, **case.assigned})


def runs_until_later(case: Case) -> Case:
    due = NOW + timedelta(days=90)
    later = {key: Clock(key, NOW, due, rung=("due",)) for key in ("subject.response", "charge.reply")}
    return replace(case, clocks={**case.clocks, **later})


def time_is_asked(case: Case) -> Case:
    return replace(case, clocks={**case.clocks, "respondent.answer": Clock("respondent.answer", NOW, NOW)})


def no_time_is_asked(case: Case) -> Case:
    return replace(case, clocks={key: one for key, one in case.clocks.items() if key != "respondent.answer"})


@pytest.mark.parametrize(
    ("change", "sent", "code", "rules", "params", "actions"),
    [
        (known(person_gone=True), {}, "PERSON_GONE", {"policy 2.2"}, {"has": "person_gone"}, SPOKEN_WITH | BY_HER),
        (known(no_messages=True), {}, "CONTACT_UNWANTED", {"invariant 16"}, {"has": "no_messages"}, SPOKEN_WITH),
        (known(stop_contact=True), {}, "CONTACT_UNWANTED", {"invariant 16"}, {"has": "stop_contact"}, SPOKEN_WITH),
        (
            known(subfile=True), {}, "ONLY_IN_THE_MAIN_FILE", {"policy 2.2"}, {"has": "subfile"},
            {"open_subfile", "pass_on", "request_review", "say_who_writes", "withdraw"},
        ),
        (
            known(subject_notified=False), {}, "NOT_NOTIFIED", {"invariant 48"}, {"needs": "subject_notified"},
            {"record_response", "extend_response", "go_on_unheard", "disclose_to_subject"},
        ),
        (
            known(subject_heard=False), {"finding": "substantiated"}, "NOT_HEARD", {"invariant 48"},
            {"needs": "subject_heard"}, {"report_to_leg", "advise_managerial_action"},
        ),
        (
            known(finding="inconclusive"), {}, "NOT_SUBSTANTIATED", {"invariant 48"}, {"needs": "substantiated"},
            {"charge", "propose_national_referral"},
        ),
        (
            known(affected_wishes="not_formal"), {}, "PREFERENCE_NOT_WEIGHED", {"policy 1"},
            {"needs": "preference_weighed"}, {"open_investigation"},
        ),
        (
            known(other_handler_wanted=True), {}, "SAME_HANDLER", {"invariant 49"}, {"needs": "hand_over"},
            {"open_investigation", "close_no_action", "close_out_of_scope"},
        ),
        (
            known(kind="sexual", subject_left=True), {}, "CLEARCHECK_OPEN", {"policy 2.2"}, {"needs": "clearcheck"},
            {"discontinue_investigation", "decide_disclosure"},
        ),
        (known(withdrawn=False), {}, "NOT_WITHDRAWN", {"invariant 16"}, {"needs": "withdrawn"},
         {"take_back_withdrawal", "check_withdrawal", "go_on_without_person"}),
        (known(sanction="censure"), {}, "SANCTIONED", {"invariant 53"}, {"has": "sanction"}, {"close_report"}),
        (unknown("sanction"), {}, "NO_SANCTION", {"invariant 53"}, {"needs": "sanction"}, {"close_sanctioned"}),
        (known(sanction=""), {}, "NO_SANCTION", {"invariant 53"}, {"needs": "sanction"}, {"close_sanctioned"}),
        (known(recommendation="sanction"), {}, "NOT_RECOMMENDED", {"policy 2.2"}, {"needs": "summary_dismissal"},
         {"dismiss_summarily"}),
        (known(view_recorded=False), {}, "VIEW_NOT_RECORDED", {"policy 2.2"}, {"needs": "view_recorded"},
         {"dismiss_summarily", "propose_national_referral"}),
        (known(view_asked=False), {}, "NOT_ASKED", {"policy 2.2"}, {"needs": "view_asked"}, {"state_view"}),
        (known(national_referral="not_made"), {}, "NOT_PROPOSED", {"policy 2.2"}, {"needs": "national_referral"},
         {"decide_national_referral"}),
        (known(signed_second=False), {}, "SECOND_SIGNATURE_MISSING", {"policy 2.2"}, {"needs": "signed_second"},
         {"send_letter"}),
        (known(redress_considered=False), {}, "REDRESS_NOT_CONSIDERED", {"policy 2.2"}, {"needs": "redress_considered"},
         {"decide_disclosure"}),
        (known(demand_open=False), {}, "NO_DEMAND", {"policy 2.2"}, {"needs": "demand_open"},
         {"answer_outside_demand"}),
        (known(disclosure_announced=False), {"notice": "given_before"}, "NO_PRIOR_NOTICE", {"invariant 4"},
         {"needs": "announce_disclosure"}, {"disclose_identity"}),
        (known(naming_consent="asked"), {"legal_basis": "consent"}, "NAMING_NOT_AGREED", {"invariant 15"},
         {"needs": "naming_consent"}, {"disclose_identity"}),
        (same, {"legal_basis": "consent", "recipient": "witness"}, "NAMING_NOT_AGREED", {"invariant 15"},
         {"needs": "naming_consent"}, {"disclose_identity"}),
        (unknown("time_limit"), {}, "TIME_LIMIT_NOT_FLAGGED", {"policy 2.2"}, None, {"decide_time_limit"}),
        (same, {"in_writing_offered": False}, "NOT_CONFIRMED", {"policy 2.2"}, {"field": "in_writing_offered"},
         {"pause_investigation"}),
        (same, {"immunity_noted": False}, "NOT_CONFIRMED", {"policy 2.2"}, {"field": "immunity_noted"},
         {"answer_outside_demand"}),
        (same, {"affected_told_first": False}, "NOT_CONFIRMED", {"policy 1"}, {"field": "affected_told_first"},
         {"weigh_preference"}),
        (same, {"reason": "withdrawn"}, "CLOSING_TOO_EARLY", {"invariants 16 and 50"}, {"reason": "withdrawn"},
         {"close_no_action"}),
        (same, {"reason": "out_of_time"}, "CLOSING_TOO_EARLY", {"invariants 16 and 50"}, {"reason": "out_of_time"},
         {"close_no_action"}),
        (same, {"reason": "no_answer"}, "CLOSING_TOO_EARLY", {"invariants 16 and 50"}, {"reason": "no_answer"},
         {"close_no_action"}),
        (did("report_to_leg"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "report_to_leg"}, SANCTIONS | BY_SECOND),
        (did("charge"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "charge"}, SANCTIONS | BY_SECOND),
        (did("recommend"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "recommend"}, SANCTIONS | BY_SECOND),
        (did("open_investigation"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "open_investigation"},
         SANCTIONS | BY_SECOND),
        (did("decide_discipline"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "decide_discipline"}, SIGNS),
        (did("dismiss_summarily"), {}, "SAME_PERSON", {"policy 2.2"}, {"did": "dismiss_summarily"}, SIGNS),
        (nobody_has_a_part, {}, "NOT_ASSIGNED", {"lifecycle"}, None, BY_LEGAL | BY_DECIDER | BY_SECOND),
        (nothing_has_rung, {}, "TIME_NOT_OVER", {"invariant 16", "invariant 48"}, None,
         {"check_withdrawal", "go_on_unheard", "go_on_without_reply"}),
        (somebody_has_a_part, {}, "PART_IS_HELD", {"policy 2.2"}, None,
         {"name_legal_officer", "name_decider", "name_second"}),
        (known(signed_second=True), {}, "SIGNED_ALREADY", {"policy 2.2"}, {"has": "signed_second"},
         {"name_second", "decline_signature"}),
        (time_is_asked, {}, "SOMETHING_WAITS", {"invariant 48"}, {"clock": "respondent.answer"},
         {"go_on_without_reply", "recommend", "advise_managerial_action"}),
        (no_time_is_asked, {}, "NOT_ASKED", {"invariant 48"}, {"needs": "ask_more_time"}, {"refuse_more_time"}),
        (runs_until_later, {}, "END_NOT_LATER", {"invariant 48"}, None, {"extend_response", "extend_reply"}),
    ],
)  # fmt: skip
def test_what_is_refused_while_something_is_missing(
    change: Change, sent: Facts, code: str, rules: set[str], params: Facts | None, actions: set[str]
) -> None:
    found = refusals(LIFECYCLE, change, sent=sent, to=actions)
    assert found.keys() == {code}, "for no other reason"
    assert (found[code].actions, found[code].rules) == (actions, rules)
    assert params is None or all(one == params for one in found[code].params)


def test_nothing_is_refused_where_nothing_is_missing() -> None:
    assert refusals(LIFECYCLE, same) == {}


def test_what_the_policy_delegates_to_nobody_is_decided_by_nobody() -> None:
    found = refusals(LIFECYCLE, same, policy=NOBODY_DECIDES)["NOT_DELEGATED"]
    delegated = BY_DECIDER | BY_SECOND | ADMITTING | HOLDS | {"propose_national_referral", "disclose_identity"}
    assert (found.actions, found.rules) == (delegated, {"policy 2.2", "invariant 53"})
    assert {one["decision"] for one in found.params} <= NOBODY_DECIDES.delegation.keys(), "it says which decision"


def test_managerial_action_is_taken_before_she_is_told_of_it() -> None:
    waits = standing(LIFECYCLE, "managerial_action", "decide_disclosure")
    not_yet = replace(waits, facts={**waits.facts, "managerial_action_taken": False})
    answer = attempt(LIFECYCLE, not_yet, "decide_disclosure", INVESTIGATOR, policy=EVERYBODY_DECIDES)
    assert answer == Refused("NOT_DONE_YET", "policy 2.2", {"needs": "managerial_action_taken"})
    elsewhere = replace(not_yet, state="letter_sent")
    assert isinstance(attempt(LIFECYCLE, elsewhere, "decide_disclosure", INVESTIGATOR, policy=EVERYBODY_DECIDES), Case)
