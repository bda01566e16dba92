"""The ethics office's query: seen by nobody else, ended by nobody else."""

from datetime import timedelta

from lifecycle import engine
from lifecycle.recipients import recipients
from policy.model import Role
from services.ethics.domain.query import LIFECYCLE
from tests.lifecycles import NOW, POLICY, act, opened, refused, ring_until, staff

OFFICER = staff("S0007", Role.ETHICS_OFFICER)


def test_inv_46_only_the_ethics_office_ever_acts_or_is_told() -> None:
    assert set().union(*LIFECYCLE.by_action.values()) == {Role.ETHICS_OFFICER}
    case = opened("query")
    assert recipients(case, case.effects[0], POLICY, NOW) == ("S0007",)
    assert not any(state.person_sees for state in LIFECYCLE.states)
    assert refused(case, "note_query", staff("S0009", Role.HR_OFFICER)).code == "ROLE_NOT_ALLOWED"


def test_nobody_is_contacted_who_has_not_agreed() -> None:
    assert refused(opened("query"), "contact_person", OFFICER, agreed=False).rule == "policy 2.4"
    assert act(opened("query"), "contact_person", OFFICER).state == "contacted"


def test_a_query_that_nobody_looks_at_rings_again_and_again() -> None:
    case = ring_until(opened("query"), NOW + timedelta(days=21))
    assert [step.at for step in case.steps if step.action == "ring"] == [NOW + timedelta(days=7 * n) for n in (1, 2, 3)]
    noted = act(case, "note_query", OFFICER)
    assert engine.next_due(LIFECYCLE, noted, POLICY) is None


def test_inv_50_closing_needs_a_reason() -> None:
    assert refused(opened("query"), "close_query", OFFICER, without="reason").params == {"field": "reason"}
    closed = act(opened("query"), "close_query", OFFICER, reason="set_right")
    assert (closed.state, closed.facts["reason"]) == ("closed", "set_right")
