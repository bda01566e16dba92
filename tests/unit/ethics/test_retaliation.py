"""Protection from retaliation, by its table alone: who may take which step when, and what follows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, DueKind, Fact
from lifecycle.recipients import heard_as, recipients
from policy.decisions import Burden
from policy.model import Policy, Role
from services.ethics.domain.retaliation import LIFECYCLE
from services.ethics.domain.retaliation_parts import ETHICS, OPEN
from services.ethics.domain.retaliation_rules import MONITORING
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

OFFICER = staff("S0007", Role.ETHICS_OFFICER)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
REVIEWER = staff("S0068", Role.REVIEWER)
UN = replace(POLICY, tribunal=POLICY.tribunals["un"])
ILO = replace(POLICY, tribunal=POLICY.tribunals["ilo"])


WINDOW = POLICY.deadlines["ret.window"]


def begun(kind: str = "request", policy: Policy = POLICY, **facts: Fact) -> Case:
    given = {"lodged_at": NOW.isoformat(), "kind": kind, **facts}
    return engine.open_case(LIFECYCLE, REPORT, 1, given, NOW, policy)


def walked(case: Case, *steps: tuple[str, Actor], policy: Policy = POLICY) -> Case:
    for name, actor in steps:
        case = act(case, name, actor, policy=policy)
    return case


TO_REVIEW = (("acknowledge", OFFICER), ("complete_file", OFFICER), ("start_review", OFFICER))
TO_FINDING = (*TO_REVIEW, ("find_prima_facie", OFFICER))
TO_DETERMINATION = (*TO_FINDING, ("refer_to_oversight", OFFICER), ("submit_investigation", INVESTIGATOR))


def heard(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    return [(effect.name, recipients(case, effect, POLICY, NOW)) for effect in case.effects]


def monitored() -> Case:
    return walked(begun(), *TO_DETERMINATION, ("find_not_established", OFFICER), ("start_monitoring", OFFICER))


@pytest.mark.parametrize(
    ("kind", "state"), [("fear", "fear_raised"), ("request", "requested"), ("third_party", "third_party_report")]
)
def test_fear_a_request_and_a_third_partys_word_each_begin_somewhere_else(kind: str, state: str) -> None:
    assert begun(kind).state == state


def test_who_says_nothing_of_the_kind_has_asked_for_protection() -> None:
    assert opened("retaliation").state == "requested"


def test_it_begins_by_finding_out_who_must_not_know() -> None:
    assert effect_names(begun(), "errand") == ["route"]
    assert effect_names(recommended("hr_director"), "errand") == ["route"]


def test_her_time_runs_from_the_day_she_wrote_however_late_it_came_to_the_office() -> None:
    written = NOW - timedelta(days=3)
    assert begun(lodged_at=written.isoformat()).clocks["ret.ack"].due_at == written + timedelta(days=7)


def test_she_knows_which_ethics_officer_has_it_and_no_name_beside() -> None:
    assert LIFECYCLE.tells == (Role.ETHICS_OFFICER,)
    reviewing = act(begun(), "acknowledge", OFFICER)
    assert reviewing.assigned == {Role.ETHICS_OFFICER: "S0007"}
    colleague = staff("S0066", Role.ETHICS_OFFICER)
    later = walked(reviewing, ("complete_file", OFFICER), ("start_review", colleague))
    assert later.assigned == {Role.ETHICS_OFFICER: "S0066"}, "whoever goes on with it"


@pytest.mark.parametrize(
    ("months", "days_ago", "found"),
    [(None, 400, "unset"), (6, 30, "kept"), (6, 400, "passed"), (6, None, None)],
)
def test_a_request_long_after_the_act_is_a_flag_and_no_more(
    months: int | None, days_ago: int | None, found: str | None
) -> None:
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "ret.window": replace(WINDOW, amount=months)})
    acts = {"last_act_on": (NOW - timedelta(days=days_ago)).isoformat()} if days_ago else {}
    taken_on = act(begun(policy=policy, **acts), "acknowledge", OFFICER, policy=policy)
    assert taken_on.facts.get("time_limit") == found
    assert taken_on.state == act(begun(), "acknowledge", OFFICER).state, "it is taken on all the same"
    assert ("time_limit_at" in taken_on.facts) == (found in {"kept", "passed"})


def test_an_act_after_the_fear_of_one_is_asked_about_in_time() -> None:
    """The months of being afraid are not counted against her."""
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "ret.window": replace(WINDOW, amount=6)})
    later = NOW + timedelta(days=300)
    feared = act(begun("fear", policy), "acknowledge", OFFICER, policy=policy)
    asked = act(feared, "report_act", PERSON, now=later, policy=policy, last_act_on=later.isoformat())
    assert act(asked, "acknowledge", OFFICER, now=later, policy=policy).facts["time_limit"] == "kept"
    # It counts from the act to when she told of it, and to no other day.
    long_ago = act(
        feared, "report_act", PERSON, now=later, policy=policy, last_act_on=(NOW + timedelta(days=1)).isoformat()
    )
    assert act(long_ago, "acknowledge", OFFICER, now=later, policy=policy).facts["time_limit"] == "passed"


def test_the_last_moment_is_in_time_and_where_no_last_act_is_named_the_first_counts() -> None:
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "ret.window": replace(WINDOW, amount=6)})
    first = NOW - timedelta(days=400)
    flagged = act(begun(policy=policy, first_act_on=first.isoformat()), "acknowledge", OFFICER, policy=policy)
    assert flagged.facts["time_limit"] == "passed"
    ends = policy.due("ret.window", first)
    assert flagged.facts["time_limit_at"] == ends.isoformat()
    on_time = begun(policy=policy, first_act_on=first.isoformat(), lodged_at=ends.isoformat())
    assert act(on_time, "acknowledge", OFFICER, policy=policy).facts["time_limit"] == "kept"


def test_a_contract_that_ends_soon_has_a_shorter_time_to_be_acknowledged() -> None:
    assert begun(contract_end="later").clocks["ret.ack"].due_at == NOW + timedelta(days=7)
    assert begun(contract_end="soon").clocks["ret.ack"].due_at == NOW + timedelta(days=1)


def test_a_breach_goes_up_and_is_told_to_her_and_changes_nothing_else() -> None:
    late = ring_until(begun(), NOW + timedelta(days=7))
    assert late.state == "requested"
    assert effect_names(late, "notify") == ["retaliation.due", "retaliation.late", "retaliation.delayed"]
    again = ring_until(late, NOW + timedelta(days=14))
    assert effect_names(again, "notify") == ["retaliation.due", "retaliation.late"], "she hears once of each date"
    roles = [heard_as(case.effects[1], POLICY) for case in (late, again)]
    assert roles == [Role.ALTERNATE_ETHICS_OFFICER, Role.OVERSIGHT_COMMITTEE]


# Prevention


def test_steps_against_what_is_feared_are_those_she_has_agreed_to() -> None:
    case = act(begun("fear"), "acknowledge", OFFICER)
    assert (case.state, case.clocks["ret.ack"].met_at) == ("preventing", NOW), "her fear is taken up in time"
    case = act(case, "propose_steps", OFFICER, message="m1", steps="regular_check_in")
    changed = act(case, "propose_steps", OFFICER, message="m2", steps="interim_measure")
    assert refused(changed, "agree_steps", PERSON, message="m1").code == "NOT_WHAT_WAS_PROPOSED"
    agreed = act(changed, "agree_steps", PERSON, message="m2")
    assert agreed.state == "steps_agreed"
    assert act(agreed, "ask_for_other_steps", PERSON).state == "preventing"


def test_from_fear_to_request_only_when_there_is_an_act_or_the_threat_of_one() -> None:
    case = act(begun("fear"), "acknowledge", OFFICER)
    assert refused(case, "find_prima_facie", OFFICER).code == "ACTION_NOT_OPEN"
    assert refused(case, "report_act", PERSON, without="act").params == {"field": "act"}
    reported = act(case, "report_act", PERSON, act="threat")
    assert (reported.state, reported.facts["kind"]) == ("requested", "request")
    assert reported.clocks["ret.ack"].runs
    urgent = act(begun("fear", contract_end="soon"), "report_act", PERSON, act="threat")
    assert urgent.clocks["ret.ack"].due_at == NOW + timedelta(days=1)


def test_who_tells_of_an_act_before_anybody_has_answered_waits_no_longer_for_that() -> None:
    case = begun("fear")
    soon = case.clocks["ret.ack"].due_at - timedelta(hours=1)
    assert act(case, "report_act", PERSON, act="threat", now=soon).clocks["ret.ack"] == case.clocks["ret.ack"]
    again = act(monitored(), "report_act", PERSON, act="threat", now=soon)
    assert again.clocks["ret.ack"].due_at == POLICY.due("ret.ack", soon), "what was answered begins anew"


def test_she_can_ask_for_tolling_before_anybody_has_taken_it_on() -> None:
    case = walked(begun(), ("ask_tolling", PERSON), ("acknowledge", OFFICER))
    assert act(case, "toll", OFFICER).clocks["ret.complete"].paused_at == NOW


# The file and its review


def test_the_wait_for_a_complete_file_is_capped_and_the_review_counts_from_there() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    at_the_cap = POLICY.due("ret.complete", NOW)
    went_on = ring_until(case, at_the_cap)
    assert went_on.state == "info_complete"
    assert went_on.clocks["ret.prelim"].due_at == POLICY.due("ret.prelim", at_the_cap)
    early = act(case, "complete_file", OFFICER, now=NOW + timedelta(days=3))
    assert early.clocks["ret.prelim"].due_at == POLICY.due("ret.prelim", NOW + timedelta(days=3))
    assert not early.clocks["ret.complete"].runs


def test_tolling_stands_still_at_her_wish_with_a_confirmation_and_no_longer_than_the_cap() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    assert refused(case, "toll", OFFICER).code == "TOLLING_NOT_ASKED"
    assert refused(case, "ask_tolling", PERSON, process_confirmed=False).code == "NOT_CONFIRMED"
    asked = act(case, "ask_tolling", PERSON)
    assert refused(asked, "toll", OFFICER, confirmation_seen=False).code == "NOT_CONFIRMED"
    tolled = act(asked, "toll", OFFICER, now=NOW + timedelta(days=10))
    due = engine.next_due(LIFECYCLE, replace(tolled, clocks={"ret.complete": tolled.clocks["ret.complete"]}), POLICY)
    assert due is not None
    assert (due.kind, due.at) == (DueKind.RESUME, NOW + timedelta(days=130))
    went_on = ring_until(tolled, NOW + timedelta(days=130))
    assert went_on.clocks["ret.complete"].due_at == NOW + timedelta(days=150)
    assert refused(went_on, "toll", OFFICER, now=NOW + timedelta(days=131)).code == "CLOCK_PAUSE_SPENT"


def test_tolling_ends_when_she_says_so() -> None:
    case = walked(begun(), ("acknowledge", OFFICER), ("ask_tolling", PERSON), ("toll", OFFICER))
    ended = act(case, "end_tolling", PERSON, now=NOW + timedelta(days=5))
    assert ended.clocks["ret.complete"].due_at == NOW + timedelta(days=35)


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


def test_she_is_moved_only_if_she_agrees() -> None:
    case = walked(begun(), *TO_DETERMINATION)
    assert refused(case, "recommend", OFFICER, remedy="transfer_requester").code == "CONSENT_MISSING"
    assert act(case, "recommend", OFFICER, remedy="transfer_requester", she_agrees=True).state == "recommended"


def test_a_recommendation_that_was_declined_goes_to_the_next_decider_and_is_carried_out_when_decided() -> None:
    case = walked(begun(), *TO_DETERMINATION)
    case = act(case, "recommend", OFFICER, remedy="rescind", decider="hr_director")
    assert effect_names(case, "open") == ["recommendation"]
    declined = act(case, "record_declined", SYSTEM)
    assert refused(declined, "recommend", OFFICER, decider="hr_director").code == "DECLINED_BEFORE"
    again = act(declined, "recommend", OFFICER, decider="executive_head")
    decided = act(again, "record_decided", SYSTEM)
    assert refused(decided, "record_remedy", OFFICER, without="what_was_done").params == {"field": "what_was_done"}
    done = act(decided, "record_remedy", OFFICER)
    assert done.state == "remedy"
    assert done.clocks["ret.remedy"].met_at


# Beside the procedure


def test_about_whom_others_told_nothing_is_done_without_agreement_or_imminent_harm() -> None:
    case = act(begun("third_party"), "acknowledge", OFFICER)
    for step in ("alert_interim_measures", "contact_person"):
        assert refused(case, step, OFFICER, ground="agreed").code == "NOT_AGREED"
        assert act(case, step, OFFICER, ground="imminent_harm").version == case.version + 1
    assert refused(case, "agree_contact", PERSON).code == "NOT_FOR_ANOTHER", "the reporter cannot agree for her"


def test_contact_is_by_agreement_and_the_agreement_can_be_taken_back() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    assert refused(case, "contact_person", OFFICER, ground="agreed").code == "NOT_AGREED"
    agreed = act(case, "agree_contact", PERSON, contact_agreed=True)
    assert act(agreed, "contact_person", OFFICER, ground="agreed").state == "acknowledged"
    back = act(agreed, "agree_contact", PERSON, contact_agreed=False)
    assert refused(back, "contact_person", OFFICER, ground="agreed").code == "NOT_AGREED"


def test_one_hold_at_a_time_until_a_day_in_the_future_and_at_its_end_the_office_hears() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    past = (NOW - timedelta(days=1)).isoformat()
    assert refused(case, "ask_hr_hold", OFFICER, hold_until=past).code == "TIME_IN_THE_PAST"
    until = NOW + timedelta(days=20)
    held = act(case, "ask_hr_hold", OFFICER, contested="non_renewal", hold_until=until.isoformat())
    assert effect_names(held, "emit") == ["hr_hold_asked"]
    assert refused(held, "ask_hr_hold", OFFICER).code == "HOLD_STANDS"
    kept = act(held, "record_hr_hold", SYSTEM, hr_hold="kept")
    over = replace(kept, clocks={"ret.hold": kept.clocks["ret.hold"]})
    assert effect_names(ring_until(over, until), "notify") == ["retaliation.hold_over", "retaliation.late"]
    released = act(kept, "release_hr_hold", OFFICER)
    assert not released.clocks["ret.hold"].runs, "nobody is reminded of what is over"
    assert effect_names(released, "emit") == ["hr_hold_released"]
    assert act(released, "ask_hr_hold", OFFICER).facts["hr_hold"] == "asked"
    assert refused(released, "record_hr_hold", SYSTEM).code == "NO_HOLD"


def test_what_hr_answers_is_heard_by_the_office_whoever_asked_and_wherever_the_case_stands_meanwhile() -> None:
    somebody = staff("S9999", Role.ETHICS_OFFICER)
    case = act(act(monitored(), "ask_hr_hold", somebody), "report_act", PERSON, act="threat")
    assert case.state == "requested"
    broken = act(case, "record_hr_hold", SYSTEM, hr_hold="not_possible")
    assert heard(broken) == [("retaliation.hold_answered", ("S0007",))]


def test_what_a_decider_answers_is_heard_by_the_office_also_when_who_recommended_has_left() -> None:
    somebody = staff("S9999", Role.ETHICS_OFFICER)
    case = act(walked(begun(), *TO_DETERMINATION), "recommend", somebody)
    for answer in ("record_decided", "record_declined"):
        assert heard(act(case, answer, SYSTEM)) == [("retaliation.recommendation_answered", ("S0007",))]


def test_hr_can_be_asked_to_hold_what_hr_does() -> None:
    [field] = [one for one in LIFECYCLE.rule_of["acknowledged", "ask_hr_hold"].fields if one.name == "contested"]
    assert {"non_renewal", "early_termination", "transfer"} <= set(field.options(POLICY))
    assert not {"ostracism", "threat", "blacklisting"} & set(field.options(POLICY))


def test_she_hears_every_thirty_days_also_when_nothing_has_moved() -> None:
    case = walked(begun(), *TO_FINDING, ("refer_to_oversight", OFFICER))
    moments = [NOW + timedelta(days=30 * n) for n in (1, 2, 3)]
    assert act(begun("fear"), "acknowledge", OFFICER).clocks["report.update"].due_at == moments[0]
    for moment in moments:
        before, case = case, ring_until(case, moment)
        assert case.version == before.version + 1, f"nothing rang on {moment:%d %B}"
        assert "retaliation.no_news" in effect_names(case, "notify")


def test_what_stands_still_a_second_time_goes_up_and_leaves_no_level_out() -> None:
    begun_now = act(begun("fear"), "acknowledge", OFFICER)
    quiet, heard = replace(begun_now, clocks={"report.update": begun_now.clocks["report.update"]}), []
    for month in (1, 2, 3):
        quiet = ring_until(quiet, NOW + timedelta(days=30 * month))
        heard.append([heard_as(one, POLICY) for one in quiet.effects if one.name == "retaliation.late"])
    assert heard == [[], [Role.ALTERNATE_ETHICS_OFFICER], [Role.OVERSIGHT_COMMITTEE]]


# Afterwards


def test_monitoring_asks_at_thirty_sixty_and_ninety_days_and_at_six_and_twelve_months() -> None:
    case = monitored()
    rung = ring_until(case, NOW + timedelta(days=400))
    marks = [step.at for step in rung.steps if step.facts.get("clock") in MONITORING]
    assert marks == [NOW + timedelta(days=30 * n) for n in (1, 2, 3)] + [
        NOW.replace(month=9),
        NOW.replace(year=2027),
    ]
    assert rung.state == "monitoring"


def test_something_new_while_monitored_is_a_request_again() -> None:
    again = act(monitored(), "report_act", PERSON, act="appraisal")
    assert again.state == "requested"
    assert not any(again.clocks[key].runs for key in MONITORING)


def test_where_no_window_is_set_a_finding_is_looked_at_again_whenever_she_asks() -> None:
    case = walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER))
    without = replace(case, clocks={key: clock for key, clock in case.clocks.items() if key != "ret.appeal"})
    assert act(without, "ask_review", PERSON, now=NOW + timedelta(days=300)).state == "review_asked"


def test_what_was_done_this_very_moment_was_done() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    assert act(case, "correct_activity", OFFICER, activity_on=NOW.isoformat()).version == case.version + 1


def test_inv_50_whoever_closes_writes_down_why_and_an_end_at_her_word_needs_a_safe_channel() -> None:
    later = NOW + timedelta(days=40)
    unfounded = ring_until(walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER)), later)
    withdrawn = ring_until(act(act(begun(), "acknowledge", OFFICER), "withdraw", PERSON, stop_contact=False), later)
    for case, reason in ((unfounded, "no_prima_facie"), (withdrawn, "withdrawn")):
        answer = refused(case, "close_case", OFFICER, now=later, reason=reason, without="reasons")
        assert (answer.code, answer.params) == ("FIELD_MISSING", {"field": "reasons"})
    unsafe = refused(withdrawn, "close_case", OFFICER, now=later, reason="withdrawn", safe_channel_checked=False)
    assert (unsafe.code, unsafe.rule) == ("NOT_CONFIRMED", "invariant 16")


def test_monitoring_goes_on_to_its_end_unless_she_wishes_otherwise() -> None:
    case = monitored()
    assert refused(case, "close_case", OFFICER, reason="monitoring_done").code == "STILL_MONITORED"
    almost = NOW + timedelta(days=300)
    rung = ring_until(case, almost)
    assert refused(rung, "close_case", OFFICER, now=almost, reason="monitoring_done").code == "STILL_MONITORED"
    assert act(case, "close_case", OFFICER, reason="person_wished").state == "closed"
    later = NOW + timedelta(days=400)
    assert act(ring_until(case, later), "close_case", OFFICER, now=later, reason="monitoring_done").state == "closed"


def test_inv_53_nothing_is_erased_before_the_look_ahead_has_ended() -> None:
    short = replace(POLICY.deadlines["keep.investigated"], amount=1)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "keep.investigated": short})
    closed = act(monitored(), "close_case", OFFICER, reason="person_wished", policy=policy)
    due = engine.next_due(LIFECYCLE, closed, policy)
    assert due is not None
    assert (due.at, due.irreversible) == (policy.due("ret.lookahead", NOW), True)
    erased = engine.on_due(LIFECYCLE, closed, due, due.at, policy)
    assert (erased.state, effect_names(erased, "erase")) == ("erased", ["case"])


def test_inv_16_a_withdrawal_stops_contact_at_once_and_waits_with_everything_else() -> None:
    case = walked(begun(), *TO_FINDING)
    asked = act(case, "withdraw", PERSON, stop_contact=True)
    assert (asked.state, asked.facts["stop_contact"]) == ("prima_facie", True)
    assert refused(asked, "close_case", OFFICER, reason="withdrawn").code == "NOT_COOLED_OFF"
    assert refused(case, "close_case", OFFICER, reason="withdrawn").code == "NOT_WITHDRAWING"
    later = NOW + timedelta(days=7)
    cooled = ring_until(asked, later)
    answer = refused(cooled, "close_case", OFFICER, now=later, reason="withdrawn", safe_channel_checked=False)
    assert answer.code == "NOT_CONFIRMED"
    assert act(cooled, "close_case", OFFICER, now=later, reason="withdrawn").state == "closed"
    stayed = act(asked, "take_back_withdrawal", PERSON)
    assert not stayed.clocks["ret.withdrawal"].runs, "nobody asks her about it any more"
    assert refused(stayed, "close_case", OFFICER, now=later, reason="withdrawn").code == "NOT_WITHDRAWING"
    assert stayed.facts["stop_contact"] is False


def test_every_open_state_lets_her_withdraw_and_every_closing_starts_the_look_ahead() -> None:
    assert all((state, "withdraw") in LIFECYCLE.rule_of for state in OPEN)
    closing = [rule for rule in LIFECYCLE.rules if rule.to and LIFECYCLE.state_of[rule.to].closed]
    assert {rule.action for rule in closing} == {"close_case", "pass_on"}
    for rule in closing:
        assert "protection_closed" in [effect.name for effect in rule.effects]
        assert any(change.not_before == ("ret.lookahead",) for change in rule.clocks)


def test_inv_48_a_decider_never_sees_the_case_itself() -> None:
    deciders = {Role.HR_DIRECTOR, Role.ADMINISTRATIVE_HEAD, Role.EXECUTIVE_HEAD}
    assert not any(by & deciders for by in LIFECYCLE.by_action.values())


# The recommendation before whoever decides


def recommended(decider: str) -> Case:
    facts = {"remedy": "restore", "decider": decider}
    return engine.open_case(BY_NAME["recommendation"], REPORT, 1, facts, NOW, POLICY)


def test_who_is_asked_decides_or_the_head_of_the_organisation() -> None:
    director, head = staff("S0002", Role.HR_DIRECTOR), staff("S0001", Role.EXECUTIVE_HEAD)
    case = recommended("hr_director")
    told = act(case, "record_routed", SYSTEM)
    assert [recipients(told, effect, POLICY, NOW) for effect in told.effects] == [("S0002",)]
    decided, declined = act(case, "decide_recommendation", director), act(case, "decline_recommendation", head)
    assert (decided.state, declined.state) == ("decided", "declined")
    for answer in (decided, declined):
        assert effect_names(answer, "emit") == ["answer_recommendation"], "the office hears of either"
        assert [key for key, clock in answer.clocks.items() if clock.runs] == ["keep.investigated"], (
            "nobody waits for it"
        )
    assert refused(recommended("executive_head"), "decide_recommendation", director).code == "ROLE_NOT_ALLOWED"


def test_who_recommends_does_not_decide() -> None:
    both = staff("S0007", Role.ETHICS_OFFICER, Role.HR_DIRECTOR)
    case = act(recommended("hr_director"), "explain", both)
    for answer in ("decide_recommendation", "decline_recommendation"):
        assert refused(case, answer, both).code == "SAME_PERSON"


def test_what_is_recommended_is_said_once_and_in_words() -> None:
    case = recommended("hr_director")
    assert refused(case, "explain", OFFICER, without="recommendation").params == {"field": "recommendation"}
    assert refused(act(case, "explain", OFFICER), "explain", OFFICER).code == "SAME_PERSON"


@pytest.mark.parametrize("said", [{}, {"suggested_type": "alternative_duties", "addressee": "hr_director"}])
def test_an_alert_may_leave_open_which_measure_and_who_decides(said: dict[str, Any]) -> None:
    case = act(begun(), "acknowledge", OFFICER)
    alerted = act(case, "alert_interim_measures", OFFICER, ground="imminent_harm", **said)
    assert {"suggested_type", "addressee"} & alerted.steps[-1].facts.keys() == said.keys()
    assert effect_names(alerted, "emit") == ["measures_alerted"]


def test_a_recommendation_without_an_answer_goes_further_up_and_is_never_taken_for_a_yes() -> None:
    case = ring_until(recommended("hr_director"), NOW + timedelta(days=28))
    assert case.state == "with_hr_director"
    assert heard_as(case.effects[1], POLICY) is Role.OVERSIGHT_COMMITTEE
    assert set(BY_NAME["recommendation"].by_action["explain"]) == ETHICS


@pytest.mark.parametrize(
    ("decider", "late", "above"),
    [
        ("executive_head", Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE),
        ("hr_director", Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD),
        ("administrative_head", Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR),
    ],
)
def test_of_a_decider_who_is_silent_the_next_one_above_hears_and_nobody_elses_desk_is_named(
    decider: str, late: Role, above: Role
) -> None:
    case = recommended("executive_head")
    case = replace(case, state=f"with_{decider}", facts={**case.facts, "decider": decider})
    silent = ring_until(case, NOW + timedelta(days=14))
    [said] = [effect for effect in silent.effects if effect.name == "recommendation.late"]
    assert (Role(str(said.facts["role"])), heard_as(said, POLICY)) == (late, above)
