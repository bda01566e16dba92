"""The tricky cases of formal reports (policy 6), each on the real engine and the real tables."""

from dataclasses import replace

from lifecycle import engine
from lifecycle.model import Case, EffectKind
from policy.model import Office, Role
from policy.routing import acting_roles, desk_for
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import (
    DAY,
    HR_DIRECTOR,
    INTAKE,
    INVESTIGATOR,
    LEGAL,
    acknowledged,
    assessing,
    at_leg,
    heard,
    investigating,
    no_case,
    notes,
    notified,
    opens,
    redressed,
    told,
    withdrawn,
)
from tests.lifecycles import (
    BY_NAME,
    NOW,
    PERSON,
    POLICY,
    REPORT,
    SYSTEM,
    act,
    effect_names,
    refused,
    ring_until,
)


def lodged(**facts: str) -> Case:
    return engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), **facts}, NOW, POLICY)


def test_the_alleged_offender_is_of_the_oversight_office() -> None:
    """It goes to the oversight committee with an outside investigator; nobody of oversight has a role there."""
    desk = desk_for(POLICY, "formal_report", {Office.OIO})
    assert (desk.name, desk.key) == ("committee", "committee")
    oversight = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})
    assert acting_roles(desk, oversight) == frozenset()
    assert acting_roles(desk, frozenset({Role.OUTSIDE_INVESTIGATOR})) >= {Role.INVESTIGATOR}


def test_the_alleged_offender_is_the_executive_head() -> None:
    assert desk_for(POLICY, "formal_report", {Office.EXECUTIVE}).name == "governing_body"


def test_the_alleged_offender_is_of_legal_affairs() -> None:
    desk = desk_for(POLICY, "formal_report", {Office.LEG})
    assert acting_roles(desk, frozenset({Role.LEGAL_OFFICER})) == frozenset()
    assert Role.LEGAL_OFFICER in acting_roles(desk, frozenset({Role.OUTSIDE_COUNSEL}))


def test_the_affected_person_is_not_the_reporter_and_does_not_want_it_formal() -> None:
    case = act(
        act(lodged(writer="third_party", affected_wishes="not_formal"), "acknowledge", INTAKE),
        "start_assessment",
        INVESTIGATOR,
    )
    assert refused(case, "open_investigation", INVESTIGATOR).code == "PREFERENCE_NOT_WEIGHED"
    assert refused(case, "weigh_preference", INVESTIGATOR, affected_told_first=False).code == "NOT_CONFIRMED"
    weighed = act(case, "weigh_preference", INVESTIGATOR, ground="gravity")
    assert act(weighed, "open_investigation", INVESTIGATOR).state == "investigating"
    respected = act(case, "weigh_preference", INVESTIGATOR, weighed="wish_respected", ground="her_wish")
    assert act(respected, "close_no_action", INVESTIGATOR, reason="wish_respected").state == "closed"


def test_the_reporter_withdraws() -> None:
    case = withdrawn(investigating())
    assert (case.state, case.facts["stop_contact"]) == ("investigating", True)
    assert refused(case, "disclose_to_person", INVESTIGATOR).code == "CONTACT_UNWANTED"
    goes_on = act(case, "go_on_without_person", INVESTIGATOR, goes_on_for="gravity")
    assert notes(goes_on) == ["formal_report.goes_on_without_you"]
    assert act(act(goes_on, "notify_subject", INVESTIGATOR), "record_response", SYSTEM).state == "investigating"


def test_the_alleged_offender_holds_the_code_and_withdraws() -> None:
    """Or a partner does: contact stops at once, and nothing is closed on the code alone before she could be asked."""
    case = withdrawn()
    assert refused(case, "check_withdrawal", INTAKE).code == "TIME_NOT_OVER"
    assert refused(case, "close_no_action", INVESTIGATOR, reason="withdrawn").code == "CLOSING_TOO_EARLY"
    assert act(case, "take_back_withdrawal", PERSON).facts["withdrawn"] is False


def test_a_counter_complaint() -> None:
    linked = act(assessing(), "link_report", INTAKE, relation="counter_report")
    wanted = act(linked, "want_other_handler", SYSTEM)
    assert refused(wanted, "open_investigation", INVESTIGATOR).rule == "invariant 49"
    neutral = act(wanted, "hand_over", INTAKE, investigator="S0006")
    assert {key: clock.due_at for key, clock in neutral.clocks.items()} == {
        key: clock.due_at for key, clock in assessing().clocks.items()
    }, "neither sooner nor later than any other"


def test_a_third_party_witness() -> None:
    case = act(investigating(), "record_witness", INVESTIGATOR)
    assert effect_names(case, EffectKind.EMIT) == ["cooperation_started"]
    assert case.steps[-1].facts == {}


def test_the_same_facts_come_by_several_ways() -> None:
    linked = act(assessing(), "link_report", INTAKE, relation="same_facts")
    assert linked.state == "assessing"
    assert [e for e in linked.effects if e.kind is EffectKind.NOTIFY] == [], "nobody learns of the others"


def test_the_reporter_leaves_the_organisation() -> None:
    """Nothing in the table asks whether she is still employed: her inbox and every action of hers go on."""
    offered = {one.action for one in engine.offers(LIFECYCLE, told(), PERSON, NOW + 400 * DAY, POLICY) if one.open}
    assert {"withdraw", "request_review"} <= offered


def test_the_alleged_offender_leaves() -> None:
    case = act(investigating("sexual"), "record_subject_left", INVESTIGATOR, departure="resigned")
    assert ring_until(case, NOW + 400 * DAY).state == "investigating", "no automatic stop"
    assert refused(case, "discontinue_investigation", INVESTIGATOR).code == "CLEARCHECK_OPEN"
    entered = act(case, "decide_clearcheck", INVESTIGATOR, clearcheck="entered")
    assert act(entered, "discontinue_investigation", INVESTIGATOR, discontinued_for="subject_left").state == (
        "discontinued"
    )


def test_the_alleged_offender_is_on_sick_leave() -> None:
    case = notified()
    not_offered = refused(case, "pause_investigation", INVESTIGATOR, in_writing_offered=False)
    assert not_offered.params == {"field": "in_writing_offered"}
    paused = act(case, "pause_investigation", INVESTIGATOR, pause_reason="sick_leave")
    assert notes(paused) == ["formal_report.paused"], "she sees it"
    assert act(paused, "record_response", SYSTEM).facts["subject_heard"] is True, "he can answer in writing meanwhile"
    assert ring_until(paused, NOW + 91 * DAY).clocks["investigation"].runs, "and it does not stand for ever"


def test_it_turns_out_to_be_unclear_of_which_class_it_is() -> None:
    """No category is asked for when lodging, and an unclear report is taken like any other (2.2)."""
    assert not [field for field in LIFECYCLE.opening.fields if field.name in ("category", "kind")]
    assert act(lodged(), "acknowledge", INTAKE).state == "acknowledged"


def test_a_supervisor_gets_a_formal_report() -> None:
    request = BY_NAME["supervisor_request"]
    (rule,) = [one for one in request.rules if one.action == "pass_on"]
    assert [effect.name for effect in rule.effects] == ["misdirected_report"]
    assert request.state_of[str(rule.to)].closed
    assert not [one for one in request.rules if one.to and rule.to in one.states], "one forward, no inquiry"


def test_a_late_report() -> None:
    window = replace(POLICY.deadlines["report.window"], amount=6)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "report.window": window})
    late = act(
        assessing(), "flag_time_limit", INVESTIGATOR, policy=policy, last_incident_at=(NOW - 300 * DAY).isoformat()
    )
    assert (late.state, late.facts["time_limit"]) == ("assessing", "passed")
    tolled = act(
        assessing(),
        "flag_time_limit",
        INVESTIGATOR,
        policy=policy,
        last_incident_at=(NOW - 300 * DAY).isoformat(),
        tolled_days=200,
        tolled_for="sick_leave",
    )
    assert tolled.facts["time_limit"] == "kept"
    assert act(late, "open_investigation", INVESTIGATOR).state == "investigating", "never rejected by a date"
    pattern = act(
        assessing(), "flag_time_limit", INVESTIGATOR, policy=policy, last_incident_at=(NOW - 10 * DAY).isoformat()
    )
    assert pattern.facts["time_limit"] == "kept", "the last incident counts"


def test_the_affected_person_dies_or_cannot_act() -> None:
    case = act(investigating(), "record_person_gone", INVESTIGATOR, circumstance="died")
    assert case.facts["stop_contact"] is True
    assert case.clocks["keep.hold"].runs
    assert not [one for one in engine.offers(LIFECYCLE, case, PERSON, NOW, POLICY) if one.open], "kin get nothing"
    assert refused(case, "discontinue_investigation", INVESTIGATOR, without="reasons").code == "FIELD_MISSING"


def test_the_host_police_demand_the_file() -> None:
    case = act(assessing(), "record_outside_demand", INTAKE, demanded_by="police")
    for actor in (INTAKE, INVESTIGATOR, HR_DIRECTOR):
        assert refused(case, "answer_outside_demand", actor).code == "ROLE_NOT_ALLOWED"
    assert refused(case, "answer_outside_demand", LEGAL, immunity_noted=False).code == "NOT_CONFIRMED"
    answered = act(case, "answer_outside_demand", LEGAL)
    assert notes(act(answered, "tell_person_of_demand", LEGAL)) == ["formal_report.demand_refused"]


def test_the_alleged_offender_is_cleared() -> None:
    """The same day, in the same step, whichever way nothing was found; her own protection is not touched."""
    cleared = no_case()
    assert opens(cleared) == [("respondent", "clear")]
    assert cleared.steps[-1].at == NOW
    unsanctioned = act(
        act(act(act(at_leg(), "charge", LEGAL), "record_reply", SYSTEM), "recommend", LEGAL),
        "decide_no_sanction",
        HR_DIRECTOR,
    )
    assert opens(unsanctioned) == [("respondent", "clear")]
    assert redressed(cleared).facts["redress_considered"] is True


def test_a_finding_waits_for_whoever_it_is_about() -> None:
    assert refused(acknowledged(), "report_to_leg", INVESTIGATOR).code == "ACTION_NOT_OPEN"
    assert refused(investigating(), "report_to_leg", INVESTIGATOR, finding="substantiated").rule == "invariant 48"
    assert act(heard(), "report_to_leg", INVESTIGATOR, finding="substantiated").state == "at_leg"
