"""A formal report stands on its own, keeps its promises of time, and is never closed by silence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case, EffectKind, Refused
from lifecycle.recipients import recipients
from policy.load import load
from policy.model import Role
from services.workflow.domain.formal_outcome import HOW_IT_IS
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import DAY, INTAKE, INVESTIGATOR, LEGAL, acknowledged, asked, assessing, investigating, notes
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

MONTHS = {"unset": {}, "set": {"report.window": 6}, "with_latest": {"report.window": 6, "report.window.latest": 12}}


def test_inv_11_a_formal_report_needs_no_informal_step_before_it() -> None:
    required = {field.name for field in LIFECYCLE.opening.fields if field.required}
    assert required == {"lodged_at"}
    informal = BY_NAME["informal_resolution"]
    opens = {effect.name for rule in informal.rules for effect in rule.effects if effect.kind is EffectKind.OPEN}
    assert opens == {"mediation"}, "nothing of the organisation's side"


def test_inv_11_an_informal_talk_goes_on_beside_it() -> None:
    """Nothing in the talk's table knows of a formal report, so lodging one can neither end nor block a talk."""
    assert not [name for name in BY_NAME["informal_resolution"].by_action if "formal" in name or "report" in name]


def test_inv_12_no_rule_of_a_formal_report_asks_for_an_earlier_way() -> None:
    """Whatever guards look at, an informal case's facts are not among a report's, and its clocks start from receipt."""
    named = {field.name for rule in LIFECYCLE.rules for field in rule.fields} | {
        field.name for field in LIFECYCLE.opening.fields
    }
    assert not [name for name in named if "informal" in name or "ombuds" in name or "talk" in name]
    assert {change.since for change in LIFECYCLE.opening.clocks} == {"lodged_at"}


def test_the_office_is_told_once_who_is_excluded_is_known() -> None:
    routed = act(opened("formal_report"), "record_routed", SYSTEM)
    assert recipients(routed, routed.effects[0], POLICY, NOW) == ("S0005",)
    assert refused(routed, "record_routed", SYSTEM).code == "SAME_PERSON"


def test_time_counts_from_receipt_however_late_the_desk_heard_of_it() -> None:
    case = opened("formal_report", now=NOW + 3 * DAY)
    assert case.clocks["report.ack"].due_at == NOW + 7 * DAY
    assert engine.next_date(LIFECYCLE, case) == NOW + 7 * DAY


def test_a_missed_acknowledgement_is_escalated_and_told_to_her_and_can_still_be_made() -> None:
    late = ring_until(opened("formal_report"), NOW + 7 * DAY)
    assert late.state == "submitted"
    assert effect_names(late, EffectKind.NOTIFY) == ["formal_report.late", "formal_report.date_missed"]
    assert recipients(late, late.effects[0], POLICY, NOW) == ("S0005", "S0006")
    met = act(late, "acknowledge", INTAKE, now=NOW + 8 * DAY).clocks["report.ack"]
    assert met.met_at == NOW + 8 * DAY
    assert met.rounds == 1, "that it was late stays on record"


def test_a_report_that_nobody_acknowledges_goes_up_until_somebody_independent_hears_of_it() -> None:
    late = opened("formal_report")
    heard = []
    told = []
    for week in (1, 2, 3):
        late = ring_until(late, NOW + 7 * week * DAY)
        heard.append(recipients(late, late.effects[0], POLICY, NOW))
        told.append("formal_report.date_missed" in effect_names(late, EffectKind.NOTIFY))
    assert told == [True, False, False], "she hears once of each date"
    assert heard == [("S0005", "S0006"), ("S0015",), ("S0062", "S0063")], "oversight, the auditor, the committee"
    taken = act(late, "acknowledge", INVESTIGATOR, now=NOW + 22 * DAY)
    assert taken.state == "acknowledged", "whoever is one level up need not wait for the officer"


def test_she_hears_something_every_thirty_days_and_a_note_of_the_handler_counts() -> None:
    case = ring_until(assessing(), NOW + 65 * DAY)
    rung = [step.at for step in case.steps if step.facts.get("clock") == "report.update"]
    assert rung == [NOW + timedelta(days=30 * n) for n in (1, 2)]
    assert notes(case) == ["formal_report.nothing_new"]
    written = act(case, "send_update", INTAKE, now=NOW + 65 * DAY)
    assert written.clocks["report.update"].due_at == NOW + 95 * DAY
    assert written.clocks["report.update"].rounds == 0


def test_what_stands_still_a_second_time_goes_up_and_leaves_no_level_out() -> None:
    quiet, heard = replace(assessing(), clocks={"report.update": assessing().clocks["report.update"]}), []
    for month in (1, 2, 3, 4):
        quiet = ring_until(quiet, NOW + 30 * month * DAY)
        late = [one for one in quiet.effects if one.name == "formal_report.late"]
        heard.append([recipients(quiet, one, POLICY, NOW) for one in late])
    assert heard == [[], [("S0005", "S0006")], [("S0015",)], [("S0062", "S0063")]]


def test_a_pause_is_seen_moves_the_target_by_its_length_and_ends_by_itself() -> None:
    paused = act(assessing(), "pause_assessment", INTAKE, now=NOW + 10 * DAY, pause_reason="sick_leave")
    assert paused.clocks["assess.target"].paused_at == NOW + 10 * DAY
    assert refused(paused, "pause_assessment", INTAKE).code == "CLOCK_NOT_RUNNING"
    resumed = act(paused, "resume_assessment", INTAKE, now=NOW + 24 * DAY)
    assert resumed.clocks["assess.target"].due_at == NOW + 44 * DAY
    assert refused(resumed, "resume_assessment", INTAKE).code == "CLOCK_NOT_PAUSED"
    by_itself = ring_until(paused, NOW + 70 * DAY)
    assert by_itself.clocks["assess.target"].paused_for == 60 * DAY, "the cap of the policy"
    assert by_itself.clocks["assess.target"].runs


def test_an_alert_opens_an_interim_measure_and_says_who_alerted() -> None:
    for alerter, role in ((INVESTIGATOR, "investigator"), (LEGAL, "legal_officer")):
        alerted = act(assessing(), "alert_interim_measures", alerter)
        (effect,) = alerted.effects
        assert (effect.kind, effect.name) == (EffectKind.OPEN, "interim_measure")
        assert effect.facts == {"action": "alert", "by": alerter.staff_id, "role": role}
    assert refused(assessing(), "alert_interim_measures", LEGAL, without="risk_facts").params == {"field": "risk_facts"}


# Questions, and silence.


def test_a_question_waits_ninety_days_reminds_twice_and_closes_nothing() -> None:
    case = ring_until(asked(), NOW + 89 * DAY)
    reminded = [step.at for step in case.steps if str(step.facts.get("mark")).startswith("anon.remind.")]
    assert reminded == [NOW + 30 * DAY, NOW + 60 * DAY]
    assert refused(case, "close_no_action", INVESTIGATOR, reason="no_answer").code == "CLOSING_TOO_EARLY"
    silent = ring_until(case, NOW + 90 * DAY)
    assert silent.state == "needs_info", "a person's decision alone closes"
    closed = act(silent, "close_no_action", INVESTIGATOR, now=NOW + 91 * DAY, reason="no_answer")
    assert (closed.state, closed.steps[-1].by) == ("closed", "S0006")


def test_silence_is_no_reason_where_nothing_was_asked() -> None:
    answered = act(ring_until(asked(), NOW + 90 * DAY), "answer_question", PERSON)
    assert refused(answered, "close_no_action", INVESTIGATOR, reason="no_answer").code == "CLOSING_TOO_EARLY"


@pytest.mark.parametrize(("action", "actor"), [("answer_question", PERSON), ("record_answer", SYSTEM)])
def test_her_answer_brings_it_back_and_tells_the_handler(action: str, actor: object) -> None:
    case = act(asked(), action, actor)  # type: ignore[arg-type]
    assert (case.state, case.clocks["anon.silence"].met_at) == ("assessing", NOW)
    assert [recipients(case, effect, POLICY, NOW) for effect in case.effects] == [("S0005",)]


def test_nobody_is_asked_who_wants_no_contact() -> None:
    withdrawn = act(assessing(), "withdraw", PERSON, stop_contact=True)
    assert refused(withdrawn, "ask_person", INVESTIGATOR).code == "CONTACT_UNWANTED"


# The time for reporting.


@pytest.mark.parametrize(
    ("window", "incident", "tolled", "found"),
    [
        ("unset", 900, 0, ("unset", None)),
        ("set", 30, 0, ("kept", 6)),
        ("set", 300, 0, ("passed", 6)),
        ("set", 300, 200, ("kept", None)),
        ("with_latest", 400, 400, ("passed", 12)),
    ],
)
def test_a_late_report_is_a_flag_with_dates_and_nothing_more(
    window: str, incident: int, tolled: int, found: tuple[str, int | None]
) -> None:
    deadlines = {key: replace(POLICY.deadlines[key], amount=months) for key, months in MONTHS[window].items()}
    policy = replace(POLICY, deadlines={**POLICY.deadlines, **deadlines})
    flagged = act(
        assessing(),
        "flag_time_limit",
        INVESTIGATOR,
        policy=policy,
        last_incident_at=(NOW - incident * DAY).isoformat(),
        tolled_days=tolled,
        tolled_for="informal_effort",
    )
    assert (flagged.state, flagged.facts["time_limit"]) == ("assessing", found[0])
    assert ("time_limit_at" in flagged.facts) == (window != "unset")
    if found[1]:
        assert (
            str(flagged.facts["time_limit_at"])[:10]
            == policy.due(
                "report.window" if found[1] == 6 else "report.window.latest", NOW - incident * DAY
            ).isoformat()[:10]
        )


def test_where_nothing_is_tolled_not_a_day_is_added() -> None:
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "report.window": POLICY.deadlines["report.update"]})
    incident = {"last_incident_at": (NOW - 30 * DAY - timedelta(minutes=1)).isoformat()}
    flagged = act(assessing(), "flag_time_limit", INVESTIGATOR, policy=policy, **incident)
    assert flagged.facts["time_limit"] == "passed"


@pytest.mark.parametrize(("seconds", "found"), [(0, "kept"), (1, "passed")], ids=["the last moment", "after it"])
def test_the_time_for_reporting_has_a_last_moment_that_nothing_moves_which_does_not_count(
    seconds: int, found: str
) -> None:
    window = replace(POLICY.deadlines["report.update"], excludes=("sick_leave",))
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "report.window": window})
    lodged_at = policy.due("report.window", NOW - 40 * DAY) + timedelta(seconds=seconds)
    case = replace(assessing(), facts={**assessing().facts, "lodged_at": lodged_at.isoformat()})
    flagged = act(
        case, "flag_time_limit", INVESTIGATOR, policy=policy,
        last_incident_at=(NOW - 40 * DAY).isoformat(), tolled_days=200, tolled_for="official_travel",
    )  # fmt: skip
    assert flagged.facts["time_limit"] == found


@pytest.mark.parametrize(
    ("reason", "found"), [("sick_leave", "kept"), ("informal_effort", "kept"), ("tolling", "kept"), (None, "passed")]
)
def test_what_does_not_count_is_what_the_policy_excludes(reason: str | None, found: str) -> None:
    """Six months from the last incident, 200 of its 300 days for one of the reasons that this preset names."""
    chosen = load("minimal").deadlines["report.window"]
    assert chosen.preset == "with_exclusions"
    named = chosen if reason else replace(chosen, excludes=("sick_leave",))
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "report.window": named})
    incident = (NOW - 300 * DAY).isoformat()
    flagged = act(
        assessing(), "flag_time_limit", INVESTIGATOR, policy=policy,
        last_incident_at=incident, tolled_days=200, tolled_for=reason or "official_travel",
    )  # fmt: skip
    assert flagged.facts["time_limit"] == found


def test_only_the_office_decides_about_time_and_she_is_told() -> None:
    unflagged = refused(assessing(), "decide_time_limit", INVESTIGATOR)
    assert (unflagged.code, unflagged.params) == ("TIME_LIMIT_NOT_FLAGGED", {"needs": "flag_time_limit"})
    flagged = act(assessing(), "flag_time_limit", INVESTIGATOR)
    assert refused(flagged, "close_no_action", INVESTIGATOR, reason="out_of_time").code == "CLOSING_TOO_EARLY"
    admitted = act(flagged, "decide_time_limit", INVESTIGATOR, admission="admitted_late")
    assert notes(admitted) == ["formal_report.time_limit_decided"]
    assert refused(admitted, "close_no_action", INVESTIGATOR, reason="out_of_time").code == "CLOSING_TOO_EARLY"
    assert refused(flagged, "decide_time_limit", INVESTIGATOR, without="reasons").params == {"field": "reasons"}
    not_admitted = act(flagged, "decide_time_limit", INVESTIGATOR, admission="not_admitted")
    assert act(not_admitted, "close_no_action", INVESTIGATOR, reason="out_of_time").state == "closed"


# Ends of an assessment.


@pytest.mark.parametrize(
    ("action", "facts", "state", "kept"),
    [
        ("close_no_action", {}, "closed", "keep.no_case"),
        ("close_out_of_scope", {}, "closed", "keep.out_of_scope"),
        ("refer_informal", {}, "referred_informal", "keep.no_case"),
        ("refer_other", {"reason": "performance"}, "referred_other", "keep.no_case"),
        ("pass_on", {"matter": "retaliation"}, "passed_on", "keep.out_of_scope"),
    ],
)
def test_each_end_has_its_author_its_reason_and_its_time_of_keeping(
    action: str, facts: dict[str, str], state: str, kept: str
) -> None:
    closed = act(assessing(), action, INVESTIGATOR, **facts)  # type: ignore[arg-type]
    assert (closed.state, closed.steps[-1].by) == (state, "S0006")
    assert {key for key, clock in closed.clocks.items() if clock.runs} == {
        kept,
        *(() if state == "passed_on" else HOW_IT_IS),
    }
    assert refused(assessing(), action, INVESTIGATOR, without="reason", **facts).code == "FIELD_MISSING"  # type: ignore[arg-type]
    assert refused(assessing(), action, staff("S0009", Role.HR_OFFICER)).code == "ROLE_NOT_ALLOWED"


def test_an_informal_way_is_only_spoken_of_and_nothing_opens() -> None:
    referred = act(assessing(), "refer_informal", INVESTIGATOR)
    opens = [(one.name, one.facts["action"]) for one in referred.effects if one.kind is EffectKind.OPEN]
    assert opens == [("respondent", "clear")], "who was told"


def test_the_policy_says_who_may_close_and_who_may_open_an_investigation() -> None:
    other = replace(POLICY.delegation["close_without_investigation"], deciders=(Role.EXECUTIVE_HEAD,))
    policy = replace(POLICY, delegation={**POLICY.delegation, "close_without_investigation": other})
    answer = refused(assessing(), "close_no_action", INVESTIGATOR, policy=policy)
    assert (answer.code, answer.params) == ("NOT_DELEGATED", {"decision": "close_without_investigation"})


@pytest.mark.parametrize("without", ["reason", "reasons"])
def test_inv_50_closing_needs_a_reason(without: str) -> None:
    answer = refused(assessing(), "close_no_action", INVESTIGATOR, without=without)
    assert (answer.code, dict(answer.params)) == ("FIELD_MISSING", {"field": without})


def test_inv_50_no_report_closes_by_inactivity() -> None:
    for case in (opened("formal_report"), acknowledged(), assessing(), asked(), investigating()):
        assert ring_until(case, NOW + 800 * DAY).state == case.state


def test_inv_50_every_closed_state_has_words_for_her() -> None:
    for state in LIFECYCLE.states:
        if state.closed:
            assert POLICY.wording[f"formal_report.{state.name}"]


# Her wish when somebody else reported, and handing over.


def test_a_wish_against_a_formal_way_is_weighed_before_anything_is_opened() -> None:
    lodged = engine.open_case(
        LIFECYCLE,
        opened("formal_report").report_id,
        1,
        {"lodged_at": NOW.isoformat(), "writer": "witness", "affected_wishes": "not_formal"},
        NOW,
        POLICY,
    )
    case = act(act(lodged, "acknowledge", INTAKE), "start_assessment", INVESTIGATOR)
    assert refused(case, "open_investigation", INVESTIGATOR).code == "PREFERENCE_NOT_WEIGHED"
    not_told = refused(case, "weigh_preference", INVESTIGATOR, affected_told_first=False)
    assert (not_told.code, not_told.rule) == ("NOT_CONFIRMED", "policy 1")
    unweighed = refused(case, "close_no_action", INVESTIGATOR, reason="wish_respected")
    assert (unweighed.code, unweighed.params) == ("CLOSING_TOO_EARLY", {"reason": "wish_respected"})
    weighed = act(case, "weigh_preference", INVESTIGATOR, ground="others_at_risk")
    assert refused(weighed, "close_no_action", INVESTIGATOR, reason="wish_respected").code == "CLOSING_TOO_EARLY"
    assert act(weighed, "open_investigation", INVESTIGATOR).state == "investigating"
    respected = act(case, "weigh_preference", INVESTIGATOR, weighed="wish_respected", ground="her_wish")
    assert act(respected, "close_no_action", INVESTIGATOR, reason="wish_respected").state == "closed"


def test_a_report_is_handed_over_to_somebody_who_may_have_it() -> None:
    case = act(opened_by_two(), "hand_over", INTAKE, investigator="S0006")
    assert case.assigned[Role.INVESTIGATOR] == "S0006"
    already = Refused("ALREADY_ASSIGNED", "lifecycle", {"field": "investigator"})
    assert refused(case, "hand_over", INTAKE, investigator="S0006") == already
    assert refused(case, "hand_over", INTAKE, investigator="S0009").code == "NOT_APPOINTED"
    assert act(case, "hand_over", INTAKE, investigator="S0064").assigned[Role.INVESTIGATOR] == "S0064", "a stand-in"


def opened_by_two() -> Case:
    return act(acknowledged(), "start_assessment", INTAKE)
