"""The form of a decision asks for what that kind of measure needs, whichever it is, and for nothing of another."""

from dataclasses import replace

import pytest

from chassis.web.pages.forms import Field
from lifecycle.changes import field_of
from lifecycle.pages.offers import form_of
from lifecycle.pages.wording import Wording
from lifecycle.views import OfferSeen
from policy.load import load
from policy.model import Side
from services.workflow.domain import interim_measure
from services.workflow.domain.measure_conditions import FIELDS, KNOWN, SECOND_SIGNATURE
from services.workflow.domain.measure_parts import WRITTEN_REASONS, conditions_of
from services.workflow.web.deciding_pages import ARRANGED, groups
from services.workflow.web.naming_persons import PERSONS

POLICY = load("iom-2024-03")
KINDS = [(one.key, side) for one in POLICY.measures.values() for side in one.burdens]
ALWAYS = {"person", "from_at", "review_at", "until_at", "effects_seen", "purpose", "reasons", "least_burden"}
OF_LINE = {"current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver"}
ELSEWHERE = {"location", *(f"covers_{one}" for one in ("housing", "transport", "common_rooms", "chats", "missions"))}


def questions(action: str, state: str) -> dict[str, Field]:
    rule = interim_measure.LIFECYCLE.rule_of[state, action]
    fields = [field_of(replace(one, choices=one.options(POLICY))) for one in rule.fields]
    offer = OfferSeen(action=action, open=True, refused=None, fields=fields)
    return {one.name: one for one in form_of(offer, "interim_measure", Wording({}), {"persons": PERSONS})}


def asked(action: str, state: str, kind: str, side: str) -> dict[str, Field]:
    found = groups(POLICY, questions(action, state), {"type": kind, "burden": side})
    return {one.name: one for group in found for one in group.fields}


@pytest.mark.parametrize(("kind", "side"), KINDS)
def test_a_decision_asks_for_what_its_measure_needs_and_for_nothing_of_another(kind: str, side: Side) -> None:
    found = asked("decide_measure", "acknowledged", kind, side)
    needed = set(conditions_of(POLICY.measures[kind], {"burden": side})) - {SECOND_SIGNATURE, WRITTEN_REASONS}
    needed = {"hearing" if one == "heard_or_to_be_heard" else one for one in needed}
    assert found.keys() >= ALWAYS | needed
    assert all(found[one].missing for one in needed), "what the rules ask for cannot be left out"
    assert (found.keys() & {one.name for one in FIELDS}) == needed
    assert bool(OF_LINE & found.keys()) == (kind == "reporting_line_change")
    assert bool(ELSEWHERE & found.keys()) == (kind == "physical_separation")
    assert ("arrangement" in found) == (kind != "reporting_line_change")


def test_every_question_of_a_decision_is_asked_for_some_measure() -> None:
    every = {name for kind, side in KINDS for name in asked("decide_measure", "acknowledged", kind, side)}
    assert every | set(ARRANGED["decide_measure"].first) == questions("decide_measure", "acknowledged").keys()


def test_every_condition_that_a_policy_may_set_has_a_question_or_needs_none() -> None:
    names = {one.name for one in FIELDS} | {SECOND_SIGNATURE, WRITTEN_REASONS, "heard_or_to_be_heard"}
    assert names >= KNOWN


@pytest.mark.parametrize(("action", "moved"), [("extend_measure", False), ("vary_measure", True)])
def test_what_prolongs_or_changes_a_measure_asks_for_its_own_kind(action: str, moved: bool) -> None:
    found = asked(action, "effective", "special_leave_full_pay", Side.ALLEGED_OFFENDER)
    assert found.keys() >= {"until_at", "review_at", "effects_seen", "lighter_means_fail", "entitlements_unaffected"}
    assert not found.keys() & {"from_at", "hearing", "exceptional_circumstances", *ELSEWHERE, *OF_LINE}
    assert ("person" in found) == moved


def test_what_prolongs_or_changes_a_measure_begins_with_how_it_is_now() -> None:
    told = {"from_at": "2026-03-01T00:00:00+00:00", "review_at": "2026-03-20T00:00:00+00:00"}
    known = {"type": "special_leave_full_pay", "burden": "alleged_offender", **told, "until_at": "2026-03-31T00:00:00Z"}
    known["as_arranged"] = {"arrangement": "He stays at home."}
    found = {one.heading: one for one in groups(POLICY, questions("vary_measure", "effective"), known)}
    assert found["What HR carries out"].known == {"arrangement": "He stays at home."}
    assert [value for _, value in found["From when and until when"].told] == [*told.values(), "2026-03-31T00:00:00Z"]


def test_whoever_is_the_only_one_on_the_side_whose_work_changes_stands_there_to_begin_with() -> None:
    rows = [("affected_individual", "S0018", "S0017"), ("alleged_offender", "S0017", "S0016")]
    known = {"type": "reporting_line_change", "burden": "affected_individual", "concerned": rows}
    people = groups(POLICY, questions("decide_measure", "acknowledged"), known)[0]
    assert people.known == {"person": "S0018", "current_supervisor": "S0017"}
    assert [value for _, value in people.told] == ["S0018", "S0017", "S0017", "S0016"]
    more = [*rows, ("affected_individual", "S0019", "S0017")]
    assert groups(POLICY, questions("decide_measure", "acknowledged"), known | {"concerned": more})[0].known == {}
