"""What a decision on an interim measure names, and what becomes of it at HR."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from services.workflow.domain.measure_parts import last_order
from tests.lifecycles import NOW, POLICY, SYSTEM, act, at, effect_names, refused, ring_until
from tests.unit.workflow.measures import HEAD, LEAVE, LINE, SECOND_INVESTIGATOR, consented, decided, proven


@pytest.mark.parametrize(
    "without", ["type", "purpose", "reasons", "least_burden", "persons", "from_at", "review_at", "until_at"]
)
def test_inv_35_a_decision_names_everything_it_has_to(without: str) -> None:
    answer = refused(consented(), "decide_measure", HEAD, **({} if without == "type" else LINE), without=without)
    assert (answer.code, dict(answer.params)) == ("FIELD_MISSING", {"field": without})


@pytest.mark.parametrize(
    ("facts", "code", "field"),
    [
        ({"until_at": at(0), "review_at": at(0), "from_at": at(0)}, "TIME_IN_THE_PAST", "until_at"),
        ({"from_at": at(-1)}, "TIME_IN_THE_PAST", "from_at"),
        ({"from_at": at(-0.0036)}, "TIME_IN_THE_PAST", "from_at"),  # five minutes and a little
        ({"from_at": at(21)}, "TIMES_OUT_OF_ORDER", "until_at"),
        ({"review_at": at(0)}, "TIMES_OUT_OF_ORDER", "review_at"),
        ({"review_at": at(20.01)}, "TIMES_OUT_OF_ORDER", "until_at"),
        ({"until_at": at(90.01), "review_at": at(30)}, "PERIOD_TOO_LONG", "until_at"),
    ],
)
def test_inv_35_dates_that_make_no_sense_are_refused(facts: dict[str, Fact], code: str, field: str) -> None:
    answer = refused(consented(), "decide_measure", HEAD, **(LINE | facts))
    assert (answer.code, answer.params["field"]) == (code, field)


@pytest.mark.parametrize(
    "facts",
    [{"from_at": at(-0.003)}, {"review_at": at(20)}, {"until_at": at(90), "review_at": at(30)}],
    ids=["clocks differ", "last day", "block"],
)
def test_inv_35_dates_at_the_edge_are_taken(facts: dict[str, Fact]) -> None:
    assert decided(**facts).state == "decided"


def test_a_leave_may_not_take_as_long_as_a_line_change() -> None:
    facts: dict[str, Fact] = {"until_at": at(31), "review_at": at(14)}
    assert refused(consented(), "decide_measure", HEAD, **(LEAVE | facts)).params["deadline"] == "im.short_block"
    assert act(consented(), "decide_measure", HEAD, **(LINE | facts)).state == "decided"


def test_each_kind_is_reviewed_within_its_own_time() -> None:
    late: dict[str, Fact] = {"until_at": at(30), "review_at": at(14.01)}
    answer = refused(consented(), "decide_measure", HEAD, **(LEAVE | late))
    assert (answer.code, answer.params["deadline"]) == ("REVIEW_TOO_LATE", "im.review.special_leave_full_pay")
    assert decided(until_at=at(90), review_at=at(30)).state == "decided"
    ahead: dict[str, Fact] = {"from_at": at(3), "until_at": at(30), "review_at": at(17)}
    assert act(consented(), "decide_measure", HEAD, **(LEAVE | ahead)).state == "decided", "from the day it begins"
    assert (
        refused(consented(), "decide_measure", HEAD, **LINE, until_at=at(90), review_at=at(30.01)).rule == "policy 2.3"
    )


def test_a_decision_asks_hr_and_answers_the_alerters() -> None:
    case = act(consented(), "decide_measure", HEAD, **LINE, burden="alleged_offender")
    assert effect_names(case, EffectKind.EMIT) == ["measure_decided"]
    (answer,) = [effect for effect in case.effects if effect.kind is EffectKind.NOTIFY]
    assert recipients(case, answer, POLICY, NOW) == ("S0005", "S0003")
    assert case.clocks["im.decide"].met_at == NOW
    assert case.clocks["im.apply"].runs


def test_a_decision_that_hr_could_not_apply_can_be_taken_anew() -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    assert failed.state == "not_applied"
    assert recipients(failed, failed.effects[-1], POLICY, NOW) == ("S0009",)
    again = proven(act(failed, "decide_measure", HEAD, **LINE))
    assert again.state == "decided"
    assert last_order(again) == again.version > last_order(failed)


@pytest.mark.parametrize("leaves", ["ask_consent", "decline_alert"])
def test_leaving_what_hr_could_not_apply_withdraws_it_there(leaves: str) -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    actor = SECOND_INVESTIGATOR if leaves == "ask_consent" else HEAD
    left = act(failed, leaves, actor)
    assert effect_names(left, EffectKind.EMIT) == ["measure_restore"]
    assert last_order(left) == left.version
    assert refused(left, "record_applied", SYSTEM).code == "ACTION_NOT_OPEN"
    assert act(left, "record_restored", SYSTEM).state == left.state


def test_what_hr_put_right_by_hand_after_a_failure_counts_as_applied() -> None:
    case = act(act(decided(), "record_failed", SYSTEM), "record_applied", SYSTEM)
    assert case.state == "applied"
    assert {clock.key for clock in case.clocks.values() if clock.runs} == {
        "im.end", "im.review", "im.cumulative_alarm", "consent.refresh", "report.update",
    }  # fmt: skip


def test_hr_that_does_not_answer_is_noticed() -> None:
    case = ring_until(decided(), NOW + timedelta(days=2))
    assert case.state == "decided"
    assert "interim_measure.stuck" in effect_names(case, EffectKind.NOTIFY)


def test_inv_35_who_decides_on_a_kind_of_measure_is_the_policys_to_say() -> None:
    nobody = replace(POLICY.measures["reporting_line_change"], deciders=())
    policy = replace(POLICY, measures={**POLICY.measures, "reporting_line_change": nobody})
    answer = refused(consented(), "decide_measure", HEAD, policy=policy, **LINE)
    assert answer == Refused("NOT_DELEGATED", "invariant 35", {"type": "reporting_line_change"})
