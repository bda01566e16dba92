"""Invariant 53: however short a case's own time is, nothing of it goes while somebody could still need it."""

from dataclasses import replace

import pytest

from lifecycle.model import Case
from tests.lifecycles import BY_NAME, NOW, attempt
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, actor_for, standing

ON_THE_ORGANISATIONS_SIDE = (
    *("formal_report", "interim_measure", "emergency_separation", "respondent", "sea_report", "supervisor_request"),
    *("retaliation", "recommendation", "query", "data_request"),
)
KEPT_FOR_GOOD = {"close_sanctioned"}
"""The policy leaves unset how long; whether it is still needed is looked at in between."""


@pytest.mark.parametrize("name", ON_THE_ORGANISATIONS_SIDE)
def test_inv_53_every_closing_waits_for_the_look_ahead(name: str) -> None:
    lifecycle = BY_NAME[name]
    deadlines = EVERYBODY_DECIDES.deadlines
    short = {key: replace(one, amount=1) for key, one in deadlines.items() if key.startswith("keep.") and one.amount}
    policy = replace(EVERYBODY_DECIDES, deadlines={**deadlines, **short})
    closings = [one for one in lifecycle.rules if one.to and one.to != "erased" and lifecycle.state_of[one.to].closed]
    assert closings
    for rule in closings:
        for state in rule.states:
            case = standing(lifecycle, state, rule.action)
            after = attempt(lifecycle, case, rule.action, actor_for(lifecycle, min(rule.by)), policy=policy)
            assert isinstance(after, Case), (rule.action, state, after)
            erasing = [one for key, one in after.clocks.items() if lifecycle.clock_of[key].irreversible and one.runs]
            assert erasing or rule.action in KEPT_FOR_GOOD, f"{rule.action} in {state} lets nothing of it ever go"
            assert all(one.due_at >= policy.due("ret.lookahead", NOW) for one in erasing), (rule.action, state)
