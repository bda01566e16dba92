"""What a procedure is: a table of states, of rules for each (state, action), and of clocks. Data; `engine` reads it.

Nothing in this package knows what any particular procedure is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from lifecycle.model import PASSED_ON, Actor, ActorKind, Case, Effect, EffectKind, Fact, Facts, Refused
from policy.model import Policy, Role


class FieldKind(StrEnum):
    TEXT = "text"  # sealed before it reaches the engine, which sees only that it is there
    TIME = "time"
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    STAFF = "staff"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Field:
    """What an action asks for. `choices` may depend on the policy; `default` stands in for a field left out. `own`:
    once the case knows a fact of this name, that is the only choice, so that whoever acts says which case is meant.
    """

    name: str
    kind: FieldKind
    required: bool = True
    choices: tuple[str, ...] | Callable[[Policy], tuple[str, ...]] = ()
    default: Fact | None = None
    own: bool = False

    def options(self, policy: Policy, known: Facts | None = None) -> tuple[str, ...]:
        """What may be chosen in a case that has the facts `known`."""
        if self.own and known and self.name in known:
            return (str(known[self.name]),)
        return self.choices(policy) if callable(self.choices) else self.choices


@dataclass(frozen=True, slots=True)
class Offer:
    """An action and whether it is open to this actor now; `refused` says why not. `fields` have plain `choices`.
    `asked`: the case waits for it.
    """

    action: str
    open: bool
    refused: Refused | None
    fields: tuple[Field, ...]
    asked: bool = False


class Situation(NamedTuple):
    """What a guard may look at. `facts` are the checked facts of the action and `texts` the names of the texts that
    came with it, both empty while only offering.
    """

    case: Case
    actor: Actor
    now: datetime
    policy: Policy
    facts: Facts
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule of its own: `broken` returns the refusal's parameters, or None while the rule holds."""

    code: str
    rule: str
    broken: Callable[[Situation], Facts | None]


class ClockChangeKind(StrEnum):
    START = "start"
    MEET = "meet"
    PAUSE = "pause"
    RESUME = "resume"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What a step does to a clock. A started clock counts from the time fact `since`, or from now, and is due at the
    time fact `due`, or when the policy's deadline has passed: that of `<key>.<value of the fact by>` where the policy
    has one, else that of its key; and never before the deadlines `not_before` have passed too, counted from the same
    time. With `no_later` one that still runs is due no later than it was. `reason` is the fact that says why it is
    paused.
    """

    kind: ClockChangeKind
    key: str
    since: str | None = None
    due: str | None = None
    by: str | None = None
    reason: str | None = None
    not_before: tuple[str, ...] = ()
    no_later: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`person_sees`: the person's inbox shows it. `closed`: nobody handles it any more; only clocks may follow, and
    what holds up the erasure. `seen_as`: the state that her inbox shows in its place, where the step itself is not
    hers to know.
    """

    name: str
    person_sees: bool
    closed: bool = False
    seen_as: str | None = None


ACTOR = "@actor"
"""In `Rule.assigns`: whoever takes the action; in `unassigns`: the part by which they may take it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a procedure's table: in `states`, `by` may take `action`.

    `guards` ask who and when, and are evaluated for offers too; `checks` ask about the facts sent along.
    `to` None keeps the state. `assigns` maps a role to the fact that names the person, or to `ACTOR`; a fact that may
    be left out, and is, assigns nobody. `sets` are facts the step adds by itself, `derives` those it works out.
    `asked`: when the case waits for the person to take it (`lifecycle.asked`); without it it only is open to her.
    """

    action: str
    states: tuple[str, ...]
    by: frozenset[Role | ActorKind]
    to: str | None = None
    fields: tuple[Field, ...] = ()
    guards: tuple[Guard, ...] = ()
    checks: tuple[Guard, ...] = ()
    clocks: tuple[ClockChange, ...] = ()
    assigns: Mapping[Role, str] = field(default_factory=dict)
    unassigns: tuple[Role | str, ...] = ()
    sets: Facts = field(default_factory=dict)
    derives: Callable[[Situation], Facts] | None = None
    effects: tuple[Effect, ...] = ()
    asked: Callable[[Case], bool] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens when a clock is due. Without `to` the case stays where it is: a breach escalates and no more."""

    effects: tuple[Effect, ...]
    to: str | None = None
    clocks: tuple[ClockChange, ...] = ()
    when: Callable[[Case, Policy], bool] | None = None


def brings_erasure(one: Rule | Outcome) -> bool:
    return any(effect.kind is EffectKind.ERASE for effect in one.effects)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A clock of a procedure. `outcomes`: the first whose `when` holds applies. `repeats`: starts again after it rang.

    `irreversible`: its outcome cannot be undone, so the database's clock is asked too. `person_sees`: may be the date
    her inbox shows. `pause_cap`: the deadline key of how long it may stand still in all; then it goes on by itself.
    `outlives`: goes on when the case closes.
    """

    key: str
    outcomes: tuple[Outcome, ...]
    reminds: tuple[Effect, ...] = ()
    repeats: bool = False
    irreversible: bool = False
    person_sees: bool = False
    pause_cap: str | None = None
    outlives: bool = False

    @property
    def erases(self) -> bool:
        """Whether it is one at whose end a case may be gone for good."""
        return any(map(brings_erasure, self.outcomes))


class _ClockRules(dict[str, ClockRule]):
    """A running case may have a clock that its table, edited since, knows no more: it ends and nothing follows."""

    def __missing__(self, key: str) -> ClockRule:
        return ClockRule(key, outcomes=(Outcome(effects=()),))


@dataclass(frozen=True, slots=True)
class Opening:
    """How a case begins: its first state, the facts it takes, and what follows at once. `states`: where it begins
    instead for these values of the choice fact `by`.
    """

    state: str
    fields: tuple[Field, ...] = ()
    clocks: tuple[ClockChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    by: str | None = None
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_states(self) -> tuple[str, ...]:
        return self.state, *self.states.values()

    def state_for(self, facts: Facts) -> str:
        return self.states.get(str(facts.get(self.by)), self.state) if self.by else self.state


def _kind(by: Role | ActorKind) -> ActorKind:
    return by if isinstance(by, ActorKind) else ActorKind.STAFF


class LifecycleBroken(Exception):
    """A table contradicts itself; raised when its module is imported."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A procedure: its name, states, rules and clocks. Checks itself when built. `shown`: whether the person who writes
    may know of this case at all; where nothing is said, she may. `tells`: as what somebody is assigned of whom she is
    told who it is. `explains`: facts that she is told beside that, sealed to her. `deciding`: the states in which a
    decision is pending, and the policy that it is taken by stays as it is. `calendar_of`: as what the one person is
    assigned who has to act, and at whose duty station working days are counted; None where an office acts.
    """

    name: str
    states: tuple[State, ...]
    opening: Opening
    rules: tuple[Rule, ...]
    clocks: tuple[ClockRule, ...] = ()
    shown: Callable[[Case], bool] | None = None
    tells: tuple[Role, ...] = ()
    explains: Callable[[Case, Policy], Facts] | None = None
    deciding: tuple[str, ...] = ()
    calendar_of: Role | None = None
    state_of: Mapping[str, State] = field(init=False, repr=False)
    clock_of: Mapping[str, ClockRule] = field(init=False, repr=False)
    rule_of: Mapping[tuple[str, str], Rule] = field(init=False, repr=False)
    by_action: Mapping[str, frozenset[Role | ActorKind]] = field(init=False, repr=False)
    by_kind: Mapping[ActorKind, Sequence[str]] = field(init=False, repr=False)
    gone: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        states = {state.name: state for state in self.states}
        clocks = _ClockRules({clock.key: clock for clock in self.clocks})
        rules: dict[tuple[str, str], Rule] = {}
        by_action: dict[str, frozenset[Role | ActorKind]] = {}
        for rule in self.rules:
            for state in rule.states:
                if (state, rule.action) in rules:
                    raise LifecycleBroken(f"{self.name}: two rules for {rule.action} in {state}.")
                rules[state, rule.action] = rule
            by_action[rule.action] = by_action.get(rule.action, frozenset()) | rule.by
        named = {*self.opening.first_states} | {
            state for rule in self.rules for state in (*rule.states, rule.to) if state
        }
        named |= {outcome.to for clock in self.clocks for outcome in clock.outcomes if outcome.to}
        named |= {state.seen_as for state in self.states if state.seen_as} | {*self.deciding}
        if unknown := named - states.keys():
            raise LifecycleBroken(f"{self.name}: no such state: {', '.join(sorted(unknown))}.")
        changes = [*self.opening.clocks, *(change for rule in self.rules for change in rule.clocks)]
        changes += [change for clock in self.clocks for outcome in clock.outcomes for change in outcome.clocks]
        if unknown := {change.key for change in changes} - clocks.keys():
            raise LifecycleBroken(f"{self.name}: no such clock: {', '.join(sorted(unknown))}.")
        object.__setattr__(self, "state_of", states)
        object.__setattr__(self, "clock_of", clocks)
        object.__setattr__(self, "rule_of", rules)
        object.__setattr__(self, "by_action", by_action)
        by_kind = {kind: tuple(name for name, by in by_action.items() if kind in map(_kind, by)) for kind in ActorKind}
        object.__setattr__(self, "by_kind", by_kind)
        ends: tuple[Rule | Outcome, ...] = (*self.rules, *(one for clock in self.clocks for one in clock.outcomes))
        gone = {one.to for one in ends if one.to and brings_erasure(one)}
        gone |= {state.name for state in self.states if state.name == PASSED_ON and state.closed}
        object.__setattr__(self, "gone", frozenset(gone))

    def is_closed(self, case: Case) -> bool:
        return self.state_of[case.state].closed

    def is_gone(self, state: str) -> bool:
        """Whether in this state nothing of a case is left here, or will be in a moment: it is erased, or its report has
        gone to another office.
        """
        return state in self.gone

    def seen_as(self, case: Case) -> str:
        """The state that the person's inbox shows."""
        return self.state_of[case.state].seen_as or case.state

    def person_sees(self, case: Case) -> bool:
        """Whether the person's inbox shows this case at all in its present state."""
        return self.state_of[case.state].person_sees and (self.shown is None or self.shown(case))
