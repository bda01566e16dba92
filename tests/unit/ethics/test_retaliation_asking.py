"""Protection from retaliation, by its table alone: from the first word to a complete file."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import DueKind
from lifecycle.recipients import heard_as
from policy.model import Role
from services.ethics.domain.retaliation import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, act, effect_names, opened, refused, ring_until, staff
from tests.unit.ethics.retaliation import OFFICER, WINDOW, begun, monitored, recommended, walked


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


def test_what_was_done_this_very_moment_was_done() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    assert act(case, "correct_activity", OFFICER, activity_on=NOW.isoformat()).version == case.version + 1
