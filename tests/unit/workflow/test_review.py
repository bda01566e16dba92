"""A second look: by somebody else, for either party, with windows that are flags, and an end that somebody writes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine, handover
from lifecycle.model import Case, EffectKind, Refused
from lifecycle.recipients import recipients
from policy.model import Policy, Role
from services.workflow.domain.review import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, effect_names, opened, refused, ring_until, staff

DAY = timedelta(days=1)
REVIEWER = staff("S0068", Role.REVIEWER)
OTHER_REVIEWER = staff("S0076", Role.REVIEWER)


def with_windows(appeal: int | None) -> Policy:
    deadlines = {"review.appeal": replace(POLICY.deadlines["review.appeal"], amount=appeal)}
    return replace(POLICY, deadlines={**POLICY.deadlines, **deadlines})


def under_review() -> Case:
    return act(opened("review"), "take_review", REVIEWER)


def decided(policy: Policy = POLICY) -> Case:
    return act(under_review(), "decide_review", REVIEWER, policy=policy)


def of_the_other_side() -> Case:
    facts = {"party": "alleged_offender", "about": "measure"}
    return engine.open_case(LIFECYCLE, REPORT, 1, facts, NOW, POLICY)


def test_a_reviewer_hears_of_it_once_who_is_excluded_is_known() -> None:
    assert effect_names(opened("review"), EffectKind.ERRAND) == ["route"], "which is found out first"
    case = act(opened("review"), "record_routed", SYSTEM)
    assert recipients(case, case.effects[0], POLICY, NOW) == ("S0068", "S0076")


def test_whoever_takes_it_decides_it_and_nobody_else() -> None:
    assert under_review().assigned[Role.REVIEWER] == "S0068"
    assert effect_names(under_review(), EffectKind.EMIT) == ["reviewer_admitted"]
    assert refused(under_review(), "decide_review", OTHER_REVIEWER).code == "NOT_ASSIGNED"
    assert refused(under_review(), "decide_review", staff("S0006", Role.INVESTIGATOR)).code == "ROLE_NOT_ALLOWED"
    assert refused(under_review(), "decide_review", REVIEWER, without="reasons").params == {"field": "reasons"}


def test_another_reviewer_goes_on_where_the_first_is_silent_or_may_not_have_it_any_more() -> None:
    """Until then it is theirs alone, and the file stays frozen whoever has it."""
    taken = Refused("HAS_ITS_REVIEWER", "policy 2.2", {"role": "reviewer"})
    for case in (under_review(), decided(), act(decided(), "record_appeal", PERSON)):
        assert refused(case, "take_review", OTHER_REVIEWER) == taken
        left = handover.recuse(case, Role.REVIEWER, NOW)
        assert recipients(left, left.effects[0], POLICY, NOW) == ("S0068", "S0076"), "who could take it hears of it"
        anew = act(left, "take_review", OTHER_REVIEWER)
        assert (anew.state, anew.assigned[Role.REVIEWER]) == (case.state, "S0076")
        assert effect_names(anew, EffectKind.EMIT) == ["reviewer_admitted"]
    for case, key, days in ((under_review(), "review.decide", 30), (decided(), "review.end", 14)):
        late = NOW + days * DAY
        silent = ring_until(replace(case, clocks={key: case.clocks[key]}), late)
        told = {one for effect in silent.effects for one in recipients(silent, effect, POLICY, NOW)}
        assert {"S0062", "S0068", "S0076"} <= told
        assert refused(silent, "take_review", REVIEWER, now=late) == taken
        assert act(silent, "take_review", OTHER_REVIEWER, now=late).assigned[Role.REVIEWER] == "S0076"
    anew = act(ring_until(under_review(), NOW + 30 * DAY), "take_review", OTHER_REVIEWER, now=NOW + 30 * DAY)
    assert refused(anew, "decide_review", REVIEWER, now=NOW + 30 * DAY).code == "NOT_ASSIGNED"
    assert act(anew, "decide_review", OTHER_REVIEWER, now=NOW + 30 * DAY).state == "decided"


def test_a_window_that_is_not_set_is_no_wait() -> None:
    ended = act(decided(), "end_review", REVIEWER)
    assert (ended.state, effect_names(ended, EffectKind.EMIT)) == ("ended", ["review_ended"])


def test_a_window_that_is_set_is_waited_for() -> None:
    policy = with_windows(90)
    case = decided(policy)
    assert case.clocks["review.appeal"].due_at == NOW + 90 * DAY
    early = refused(case, "end_review", REVIEWER)
    assert (early.code, early.rule, early.params) == ("TIME_NOT_OVER", "policy 2.2", {"clock": "review.appeal"})
    over = ring_until(case, NOW + 90 * DAY, policy=policy)
    assert over.state == "decided", "the end of a window ends nothing"
    assert act(over, "end_review", REVIEWER).state == "ended"


@pytest.mark.parametrize("actor", [PERSON, SYSTEM, REVIEWER])
def test_either_party_takes_it_further_to_the_forum_that_is_theirs(actor: object) -> None:
    appealed = act(decided(), "record_appeal", actor, forum="forum_of_the_contract")  # type: ignore[arg-type]
    assert (appealed.state, appealed.facts["forum"]) == ("appealed", "forum_of_the_contract")
    ended = act(appealed, "record_appeal_outcome", REVIEWER, outcome="allowed")
    assert (ended.state, effect_names(ended, EffectKind.EMIT)) == ("ended", ["review_ended"])


def test_she_takes_nothing_further_that_the_other_side_asked_for() -> None:
    his = act(act(of_the_other_side(), "take_review", REVIEWER), "decide_review", REVIEWER)
    answer = refused(his, "record_appeal", PERSON)
    assert (answer.code, answer.rule) == ("NOT_YOUR_REVIEW", "policy 2.2")
    for recorded_by in (SYSTEM, REVIEWER):
        assert act(his, "record_appeal", recorded_by).state == "appealed"


def test_an_appeal_after_its_window_is_taken() -> None:
    policy = with_windows(90)
    late = ring_until(decided(policy), NOW + 200 * DAY, policy=policy)
    assert act(late, "record_appeal", PERSON).state == "appealed"


def test_what_the_other_side_asks_for_is_not_in_her_inbox() -> None:
    assert LIFECYCLE.person_sees(opened("review"))
    assert not LIFECYCLE.person_sees(of_the_other_side())


def test_only_whoever_asked_takes_the_request_back() -> None:
    assert act(opened("review"), "withdraw_request", PERSON).state == "ended"
    assert refused(of_the_other_side(), "withdraw_request", PERSON).code == "NOT_YOUR_REVIEW"


def test_a_request_after_the_window_says_so_and_is_looked_at() -> None:
    facts = {"party": "person", "about": "closure", "after_the_window": True}
    late = engine.open_case(LIFECYCLE, REPORT, 1, facts, NOW, POLICY)
    assert (late.state, late.facts["after_the_window"]) == ("requested", True)


def test_inv_52_a_review_that_takes_too_long_escalates_and_she_is_told() -> None:
    asked = opened("review")
    late = ring_until(replace(asked, clocks={"review.decide": asked.clocks["review.decide"]}), NOW + 30 * DAY)
    assert (late.state, effect_names(late, EffectKind.NOTIFY)) == (
        "requested",
        ["review.late", "review.asked_for", "review.date_missed"],
    )
    assert recipients(late, late.effects[0], POLICY, NOW) == ("S0062", "S0063"), "the oversight committee"
    again = ring_until(late, NOW + 60 * DAY)
    assert effect_names(again, EffectKind.NOTIFY) == ["review.late", "review.asked_for"], "she hears once of each date"


def test_she_hears_every_thirty_days_that_it_goes_on() -> None:
    silent = ring_until(opened("review"), NOW + 62 * DAY)
    assert [step.at for step in silent.steps if step.facts.get("clock") == "report.update"] == [
        NOW + 30 * DAY, NOW + 60 * DAY,
    ]  # fmt: skip


def test_once_it_is_decided_nothing_hides_the_decision() -> None:
    taken = act(opened("review"), "take_review", REVIEWER, now=NOW + 10 * DAY)
    assert taken.clocks["report.update"].due_at == NOW + 40 * DAY
    ruled = act(taken, "decide_review", REVIEWER, now=NOW + 20 * DAY)
    later = ring_until(ruled, NOW + 90 * DAY)
    assert "report.update" not in {step.facts.get("clock") for step in later.steps}


def test_while_a_tribunal_has_it_no_clock_decides_and_nobody_forgets_it() -> None:
    """The file that it is about stays frozen until somebody says what came of it."""
    appealed = act(decided(), "record_appeal", PERSON)
    waits = ring_until(appealed, NOW + 30 * DAY)
    assert effect_names(waits, EffectKind.NOTIFY) == ["review.update_due", "review.nothing_new"]
    assert ring_until(appealed, NOW + 400 * DAY).state == "appealed"


def test_a_review_that_nobody_ends_is_heard_of_above_once_nobody_can_go_further() -> None:
    """The file that it is about stays frozen until then."""
    waits = ring_until(decided(), NOW + 14 * DAY)
    assert effect_names(waits, EffectKind.NOTIFY) == ["review.window_over", "review.late", "review.asked_for"]
    assert recipients(waits, waits.effects[1], POLICY, NOW) == ("S0062", "S0063")
    assert decided(with_windows(90)).clocks["review.end"].due_at == NOW + 90 * DAY


def test_what_is_left_of_it_is_kept_and_then_erased() -> None:
    ended = act(decided(), "end_review", REVIEWER)
    assert ring_until(ended, NOW + 2 * 365 * DAY).state == "ended"
    assert ring_until(ended, NOW + 4 * 365 * DAY).state == "erased"
