"""An investigation: notice at a chosen time, a hearing before any finding, lawful pauses, disclosure by acts."""

import pytest

from lifecycle.model import EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import (
    DAY,
    INTAKE,
    INVESTIGATOR,
    LEGAL,
    assessing,
    at_leg,
    heard,
    investigating,
    notes,
    notified,
    opens,
    withdrawn,
)
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused, ring_until, staff


def test_the_clock_for_sexual_harassment_runs_from_receipt_any_other_from_the_opening() -> None:
    clock = investigating("sexual").clocks["investigation"]
    assert (clock.deadline, clock.started_at, clock.due_at) == ("investigation.sexual", NOW, NOW + 120 * DAY)
    later = act(assessing(), "open_investigation", INVESTIGATOR, now=NOW + 20 * DAY, kind="sexual")
    assert later.clocks["investigation"].due_at == NOW + 120 * DAY
    other = act(assessing(), "open_investigation", INVESTIGATOR, now=NOW + 20 * DAY, kind="other")
    clock = other.clocks["investigation"]
    assert (clock.deadline, clock.due_at) == ("investigation.other", NOW + 200 * DAY)


def test_a_breach_escalates_and_tells_her_and_ends_nothing() -> None:
    late = ring_until(investigating(), NOW + 180 * DAY)
    assert late.state == "investigating"
    assert "formal_report.date_missed" in notes(late)


def test_notice_is_given_or_put_off_with_a_reason_and_an_end_and_the_office_is_reminded() -> None:
    case = investigating()
    due = ring_until(case, NOW + 14 * DAY)
    assert effect_names(due, EffectKind.NOTIFY) == ["formal_report.notice_due"]
    assert recipients(due, due.effects[0], POLICY, NOW) == ("S0005",), "who handles it"
    assert refused(case, "defer_notice", INVESTIGATOR, without="deferred_for").params == {"field": "deferred_for"}
    past = refused(case, "defer_notice", INVESTIGATOR, deferred_until=(NOW - DAY).isoformat())
    assert (past.code, past.rule) == ("TIME_IN_THE_PAST", "invariant 48")
    put_off = act(case, "defer_notice", INVESTIGATOR, deferred_until=(NOW + 60 * DAY).isoformat())
    assert put_off.clocks["subject.notice"].due_at == NOW + 60 * DAY
    assert opens(put_off) == [], "nothing goes to him"


def test_notice_opens_his_own_case_and_starts_his_time() -> None:
    case = notified()
    assert opens(case) == [("respondent", "notify")]
    assert case.clocks["subject.response"].due_at == NOW + 14 * DAY
    assert refused(investigating(), "notify_subject", INVESTIGATOR, without="letter").params == {"field": "letter"}


def test_inv_48_no_adverse_finding_before_he_was_told_and_could_answer() -> None:
    for unheard in (investigating(), notified()):
        answer = refused(unheard, "report_to_leg", INVESTIGATOR, finding="substantiated")
        assert (answer.code, answer.rule) == ("NOT_HEARD", "invariant 48")
        assert act(unheard, "report_to_leg", INVESTIGATOR, finding="not_substantiated").state == "at_leg"
    assert act(heard(), "report_to_leg", INVESTIGATOR, finding="substantiated").state == "at_leg"


def test_inv_48_what_he_is_told_of_later_he_can_answer_too() -> None:
    again = act(heard(), "notify_subject", INVESTIGATOR)
    assert refused(again, "report_to_leg", INVESTIGATOR, finding="substantiated").code == "NOT_HEARD"
    answered = act(again, "record_response", SYSTEM)
    assert act(answered, "report_to_leg", INVESTIGATOR, finding="substantiated").state == "at_leg"


def test_inv_48_his_time_is_his_and_can_be_longer() -> None:
    case = notified()
    early = refused(case, "go_on_unheard", INVESTIGATOR)
    assert (early.code, early.params) == ("TIME_NOT_OVER", {"clock": "subject.response"})
    shorter = refused(case, "extend_response", INVESTIGATOR, response_until=(NOW + 10 * DAY).isoformat())
    assert shorter.code == "END_NOT_LATER"
    longer = act(case, "extend_response", INVESTIGATOR, response_until=(NOW + 40 * DAY).isoformat())
    assert opens(longer) == [("respondent", "extend_response")]
    assert refused(ring_until(longer, NOW + 39 * DAY), "go_on_unheard", INVESTIGATOR).code == "TIME_NOT_OVER"
    over = act(ring_until(longer, NOW + 40 * DAY), "go_on_unheard", INVESTIGATOR, now=NOW + 40 * DAY)
    assert act(over, "report_to_leg", INVESTIGATOR, now=NOW + 41 * DAY, finding="substantiated").state == "at_leg"


def test_inv_48_nothing_is_said_of_a_hearing_before_notice() -> None:
    for action in ("record_response", "extend_response", "go_on_unheard", "disclose_to_subject"):
        answer = refused(investigating(), action, INVESTIGATOR)
        assert (answer.code, answer.rule) == ("NOT_NOTIFIED", "invariant 48"), action


@pytest.mark.parametrize("reason", ["sick_leave", "official_travel", "informal_effort", "tolling"])
def test_a_pause_is_lawful_seen_by_her_and_limited(reason: str) -> None:
    paused = act(investigating(), "pause_investigation", INVESTIGATOR, now=NOW + 10 * DAY, pause_reason=reason)
    clock = paused.clocks["investigation"]
    assert (clock.paused_at, clock.pause_reason, notes(paused)) == (NOW + 10 * DAY, reason, ["formal_report.paused"])
    goes_on = ring_until(paused, NOW + 101 * DAY).clocks["investigation"]
    assert (goes_on.runs, goes_on.due_at) == (True, NOW + 270 * DAY), "after 90 days it goes on by itself"


def test_somebody_who_is_ill_is_asked_in_writing() -> None:
    answer = refused(
        investigating(), "pause_investigation", INVESTIGATOR, pause_reason="sick_leave", in_writing_offered=False
    )
    assert (answer.code, answer.params) == ("NOT_CONFIRMED", {"field": "in_writing_offered"})


def test_a_statement_is_disclosed_by_an_act_of_its_own_and_never_by_another() -> None:
    to_him = act(notified(), "disclose_to_subject", INVESTIGATOR)
    assert opens(to_him) == [("respondent", "receive_statement")]
    to_her = act(notified(), "disclose_to_person", INVESTIGATOR)
    assert (opens(to_her), notes(to_her)) == ([], ["formal_report.statement_disclosed"])
    assert refused(withdrawn(notified()), "disclose_to_person", INVESTIGATOR).code == "CONTACT_UNWANTED"
    others = [
        rule.action
        for rule in LIFECYCLE.rules
        for effect in rule.effects
        if effect.facts.get("action") == "receive_statement"
    ]
    assert others == ["disclose_to_subject"]


def test_inv_01_his_case_is_opened_by_the_notice_alone() -> None:
    openers = {
        (lifecycle.name, rule.action)
        for lifecycle in BY_NAME.values()
        for rule in lifecycle.rules
        for effect in rule.effects
        if (effect.kind, effect.name, effect.facts.get("action")) == (EffectKind.OPEN, "respondent", "notify")
    }
    assert ("formal_report", "notify_subject") in openers
    before = {"submitted", "acknowledged", "assessing", "needs_info"}
    for rule in LIFECYCLE.rules:
        if before.intersection(rule.states):
            reaches = {e.facts["action"] for e in rule.effects if e.name == "respondent"}
            assert reaches <= {"clear"}, f"{rule.action} would reach him before; a clearance opens nothing"


def test_inv_04_her_name_goes_further_only_with_ground_recipient_and_notice() -> None:
    case = investigating()
    unannounced = refused(case, "disclose_identity", INVESTIGATOR)
    assert (unannounced.code, unannounced.rule) == ("NO_PRIOR_NOTICE", "invariant 4")
    for needed in ("legal_basis", "recipient", "reasons"):
        assert refused(case, "disclose_identity", INVESTIGATOR, without=needed).params == {"field": needed}
    announced = act(case, "announce_disclosure", INVESTIGATOR)
    assert notes(announced) == ["formal_report.disclosure_announced"]
    disclosed = act(announced, "disclose_identity", INVESTIGATOR, legal_basis="due_process")
    assert disclosed.steps[-1].facts["recipient"] == "alleged_offender"
    again = refused(disclosed, "disclose_identity", INVESTIGATOR, recipient="witness")
    assert again.code == "NO_PRIOR_NOTICE", "each disclosure is announced for itself"
    withheld = refused(case, "disclose_identity", INVESTIGATOR, without="notice_reasons", notice="withheld")
    assert withheld.params == {"field": "notice_reasons"}
    silent = act(case, "disclose_identity", INVESTIGATOR, notice="withheld", legal_basis="danger")
    assert silent.facts["notice"] == "withheld"
    assert refused(case, "disclose_identity", staff("S0009", Role.HR_OFFICER)).code == "ROLE_NOT_ALLOWED"


def test_inv_15_her_name_goes_on_the_ground_of_her_consent_to_the_one_she_agreed_to_and_to_nobody_else() -> None:
    on_consent: dict[str, Fact] = {"legal_basis": "consent", "recipient": "witness"}
    case = act(investigating(), "announce_disclosure", INVESTIGATOR)
    missing = Refused("NAMING_NOT_AGREED", "invariant 15", {"needs": "naming_consent"})
    assert refused(case, "disclose_identity", INVESTIGATOR, **on_consent) == missing, "nobody has asked her"
    assert refused(case, "agree_to_naming", PERSON).code == "NOTHING_ASKED"
    asked = act(case, "ask_naming_consent", INVESTIGATOR, name_may_go_to="witness")
    assert notes(asked) == ["formal_report.naming_asked"]
    assert refused(asked, "disclose_identity", INVESTIGATOR, **on_consent) == missing, "asking is no yes"
    assert refused(asked, "agree_to_naming", PERSON, name_may_go_to="decider").code == "FIELD_INVALID"
    agreed = act(asked, "agree_to_naming", PERSON, name_may_go_to="witness")
    other = refused(agreed, "disclose_identity", INVESTIGATOR, legal_basis="consent", recipient="decider")
    assert other == missing, "a yes for one is none for another"
    gone = act(agreed, "disclose_identity", INVESTIGATOR, **on_consent)
    assert gone.steps[-1].facts["recipient"] == "witness"
    back = act(gone, "refuse_naming", PERSON)
    for taken_back in (back, act(asked, "refuse_naming", PERSON)):
        again = act(taken_back, "announce_disclosure", INVESTIGATOR)
        assert refused(again, "disclose_identity", INVESTIGATOR, **on_consent) == missing
    anew = act(agreed, "ask_naming_consent", INVESTIGATOR, name_may_go_to="witness")
    assert refused(anew, "disclose_identity", INVESTIGATOR, **on_consent) == missing, "asked anew, not answered"


def test_inv_04_without_her_consent_her_name_goes_on_another_ground_alone() -> None:
    for basis in ("due_process", "law", "danger"):
        case = act(investigating(), "announce_disclosure", INVESTIGATOR)
        assert act(case, "disclose_identity", INVESTIGATOR, legal_basis=basis).facts["legal_basis"] == basis


def test_a_witness_is_named_under_seal_and_protected() -> None:
    case = act(investigating(), "record_witness", INTAKE)
    assert effect_names(case, EffectKind.EMIT) == ["cooperation_started"]
    assert case.steps[-1].facts == {}, "who it is stands in no fact"


def test_inv_48_that_he_left_ends_nothing_and_an_end_needs_reasons() -> None:
    left = act(investigating("sexual"), "record_subject_left", INVESTIGATOR, departure="resigned")
    assert left.state == "investigating"
    open_entry = refused(left, "discontinue_investigation", INVESTIGATOR, discontinued_for="subject_left")
    assert (open_entry.code, open_entry.params) == ("CLEARCHECK_OPEN", {"needs": "clearcheck"})
    entered = act(left, "decide_clearcheck", LEGAL, clearcheck="entered")
    assert act(entered, "discontinue_investigation", INVESTIGATOR).state == "discontinued"
    harassment = act(investigating(), "record_subject_left", INVESTIGATOR)
    assert refused(harassment, "discontinue_investigation", INVESTIGATOR, without="reasons").code == "FIELD_MISSING"
    assert act(harassment, "discontinue_investigation", INVESTIGATOR).state == "discontinued"
    assert ring_until(left, NOW + 400 * DAY).state == "investigating"


def test_legal_affairs_come_in_by_name_for_this_one_report() -> None:
    case = at_leg()
    assert case.assigned[Role.LEGAL_OFFICER] == "S0003"
    assert case.clocks["leg.review"].due_at == NOW + 60 * DAY
    wrong = refused(heard(), "report_to_leg", INVESTIGATOR, legal_officer="S0009")
    assert wrong.code == "NOT_APPOINTED"
    stand_in = act(heard(), "report_to_leg", INVESTIGATOR, legal_officer="S0065")
    assert stand_in.assigned[Role.LEGAL_OFFICER] == "S0065", "outside counsel, where legal affairs are concerned"
    assert refused(heard(), "report_to_leg", SYSTEM).code == "ROLE_NOT_ALLOWED"
