"""Where nothing rings: an open case rests without a clock only where it is the person's turn, or another case's.

Every way through the tables is walked, by its clocks alone: whatever a guard might forbid is thought possible.
"""

from collections.abc import Iterator

import pytest

from lifecycle.table import ClockChange, ClockChangeKind, Lifecycle
from tests.lifecycles import LIFECYCLES

NEWS = "report.update"
HERS = "hers to say"
TWO_TALK = "two people talk, and no time limit runs (invariant 29)"
OVER = "ends with the talk that it came from"
REPORTED = "goes as the formal report goes, whose clocks run"
NOBODY_WAITS = "begun by the manager: nobody has written and waits"
ONE_STEP = "opened by the step that leaves it"
RESTS = {
    "informal_resolution": {"talking": TWO_TALK, "steps_agreed": TWO_TALK},
    "mediation": {
        "proposed": HERS, "stopped": OVER, "agreement": OVER, "no_agreement": OVER, "follow_up": OVER,
    },
    "support_referral": {"offered": HERS, "declined": HERS, "previewed": HERS},
    "emergency_separation": {"danger_seen": ONE_STEP},
    "respondent": dict.fromkeys(("to_notify", "notified", "responded", "charged", "replied"), REPORTED),
    "supervisor_request": {
        "asking_who_next": HERS, "check_in": HERS,
        "spoken_to_offender": NOBODY_WAITS, "team_measure": NOBODY_WAITS,
    },
    "sea_report": {"her_choice": HERS, "oio_acknowledged": REPORTED},
}  # fmt: skip
ONLY_NEWS = {
    "formal_report": "no_case managerial_action letter_sent discontinued disclosure_decided"
    " outcome_communicated monitoring",
    "misdirected_report": "referred copy_purged",
    "review": "appealed",
    "interim_measure": "restored",
    "supervisor_request": "referred",
    "retaliation": "preventing steps_proposed steps_agreed no_prima_facie recommended not_established remedy"
    " monitoring",
}
"""Where news alone is due every thirty days, and goes up a level each time that it is not told."""
Standing = tuple[str, frozenset[str]]


def after(lifecycle: Lifecycle, state: str, running: frozenset[str], changes: tuple[ClockChange, ...]) -> Standing:
    met = {one.key for one in changes if one.kind is ClockChangeKind.MEET}
    begun = {one.key for one in changes if one.kind is ClockChangeKind.START}
    return state, frozenset() if lifecycle.state_of[state].closed else frozenset((running - met) | begun)


def ways_on(lifecycle: Lifecycle, standing: Standing) -> Iterator[Standing]:
    state, running = standing
    if lifecycle.state_of[state].closed:
        return
    for (where, _), rule in lifecycle.rule_of.items():
        if where == state:
            yield after(lifecycle, rule.to or state, running, rule.clocks)
    for key in running:
        clock = lifecycle.clock_of[key]
        left = running if clock.repeats else running - {key}
        for outcome in clock.outcomes:
            yield after(lifecycle, outcome.to or state, left, outcome.clocks)


def standings(lifecycle: Lifecycle) -> set[Standing]:
    opening = lifecycle.opening
    found = {after(lifecycle, state, frozenset(), opening.clocks) for state in opening.first_states}
    ahead = list(found)
    while ahead:
        new = {*ways_on(lifecycle, ahead.pop())} - found
        found |= new
        ahead += new
    return found


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.name)
def test_a_case_rests_only_where_it_is_known_why(lifecycle: Lifecycle) -> None:
    opened = [one for one in standings(lifecycle) if not lifecycle.state_of[one[0]].closed]
    silent = {state for state, running in opened if not running}
    news = {state for state, running in opened if running == {NEWS}}
    assert silent == RESTS.get(lifecycle.name, {}).keys()
    assert news - silent == set(ONLY_NEWS.get(lifecycle.name, "").split()) - silent
