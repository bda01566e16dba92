"""A case survives its row, to the microsecond."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case, Step, Steps, then
from lifecycle.records import step_to_json, steps_from_json
from lifecycle.serial import UnknownFormat, from_json, to_json
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, opened, ring_until, staff, through_its_row

NEXT, LAST = (Step(version, "wait", "system", None, NOW) for version in (90, 91))
CLERK = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)


def lived() -> Case:
    case = opened("formal_report", now=NOW + timedelta(microseconds=123))
    case = act(ring_until(case, NOW + timedelta(days=8)), "acknowledge", CLERK, now=NOW + timedelta(days=8))
    case = act(case, "start_assessment", CLERK)
    case = act(case, "pause_assessment", CLERK, now=NOW + timedelta(days=9))
    return act(act(case, "withdraw", PERSON), "record_routed", SYSTEM)


def test_steps_before_the_newest_are_read_when_somebody_looks_and_once() -> None:
    case = lived()
    read = []

    def earlier() -> tuple[Step, ...]:
        read.append(len(case.steps))
        return tuple(case.steps)

    kept = replace(case, steps=Steps(case.steps[-1], earlier))
    later = replace(kept, steps=then(then(kept.steps, NEXT), LAST))
    assert (later.steps[-1], read) == (LAST, [])
    assert list(later.steps) == [*case.steps, NEXT, LAST] == [*later.steps]
    assert (len(later.steps), later.steps[0], later.steps[-2:]) == (len(case.steps) + 2, case.steps[0], (NEXT, LAST))
    assert read == [len(case.steps)]
    assert kept == case != later


def test_steps_come_in_any_order_and_are_read_oldest_first() -> None:
    kept = [step_to_json(step) for step in lived().steps]
    assert steps_from_json(",".join(reversed(kept))) == tuple(lived().steps)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_opened_case_comes_back(name: str) -> None:
    case = opened(name)
    back = through_its_row(case)
    assert (back, back.effects) == (replace(case, effects=()), ())


def test_a_case_that_has_lived_comes_back_and_lives_on_alike() -> None:
    case = replace(lived(), effects=())
    back = through_its_row(case)
    assert back == case
    assert act(back, "resume_assessment", CLERK) == act(case, "resume_assessment", CLERK)
    lifecycle = BY_NAME["formal_report"]
    assert engine.next_due(lifecycle, back, POLICY) == engine.next_due(lifecycle, case, POLICY)


def test_a_row_of_a_newer_version_is_not_guessed_at() -> None:
    with pytest.raises(UnknownFormat, match="format 2; this version reads format 1"):
        from_json({**to_json(lived()), "format": 2})


def test_a_stored_row_keeps_its_meaning() -> None:
    """What rows of today look like, written out: a change here needs a new format number and a migration."""
    case = act(opened("query"), "note_query", staff("S0007", Role.ETHICS_OFFICER), now=NOW + timedelta(hours=1))
    kept = to_json(case)
    steps = [json.loads(step_to_json(step)) for step in kept["steps"]]
    assert {**kept, "steps": steps} == {
        "format": 1,
        "report_id": "00000000-0000-4000-8000-000000000001",
        "lifecycle": "query",
        "number": 1,
        "state": "opened",
        "version": 2,
        "opened_at": "2026-03-02T09:00:00+00:00",
        "clocks": {
            "ret.ack": {
                "started_at": "2026-03-02T09:00:00+00:00",
                "due_at": "2026-03-09T09:00:00+00:00",
                "paused_at": None,
                "met_at": "2026-03-02T10:00:00+00:00",
                "rung": [],
                "deadline": "ret.ack",
                "paused_for": 0.0,
                "pause_reason": None,
                "rounds": 0,
            },
            "ret.query": {
                "started_at": "2026-03-02T10:00:00+00:00",
                "due_at": "2026-04-01T10:00:00+00:00",
                "paused_at": None,
                "met_at": None,
                "rung": [],
                "deadline": "ret.query",
                "paused_for": 0.0,
                "pause_reason": None,
                "rounds": 0,
            },
        },
        "assigned": {"ethics_officer": "S0007"},
        "steps": [
            {
                "version": 1,
                "action": "open",
                "by": "system",
                "role": None,
                "at": "2026-03-02T09:00:00Z",
                "facts": {},
            },
            {
                "version": 2,
                "action": "note_query",
                "by": "S0007",
                "role": "ethics_officer",
                "at": "2026-03-02T10:00:00Z",
                "facts": {},
            },
        ],
        "facts": {},
    }
