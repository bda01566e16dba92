"""Discipline in steps, redress, what each is told, and the time after: nobody decides alone, nothing ends by itself."""

from dataclasses import replace

import pytest

from lifecycle import engine
from lifecycle.engine import offers
from lifecycle.model import Action, Actor, Case, EffectKind, Refused
from lifecycle.recipients import HER_INBOX, recipients
from lifecycle.table import FieldKind
from policy.model import Role
from services.workflow.domain.formal_outcome import HOW_IT_IS
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import (
    COMMITTEE,
    DAY,
    EXECUTIVE,
    HR_DIRECTOR,
    INTAKE,
    INVESTIGATOR,
    LEGAL,
    OTHER_HEAD,
    acknowledged,
    at_leg,
    charged,
    closed,
    decided,
    investigating,
    letter_sent,
    no_case,
    notes,
    opens,
    recommended,
    redressed,
    replied,
    told,
)
from tests.lifecycles import (
    ACTION,
    NOW,
    PERSON,
    POLICY,
    SYSTEM,
    act,
    effect_names,
    refused,
    ring_until,
    staff,
    texts,
    valid_facts,
)

DECIDERS = ("administrative_head", "hr_director", "executive_head")


def test_her_inbox_shows_no_step_of_discipline() -> None:
    for case in (at_leg(), charged(), replied(), recommended(), decided(), letter_sent(), no_case()):
        assert LIFECYCLE.seen_as(case) == "at_leg", case.state


def test_he_is_cleared_the_same_day_when_nothing_is_found() -> None:
    assert opens(no_case()) == [("respondent", "clear")]
    unsanctioned = act(recommended("no_sanction"), "decide_no_sanction", HR_DIRECTOR)
    assert (unsanctioned.state, opens(unsanctioned)) == ("no_case", [("respondent", "clear")])


def heard_late(case: Case, key: str) -> list[tuple[str, ...]]:
    """Who hears that this clock is due, with no other beside it."""
    alone = replace(case, clocks={key: case.clocks[key]})
    rung = ring_until(alone, case.clocks[key].due_at)
    return [found for effect in rung.effects if (found := recipients(rung, effect, POLICY, NOW))]


def test_nobody_who_has_to_decide_sign_or_send_can_let_it_lie() -> None:
    case = recommended()
    due = POLICY.due("discipline.decide", NOW)
    assert heard_late(case, "discipline.decide") == [("S0002",), ("S0003",), ("S0015",)]
    assert case.clocks["discipline.decide"].due_at == decided().clocks["discipline.decide"].due_at == due
    assert ("S0001",) in heard_late(decided(), "discipline.decide"), "whoever has to sign"
    unsanctioned = act(recommended("no_sanction"), "decide_no_sanction", HR_DIRECTOR)
    for over in (letter_sent(), unsanctioned):
        assert not over.clocks["discipline.decide"].runs


def test_what_she_is_told_does_not_wait_for_ever_for_an_answer_on_redress() -> None:
    asked = act(no_case(), "ask_redress", INVESTIGATOR)
    assert asked.clocks["redress.decide"].due_at == POLICY.due("redress.decide", NOW)
    assert heard_late(asked, "redress.decide") == [("S0002",), ("S0015",)]
    assert not act(asked, "consider_redress", HR_DIRECTOR).clocks["redress.decide"].runs


def test_a_charge_needs_a_finding_evidence_and_legal_affairs() -> None:
    unfounded = refused(at_leg("not_substantiated"), "charge", LEGAL)
    assert (unfounded.code, unfounded.rule) == ("NOT_SUBSTANTIATED", "invariant 48")
    assert refused(at_leg(), "charge", LEGAL, without="evidence").params == {"field": "evidence"}
    other = staff("S0099", Role.LEGAL_OFFICER)
    assert refused(at_leg(), "charge", other).code == "NOT_ASSIGNED"
    assert refused(at_leg(), "charge", INVESTIGATOR).code == "ROLE_NOT_ALLOWED"
    assert opens(charged()) == [("respondent", "charge")]


def test_inv_48_his_reply_has_its_time_and_may_have_more() -> None:
    assert charged().clocks["charge.reply"].due_at == NOW + 30 * DAY
    assert refused(charged(), "go_on_without_reply", LEGAL).code == "TIME_NOT_OVER"
    assert refused(charged(), "extend_reply", LEGAL, reply_until=(NOW + 20 * DAY).isoformat()).code == "END_NOT_LATER"
    extended = act(charged(), "extend_reply", LEGAL, reply_until=(NOW + 50 * DAY).isoformat())
    assert (extended.clocks["charge.reply"].due_at, opens(extended)) == (
        NOW + 50 * DAY,
        [("respondent", "extend_reply")],
    )
    over = ring_until(extended, NOW + 50 * DAY)
    assert over.state == "charged", "silence decides nothing"
    assert act(over, "go_on_without_reply", LEGAL).state == "replied"
    assert act(charged(), "record_reply", SYSTEM).facts["reply_given"] is True


@pytest.mark.parametrize("case", [charged(), replied(), recommended(), decided()], ids=lambda case: case.state)
def test_inv_48_legal_affairs_answer_who_asks_for_more_time_and_are_asked_until_they_do(case: Case) -> None:
    asked = act(case, "note_time_asked", SYSTEM)
    assert heard_late(asked, "respondent.answer") == [("S0003",), ("S0015",)]
    answer = act(asked, "refuse_more_time", LEGAL)
    assert (opens(answer), answer.clocks["respondent.answer"].runs) == ([("respondent", "refuse_more_time")], False)
    assert refused(answer, "refuse_more_time", LEGAL).code == "NOT_ASKED"
    assert refused(asked, "refuse_more_time", INVESTIGATOR).code == "ROLE_NOT_ALLOWED"


def test_inv_48_nobody_goes_on_over_a_request_for_more_time() -> None:
    silent = ring_until(act(charged(), "note_time_asked", SYSTEM), NOW + 30 * DAY)
    answer = refused(silent, "go_on_without_reply", LEGAL)
    assert (answer.code, answer.params) == ("SOMETHING_WAITS", {"clock": "respondent.answer"})
    asked = act(replied(), "note_time_asked", SYSTEM)
    for action in ("recommend", "advise_managerial_action"):
        assert refused(asked, action, LEGAL).code == "SOMETHING_WAITS"
    assert act(asked, "find_no_case", LEGAL).state == "no_case", "which needs no more of him"
    longer = act(asked, "extend_reply", LEGAL, reply_until=(NOW + 50 * DAY).isoformat())
    assert (longer.state, longer.clocks["charge.reply"].runs) == ("charged", True), "it waits for him again"
    assert act(act(longer, "record_reply", SYSTEM), "recommend", LEGAL).state == "recommended"


def test_a_reply_that_comes_late_is_on_record_and_whoever_decides_hears_that_there_is_more() -> None:
    silent = act(ring_until(charged(), NOW + 30 * DAY), "go_on_without_reply", LEGAL)
    assert silent.facts["reply_given"] is False
    late = act(silent, "record_reply", SYSTEM)
    assert (late.state, late.facts["reply_given"]) == ("replied", True)
    deciding = act(recommended(), "record_reply", SYSTEM)
    heard = [recipients(deciding, effect, POLICY, NOW) for effect in deciding.effects]
    assert (deciding.state, {"S0002", "S0003"} <= {one for people in heard for one in people}) == ("recommended", True)


@pytest.mark.parametrize(("day", "until"), [(0, 30), (40, 40)], ids=["when it ends anyway", "now"])
def test_what_ends_no_later_is_no_extension_to_the_very_moment(day: int, until: int) -> None:
    answer = refused(charged(), "extend_reply", LEGAL, now=NOW + day * DAY, reply_until=(NOW + until * DAY).isoformat())
    assert answer == Refused("END_NOT_LATER", "invariant 48", {"field": "reply_until"})


def test_who_recommends_and_who_decides_are_two_and_a_sanction_has_a_second_signature() -> None:
    by_legal = act(replied(), "recommend", LEGAL, hr_director="S0002")
    assert by_legal.assigned[Role.HR_DIRECTOR] == "S0002"
    not_asked = refused(by_legal, "decide_discipline", staff("S0099", Role.HR_DIRECTOR))
    assert (not_asked.code, not_asked.params) == ("NOT_ASSIGNED", {"role": ", ".join(DECIDERS)})
    case = decided()
    assert refused(case, "send_letter", HR_DIRECTOR).code == "SECOND_SIGNATURE_MISSING"
    assert refused(case, "sign_second", COMMITTEE).code == "NOT_ASSIGNED", "the one who was named"
    signed = act(case, "sign_second", EXECUTIVE)
    assert opens(act(signed, "send_letter", HR_DIRECTOR)) == [("respondent", "tell_outcome")]


def test_nobody_signs_his_own_decision() -> None:
    by_executive = act(recommended_to("executive_head", "S0001"), "decide_discipline", EXECUTIVE)
    answer = refused(by_executive, "sign_second", EXECUTIVE)
    assert (answer.code, answer.params) == ("SAME_PERSON", {"did": "decide_discipline"})


def test_whoever_investigated_or_recommended_decides_nothing() -> None:
    investigator = staff("S0006", Role.INVESTIGATOR, Role.EXECUTIVE_HEAD)
    case = recommended_to("executive_head", "S0001")
    case = replace(case, assigned={**case.assigned, Role.EXECUTIVE_HEAD: "S0006"})
    answer = refused(case, "decide_discipline", investigator)
    assert (answer.code, answer.params["did"]) == ("SAME_PERSON", "open_investigation")


def test_the_table_of_delegation_says_who_decides_discipline() -> None:
    case = recommended_to("administrative_head", "S0004")
    answer = refused(case, "decide_discipline", OTHER_HEAD)
    assert (answer.code, answer.params) == ("NOT_DELEGATED", {"decision": "discipline"})


def recommended_to(part: str, staff_id: str) -> Case:
    action = Action(ACTION, "recommend", {"recommendation": "sanction", part: staff_id}, frozenset({"advice"}))
    case = engine.apply(LIFECYCLE, replied(), action, LEGAL, NOW, POLICY)
    assert isinstance(case, Case)
    return case


@pytest.mark.parametrize(
    ("parts", "params"),
    [
        ({}, {"one_of": ", ".join(DECIDERS)}),
        ({"hr_director": "S0002", "executive_head": "S0001"}, {"one_of": ", ".join(DECIDERS)}),
        ({"hr_director": "S0009"}, {"field": "hr_director"}),
    ],
)
def test_exactly_one_is_asked_and_may_be(parts: dict[str, str], params: dict[str, str]) -> None:
    action = Action(ACTION, "recommend", {"recommendation": "sanction", **parts}, frozenset({"advice"}))
    answer = engine.apply(LIFECYCLE, replied(), action, LEGAL, NOW, POLICY)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.params) == ("NAME_ONE", params)


@pytest.mark.parametrize(
    ("case", "action", "actor"),
    [
        (at_leg(), "advise_managerial_action", LEGAL),
        (recommended(), "decide_discipline", HR_DIRECTOR),
        (act(recommended("summary_dismissal"), "record_view", LEGAL), "dismiss_summarily", HR_DIRECTOR),
        (act(at_leg(), "record_view", LEGAL), "propose_national_referral", LEGAL),
        (no_case(), "ask_redress", INVESTIGATOR),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_whoever_asks_for_a_decision_says_whose(case: Case, action: str, actor: Actor) -> None:
    rule = LIFECYCLE.rule_of[case.state, action]
    named = {field.name for field in rule.fields if field.kind is FieldKind.STAFF}
    facts = {name: fact for name, fact in valid_facts(rule, NOW).items() if name not in named}
    answer = engine.apply(LIFECYCLE, case, Action(ACTION, action, facts, texts(rule)), actor, NOW, POLICY)
    assert isinstance(answer, Refused)
    assert answer.code == "NAME_ONE"


def test_summary_dismissal_is_an_outcome_of_its_own_and_never_without_her_view_on_record() -> None:
    unadvised = refused(recommended("sanction"), "dismiss_summarily", HR_DIRECTOR)
    assert unadvised.code == "NOT_RECOMMENDED"
    case = recommended("summary_dismissal")
    unheard = refused(case, "dismiss_summarily", HR_DIRECTOR)
    assert (unheard.code, unheard.params) == ("VIEW_NOT_RECORDED", {"needs": "view_recorded"})
    asked = act(case, "ask_view", LEGAL)
    assert notes(asked) == ["formal_report.view_asked"]
    objects = act(asked, "state_view", PERSON, view="objects")
    dismissed = act(objects, "dismiss_summarily", HR_DIRECTOR)
    assert (dismissed.state, dismissed.facts["sanction"]) == ("decided", "summary_dismissal"), "her view is no veto"
    not_reached = act(case, "record_view", LEGAL, view="not_reached")
    assert act(not_reached, "dismiss_summarily", HR_DIRECTOR).state == "decided"


def test_national_authorities_are_told_by_the_head_of_the_organisation_alone() -> None:
    case = at_leg()
    assert refused(case, "propose_national_referral", LEGAL).code == "VIEW_NOT_RECORDED"
    viewed = act(act(case, "ask_view", LEGAL), "state_view", PERSON, view="prefers_not_to_say")
    assert refused(viewed, "decide_national_referral", EXECUTIVE).code == "NOT_ASSIGNED"
    proposed = act(viewed, "propose_national_referral", LEGAL)
    assert refused(proposed, "decide_national_referral", LEGAL).code == "ROLE_NOT_ALLOWED"
    for immunity, found in (("waived", "made"), ("kept", "not_made")):
        answer = act(proposed, "decide_national_referral", EXECUTIVE, immunity=immunity)
        assert answer.facts["national_referral"] == found
        assert notes(answer) == ["formal_report.national_referral_decided"]


def test_she_is_asked_for_her_view_only_when_somebody_wants_it() -> None:
    offered = {one.action: one.open for one in offers(LIFECYCLE, at_leg(), PERSON, NOW, POLICY)}
    assert offered["state_view"] is False
    asked = act(at_leg(), "ask_view", LEGAL)
    assert {one.action: one.open for one in offers(LIFECYCLE, asked, PERSON, NOW, POLICY)}["state_view"] is True


def test_managerial_action_waits_for_the_manager_who_takes_it() -> None:
    case = act(at_leg(), "advise_managerial_action", LEGAL)
    assert (case.state, opens(case)) == ("managerial_action", [("respondent", "tell_outcome")])
    waiting = redressed(case)
    assert refused(waiting, "decide_disclosure", INVESTIGATOR).code == "NOT_DONE_YET"
    done = act(waiting, "take_managerial_action", HR_DIRECTOR)
    assert act(done, "decide_disclosure", INVESTIGATOR).state == "disclosure_decided"
    unheard = act(investigating(), "report_to_leg", INVESTIGATOR, finding="inconclusive")
    assert refused(unheard, "advise_managerial_action", LEGAL).code == "NOT_HEARD"


@pytest.mark.parametrize(
    "case", [no_case(), letter_sent(), act(investigating(), "discontinue_investigation", INVESTIGATOR)]
)
def test_redress_is_considered_whatever_the_discipline(case: Case) -> None:
    answer = refused(case, "decide_disclosure", INVESTIGATOR)
    assert (answer.code, answer.params) == ("REDRESS_NOT_CONSIDERED", {"needs": "redress_considered"})
    asked = act(case, "ask_redress", INVESTIGATOR)
    assert refused(asked, "consider_redress", HR_DIRECTOR, without="reasons").params == {"field": "reasons"}
    considered = act(asked, "consider_redress", HR_DIRECTOR, redress="none")
    assert act(considered, "decide_disclosure", INVESTIGATOR).state == "disclosure_decided"


def test_what_she_is_owed_is_the_tribunals_to_say() -> None:
    case = act(redressed(no_case()), "decide_disclosure", INVESTIGATOR)
    assert case.facts["owed"] == "result,report_redacted"
    un = replace(POLICY, tribunal=POLICY.tribunals["un"])
    there = act(redressed(no_case()), "decide_disclosure", INVESTIGATOR, policy=un)
    assert there.facts["owed"] == "result,abstract,action_in_sexual_harassment"
    assert refused(redressed(no_case()), "decide_disclosure", INVESTIGATOR, without="reasons").code == "FIELD_MISSING"
    asked = act(told(), "request_assessment", PERSON)
    assert effect_names(asked, EffectKind.NOTIFY) == ["formal_report.assessment_asked"]
    answer = refused(told(), "request_assessment", PERSON, policy=un)
    assert (answer.code, answer.params) == ("NOT_OWED", {"needs": "preliminary_assessment"})


def test_after_the_outcome_somebody_looks_after_her_and_somebody_closes() -> None:
    case = told()
    assert case.facts["outcome_told_at"] == NOW.isoformat()
    monitored = act(case, "start_monitoring", INVESTIGATOR)
    assert ring_until(monitored, NOW + 300 * DAY).state == "monitoring"
    closed = act(monitored, "close_report", INVESTIGATOR, now=NOW + 100 * DAY)
    kept = closed.clocks["keep.investigated"]
    assert (kept.started_at, kept.due_at.date().isoformat()) == (NOW, "2031-03-02"), "five years from the outcome"
    assert effect_names(closed, EffectKind.EMIT) == ["cooperation_ended"]


def test_a_sanction_is_kept_by_the_organisations_own_schedule() -> None:
    case = told(letter_sent())
    assert refused(case, "close_report", INVESTIGATOR).code == "SANCTIONED"
    assert refused(told(), "close_sanctioned", INVESTIGATOR).code == "NO_SANCTION"
    closed = act(case, "close_sanctioned", INVESTIGATOR)
    assert {key for key, clock in closed.clocks.items() if clock.runs} == {"keep.substantiated.review", *HOW_IT_IS}
    looked_at = ring_until(closed, NOW + 6 * 366 * DAY)
    assert looked_at.state == "closed", "no schedule is set: nothing is erased, somebody is reminded to look"


def test_where_the_schedule_says_how_long_a_sanction_is_kept_from_when_its_outcome_was_told() -> None:
    deadlines = POLICY.deadlines
    ten_years = replace(deadlines["keep.investigated"], amount=2 * (deadlines["keep.investigated"].amount or 0))
    policy = replace(POLICY, deadlines={**deadlines, "keep.substantiated": ten_years})
    monitored = act(told(letter_sent()), "start_monitoring", INVESTIGATOR)
    closed = act(monitored, "close_sanctioned", INVESTIGATOR, now=NOW + 200 * DAY, policy=policy)
    assert closed.clocks["keep.substantiated"].due_at == NOW.replace(year=NOW.year + 10)
    assert not closed.clocks["report.monitor"].runs, "nobody is reminded to look after it any more"


@pytest.mark.parametrize("case", [act(told(), "close_report", INVESTIGATOR), closed()], ids=["told", "at once"])
def test_whoever_reported_is_asked_five_times_after_the_end_how_it_is_and_nobody_else_hears_of_it(case: Case) -> None:
    said = [
        (key, [(one.name, one.facts["to"]) for one in rung.effects])
        for key in HOW_IT_IS
        if (rung := ring_until(case, case.clocks[key].due_at))
    ]
    assert said == [(key, [("formal_report.how_it_is", HER_INBOX)]) for key in HOW_IT_IS]
    days = [(case.clocks[key].due_at - NOW).days for key in HOW_IT_IS]
    assert days == [30, 60, 90, 184, 365]
    gone = ring_until(case, NOW + 6 * 366 * DAY)
    assert (gone.state, [key for key, clock in gone.clocks.items() if clock.runs]) == ("erased", [])


def test_a_report_that_goes_elsewhere_asks_nothing_there_it_goes_on() -> None:
    assert not set(HOW_IT_IS) & set(act(acknowledged(), "pass_on", INTAKE).clocks)


def test_either_outcome_can_be_reviewed_and_late_is_no_refusal() -> None:
    for case in (told(), act(told(), "close_report", INVESTIGATOR)):
        asked = act(ring_until(case, NOW + 200 * DAY), "request_review", PERSON, about="closure")
        assert [(e.name, e.facts["party"]) for e in asked.effects] == [("review", "person")]
        assert asked.state == case.state
