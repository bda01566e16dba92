"""Random people, actions and waits: whatever happens, a case stays consistent and its invariants hold."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle import engine
from lifecycle.model import Actor, Case, EffectKind, Refused
from lifecycle.replay import Replayed, replay
from lifecycle.table import Lifecycle
from services.workflow.domain.measure_parts import is_held, last_order
from tests.lifecycles import BY_NAME, MANY, NOW, PERSON, POLICY, SYSTEM, attempt, opened, staff, through_its_row

STAFF_IDS = sorted({one.staff_id for one in POLICY.appointments})
PEOPLE = [PERSON, SYSTEM, *(staff(one, *POLICY.roles_of(one, NOW)) for one in STAFF_IDS)]
DECIDERS = [staff(one, *POLICY.roles_of(one, NOW)) for one in ("S0002", "S0003", "S0004", "S0005", "S0006")]

STEPS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(PEOPLE), st.sampled_from([PERSON, SYSTEM, *DECIDERS])),
        st.integers(0, 99),  # which of the actions
        st.booleans(),  # only open ones, mostly; sometimes any
        st.one_of(st.just(0), st.integers(0, 24 * 40)),  # hours that pass before
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(BY_NAME)), steps=STEPS)
def test_a_case_stays_consistent_whatever_happens(name: str, steps: list[tuple[Actor, int, bool, int]]) -> None:
    lifecycle, now = BY_NAME[name], NOW
    case = opened(name)
    for actor, index, any_action, hours in steps:
        now += timedelta(hours=hours)
        rings = 0
        while (due := engine.next_due(lifecycle, case, POLICY)) and due.at <= now:
            assert (rings := rings + 1) < MANY, "it rings without end"
            rung = engine.on_due(lifecycle, case, due, now, POLICY)
            assert rung.version == case.version + 1
            assert engine.on_due(lifecycle, rung, due, now, POLICY) is rung, "nothing rings twice"
            case = rung
            consistent(lifecycle, case)
        offers = engine.offers(lifecycle, case, actor, now, POLICY)
        wanted = [one.action for one in offers if one.open] or [one.action for one in offers]
        if any_action:
            wanted = list(lifecycle.by_action)
        if not wanted:
            continue
        action = wanted[index % len(wanted)]
        answer = attempt(lifecycle, case, action, actor, now=now)
        open_ = {one.action for one in offers if one.open}
        if isinstance(answer, Refused):
            rule = lifecycle.rule_of.get((case.state, action))
            from_facts = {check.code for check in rule.checks} if rule else set()
            assert action not in open_ or answer.code in from_facts, (
                "an offer that is open is refused only for its facts"
            )
        else:
            assert action in open_
            assert answer.version == case.version + 1
            case = answer
            consistent(lifecycle, case)
    assert replay(lifecycle, case, case.steps, {1: POLICY}) == Replayed(replace(case, effects=()), ()), (
        "steps say it all"
    )


def consistent(lifecycle: Lifecycle, case: Case) -> None:
    assert case.state in lifecycle.state_of
    assert [step.version for step in case.steps] == list(range(1, case.version + 1))
    assert through_its_row(case) == replace(case, effects=())
    for key, clock in case.clocks.items():
        assert key in lifecycle.clock_of
        assert clock.started_at <= clock.due_at
        assert len(set(clock.rung)) == len(clock.rung)
    if lifecycle.is_closed(case):
        after = {key for key, one in case.clocks.items() if one.runs and not key.startswith("keep.")}
        assert after <= {"ombuds.purge", "review.request"}
    by = {
        part: {step.by for step in case.steps if step.action in actions}
        for part, actions in {
            "alert": {"alert"},
            "ask": {"ask_consent", "record_consent", "record_no_consent"},
            "decide": {"decide_measure", "sign_measure", "extend_measure", "vary_measure", "decline_alert"},
            "review": {"review_measure", "lift_measure"},
        }.items()
    }
    parts = [by["alert"], by["ask"], by["decide"], by["review"]]
    assert sum(map(len, parts)) == len(set().union(*parts)), "invariant 33: one person, one part"
    if case.lifecycle == "interim_measure":
        measure_is_lawful(case)


def measure_is_lawful(case: Case) -> None:
    if case.state == "decided":
        assert case.facts["consent"] or case.facts["burden"] == "alleged_offender", "invariant 38"
    told = [
        effect for effect in case.effects if effect.kind is EffectKind.NOTIFY and effect.facts["to"] == "other_side"
    ]
    if told:
        actions = [step.action for step in case.steps]
        assert {"record_placed", "record_told"} & set(actions), "invariant 43: only once she knows"
        assert actions[-1] in {"make_effective", "record_placed", "record_told"}
    order, version = last_order(case), case.version
    emits = [one.name for one in case.effects if one.kind is EffectKind.EMIT and one.name.startswith("measure_")]
    assert emits or order != version, "whatever HR is asked for is the last thing it was asked for"
    if emits and order != version:
        assert is_held(case) or "order" not in case.facts, "it waits for her word, or HR was never asked"


def test_the_walks_reach_the_far_ends() -> None:
    """A walk that never gets past the first state would prove nothing; this one goes all the way by offers alone."""
    lifecycle, case = BY_NAME["interim_measure"], opened("interim_measure")
    path = [
        ("alert", "S0005"),
        ("acknowledge_alert", "S0004"),
        ("ask_consent", "S0006"),
        ("consent_to_measure", None),
        ("decide_measure", "S0004"),
        ("record_proof", None),
        ("record_applied", None),
        ("record_placed", None),
        ("make_effective", None),
        ("lift_measure", "S0002"),
        ("record_restored", None),
        ("record_placed", None),
    ]
    said = {"decide_measure": {"type": "reporting_line_change"}, "make_effective": {"proof": "a1b2"}}
    for action, staff_id in path:
        kinds = {PERSON.kind: PERSON, SYSTEM.kind: SYSTEM}
        by = next((kinds[kind] for kind in kinds if kind in lifecycle.by_action[action]), PERSON)
        actor = staff(staff_id, *POLICY.roles_of(staff_id, NOW)) if staff_id else by
        facts = said.get(action, {})
        answer = attempt(lifecycle, case, action, actor, **facts)
        assert isinstance(answer, Case), (action, answer)
        consistent(lifecycle, answer)
        case = answer
    assert case.state == "lifted"
