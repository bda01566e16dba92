"""Who reads in a measure whose work it changes: whoever the table lets decide on it, and nobody else."""

import pytest

from lifecycle.model import Actor
from policy.model import Role
from services.workflow.domain.measure_parts import FOR_WHOM
from services.workflow.domain.measure_readers import LETTER, PERSONS, withheld
from tests.lifecycles import NOW, POLICY, act, ring_until, staff
from tests.unit.workflow.measures import (
    DIRECTOR,
    EXECUTIVE,
    HEAD,
    LEGAL_AND_HEAD,
    OIO,
    SECOND_INVESTIGATOR,
    alerted,
    consented,
    effective,
)

LEGAL = staff("S0013", Role.LEGAL_OFFICER)
OTHER_OVERSIGHT = staff("S0007", Role.INTAKE_OFFICER)
NEITHER, THE_LETTER, BOTH = frozenset({PERSONS, LETTER, FOR_WHOM}), frozenset({PERSONS}), frozenset[str]()


@pytest.mark.parametrize(
    ("reader", "hidden"),
    [
        (HEAD, BOTH),
        (DIRECTOR, BOTH),
        (LEGAL, NEITHER),
        (LEGAL_AND_HEAD, NEITHER),
        (OIO, THE_LETTER),
        (OTHER_OVERSIGHT, THE_LETTER),
        (SECOND_INVESTIGATOR, THE_LETTER),
        (EXECUTIVE, NEITHER),
    ],
    ids=["decided", "may decide", "legal", "legal, alerted", "alerted", "oversight", "asked her", "not escalated"],
)
def test_whose_work_a_measure_changes_is_read_by_those_who_may_decide_on_it_alone(
    reader: Actor, hidden: frozenset[str]
) -> None:
    assert withheld(effective(), reader, NOW, POLICY) == hidden


def test_whoever_has_asked_her_for_consent_does_not_read_it_as_a_decider_either() -> None:
    promoted = staff(SECOND_INVESTIGATOR.name, Role.ADMINISTRATIVE_HEAD)
    assert withheld(consented(), promoted, NOW, POLICY) == NEITHER


def test_whoever_is_reached_one_level_up_reads_it() -> None:
    late = ring_until(alerted(), NOW.replace(year=NOW.year + 1))
    assert withheld(late, EXECUTIVE, NOW, POLICY) == BOTH


def test_whoever_looks_at_a_measure_again_goes_on_reading_it() -> None:
    assert withheld(act(effective(), "review_measure", DIRECTOR), DIRECTOR, NOW, POLICY) == BOTH
