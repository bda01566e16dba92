"""What happens to a case after it has closed, on a small procedure that keeps its cases: an emergency separation."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lifecycle import engine, freezing
from lifecycle.model import Actor, Case
from lifecycle.recipients import recipients
from policy.model import Policy, Role
from services.workflow.domain.emergency_separation import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, act, at, attempt, effect_names, opened, refused, ring_until, staff

LEGAL = staff("S0003", Role.LEGAL_OFFICER)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
KEEP = POLICY.due("keep.hr_measure", NOW)


def separated(policy: Policy = POLICY) -> Case:
    return act(opened("emergency_separation"), "separate", staff("S0069", Role.SECURITY_OFFICER), policy=policy)


def ended() -> Case:
    return act(separated(), "end_separation", LEGAL)


def held(until: datetime = NOW + timedelta(days=20)) -> Case:
    return act(ended(), "set_hold", LEGAL, hold_owner="S0003", hold_until=until.isoformat())


def with_deadline(key: str, amount: int) -> Policy:
    return replace(POLICY, deadlines={**POLICY.deadlines, key: replace(POLICY.deadlines[key], amount=amount)})


def erased_at(case: Case) -> datetime:
    done = ring_until(case, NOW + timedelta(days=20_000))
    assert (done.state, effect_names(done, "erase")) == ("erased", ["case"])
    return done.steps[-1].at


def test_a_closed_case_is_erased_when_its_time_is_over() -> None:
    assert ended().clocks["keep.hr_measure"].due_at == KEEP
    assert erased_at(ended()) == KEEP
    due = engine.next_due(LIFECYCLE, ended(), POLICY)
    assert due is not None
    assert (due.key, due.irreversible) == ("keep.hr_measure", True)


@pytest.mark.parametrize("window", ["ret.lookahead", "review.request"])
def test_inv_53_nothing_is_erased_while_a_window_runs_that_it_could_serve(window: str) -> None:
    policy = with_deadline("keep.hr_measure", 1)
    case = separated(policy)
    shortest = {key: 1 for key in ("ret.lookahead", "review.request", "review.appeal") if policy.is_set(key)}
    for key, amount in (shortest | {window: 900}).items():
        policy = replace(policy, deadlines={**policy.deadlines, key: replace(policy.deadlines[key], amount=amount)})
    closed = act(case, "end_separation", LEGAL, policy=policy)
    assert closed.clocks["keep.hr_measure"].due_at == policy.due(window, NOW)


@pytest.mark.parametrize("who", [LEGAL, INVESTIGATOR], ids=["legal", "investigator"])
def test_a_hold_has_an_owner_an_end_and_reasons(who: Actor) -> None:
    assert act(ended(), "set_hold", who).clocks["keep.hold"].runs
    assert held().clocks["keep.hold"].due_at == NOW + timedelta(days=20)
    for missing in ("hold_owner", "hold_until", "reasons"):
        assert refused(ended(), "set_hold", LEGAL, without=missing).params == {"field": missing}
    nobody = refused(ended(), "set_hold", LEGAL, hold_owner="S0011")
    assert (nobody.code, nobody.params) == ("NOT_APPOINTED", {"field": "hold_owner"})
    past = refused(ended(), "set_hold", LEGAL, hold_until=at(-1))
    assert (past.code, past.rule) == ("TIME_IN_THE_PAST", "invariant 53")


@pytest.mark.parametrize("owner", ["S0003", "S0005", "S0006"])
def test_intake_investigators_and_legal_officers_own_holds(owner: str) -> None:
    assert act(ended(), "set_hold", LEGAL, hold_owner=owner).clocks["keep.hold"].runs


@pytest.mark.parametrize("action", ["set_hold", "release_hold"])
def test_only_whom_the_policy_lets_decides_on_a_hold(action: str) -> None:
    nobody = replace(
        POLICY, delegation={**POLICY.delegation, "legal_hold": replace(POLICY.delegation["legal_hold"], deciders=())}
    )
    answer = refused(held(), action, LEGAL, policy=nobody)
    assert (answer.code, answer.rule, answer.params) == ("NOT_DELEGATED", "invariant 53", {"decision": "legal_hold"})
    assert refused(held(), action, LEGAL, without="reasons").params == {"field": "reasons"}


def test_a_hold_outlasts_the_retention_and_then_the_case_goes() -> None:
    until = KEEP + timedelta(days=40)
    kept = ring_until(held(until), KEEP)
    assert (kept.state, effect_names(kept, "notify")) == ("ended", ["emergency_separation.kept"])
    assert [recipients(kept, effect, POLICY, NOW) for effect in kept.effects] == [("S0003",)]
    assert erased_at(held(until)) == until


def test_a_hold_that_ends_before_the_retention_says_so_and_the_retention_goes_on() -> None:
    kept = ring_until(held(), NOW + timedelta(days=20))
    assert (kept.state, effect_names(kept, "notify")) == ("ended", ["emergency_separation.kept"])
    assert erased_at(held()) == KEEP


def test_a_released_hold_leaves_time_to_object() -> None:
    after = KEEP + timedelta(days=1)
    kept = ring_until(held(KEEP + timedelta(days=300)), after)
    released = act(kept, "release_hold", LEGAL, now=after)
    assert not released.clocks["keep.hold"].runs
    assert released.clocks["keep.release"].due_at == POLICY.due("keep.release", after)
    assert erased_at(released) == POLICY.due("keep.release", after)


def test_inv_53_a_frozen_case_is_not_erased_and_goes_once_its_review_is_over() -> None:
    late = ring_until(freezing.freeze(ended(), NOW), KEEP + timedelta(days=400))
    assert (late.state, late.facts["frozen"]) == ("ended", True)
    after = KEEP + timedelta(days=400)
    thawed = freezing.unfreeze(LIFECYCLE, late, after, POLICY)
    assert thawed.facts["frozen"] is False
    assert erased_at(thawed) == POLICY.due("keep.release", after)


def test_what_ends_the_wait_outlives_the_closing() -> None:
    released = act(held(), "release_hold", LEGAL)
    assert released.clocks["keep.release"].runs


def test_what_was_never_closed_is_never_erased() -> None:
    open_ = act(opened("formal_report"), "set_hold", LEGAL, hold_until=at(20))
    released = act(open_, "release_hold", LEGAL)
    assert ring_until(released, POLICY.due("keep.release", NOW)).state == "submitted"


@pytest.mark.parametrize("how", ["confirmed", "ended", "lapsed"])
def test_however_it_closed_it_can_be_held_and_frozen(how: str) -> None:
    ways = {
        "confirmed": lambda: act(separated(), "record_confirmed", SYSTEM),
        "ended": ended,
        "lapsed": lambda: ring_until(separated(), POLICY.due("emergency.separation", NOW)),
    }
    closed = ways[how]()
    assert closed.state == how
    assert act(act(closed, "set_hold", LEGAL), "release_hold", LEGAL).clocks["keep.release"].runs
    thawed = freezing.unfreeze(LIFECYCLE, freezing.freeze(closed, NOW), NOW, POLICY)
    assert (thawed.state, thawed.facts["frozen"]) == (how, False)


@pytest.mark.parametrize("role", [Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER])
def test_a_hold_has_an_owner_who_can_say_what_it_is_for(role: Role) -> None:
    [one, *_] = POLICY.appointed(role, NOW)
    alone = replace(POLICY, appointments=(replace(one, staff_id="S9000", to=None),))
    case = ended()
    for owner in ("S9000", one.staff_id):
        answer = attempt(LIFECYCLE, case, "set_hold", LEGAL, policy=alone, hold_owner=owner, hold_until=at(20))
        assert isinstance(answer, Case) == (owner == "S9000"), answer
