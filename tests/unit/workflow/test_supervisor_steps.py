"""A request to a manager step by step: from where each step leads where, and what stands in its way."""

from dataclasses import replace

import pytest

from lifecycle.model import Case, Facts, Step
from tests.lifecycles import BY_NAME, NOW, attempt
from tests.refusals import Change, known, refusals, same
from tests.unit.lifecycle.test_cells import actor_for, standing

REQUEST = BY_NAME["supervisor_request"]
AGREEING, WITHOUT_HER = "acknowledged steps_proposed steps_agreed", "act_announced may_act"
DONE = "spoken_to_offender team_measure referred"
TAKEN_UP = f"seen_by_manager {AGREEING} {WITHOUT_HER} {DONE} check_in"
LEADS = {
    "note_seen": ("told", "seen_by_manager"),
    "acknowledge": ("told seen_by_manager", "acknowledged"),
    "propose_steps": (AGREEING, "steps_proposed"),
    "agree_steps": ("steps_proposed", "steps_agreed"),
    "ask_for_other_steps": ("steps_proposed steps_agreed", "acknowledged"),
    "announce_act": (AGREEING, "act_announced"),
    "record_placed": ("act_announced", "may_act"),
    "tell_in_person": ("seen_by_manager acknowledged", "may_act"),
    "speak_to_offender": ("steps_agreed may_act", "spoken_to_offender"),
    "take_team_measure": ("steps_agreed may_act", "team_measure"),
    "refer": ("steps_agreed", "referred"),
    "ask_how_it_is": (DONE, "check_in"),
    "ask_for_more": (f"{DONE} check_in", "acknowledged"),
    "turn_into_sea": (TAKEN_UP, "turned_into_sea"),
    "pass_on": (f"told {AGREEING} {WITHOUT_HER}", "passed_on"),
    "close_to_manager": (f"told {TAKEN_UP}", "asking_who_next"),
    "hand_on": (f"told {TAKEN_UP}", "told"),
    "ask_next_level": (f"told {TAKEN_UP} asking_who_next", "told"),
    "end_request": (f"told {TAKEN_UP} asking_who_next", "closed"),
    "close_request": (f"{DONE} check_in", "closed"),
}


@pytest.mark.parametrize("action", LEADS)
def test_from_where_a_step_leads_where(action: str) -> None:
    states, to = LEADS[action]
    who = actor_for(REQUEST, min(REQUEST.by_action[action]))
    for state in REQUEST.state_of:
        after = attempt(REQUEST, standing(REQUEST, state, action), action, who)
        assert (after.state if isinstance(after, Case) else after.code) == (
            to if state in states.split() else "ACTION_NOT_OPEN"
        ), state


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("note_seen", "what_was_seen"),
        ("announce_act", "reasons"),
        ("tell_in_person", "reasons"),
        ("speak_to_offender", "what_was_said"),
        ("take_team_measure", "what_was_done"),
        ("record_duty", "reasons"),
        ("turn_into_sea", "allegation"),
        ("close_request", "reasons"),
    ],
)
def test_what_a_manager_does_he_writes_down(action: str, words: str) -> None:
    rule = next(one for one in REQUEST.rules if one.action == action)
    case = standing(REQUEST, rule.states[-1], action)
    answer = attempt(REQUEST, case, action, actor_for(REQUEST, min(rule.by)), without=words)
    assert not isinstance(answer, Case)
    assert (answer.code, answer.params) == ("FIELD_MISSING", {"field": words})


def before(action: str, **facts: str) -> Change:
    return lambda case: replace(case, steps=(*case.steps, Step(5, action, "system", None, NOW, facts)))


SAYING = {"speak_to_offender", "take_team_measure", "refer"}


@pytest.mark.parametrize(
    ("change", "sent", "code", "rule", "params", "actions"),
    [
        (known(begun_by="manager"), {}, "BEGUN_OTHERWISE", "policy 2.1", {"begun_by": "manager"},
         {"announce_act", "ask_how_it_is", "close_to_manager", "pass_on", "propose_steps"}),
        (known(begun_by="person"), {}, "BEGUN_OTHERWISE", "policy 2.1", {"begun_by": "person"},
         {"hand_on", "note_seen", "tell_in_person"}),
        (known(begun_by="person"), {}, "HER_WORD_IS_AWAITED", "invariant 50", {"clock": "anon.silence"},
         {"close_request"}),
        (known(to_whom="team"), {}, "NOT_AS_AGREED", "policy 2.1", {"agreed": "team"}, {"refer", "speak_to_offender"}),
        (known(to_whom="alleged_offender"), {}, "NOT_AS_AGREED", "policy 2.1", {"agreed": "alleged_offender"},
         {"refer", "take_team_measure"}),
        (known(may_name="no"), {"names_her": "yes"}, "NAMING_NOT_AGREED", "policy 2.1", {"field": "names_her"},
         {"propose_steps"}),
        (same, {"unnamed": False}, "NAMING_NOT_AGREED", "policy 2.1", {"field": "unnamed"}, SAYING),
        (same, {"message": "another"}, "PROPOSED_OTHERWISE", "policy 2.1", {"field": "message"}, {"agree_steps"}),
        (lambda case: replace(case, clocks={}), {}, "MANAGER_STILL_IN_TIME", "policy 2.1", {"clock": "supervisor.act"},
         {"ask_next_level"}),
        (before("assign_manager", manager="S0011"), {}, "HAD_IT_BEFORE", "policy 2.1", {"field": "manager"},
         {"assign_manager"}),
        (before("announce_act"), {"version": 4}, "NOT_IN_THE_INBOX_YET", "policy 2.1", {"needed": 5},
         {"record_placed"}),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_of_a_step(
    change: Change, sent: Facts, code: str, rule: str, params: Facts, actions: set[str]
) -> None:
    found = refusals(REQUEST, change, sent=sent, to=actions)[code]
    assert (found.actions, found.rules) == (actions, {rule})
    assert all(one == params for one in found.params)
