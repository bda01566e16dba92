"""A formal report stands on its own, keeps its promises of time, and is never closed by silence."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case, EffectKind
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.formal_report import LIFECYCLE
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

INTAKE = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
LEGAL = staff("S0003", Role.LEGAL_OFFICER, Role.ADMINISTRATIVE_HEAD)


def assessing() -> Case:
    return act(act(opened("formal_report"), "acknowledge", INTAKE), "start_assessment", INTAKE)


def test_inv_11_a_formal_report_needs_no_informal_step_before_it() -> None:
    fields = {field.name: field.required for field in LIFECYCLE.opening.fields}
    assert fields == {"lodged_at": True, "mode": False, "language": False}
    informal = BY_NAME["informal_resolution"]
    opened = {effect.name for rule in informal.rules for effect in rule.effects if effect.kind is EffectKind.OPEN}
    assert opened == {"mediation"}, "nothing of the organisation's side"


def test_inv_11_an_informal_talk_goes_on_beside_it() -> None:
    """Nothing in the talk's table knows of a formal report, so lodging one can neither end nor block a talk."""
    assert not [name for name in BY_NAME["informal_resolution"].by_action if "formal" in name or "report" in name]


def test_the_office_is_told_once_who_is_excluded_is_known() -> None:
    routed = act(opened("formal_report"), "record_routed", SYSTEM)
    assert recipients(routed, routed.effects[0], POLICY, NOW) == ("S0005",)
    assert refused(routed, "record_routed", SYSTEM).code == "SAME_PERSON"


def test_time_counts_from_receipt_however_late_the_desk_heard_of_it() -> None:
    case = opened("formal_report", now=NOW + timedelta(days=3))
    assert case.clocks["report.ack"].due_at == NOW + timedelta(days=7)
    assert engine.next_date(LIFECYCLE, case) == NOW + timedelta(days=7)


def test_a_missed_acknowledgement_is_escalated_and_can_still_be_made() -> None:
    late = ring_until(opened("formal_report"), NOW + timedelta(days=7))
    assert (late.state, effect_names(late, EffectKind.NOTIFY)) == ("submitted", ["formal_report.late"])
    assert recipients(late, late.effects[0], POLICY, NOW) == ("S0005", "S0006")
    met = act(late, "acknowledge", INTAKE, now=NOW + timedelta(days=8)).clocks["report.ack"]
    assert met.met_at == NOW + timedelta(days=8)
    assert met.rung == ("due",), "that it was late stays on record"


def test_she_hears_something_every_thirty_days() -> None:
    case = ring_until(assessing(), NOW + timedelta(days=95))
    rung = [step.at for step in case.steps if step.facts.get("clock") == "report.update"]
    assert rung == [NOW + timedelta(days=30 * n) for n in (1, 2, 3)]


def test_a_pause_is_seen_and_moves_the_target_by_its_length() -> None:
    paused = act(assessing(), "pause_assessment", INTAKE, now=NOW + timedelta(days=10), pause_reason="sick_leave")
    assert paused.clocks["assess.target"].paused_at == NOW + timedelta(days=10)
    assert refused(paused, "pause_assessment", INTAKE).code == "CLOCK_NOT_RUNNING"
    resumed = act(paused, "resume_assessment", INTAKE, now=NOW + timedelta(days=24))
    assert resumed.clocks["assess.target"].due_at == NOW + timedelta(days=44)
    assert refused(resumed, "resume_assessment", INTAKE).code == "CLOCK_NOT_PAUSED"


def test_an_alert_opens_an_interim_measure_and_says_who_alerted() -> None:
    for alerter, role in ((INVESTIGATOR, "investigator"), (LEGAL, "legal_officer")):
        alerted = act(assessing(), "alert_interim_measures", alerter)
        (effect,) = alerted.effects
        assert (effect.kind, effect.name) == (EffectKind.OPEN, "interim_measure")
        assert effect.facts == {"action": "alert", "by": alerter.staff_id, "role": role}
    assert refused(assessing(), "alert_interim_measures", LEGAL, without="risk_facts").params == {"field": "risk_facts"}


def test_inv_16_withdrawing_stops_contact_and_leaves_the_decision_to_the_office() -> None:
    case = act(assessing(), "withdraw", PERSON, stop_contact=True)
    assert (case.state, case.facts["withdrawn"], case.facts["stop_contact"]) == ("assessing", True, True)
    assert effect_names(case, EffectKind.NOTIFY) == ["formal_report.withdrawn"]


@pytest.mark.parametrize("without", ["reason", "reasons"])
def test_inv_50_closing_needs_a_reason(without: str) -> None:
    answer = refused(assessing(), "close_no_action", INVESTIGATOR, without=without)
    assert (answer.code, dict(answer.params)) == ("FIELD_MISSING", {"field": without})


def test_inv_50_a_closed_report_names_its_author_and_no_clock_runs_on() -> None:
    closed = act(assessing(), "close_no_action", INVESTIGATOR, reason="outside_mandate")
    assert (closed.state, closed.steps[-1].by, closed.facts["reason"]) == ("closed", "S0006", "outside_mandate")
    assert engine.next_due(LIFECYCLE, closed, POLICY) is None
    assert refused(closed, "acknowledge", INTAKE).code == "ACTION_NOT_OPEN"


def test_inv_50_no_report_closes_by_inactivity() -> None:
    for case in (opened("formal_report"), assessing(), act(assessing(), "open_investigation", INVESTIGATOR)):
        assert ring_until(case, NOW + timedelta(days=400)).state == case.state
