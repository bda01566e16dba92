"""A request to a manager moves by her own word, and a manager without it does the least, after she has been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle import engine
from lifecycle.model import ActorKind, Case, EffectKind, Refused
from lifecycle.recipients import recipients
from policy.load import load
from policy.model import Role
from services.workflow.domain import supervisor_rules as rules
from services.workflow.domain.supervisor_parts import OPEN, WITH_MANAGER
from services.workflow.domain.supervisor_request import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

MANAGER = staff("S0017", Role.MANAGER)
DAY = timedelta(days=1)


def assigned(manager: str = "S0017", now: datetime = NOW) -> Case:
    return act(opened("supervisor_request"), "assign_manager", SYSTEM, manager=manager, found="as_asked", now=now)


def acknowledged() -> Case:
    return act(assigned(), "acknowledge", MANAGER)


def proposed(to_whom: str = "alleged_offender", *, names_her: str = "no") -> Case:
    return act(acknowledged(), "propose_steps", MANAGER, message="m1", to_whom=to_whom, names_her=names_her)


def agreed(to_whom: str = "alleged_offender", *, names_her: str = "no") -> Case:
    case = proposed(to_whom, names_her=names_her)
    return act(case, "agree_steps", PERSON, message="m1", to_whom=to_whom, names_her=names_her)


def spoken() -> Case:
    return act(agreed(), "speak_to_offender", MANAGER)


def offers_to_her(case: Case, now: datetime) -> set[str]:
    return {one.action for one in engine.offers(LIFECYCLE, case, PERSON, now, POLICY) if one.open}


def test_telling_looks_for_the_manager_and_tells_him_alone() -> None:
    told = opened("supervisor_request")
    assert effect_names(told, EffectKind.ERRAND) == ["find_manager"]
    case = assigned()
    (notice,) = case.effects
    assert recipients(case, notice, POLICY, NOW) == ("S0017",)


def test_a_manager_has_his_time_from_when_she_told_and_not_from_when_he_was_found() -> None:
    earlier = {"lodged_at": (NOW - DAY).isoformat()}
    case = engine.open_case(LIFECYCLE, opened("supervisor_request").report_id, 1, earlier, NOW, POLICY)
    assert {key: clock.started_at for key, clock in case.clocks.items()} == {
        "supervisor.ack": NOW - DAY,
        "supervisor.act": NOW - DAY,
        "report.update": NOW,
    }


def test_one_manager_at_a_time_and_nobody_twice() -> None:
    already = Refused("ALREADY_ASSIGNED", "lifecycle", {"role": "manager"})
    assert refused(assigned(), "assign_manager", SYSTEM, manager="S0016") == already
    again = act(act(assigned(), "close_to_manager", SYSTEM), "ask_next_level", PERSON)
    assert refused(again, "assign_manager", SYSTEM, manager="S0017").code == "HAD_IT_BEFORE"
    assert act(again, "assign_manager", SYSTEM, manager="S0016").assigned == {Role.MANAGER: "S0016"}


def test_nothing_is_said_to_anybody_before_she_has_agreed_to_it() -> None:
    for case in (assigned(), acknowledged(), proposed()):
        for action in ("speak_to_offender", "take_team_measure", "refer"):
            assert refused(case, action, MANAGER).code == "ACTION_NOT_OPEN"
    assert spoken().state == "spoken_to_offender"


def test_she_agrees_to_the_very_words_to_whom_they_are_said_and_to_being_named() -> None:
    (offer,) = [one for one in engine.offers(LIFECYCLE, proposed(), PERSON, NOW, POLICY) if one.action == "agree_steps"]
    assert {field.name: field.choices for field in offer.fields} == {
        "message": ("m1",),
        "to_whom": ("alleged_offender",),
        "names_her": ("no",),
    }
    assert refused(proposed(), "agree_steps", PERSON, message="m0").code == "PROPOSED_OTHERWISE"
    others: tuple[dict[str, Any], ...] = ({"to_whom": "team"}, {"names_her": "yes"})
    for otherwise in others:
        assert refused(proposed(), "agree_steps", PERSON, message="m1", **otherwise).code == "FIELD_INVALID"
    changed = act(agreed(), "propose_steps", MANAGER, message="m2", to_whom="team")
    assert refused(changed, "speak_to_offender", MANAGER).code == "ACTION_NOT_OPEN"
    assert refused(changed, "agree_steps", PERSON, message="m1", to_whom="team").code == "PROPOSED_OTHERWISE"


def test_what_is_done_is_what_she_agreed_to() -> None:
    answer = refused(agreed("team"), "speak_to_offender", MANAGER)
    assert (answer.code, dict(answer.params)) == ("NOT_AS_AGREED", {"agreed": "team"})
    assert act(agreed("team"), "take_team_measure", MANAGER).state == "team_measure"
    assert act(agreed("another_office"), "refer", MANAGER).state == "referred"


def test_she_is_named_only_when_she_agreed_to_be() -> None:
    assert refused(agreed(), "speak_to_offender", MANAGER, unnamed=False).code == "NAMING_NOT_AGREED"
    assert act(agreed(names_her="yes"), "speak_to_offender", MANAGER, unnamed=False).facts["unnamed"] is False
    refused_naming = replace(acknowledged(), facts={**acknowledged().facts, "may_name": "no"})
    answer = refused(refused_naming, "propose_steps", MANAGER, message="m1", to_whom="team", names_her="yes")
    assert answer.code == "NAMING_NOT_AGREED"


def test_her_agreement_is_hers_to_take_back() -> None:
    case = act(agreed(), "ask_for_other_steps", PERSON)
    assert case.state == "acknowledged"
    refused(case, "speak_to_offender", MANAGER)


def test_inv_14_a_manager_acts_without_her_only_after_her_inbox_has_said_so() -> None:
    assert refused(acknowledged(), "announce_act", MANAGER, without="reasons").code == "FIELD_MISSING"
    announced = act(acknowledged(), "announce_act", MANAGER)
    refused(announced, "speak_to_offender", MANAGER)
    early = refused(announced, "record_placed", SYSTEM, version=announced.version - 1)
    assert early.code == "NOT_IN_THE_INBOX_YET"
    told = act(announced, "record_placed", SYSTEM, version=announced.version)
    assert refused(told, "speak_to_offender", MANAGER, unnamed=False).code == "NAMING_NOT_AGREED"
    assert act(told, "speak_to_offender", MANAGER).state == "spoken_to_offender"
    assert act(told, "take_team_measure", MANAGER).state == "team_measure"
    assert refused(told, "refer", MANAGER).code == "ACTION_NOT_OPEN"


def test_inv_14_no_timer_and_no_other_side_moves_a_request() -> None:
    for rule in LIFECYCLE.rules:
        assert Role.ALLEGED_OFFENDER not in rule.by
    for case in (opened("supervisor_request"), assigned(), acknowledged(), proposed(), agreed(), spoken()):
        asked = act(case, "ask_check_ins", PERSON)
        assert ring_until(asked, NOW + 400 * DAY).state == case.state


@pytest.mark.parametrize("outcome", ["resolved", "not_resolved", "stopped"])
def test_only_her_own_word_says_that_it_is_settled(outcome: str) -> None:
    ends = {rule.action: rule.by for rule in LIFECYCLE.rules if "outcome" in {field.name for field in rule.fields}}
    assert ends == {"end_request": frozenset({ActorKind.PERSON})}
    assert act(spoken(), "end_request", PERSON, outcome=outcome).facts["outcome"] == outcome


@pytest.mark.parametrize("state", OPEN)
def test_she_can_stop_it_in_every_state(state: str) -> None:
    assert act(replace(spoken(), state=state), "end_request", PERSON, outcome="stopped").state == "closed"


def test_inv_50_silence_closes_nothing_and_even_after_long_somebody_has_to_say_so() -> None:
    asked = act(spoken(), "ask_how_it_is", MANAGER)
    assert refused(asked, "close_request", MANAGER, now=NOW + 89 * DAY).code == "HER_WORD_IS_AWAITED"
    silent = ring_until(asked, NOW + 120 * DAY)
    assert silent.state == "check_in"
    closed = act(silent, "close_request", MANAGER, now=NOW + 120 * DAY, reason="asked_and_not_answered")
    assert closed.steps[-1].by == "S0017"


def test_her_inbox_asks_her_twice_more_before_a_silence_tells_the_manager_anything() -> None:
    """Section 4, `anon.silence`: two reminders, and both are hers alone."""
    case, heard = act(spoken(), "ask_how_it_is", MANAGER), []
    while (due := engine.next_due(LIFECYCLE, case, POLICY)) and due.at <= NOW + 90 * DAY:
        case = engine.on_due(LIFECYCLE, case, due, due.at, POLICY)
        if due.key == "anon.silence":
            heard.append(((due.at - NOW).days, effect_names(case, EffectKind.NOTIFY), heard_by(case, due.at)))
    assert heard == [
        (30, ["supervisor_request.how_is_it"], set()),
        (60, ["supervisor_request.how_is_it"], set()),
        (90, ["supervisor_request.no_answer"], {"S0017"}),
    ]


def heard_by(case: Case, now: datetime) -> set[str]:
    """Of staff."""
    return {one for effect in case.effects for one in recipients(case, effect, POLICY, now)}


def test_a_silent_manager_is_reminded_and_she_is_offered_the_next_level() -> None:
    case = assigned()
    assert "ask_next_level" not in offers_to_her(case, NOW)
    assert refused(case, "ask_next_level", PERSON).code == "MANAGER_STILL_IN_TIME"
    late = ring_until(case, NOW + 2 * DAY)
    assert effect_names(late, EffectKind.NOTIFY) == [
        "supervisor_request.not_acknowledged",
        "supervisor_request.no_answer_yet",
    ]
    assert {one for effect in late.effects for one in recipients(late, effect, POLICY, NOW)} == {"S0017"}
    assert "ask_next_level" in offers_to_her(late, NOW + 2 * DAY)
    above = act(late, "ask_next_level", PERSON, now=NOW + 2 * DAY)
    assert above.clocks["report.update"].started_at == NOW + 2 * DAY, "that it goes further is news for her"
    assert (above.state, dict(above.assigned), effect_names(above, EffectKind.ERRAND)) == ("told", {}, ["find_manager"])
    for key in ("supervisor.ack", "supervisor.act"):
        clock = above.clocks[key]
        assert (clock.started_at, clock.met_at) == (NOW + 2 * DAY, None), "whoever is told next has the whole time"


def test_what_was_acknowledged_and_not_done_is_late_as_well() -> None:
    late = ring_until(acknowledged(), NOW + 14 * DAY)
    marks = [step.facts["mark"] for step in late.steps if step.facts.get("clock") == "supervisor.act"]
    assert marks == ["supervisor.remind.5", "supervisor.remind.2", "due"]
    assert "ask_next_level" in offers_to_her(late, NOW + 14 * DAY)
    done = act(agreed(), "speak_to_offender", MANAGER)
    assert "ask_next_level" not in offers_to_her(ring_until(done, NOW + 30 * DAY), NOW + 30 * DAY)


def test_what_has_rung_is_late_also_by_a_clock_that_is_behind() -> None:
    """The errand that follows goes by another clock than the ring."""
    ack = assigned().clocks["supervisor.ack"]
    late = ring_until(assigned(), ack.due_at)
    assert rules.is_late(late, ack.due_at - timedelta(seconds=1))
    answered = act(late, "acknowledge", MANAGER, now=ack.due_at)
    assert not rules.is_late(answered, ack.due_at), "he has answered, and has time to act"
    assert not rules.is_late(assigned(), ack.due_at - timedelta(seconds=1))


def said_in_three_months(case: Case) -> set[str]:
    """Of the clock by which she hears even if nothing has moved."""
    clock = case.clocks["report.update"]
    later = ring_until(replace(case, clocks={"report.update": clock}), NOW + 91 * DAY)
    return set(effect_names(later, EffectKind.NOTIFY)) if later.version > case.version else set()


def test_nothing_new_is_said_where_she_waits_and_not_where_her_word_is_awaited() -> None:
    hers = ("supervisor_request.update_due", "supervisor_request.nothing_new")
    for case in (assigned(), acknowledged(), agreed(), act(acknowledged(), "announce_act", MANAGER), spoken()):
        assert said_in_three_months(case) == set(hers), case.state
    asked = act(spoken(), "ask_how_it_is", MANAGER)
    for case in (proposed(), act(assigned(), "close_to_manager", SYSTEM), asked):
        assert said_in_three_months(case) == set(), f"in {case.state} it is her turn"
    for case in (
        act(proposed(), "ask_for_other_steps", PERSON),
        act(asked, "ask_for_more", PERSON),
        act(act(assigned(), "close_to_manager", SYSTEM), "ask_next_level", PERSON),
    ):
        assert said_in_three_months(case) == set(hers), "and then ours again"


def test_what_is_new_to_her_starts_the_thirty_days_again() -> None:
    later = act(assigned(), "acknowledge", MANAGER, now=NOW + 20 * DAY)
    assert later.clocks["report.update"].due_at == NOW + 50 * DAY


def test_nobody_waits_for_news_of_what_a_manager_has_begun_himself() -> None:
    may_act = act(seen_by_manager(), "tell_in_person", MANAGER)
    for case in (
        seen_by_manager(),
        act(seen_by_manager(), "acknowledge", MANAGER),
        act(may_act, "speak_to_offender", MANAGER),
        act(act(seen_by_manager(), "hand_on", SYSTEM), "assign_manager", SYSTEM, manager="S0019", found="next_level"),
    ):
        assert said_in_three_months(case) == set(), case.state


def test_she_is_asked_how_it_is_three_times_if_she_wishes_and_no_more_when_she_wishes_no_more() -> None:
    wished = act(acknowledged(), "ask_check_ins", PERSON)
    rung = [step for step in ring_until(wished, NOW + 100 * DAY).steps if step.action == "ring"]
    asked = [(step.facts["clock"], step.at) for step in rung if "checkin" in str(step.facts["clock"])]
    assert asked == [
        ("informal.checkin", NOW + 14 * DAY),
        ("informal.checkin.second", NOW + 30 * DAY),
        ("informal.checkin.third", NOW + 90 * DAY),
    ]
    stopped = act(wished, "stop_check_ins", PERSON)
    assert not [key for key, clock in stopped.clocks.items() if "checkin" in key and clock.runs]
    for nothing_left in (acknowledged(), stopped, ring_until(wished, NOW + 100 * DAY)):
        assert refused(nothing_left, "stop_check_ins", PERSON).code == "CLOCK_NOT_RUNNING", (
            "her inbox does not offer it"
        )


def test_nobody_but_the_manager_it_is_with_ever_hears_of_it() -> None:
    """The skipped supervisor is never copied: no notice goes by a role that several hold, none climbs a ladder."""
    effects = [effect for rule in LIFECYCLE.rules for effect in rule.effects]
    effects += [e for clock in LIFECYCLE.clocks for o in clock.outcomes for e in o.effects]
    effects += [effect for clock in LIFECYCLE.clocks for effect in clock.reminds]
    to = {(effect.facts["to"], effect.facts.get("role")) for effect in effects if effect.kind is EffectKind.NOTIFY}
    assert to == {("assigned", Role.MANAGER), ("her_inbox", None)}


@pytest.mark.parametrize("state", WITH_MANAGER)
def test_when_the_manager_goes_nobody_reads_it_until_she_says_who_may(state: str) -> None:
    case = act(replace(acknowledged(), state=state), "close_to_manager", SYSTEM)
    assert (case.state, dict(case.assigned)) == ("asking_who_next", {})
    waited = ring_until(case, NOW + 200 * DAY)
    assert (waited.state, dict(waited.assigned)) == ("asking_who_next", {})
    assert offers_to_her(case, NOW) >= {"ask_next_level", "end_request"}


def test_duty_and_wish_are_recorded_side_by_side() -> None:
    told = {"prefers": "no_report", "duty_told": True}
    assert refused(acknowledged(), "record_duty", MANAGER, prefers="no_report", duty_told=False).code == "NOT_CONFIRMED"
    case = act(acknowledged(), "record_duty", MANAGER, prefers="no_report")
    assert dict(case.steps[-1].facts) == told
    assert (case.state, effect_names(case, EffectKind.NOTIFY)) == (
        "acknowledged",
        ["supervisor_request.duty_to_report"],
    )


def seen_by_manager() -> Case:
    case = engine.open_case(
        LIFECYCLE, NOW_REPORT, 1, {"lodged_at": NOW.isoformat(), "begun_by": "manager"}, NOW, POLICY
    )
    case = act(case, "assign_manager", SYSTEM, manager="S0017", found="himself")
    return act(case, "note_seen", MANAGER)


NOW_REPORT = opened("supervisor_request").report_id


def test_what_a_manager_saw_himself_he_may_stop_after_telling_her_in_person() -> None:
    case = seen_by_manager()
    assert case.state == "seen_by_manager"
    assert refused(case, "tell_in_person", MANAGER, told_first=False).code == "NOT_CONFIRMED"
    may_act = act(case, "tell_in_person", MANAGER)
    done = act(may_act, "take_team_measure", MANAGER)
    assert act(done, "close_request", MANAGER, reason="done").state == "closed"


def test_what_a_manager_saw_himself_has_nobodys_agreement_to_ask_for() -> None:
    for action in ("propose_steps", "announce_act"):
        assert refused(act(seen_by_manager(), "acknowledge", MANAGER), action, MANAGER).code == "BEGUN_OTHERWISE"
    assert refused(acknowledged(), "tell_in_person", MANAGER).code == "BEGUN_OTHERWISE"


def test_what_a_manager_saw_himself_goes_on_without_asking_when_he_leaves() -> None:
    assert refused(seen_by_manager(), "close_to_manager", SYSTEM).code == "BEGUN_OTHERWISE"
    case = act(seen_by_manager(), "hand_on", SYSTEM, now=NOW + 3 * DAY)
    assert (case.state, dict(case.assigned), effect_names(case, EffectKind.ERRAND)) == ("told", {}, ["find_manager"])
    begun = {case.clocks[key].started_at for key in ("supervisor.ack", "supervisor.act")}
    assert begun == {NOW + 3 * DAY}, "whoever has it next has all of the time"


def test_inv_24_what_turns_out_to_be_about_a_beneficiary_is_reported_and_no_longer_informal() -> None:
    case = act(acknowledged(), "turn_into_sea", MANAGER, reason="affected_not_personnel", affected_is="beneficiary")
    assert (case.state, effect_names(case, EffectKind.OPEN)) == ("turned_into_sea", ["sea_report"])
    assert not offers_to_her(case, NOW)
    assert refused(acknowledged(), "turn_into_sea", MANAGER, affected_is="personnel").code == "FIELD_INVALID"


def test_what_was_not_for_him_is_passed_on_and_he_has_it_no_more() -> None:
    case = act(acknowledged(), "pass_on", MANAGER, matter="formal_report", reason="not_for_me")
    assert (case.state, effect_names(case, EffectKind.OPEN)) == ("passed_on", ["misdirected_report"])


@pytest.mark.parametrize("pack", ["iom-2024-03", "rehearsal"])
def test_inv_53_it_is_erased_when_the_look_ahead_is_over_and_not_before(pack: str) -> None:
    policy = load(pack)
    ended = act(spoken(), "end_request", PERSON, outcome="resolved", policy=policy)
    due = engine.next_due(LIFECYCLE, ended, policy)
    assert due is not None
    assert (due.key, due.irreversible) == ("keep.informal_supervisor", True)
    assert due.at == max(policy.due("keep.informal_supervisor", NOW), policy.due("ret.lookahead", NOW))
    erased = engine.on_due(LIFECYCLE, ended, due, due.at, policy)
    assert (erased.state, effect_names(erased, EffectKind.ERASE)) == ("erased", ["case"])


@pytest.mark.parametrize("key", ["supervisor.ack", "supervisor.act"])
def test_what_a_manager_has_begun_himself_and_lets_lie_goes_one_level_up(key: str) -> None:
    """Told anew it has a date for whoever has it next; whoever was told by her waits for her word."""
    his = act(act(seen_by_manager(), "hand_on", SYSTEM), "assign_manager", SYSTEM, manager="S0019", found="next_level")
    hers = act(opened("supervisor_request"), "assign_manager", SYSTEM, manager="S0019", found="as_asked")
    for case, errands in ((his, ["hand_up"]), (hers, [])):
        late = ring_until(case, case.clocks[key].due_at)
        assert late.steps[-1].facts == {"clock": key, "mark": "due"}
        assert effect_names(late, EffectKind.ERRAND) == errands
        assert ("supervisor_request.no_answer_yet" in effect_names(late, EffectKind.NOTIFY)) is not bool(errands)
