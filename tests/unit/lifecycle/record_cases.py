"""Records a running case of each procedure, as its row keeps it: `python -m tests.unit.lifecycle.record_cases`.

What is recorded already stays as it is: it is what lies in databases. `test_editing_tables.py` goes on with it.
"""

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from lifecycle import engine
from lifecycle.model import Actor, ActorKind, Case
from lifecycle.records import step_to_json
from lifecycle.serial import to_json
from lifecycle.table import Lifecycle
from policy.model import Role
from tests.lifecycles import LIFECYCLES, NOW, PERSON, POLICY, SYSTEM, attempt, opened, ring_until, staff

RECORDED: Final = Path(__file__).parent / "recorded"
STEPS: Final = 6
STAFF: Final = {POLICY.roles_of(one.staff_id, NOW): one.staff_id for one in POLICY.appointments}
"""One of those who hold the same roles."""
PEOPLE: Final = [
    PERSON,
    SYSTEM,
    Actor(ActorKind.STAFF, "part:1", frozenset({Role.ALLEGED_OFFENDER})),
    staff("S0016", Role.MANAGER),
    *(staff(staff_id, *roles) for roles, staff_id in STAFF.items()),
]


def walked(lifecycle: Lifecycle, seed: int) -> tuple[Case, int]:
    """A case that is still open, and on which day: by whatever was open to somebody, a day or so for each step."""
    chance, case, day = random.Random(seed), opened(lifecycle.name), 0
    for _ in range(STEPS):
        day += chance.randrange(3)
        now = NOW + timedelta(days=day)
        case = ring_until(case, now)
        steps = [
            (who, one.action) for who in PEOPLE for one in engine.offers(lifecycle, case, who, now, POLICY) if one.open
        ]
        if not steps:
            break
        who, action = chance.choice(steps)
        answer = attempt(lifecycle, case, action, who, now=now)
        if isinstance(answer, Case) and not lifecycle.is_closed(answer):
            case = answer
    return case, day


def written(lifecycle: Lifecycle) -> dict[str, Any]:
    """The first walk that gets past the first state, with a clock still running where some walk has one."""
    walks = [walked(lifecycle, seed) for seed in range(40)]
    past = [one for one in walks if one[0].state not in lifecycle.opening.first_states] or walks
    running = [one for one in past if any(clock.runs for clock in one[0].clocks.values())]
    case, day = (running or past)[0]
    steps = [json.loads(step_to_json(one)) for one in case.steps]
    return {"policy": POLICY.pin, "day": day, "data": to_json(case) | {"steps": steps}}


if __name__ == "__main__":
    RECORDED.mkdir(exist_ok=True)
    for one in LIFECYCLES:
        file = RECORDED / f"{one.name}.json"
        if not file.exists():
            file.write_text(json.dumps(written(one), indent=1) + "\n")
