"""What the ethics office's procedures refuse says what is missing and why; what they do is told and counted."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, Fact
from lifecycle.recipients import recipients
from policy.model import Role
from services.ethics.domain.retaliation import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff
from tests.unit.ethics.retaliation import (
    INVESTIGATOR,
    OFFICER,
    REVIEWER,
    TO_DETERMINATION,
    TO_FINDING,
    TO_REVIEW,
    begun,
    monitored,
    walked,
)

DAY = timedelta(days=1)
DIRECTOR = staff("S0002", Role.HR_DIRECTOR)


def acknowledged(kind: str = "request") -> Case:
    return act(begun(kind), "acknowledge", OFFICER)


def proposed() -> Case:
    return act(acknowledged("fear"), "propose_steps", OFFICER, message="m1")


def not_found() -> Case:
    return walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER))


def of_another() -> Case:
    return acknowledged("third_party")


def window_over() -> Case:
    return ring_until(not_found(), NOW + 30 * DAY)


def asked() -> Case:
    return act(not_found(), "ask_review", PERSON)


def in_review() -> Case:
    return act(asked(), "assign_reviewer", SYSTEM, reviewer="S0068")


def reviewed() -> Case:
    return act(in_review(), "uphold_finding", REVIEWER)


def to_review() -> Case:
    return walked(begun(), *TO_REVIEW)


def found() -> Case:
    return walked(begun(), *TO_FINDING)


def investigated() -> Case:
    return act(found(), "refer_to_oversight", OFFICER)


def to_determine() -> Case:
    return walked(begun(), *TO_DETERMINATION)


def queried() -> Case:
    return opened("query")


def recommended() -> Case:
    return opened("recommendation")


def withdrawing() -> Case:
    return act(begun(), "withdraw", PERSON, stop_contact=False)


def declined() -> Case:
    case = act(walked(begun(), *TO_DETERMINATION), "recommend", OFFICER, decider="hr_director")
    return act(case, "record_declined", SYSTEM)


def held() -> Case:
    return act(acknowledged(), "ask_hr_hold", OFFICER)


@pytest.mark.parametrize(
    ("case", "action", "who", "facts", "code", "rule", "params"),
    [
        (of_another, "agree_contact", PERSON, {}, "NOT_FOR_ANOTHER", "policy 2.4", {"kind": "third_party"}),
        (of_another, "ask_tolling", PERSON, {}, "NOT_FOR_ANOTHER", "policy 2.4", {"kind": "third_party"}),
        (
            acknowledged,
            "contact_person",
            OFFICER,
            {"ground": "agreed"},
            "NOT_AGREED",
            "policy 2.4",
            {"field": "ground"},
        ),
        (
            of_another,
            "alert_interim_measures",
            OFFICER,
            {"ground": "agreed"},
            "NOT_AGREED",
            "policy 2.4",
            {"field": "ground"},
        ),
        (reviewed, "ask_review", PERSON, {}, "REVIEW_TOO_LATE", "policy 2.4", {"did": "ask_review"}),
        (window_over, "ask_review", PERSON, {}, "REVIEW_TOO_LATE", "policy 2.4", {"clock": "ret.appeal"}),
        (not_found, "close_case", OFFICER, {}, "REVIEW_STILL_OPEN", "invariant 53", {"clock": "ret.appeal"}),
        (not_found, "start_monitoring", OFFICER, {}, "REVIEW_STILL_OPEN", "invariant 53", {"clock": "ret.appeal"}),
        (begun, "take_back_withdrawal", PERSON, {}, "NOT_WITHDRAWING", "invariant 16", {"withdrawing": False}),
        (begun, "close_case", OFFICER, {}, "NOT_WITHDRAWING", "invariant 16", {"withdrawing": False}),
        (withdrawing, "withdraw", PERSON, {}, "WITHDRAWING_ALREADY", "invariant 16", {"withdrawing": True}),
        (withdrawing, "close_case", OFFICER, {}, "NOT_COOLED_OFF", "invariant 16", {"clock": "ret.withdrawal"}),
        (
            monitored,
            "close_case",
            OFFICER,
            {"reason": "monitoring_done"},
            "STILL_MONITORED",
            "policy 2.4",
            {"clock": "ret.monitor.last"},
        ),
        (acknowledged, "toll", OFFICER, {}, "TOLLING_NOT_ASKED", "policy 2.4", {"needs": "ask_tolling"}),
        (
            proposed,
            "agree_steps",
            PERSON,
            {"message": "m0"},
            "NOT_WHAT_WAS_PROPOSED",
            "invariant 15",
            {"field": "message"},
        ),
        (
            investigated,
            "submit_investigation",
            staff("S0005", Role.INVESTIGATOR),
            {},
            "NOT_ASSIGNED",
            "lifecycle",
            {"role": "investigator"},
        ),
        (
            to_determine,
            "recommend",
            OFFICER,
            {"remedy": "transfer_requester"},
            "CONSENT_MISSING",
            "invariant 38",
            {"field": "she_agrees"},
        ),
        (
            declined,
            "recommend",
            OFFICER,
            {"decider": "hr_director"},
            "DECLINED_BEFORE",
            "policy 2.4",
            {"field": "decider"},
        ),
        (held, "ask_hr_hold", OFFICER, {}, "HOLD_STANDS", "policy 2.4", {"hr_hold": "stands"}),
        (acknowledged, "release_hr_hold", OFFICER, {}, "NO_HOLD", "policy 2.4", {"hr_hold": "none"}),
        (
            begun,
            "correct_activity",
            OFFICER,
            {"activity_on": (NOW + DAY).isoformat()},
            "TIME_IN_THE_FUTURE",
            "invariant 45",
            {"field": "activity_on"},
        ),
        (begun, "pass_on", OFFICER, {"she_agrees": False}, "NOT_CONFIRMED", "invariant 31", {"field": "she_agrees"}),
        (
            asked,
            "assign_reviewer",
            SYSTEM,
            {"reviewer": "S0011"},
            "NOT_APPOINTED",
            "lifecycle",
            {"field": "reviewer"},
        ),
        (queried, "contact_person", OFFICER, {"ground": "agreed"}, "NOT_AGREED", "policy 2.4", {"field": "protection"}),
    ],
)
def test_a_refusal_says_what_is_missing_and_by_which_rule(
    case: Callable[[], Case],
    action: str,
    who: Actor,
    facts: dict[str, Fact],
    code: str,
    rule: str,
    params: dict[str, Fact],
) -> None:
    standing = case()
    answer = refused(standing, action, who, now=standing.steps[-1].at, **facts)
    assert (answer.code, answer.rule, answer.params) == (code, rule, params)


def test_the_office_is_told_once_that_a_case_is_there() -> None:
    routed = act(begun(), "record_routed", SYSTEM)
    assert [recipients(routed, effect, POLICY, NOW) for effect in routed.effects] == [("S0007",)]
    assert refused(routed, "record_routed", SYSTEM).code == "SAME_PERSON"


def test_what_she_says_while_steps_are_agreed_or_watched_reaches_the_office() -> None:
    for heard in (
        act(acknowledged("fear"), "report_act", PERSON),
        act(acknowledged(), "ask_tolling", PERSON),
        act(proposed(), "agree_steps", PERSON, message="m1"),
        act(proposed(), "ask_for_other_steps", PERSON),
        act(withdrawing(), "take_back_withdrawal", PERSON),
        act(monitored(), "answer_check_in", PERSON, answer="not_well"),
    ):
        told = [one for effect in heard.effects for one in recipients(heard, effect, POLICY, NOW)]
        assert told == ["S0007"], heard.steps[-1].action


def test_whoever_recommended_or_asked_for_the_hold_hears_the_answer() -> None:
    recommended = act(walked(begun(), *TO_DETERMINATION), "recommend", OFFICER)
    for case in (
        act(recommended, "record_decided", SYSTEM),
        act(recommended, "record_declined", SYSTEM),
        act(held(), "record_hr_hold", SYSTEM, hr_hold="not_possible"),
    ):
        assert [recipients(case, effect, POLICY, NOW) for effect in case.effects] == [("S0007",)]


def test_each_finding_ends_the_clock_of_its_own_part_and_no_other() -> None:
    finding = walked(begun(), *TO_FINDING)
    assert {key for key, clock in finding.clocks.items() if clock.runs} == {"report.update", "ret.refer"}
    assert {key for key, clock in not_found().clocks.items() if clock.runs} == {"report.update", "ret.appeal"}
    referred = act(finding, "refer_to_oversight", OFFICER)
    assert {key for key, clock in referred.clocks.items() if clock.runs} == {"report.update", "ret.investigation"}
    submitted = act(referred, "submit_investigation", INVESTIGATOR)
    assert {key for key, clock in submitted.clocks.items() if clock.runs} == {"report.update", "ret.determine"}
    assert {key for key, clock in in_review().clocks.items() if clock.runs} == {"report.update", "ret.review"}
    for answer, then in (("uphold_finding", set()), ("overturn_finding", {"ret.refer"})):
        after = act(in_review(), answer, REVIEWER)
        assert {key for key, clock in after.clocks.items() if clock.runs} == {"report.update", *then}, answer


def test_who_takes_it_on_is_known_to_the_register_and_to_her() -> None:
    for kind in ("request", "fear", "third_party"):
        case = acknowledged(kind)
        assert (effect_names(case, "emit"), case.assigned) == (["taken_on"], {Role.ETHICS_OFFICER: "S0007"})
    over = act(acknowledged(), "take_over", staff("S0066", Role.ETHICS_OFFICER))
    assert (effect_names(over, "emit"), over.assigned) == (["taken_on"], {Role.ETHICS_OFFICER: "S0066"})


def test_what_other_services_have_to_follow_is_told_to_them() -> None:
    passed = act(begun(), "pass_on", OFFICER)
    assert (effect_names(passed, "errand"), effect_names(passed, "emit")) == (
        ["pass_on"],
        ["protection_closed", "hr_hold_released"],
    )
    assert effect_names(act(acknowledged(), "correct_activity", OFFICER), "emit") == ["activity_corrected"]
    assert effect_names(act(acknowledged(), "agree_contact", PERSON), "emit") == ["contact_answered"]
    assert effect_names(act(acknowledged(), "open_query", OFFICER, about="confidentiality"), "open") == ["query"]
    assert effect_names(act(acknowledged(), "alert_interim_measures", OFFICER), "emit") == ["measures_alerted"]


def test_the_look_ahead_holds_whatever_is_closed() -> None:
    ahead = POLICY.due("ret.lookahead", NOW)
    later = NOW + 8 * DAY
    closings = {
        "passed on": act(begun(), "pass_on", OFFICER),
        "watched": act(monitored(), "close_case", OFFICER, reason="person_wished"),
        "withdrawn": act(ring_until(withdrawing(), later), "close_case", OFFICER, now=later),
        "query": act(opened("query"), "close_query", OFFICER),
        "recommendation": act(opened("recommendation"), "decide_recommendation", staff("S0002", Role.HR_DIRECTOR)),
    }
    for how, case in closings.items():
        (kept,) = [clock for key, clock in case.clocks.items() if key.startswith("keep.")]
        assert kept.due_at >= ahead, how
    lifecycle_due = engine.next_due(LIFECYCLE, closings["passed on"], POLICY)
    assert lifecycle_due is not None
    assert lifecycle_due.irreversible


def test_a_noted_or_answered_query_belongs_to_whoever_did_it_and_waits_no_longer() -> None:
    for action in ("note_query", "contact_person"):
        case = act(
            opened("query"), action, OFFICER, **({"ground": "imminent_harm"} if action == "contact_person" else {})
        )
        assert case.assigned == {Role.ETHICS_OFFICER: "S0007"}
        assert not case.clocks["ret.ack"].runs
    again = act(act(opened("query"), "contact_person", OFFICER, ground="imminent_harm"), "note_query", OFFICER)
    assert again.state == "contacted"
    assert act(again, "contact_person", OFFICER, ground="imminent_harm").state == "contacted"


@pytest.mark.parametrize(
    ("action", "missing"),
    [("note_query", "note"), ("close_query", "reasons")],
)
def test_the_office_writes_down_what_it_did_about_a_query(action: str, missing: str) -> None:
    assert refused(opened("query"), action, OFFICER, without=missing).params == {"field": missing}


@pytest.mark.parametrize(
    ("case", "action", "who", "missing"),
    [
        (to_review, "find_prima_facie", OFFICER, "reasons"),
        (to_review, "find_no_prima_facie", OFFICER, "lacking"),
        (to_review, "find_no_prima_facie", OFFICER, "reasons"),
        (found, "refer_to_oversight", OFFICER, "mandate"),
        (found, "refer_outside", OFFICER, "mandate"),
        (investigated, "submit_investigation", INVESTIGATOR, "findings"),
        (to_determine, "recommend", OFFICER, "reasons"),
        (to_determine, "recommend", OFFICER, "recommendation"),
        (to_determine, "find_not_established", OFFICER, "reasons"),
        (acknowledged, "contact_person", OFFICER, "reasons"),
        (acknowledged, "correct_activity", OFFICER, "reasons"),
        (acknowledged, "alert_interim_measures", OFFICER, "risk_facts"),
        (acknowledged, "open_query", OFFICER, "note"),
        (acknowledged, "ask_hr_hold", OFFICER, "hold_until"),
        (monitored, "note_check_in", OFFICER, "note"),
        (monitored, "close_case", OFFICER, "reasons"),
        (recommended, "decide_recommendation", DIRECTOR, "reasons"),
        (recommended, "decline_recommendation", DIRECTOR, "reasons"),
    ],
)
def test_what_the_office_decides_it_gives_its_reasons_for(
    case: Callable[[], Case], action: str, who: Actor, missing: str
) -> None:
    answer = refused(case(), action, who, without=missing)
    assert (answer.code, answer.params) == ("FIELD_MISSING", {"field": missing})
