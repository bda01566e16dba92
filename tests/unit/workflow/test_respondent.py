"""The alleged offender's side: notice, answer, time, somebody at his side, outcome; and nothing about who reported."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Case, EffectKind, Fact
from lifecycle.table import FieldKind
from policy.model import Role
from services.workflow.domain.respondent import BETWEEN_HIM_AND_US, LIFECYCLE, handlers
from tests.lifecycles import NOW, POLICY, SYSTEM, act, at, effect_names, opened, refused, ring_until, staff

OIO = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
HIM = staff("part:1f", Role.ALLEGED_OFFENDER)


def notified(**facts: Fact) -> Case:
    return act(opened("respondent"), "notify", SYSTEM, respondent="part:1f", **facts)


def of_measure(**facts: Fact) -> Case:
    return act(opened("respondent"), "tell_of_measure", SYSTEM, respondent="part:1f", **facts)


def charged() -> Case:
    return act(notified(), "charge", SYSTEM)


def test_inv_01_there_is_nothing_for_him_before_he_is_notified() -> None:
    case = opened("respondent")
    assert (case.assigned, case.effects) == ({}, ())
    told = notified()
    assert told.assigned == {Role.ALLEGED_OFFENDER: "part:1f"}
    assert [effect.facts["to"] for effect in told.effects] == ["other_side"]


def test_inv_01_no_fact_of_his_case_says_who_reported() -> None:
    names = {field.name for rule in LIFECYCLE.rules for field in rule.fields}
    assert not names & {"reporter", "writer", "affected_individual", "person", "alerted_by", "witness"}
    staff_named = {field.name for rule in LIFECYCLE.rules for field in rule.fields if field.kind is FieldKind.STAFF}
    assert staff_named == {"support_contact", "hold_owner", "reviewer"}
    assert not [state for state in LIFECYCLE.states if state.person_sees], "nor does her inbox show his case"


def test_inv_48_he_has_support_from_the_first_letter_on() -> None:
    assert refused(opened("respondent"), "notify", SYSTEM, without="support_contact").code == "FIELD_MISSING"
    assert refused(opened("respondent"), "notify", SYSTEM, support_contact="S0009").code == "NOT_APPOINTED"
    assert refused(opened("respondent"), "tell_of_measure", SYSTEM, support_contact="S0009").code == "NOT_APPOINTED"
    assert act(notified(), "name_support", OIO, support_contact="S0014").facts["support_contact"] == "S0014"


def test_inv_48_nothing_is_said_to_be_found_before_he_could_answer() -> None:
    answer = refused(notified(), "tell_outcome", SYSTEM)
    assert (answer.code, answer.rule) == ("NOT_HEARD", "invariant 48")
    assert act(act(notified(), "respond", HIM), "tell_outcome", SYSTEM).state == "outcome_told"
    silent = ring_until(notified(), NOW + timedelta(days=120))
    assert silent.state == "notified", "silence closes nothing"
    over = notified().clocks["subject.response"].due_at
    assert refused(notified(), "tell_outcome", SYSTEM, now=over - timedelta(seconds=1)).code == "NOT_HEARD"
    assert act(notified(), "tell_outcome", SYSTEM, now=over).state == "outcome_told"
    assert act(silent, "tell_outcome", SYSTEM, now=NOW + timedelta(days=120)).state == "outcome_told"


def test_inv_48_a_charge_gives_him_a_time_of_its_own() -> None:
    answered = act(act(notified(), "respond", HIM), "charge", SYSTEM)
    assert refused(answered, "tell_outcome", SYSTEM).code == "NOT_HEARD"
    assert answered.clocks["charge.reply"].due_at == POLICY.due("charge.reply", NOW)
    assert act(act(charged(), "reply_to_charge", HIM), "tell_outcome", SYSTEM).state == "outcome_told"


def test_inv_48_who_does_not_reply_to_a_charge_is_told_when_his_time_is_over_and_not_before() -> None:
    over = charged().clocks["charge.reply"].due_at
    early = refused(charged(), "tell_outcome", SYSTEM, now=over - timedelta(seconds=1))
    assert (early.code, early.params) == ("NOT_HEARD", {"needs": "respond"})
    assert act(charged(), "tell_outcome", SYSTEM, now=over).state == "outcome_told"


def test_inv_48_a_reply_to_one_charge_is_none_to_the_next() -> None:
    again = act(act(charged(), "reply_to_charge", HIM), "charge", SYSTEM)
    assert refused(again, "tell_outcome", SYSTEM).code == "NOT_HEARD"


def test_an_answer_to_a_measure_is_an_answer_where_nothing_else_is_said() -> None:
    assert refused(of_measure(), "tell_outcome", SYSTEM).code == "NOT_HEARD"
    measured = act(of_measure(), "respond", HIM)
    assert act(measured, "tell_outcome", SYSTEM).state == "outcome_told"


@pytest.mark.parametrize(
    ("action", "field", "clock"),
    [("extend_response", "response_until", "subject.response"), ("extend_reply", "reply_until", "charge.reply")],
)
def test_more_time_ends_later_than_what_he_had(action: str, field: str, clock: str) -> None:
    case, actor = (notified(), OIO) if action == "extend_response" else (charged(), SYSTEM)
    due = case.clocks[clock].due_at
    for until in (due, due - timedelta(days=1)):
        answer = refused(case, action, actor, **{field: until.isoformat()})  # type: ignore[arg-type]
        assert (answer.code, answer.params) == ("TIMES_OUT_OF_ORDER", {"field": field, "after": clock})
    longer = act(case, action, actor, **{field: (due + timedelta(days=1)).isoformat()})  # type: ignore[arg-type]
    assert longer.clocks[clock].due_at == due + timedelta(days=1)


def test_inv_31_the_office_that_told_him_handles_his_case_and_the_other_does_not() -> None:
    assert handlers(opened("respondent")) == {Role.INTAKE_OFFICER, Role.INVESTIGATOR}
    of_ethics = replace(opened("respondent"), facts={"origin": "ethics"})
    assert handlers(of_ethics) == {Role.ETHICS_OFFICER, Role.ALTERNATE_ETHICS_OFFICER}


def test_once_charged_he_is_reminded_of_the_charge_alone() -> None:
    rung = ring_until(charged(), charged().clocks["charge.reply"].due_at)
    assert {step.facts["clock"] for step in rung.steps if step.action == "ring"} == {"charge.reply"}


@pytest.mark.parametrize(("action", "sends"), [("respond", "record_response"), ("reply_to_charge", "record_reply")])
def test_that_he_answered_is_told_to_the_reports_own_case_and_what_he_wrote_is_not(action: str, sends: str) -> None:
    case = act(charged() if action == "reply_to_charge" else notified(), action, HIM)
    (emitted,) = [effect for effect in case.effects if effect.kind is EffectKind.EMIT]
    assert (emitted.name, dict(emitted.facts)) == (sends, {})


def test_he_asks_for_more_time_and_gets_an_answer() -> None:
    asked = act(notified(), "ask_more_time", HIM, time_for="sick_leave")
    assert "respondent.waits" in effect_names(ring_until(asked, NOW + timedelta(days=6)), EffectKind.NOTIFY)
    given = act(asked, "extend_response", OIO, response_until=at(60))
    assert (given.clocks["subject.response"].due_at, given.clocks["respondent.answer"].runs) == (
        NOW + timedelta(days=60),
        False,
    )
    sooner = refused(given, "extend_response", OIO, response_until=at(59))
    assert (sooner.code, sooner.rule) == ("TIMES_OUT_OF_ORDER", "invariant 48")
    assert refused(given, "extend_response", OIO, response_until=at(-1)).code == "TIME_IN_THE_PAST"
    assert not act(asked, "refuse_more_time", OIO).clocks["respondent.answer"].runs


@pytest.mark.parametrize("replied", [False, True])
def test_once_charged_his_request_for_time_goes_to_the_report_and_its_answer_comes_from_there(replied: bool) -> None:
    before = act(charged(), "reply_to_charge", HIM) if replied else charged()
    asked = act(before, "ask_more_time", HIM, time_for="translation")
    assert effect_names(asked, EffectKind.EMIT) == ["note_time_asked"]
    for action in ("refuse_more_time", "extend_response"):
        assert refused(asked, action, OIO).code == "ROLE_NOT_ALLOWED", "legal affairs charged him"
    late = ring_until(asked, asked.clocks["respondent.answer"].due_at)
    assert [(one.name, one.facts["to"]) for one in late.effects if one.kind is EffectKind.NOTIFY] == [
        ("respondent.answer_late", "other_side")
    ], "he hears that it is late; those who can answer have a clock of their own"
    for action in ("refuse_more_time", "extend_reply"):
        assert not act(asked, action, SYSTEM).clocks["respondent.answer"].runs


def test_what_he_asked_of_the_notice_waits_no_more_once_there_is_a_charge_or_an_outcome() -> None:
    asked = act(act(notified(), "respond", HIM), "ask_more_time", HIM, time_for="sick_leave")
    for action in ("charge", "tell_outcome"):
        assert not act(asked, action, SYSTEM).clocks["respondent.answer"].runs


@pytest.mark.parametrize("ended", ["tell_no_finding", "clear"])
def test_inv_48_told_of_more_after_an_outcome_he_answers_to_it_like_the_first_time(ended: str) -> None:
    told = act(act(notified(), ended, SYSTEM), "notify", SYSTEM)
    assert (told.state, told.clocks["respondent.close"].runs) == ("notified", False)
    assert refused(told, "tell_outcome", SYSTEM).code == "NOT_HEARD"
    assert act(act(told, "respond", HIM), "tell_outcome", SYSTEM).state == "outcome_told"


def test_inv_48_told_of_more_after_the_charge_he_answers_to_both() -> None:
    for actor, action in ((HIM, "respond"), (SYSTEM, "extend_response")):
        early = refused(charged(), action, actor)
        assert (early.code, early.params) == ("NOT_ASKED", {"needs": "notify"})
    more = act(charged(), "notify", SYSTEM)
    for first, second in (("respond", "reply_to_charge"), ("reply_to_charge", "respond")):
        once = act(more, first, HIM)
        assert refused(once, "tell_outcome", SYSTEM).code == "NOT_HEARD", first
        assert act(act(once, second, HIM), "tell_outcome", SYSTEM).state == "outcome_told"
    longer = act(more, "extend_response", SYSTEM, response_until=at(60))
    assert (longer.state, longer.clocks["subject.response"].due_at) == ("charged", NOW + timedelta(days=60))
    assert effect_names(longer, EffectKind.NOTIFY) == ["respondent.letter"]


def test_he_may_bring_somebody_and_have_it_looked_at_again() -> None:
    assert act(notified(), "name_companion", HIM).facts["companion"] is True
    asked = act(notified(), "ask_review", HIM, about="measure")
    (opens,) = [effect for effect in asked.effects if effect.kind is EffectKind.OPEN]
    assert (opens.name, opens.facts["party"]) == ("review", "alleged_offender")


def test_clearing_him_tells_everybody_and_stops_his_clocks() -> None:
    cleared = act(charged(), "clear", SYSTEM)
    assert cleared.state == "cleared"
    assert effect_names(cleared, EffectKind.EMIT) == ["respondent.cleared_for_others"]
    assert [clock.key for clock in cleared.clocks.values() if clock.runs] == ["respondent.close"], "none of his"
    closed = act(cleared, "close_respondent", OIO)
    assert [clock.key for clock in closed.clocks.values() if clock.runs] == ["keep.no_case"]
    assert refused(opened("respondent"), "clear", SYSTEM).code == "ACTION_NOT_OPEN", "nobody told, nobody to clear"


def test_an_end_without_a_finding_clears_nobody_and_is_told_to_him_though_he_has_not_answered() -> None:
    told = act(act(notified(), "ask_more_time", HIM, time_for="translation"), "tell_no_finding", SYSTEM)
    assert told.state == "outcome_told"
    assert effect_names(told, EffectKind.EMIT) == [], "no measure ends by it, and nobody hears that nothing was found"
    assert [effect.facts["to"] for effect in told.effects] == ["other_side"]
    assert [clock.key for clock in told.clocks.values() if clock.runs] == ["respondent.close"], "he is asked nothing"
    assert act(told, "ask_review", HIM, about="closure").state == "outcome_told"
    closed = act(told, "close_respondent", OIO, reason="outcome_told")
    assert [clock.key for clock in closed.clocks.values() if clock.runs] == ["keep.investigated"]
    cleared = act(notified(), "clear", SYSTEM)
    assert refused(cleared, "tell_no_finding", SYSTEM).code == "ACTION_NOT_OPEN", "whoever is cleared stays so"


def test_nobody_else_acts_as_him_and_he_acts_as_nobody_else() -> None:
    for action in ("respond", "ask_more_time", "name_companion", "ask_review"):
        assert refused(notified(), action, OIO).code == "ROLE_NOT_ALLOWED"
    for action in ("clear", "tell_outcome", "extend_response", "write_letter", "notify"):
        assert refused(notified(), action, HIM).code == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize(
    "action", ["notify", "charge", "extend_reply", "receive_statement", "tell_outcome", "tell_no_finding", "clear"]
)
def test_what_the_report_decides_cannot_be_done_in_his_case_alone(action: str) -> None:
    everybody = staff("S0005", *Role)
    assert refused(notified(), action, everybody).code == "ROLE_NOT_ALLOWED"


def test_time_given_in_his_case_is_told_to_the_report() -> None:
    given = act(notified(), "extend_response", OIO, response_until=at(60))
    assert effect_names(given, EffectKind.EMIT) == ["record_extension"]


def test_a_letter_on_a_measure_is_nothing_that_he_has_to_answer_before_the_outcome() -> None:
    heard = act(notified(), "respond", HIM)
    measured = act(heard, "tell_of_measure", SYSTEM)
    assert act(measured, "tell_outcome", SYSTEM).state == "outcome_told"
    told_of_measure = act(of_measure(), "respond", HIM)
    accused = act(told_of_measure, "notify", SYSTEM)
    assert refused(accused, "tell_outcome", SYSTEM).code == "NOT_HEARD"


def test_inv_48_a_letter_on_a_measure_leaves_the_time_to_answer_what_is_said_as_it_was_promised() -> None:
    longer = act(notified(), "extend_response", OIO, response_until=at(60))
    measured = act(longer, "tell_of_measure", SYSTEM, until_at=at(90))
    assert (measured.clocks, measured.facts["until_at"]) == (longer.clocks, at(90))
    for told in (act(notified(), "respond", HIM), charged(), act(notified(), "clear", SYSTEM)):
        assert act(told, "tell_of_measure", SYSTEM).clocks == told.clocks, "nor does it begin again"


def test_inv_53_a_case_about_a_measure_alone_closes_once_nothing_waits_and_is_kept_as_one_without_a_finding() -> None:
    measured = act(of_measure(), "respond", HIM)
    closed = act(measured, "close_respondent", OIO, reason="measure_over")
    assert [clock.key for clock in closed.clocks.values() if clock.runs] == ["keep.no_case"]
    silent = of_measure()
    over = silent.clocks["subject.response"].due_at
    assert act(silent, "close_respondent", OIO, now=over).state == "closed"
    early = refused(silent, "close_respondent", OIO, now=over - timedelta(seconds=1))
    assert (early.code, early.params) == ("SOMETHING_WAITS", {"clock": "subject.response"})
    asked = act(measured, "ask_more_time", HIM, time_for="translation")
    waits = refused(asked, "close_respondent", OIO)
    assert (waits.code, waits.params) == ("SOMETHING_WAITS", {"clock": "respondent.answer"})
    assert act(act(asked, "refuse_more_time", OIO), "close_respondent", OIO).state == "closed"
    reviewed = replace(measured, facts={**measured.facts, "frozen": True})
    frozen = refused(reviewed, "close_respondent", OIO)
    assert (frozen.code, frozen.params) == ("CASE_FROZEN", {"action": "close_respondent"})


def test_inv_53_whoever_handles_his_case_is_asked_to_close_it_again_and_again_once_nothing_is_to_come() -> None:
    month = timedelta(days=30)
    handlers = {"respondent.still_open"}
    answered = act(notified(), "respond", HIM)
    for ended in (
        act(answered, "tell_outcome", SYSTEM),
        act(answered, "tell_no_finding", SYSTEM),
        act(answered, "clear", SYSTEM),
    ):
        once = ring_until(ended, NOW + month)
        assert {*effect_names(once, EffectKind.NOTIFY)} == handlers, ended.state
        assert {effect.facts["to"] for effect in once.effects} == {"appointed"}, "he hears nothing of it"
        again = ring_until(once, NOW + 2 * month)
        assert (again.state, {*effect_names(again, EffectKind.NOTIFY)}) == (ended.state, handlers)


def test_inv_53_of_a_measure_alone_too_somebody_is_asked_again_and_again_once_its_time_is_over() -> None:
    until = NOW + timedelta(days=20)
    told = of_measure(until_at=until.isoformat())
    assert told.clocks["respondent.close"].due_at == until + timedelta(days=30)
    once = ring_until(told, until + timedelta(days=30))
    assert "respondent.still_open" in effect_names(once, EffectKind.NOTIFY)
    assert ring_until(once, until + timedelta(days=60)).clocks["respondent.close"].due_at > until + timedelta(days=60)
    assert not act(told, "notify", SYSTEM).clocks["respondent.close"].runs, "an outcome is to come now"
    assert "respondent.close" not in notified().clocks


def test_inv_48_whoever_was_told_what_is_said_is_told_how_it_ends_before_his_case_closes() -> None:
    for told in (notified(), act(of_measure(), "notify", SYSTEM)):
        answered = act(told, "respond", HIM)
        early = refused(answered, "close_respondent", OIO, reason="measure_over")
        assert (early.code, early.params) == ("OUTCOME_TO_COME", {"needs": "tell_outcome"})


def test_he_may_still_ask_for_a_review_once_his_case_is_closed_and_is_told_how_it_went() -> None:
    closed = act(act(notified(), "clear", SYSTEM), "close_respondent", OIO)
    asked = act(closed, "ask_review", HIM, about="closure")
    assert effect_names(asked, EffectKind.OPEN) == ["review"]
    assert effect_names(act(asked, "receive_review", SYSTEM), EffectKind.NOTIFY) == ["respondent.letter"]


def test_where_the_policy_has_a_window_for_a_review_he_has_it_from_the_outcome_or_the_clearing_on() -> None:
    sixty_days = replace(POLICY.deadlines["review.request"], amount=60)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "review.request": sixty_days})
    heard = act(notified(), "respond", HIM)
    for case in (act(charged(), "clear", SYSTEM, policy=policy), act(heard, "tell_outcome", SYSTEM, policy=policy)):
        assert case.clocks["review.request"].due_at == NOW + timedelta(days=60)


def test_inv_09_he_sees_every_step_of_his_case_but_a_hold_and_the_review_that_the_other_side_asked_for() -> None:
    hidden = {"set_hold", "release_hold", "admit_reviewer", "dismiss_reviewer"}
    assert LIFECYCLE.by_action.keys() - hidden == BETWEEN_HIM_AND_US
