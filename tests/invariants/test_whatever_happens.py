"""Random people, reports, actions, clocks and conflicts: after every step the invariants hold.

Hypothesis drives an invented organisation (`organisation`) and `holding` checks what the pure core could break: of the
54 invariants of the policy 1, 4, 11, 12, 14, 15, 16, 20, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 43, 44, 45, 47,
48, 50, 51, 52, 53 and 54, each as far as a table, a clock or the engine holds it; and that an open case always goes on.
"""

from collections import Counter
from datetime import timedelta
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lifecycle import engine
from lifecycle.model import Action, Case, Refused
from lifecycle.replay import Replayed, replay
from tests.invariants import holding, holding_people
from tests.invariants.matters import Held, Pick
from tests.invariants.organisation import LODGED, PACKS, Organisation
from tests.lifecycles import ACTION, through_its_row

SEEDS = st.integers(0, 2**32 - 1)
ACTS = st.integers(4, 24)
MATTERS = 3
TRIES = 8
FAR = 100
WAITS = [timedelta(hours=1), *(timedelta(days=days) for days in (1, 3, 8, 15, 31, 95, 800))]


class WhateverHappens(RuleBasedStateMachine):
    reached: ClassVar[Counter[tuple[str, str]]] = Counter()
    """How often a step of a procedure was taken, over all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.organisation = Organisation()
        self.drawn = 0

    def pick(self, drawn: int) -> Pick:
        """Hypothesis likes to draw the same number again; that is not to make the same choices again."""
        self.drawn += 1
        return Pick((drawn << 16) + self.drawn)

    def one_case(self, pick: Pick, most: int = 8) -> Held:
        """Most times an open one."""
        there = [one for one in self.organisation.cases if not one.erased]
        running = [one for one in there if one.is_open]
        return pick.of(running if running and pick.below(most) else there or self.organisation.cases)

    @initialize(drawn=SEEDS)
    def somebody_writes(self, drawn: int) -> None:
        self.lodge(self.pick(drawn))

    @rule(drawn=SEEDS, acts=ACTS)
    def somebody_else_writes_or_takes_another_way(self, drawn: int, acts: int) -> None:
        pick = self.pick(drawn)
        if len(self.organisation.matters) < MATTERS:
            self.lodge(pick)
        elif sum(one.is_open for one in self.organisation.cases) < 3 * MATTERS:
            self.organisation.open(pick.of(LODGED), pick.of(self.organisation.matters), pick)
        self.those_whose_turn_it_is_act(drawn, acts)

    def lodge(self, pick: Pick) -> None:
        matter = self.organisation.lodge(pick)
        self.organisation.open(pick.of(LODGED), matter, pick)

    @rule(drawn=SEEDS, acts=ACTS)
    def she_goes_formal_from_where_she_is(self, drawn: int, acts: int) -> None:
        """No informal state is asked for, and none changes what a formal report is promised (invariants 11, 12)."""
        pick = self.pick(drawn)
        informal = [one for one in self.organisation.cases if one.case.lifecycle in holding_people.INFORMAL]
        if informal:
            matter = pick.of(informal).matter
            hers = [one.case.lifecycle for one in self.organisation.cases if one.matter is matter]
            if "formal_report" not in hers:
                held = self.organisation.open("formal_report", matter, pick)
                alone = engine.open_case(
                    held.lifecycle, matter.report_id, 1, held.case.steps[0].facts, self.organisation.now, held.pack
                )
                assert held.case.state == alone.state
                for key, clock in alone.clocks.items():
                    assert held.case.clocks[key].due_at == clock.due_at
        self.those_whose_turn_it_is_act(drawn, acts)

    def those_whose_turn_it_is_act(self, drawn: int, acts: int) -> None:
        """In one case, so that it gets somewhere."""
        pick = self.pick(drawn)
        held = self.one_case(pick)
        for _ in range(acts):
            for _ in range(TRIES):
                turn = None if held.erased else self.organisation.whose_turn(held, pick)
                if turn and isinstance(self.organisation.act(held, *turn, pick), Case):
                    break
            holding.check(self.organisation)

    @rule(drawn=SEEDS, acts=ACTS)
    def anybody_tries_anything(self, drawn: int, acts: int) -> None:
        """What is offered is taken, unless its facts are wrong; what is not offered is refused, and for that reason."""
        pick = self.pick(drawn)
        held = self.one_case(pick)
        if not held.erased:
            self.try_anything(held, pick)
        self.those_whose_turn_it_is_act(drawn, acts)

    def try_anything(self, held: Held, pick: Pick) -> None:
        policy, now = self.organisation.policy_of(held), self.organisation.now
        actor = pick.of(list(self.organisation.actors(held)))
        name = pick.of([*held.lifecycle.by_action, "no_such_action"])
        offered = {one.action: one for one in engine.offers(held.lifecycle, held.case, actor, now, policy)}
        table = held.lifecycle.rule_of.get((held.case.state, name))
        before = held.case
        if table is None:
            answer = engine.apply(held.lifecycle, before, Action(ACTION, name), actor, now, policy)
            assert isinstance(answer, Refused)
        else:
            answer = self.organisation.act(held, table, actor, pick)
        offer = offered.get(name)
        if isinstance(answer, Case):
            assert offer is not None
            assert offer.open
        elif answer is not None and offer is not None and not offer.open:
            assert offer.refused == answer
        elif answer is not None and offer is not None:
            assert table is not None
            assert answer.code.startswith("FIELD_") or answer.code in {check.code for check in table.checks}
        if isinstance(answer, Refused):
            assert held.case is before

    @rule(drawn=SEEDS, times=st.integers(1, 4), acts=ACTS)
    def time_passes(self, drawn: int, times: int, acts: int) -> None:
        """By some time, or until the next clock of a case."""
        pick = self.pick(drawn)
        for _ in range(times):
            held = self.one_case(pick, 2)
            due = engine.next_due(held.lifecycle, held.case, self.organisation.policy_of(held))
            if due is None or held.erased or pick.once_in(3):
                self.organisation.pass_time(pick.of(WAITS))
            else:
                self.organisation.pass_time(max(due.at - self.organisation.now, timedelta(0)))
            holding.check(self.organisation)
        self.those_whose_turn_it_is_act(drawn, acts)

    @rule(drawn=SEEDS, acts=ACTS)
    def something_changes_around_them(self, drawn: int, acts: int) -> None:
        pick = self.pick(drawn)
        happens = (self.somebody_is_in_conflict, self.somebody_gets_another_supervisor, self.another_pack_is_in_force)
        pick.of(happens)(pick)
        self.those_whose_turn_it_is_act(drawn, acts)

    def somebody_is_in_conflict(self, pick: Pick) -> None:
        """They say so themselves, or she says "not these people"."""
        held = self.one_case(pick)
        named = [one.removeprefix("part:") for one in held.case.assigned.values()]
        staff_id = pick.of(named) if named and pick.once_in(2) else pick.of(self.organisation.staff)
        if pick.once_in(2):
            self.organisation.declare(held, staff_id)
        else:
            held.matter.refused.add(staff_id)
            self.tag_all()

    def somebody_gets_another_supervisor(self, pick: Pick) -> None:
        matter = pick.of(self.organisation.matters)
        moved = pick.of([matter.her, *matter.offenders, *self.organisation.people])
        if self.organisation.lines.move(moved, pick.of(self.organisation.staff), self.organisation.now):
            self.tag_all()

    def tag_all(self) -> None:
        for held in self.organisation.cases:
            if not held.erased:
                before = {name: set(found) for name, found in held.kept_out.items()}
                self.organisation.tag(held)
                assert all(found <= held.kept_out[name] for name, found in before.items()), "conflicts are never lifted"

    def another_pack_is_in_force(self, pick: Pick) -> None:
        """Cases that run keep the one they began with (invariant 51): every clock is checked against that."""
        self.organisation.pack = pick.of(PACKS)

    @invariant()
    def everything_holds(self) -> None:
        holding.check(self.organisation)

    def teardown(self) -> None:
        """Each case, read back from its row and played again from its steps under the pack it began with, is the same
        (invariants 51, 54).
        """
        for held in self.organisation.cases:
            case = held.case
            played = replay(held.lifecycle, case, case.steps, {1: self.organisation.policy_of(held)})
            assert played == Replayed(through_its_row(case), ())
            self.reached.update((case.lifecycle, step.action) for step in case.steps)


def test_the_invariants_hold_whatever_happens() -> None:
    WhateverHappens.reached.clear()
    run_state_machine_as_test(
        WhateverHappens,
        settings=settings(
            max_examples=60,
            stateful_step_count=15,
            derandomize=True,
            phases=[Phase.generate],  # a seed is made no simpler; what failed tells the steps of its case
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(WhateverHappens.reached) > FAR, "walks that get nowhere prove nothing"
