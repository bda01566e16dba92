"""One thing is changed in a case where every step is open: which steps are refused then, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from lifecycle.model import Case, Fact, Facts, Refused, Step
from lifecycle.table import Lifecycle
from policy.model import Policy
from tests.lifecycles import NOW, attempt
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, actor_for, standing

Change = Callable[[Case], Case]


@dataclass
class Refusals:
    """Of one code: the actions, each with the state it was tried in, the rules they name, what they say is missing."""

    actions: set[str] = field(default_factory=set)
    steps: set[tuple[str, str]] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    params: list[Facts] = field(default_factory=list)


def refusals(
    lifecycle: Lifecycle,
    change: Change,
    *,
    policy: Policy = EVERYBODY_DECIDES,
    sent: Facts | None = None,
    to: Collection[str] = (),
) -> dict[str, Refusals]:
    """By code, over every rule of the table, in the first of its states. `sent` goes along with the actions `to`."""
    found: dict[str, Refusals] = {}
    for rule in lifecycle.rules:
        case = change(standing(lifecycle, rule.states[0], rule.action))
        facts = sent if sent and rule.action in to else {}
        answer = attempt(lifecycle, case, rule.action, actor_for(lifecycle, min(rule.by)), policy=policy, **facts)
        if isinstance(answer, Refused):
            of_it = found.setdefault(answer.code, Refusals())
            of_it.actions.add(rule.action)
            of_it.steps.add((rule.action, rule.states[0]))
            of_it.rules.add(answer.rule)
            of_it.params.append(answer.params)
    return found


def same(case: Case) -> Case:
    return case


def known(**facts: Fact) -> Change:
    return lambda case: replace(case, facts={**case.facts, **facts})


def unknown(*names: str) -> Change:
    return lambda case: replace(case, facts={name: fact for name, fact in case.facts.items() if name not in names})


def did(*actions: str) -> Change:
    """Whoever acts now took these steps before."""
    before = tuple(Step(n, action, "S9000", None, NOW) for n, action in enumerate(actions))
    return lambda case: replace(case, steps=(*case.steps, *before))


def nobody_has_a_part(case: Case) -> Case:
    return replace(case, assigned=dict.fromkeys(case.assigned, "S0099"))


def nothing_has_rung(case: Case) -> Case:
    return replace(case, clocks={key: clock._replace(rung=()) for key, clock in case.clocks.items()})
