"""The ethics office's query: seen by nobody else, ended by nobody else."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.recipients import recipients
from policy.model import Role
from services.ethics.domain.query import LIFECYCLE
from services.ethics.domain.retaliation_parts import ETHICS
from tests.lifecycles import NOW, POLICY, REPORT, act, opened, refused, ring_until, staff

OFFICER = staff("S0007", Role.ETHICS_OFFICER)


def test_inv_46_only_the_ethics_office_ever_acts_or_is_told() -> None:
    assert set().union(*LIFECYCLE.by_action.values()) == ETHICS
    case = opened("query")
    assert recipients(case, case.effects[0], POLICY, NOW) == ("S0007",)
    assert not any(state.person_sees for state in LIFECYCLE.states)
    assert refused(case, "note_query", staff("S0009", Role.HR_OFFICER)).code == "ROLE_NOT_ALLOWED"


def test_nobody_is_contacted_who_has_not_agreed_for_that_protection() -> None:
    case = opened("query")
    assert refused(case, "contact_person", OFFICER, ground="agreed").params == {"field": "protection"}
    assert act(case, "contact_person", OFFICER, ground="agreed", protection="a1").state == "contacted"
    assert act(case, "contact_person", OFFICER, ground="imminent_harm").state == "contacted"


def test_a_query_that_nobody_looks_at_rings_again_and_again_and_goes_further_up_each_time() -> None:
    case = ring_until(opened("query"), NOW + timedelta(days=21))
    assert [step.at for step in case.steps if step.action == "ring"] == [NOW + timedelta(days=7 * n) for n in (1, 2, 3)]
    assert [recipients(case, effect, POLICY, NOW) for effect in case.effects] == [("S0007",), ("S0062", "S0063")]
    noted = act(case, "note_query", OFFICER)
    assert not noted.clocks["ret.ack"].runs


@pytest.mark.parametrize(("action", "facts"), [("note_query", {}), ("contact_person", {"ground": "imminent_harm"})])
def test_one_that_was_looked_at_and_left_open_is_asked_about_until_it_is_closed(
    action: str, facts: dict[str, str]
) -> None:
    looked = act(opened("query"), action, OFFICER, **facts)
    month = timedelta(days=30)
    once, again = ring_until(looked, NOW + month), ring_until(looked, NOW + 2 * month)
    assert [one.name for one in once.effects] == ["query.still_open"], "the office first"
    assert [one.name for one in again.effects] == ["query.still_open"] * 2, "then one above it too"
    anew = act(once, "note_query", OFFICER, now=NOW + month)
    assert anew.clocks["ret.query"].due_at == NOW + 2 * month
    assert not act(anew, "close_query", OFFICER).clocks["ret.query"].runs


def test_a_contract_that_ends_soon_is_looked_at_sooner() -> None:
    facts = {"about": "contract_end", "contract_end": "soon"}
    case = engine.open_case(LIFECYCLE, REPORT, 1, facts, NOW, POLICY)
    assert case.clocks["ret.ack"].due_at == NOW + timedelta(days=1)


def test_inv_50_closing_needs_a_reason() -> None:
    assert refused(opened("query"), "close_query", OFFICER, without="reason").params == {"field": "reason"}
    closed = act(opened("query"), "close_query", OFFICER, reason="set_right")
    assert (closed.state, closed.facts["reason"]) == ("closed", "set_right")


def test_inv_53_what_is_left_of_it_goes_with_the_retention_and_never_before_the_look_ahead() -> None:
    closed = act(opened("query"), "close_query", OFFICER)
    due = engine.next_due(LIFECYCLE, closed, POLICY)
    assert due is not None
    assert due.at >= POLICY.due("ret.lookahead", NOW)
    assert engine.on_due(LIFECYCLE, closed, due, due.at, POLICY).state == "erased"
