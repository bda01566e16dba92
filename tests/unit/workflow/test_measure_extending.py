"""An interim measure is extended: when, with what, and who is told once it is done (invariants 37 and 43)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Case, Fact
from services.workflow.domain.measure_conditions import terms_known
from tests.lifecycles import NOW, SYSTEM, act, at, refused, ring_until
from tests.unit.workflow.measures import DIRECTOR, OIO, SECOND_INVESTIGATOR, effective, extended, running, with_a_letter


@pytest.mark.parametrize(
    ("day", "open_"), [(5.99, False), (6, True), (19.99, True), (20, False)], ids=["early", "opens", "last", "over"]
)
def test_inv_37_an_extension_is_decided_within_fourteen_days_before_the_end(day: float, open_: bool) -> None:
    now = NOW + timedelta(days=day)
    facts: dict[str, Fact] = {"review_at": at(30), "until_at": at(50)}
    if open_:
        assert act(effective(), "extend_measure", DIRECTOR, now=now, **facts).clocks[
            "im.end"
        ].due_at == NOW + timedelta(50)
    else:
        answer = refused(effective(), "extend_measure", DIRECTOR, now=now, **facts)
        assert (answer.code, answer.rule) == ("OUTSIDE_THE_WINDOW", "invariant 37")


@pytest.mark.parametrize("without", ["reasons", "least_burden", "until_at", "review_at"])
def test_inv_37_an_extension_needs_new_reasons_and_dates(without: str) -> None:
    answer = refused(effective(), "extend_measure", DIRECTOR, now=NOW + timedelta(days=15), without=without)
    assert answer.params == {"field": without}


def test_inv_37_an_extension_ends_later_and_no_more_than_one_block_later() -> None:
    now = NOW + timedelta(days=15)
    sooner: dict[str, Fact] = {"review_at": at(16), "until_at": at(19)}
    assert refused(effective(), "extend_measure", DIRECTOR, now=now, **sooner).code == "END_NOT_LATER"
    far: dict[str, Fact] = {"review_at": at(30), "until_at": at(110.01)}
    too_long = refused(effective(), "extend_measure", DIRECTOR, now=now, **far)
    assert (too_long.code, too_long.rule) == ("PERIOD_TOO_LONG", "policy 2.3")
    same: dict[str, Fact] = {"review_at": at(16), "until_at": at(20)}
    assert refused(effective(), "extend_measure", DIRECTOR, now=now, **same).code == "END_NOT_LATER"


def test_an_extension_is_looked_at_again_before_it_ends_and_not_before_today() -> None:
    now = NOW + timedelta(days=15)
    for review, code in ((14.9, "TIME_IN_THE_PAST"), (25.1, "TIMES_OUT_OF_ORDER")):
        answer = refused(effective(), "extend_measure", DIRECTOR, now=now, review_at=at(review), until_at=at(25))
        assert (answer.code, answer.rule) == (code, "invariant 35")
    assert act(effective(), "extend_measure", DIRECTOR, now=now, review_at=at(25), until_at=at(25)).state == "effective"


def test_inv_43_the_other_side_is_told_of_an_extension_once_hr_has_done_it_and_her_inbox_shows_it() -> None:
    before = effective()
    case = extended(before)
    assert terms_known(case)["until_at"] == before.facts["until_at"] != case.facts["until_at"]
    early = refused(case, "record_placed", SYSTEM, version=case.version - 1)
    assert (early.code, early.rule) == ("NOT_IN_THE_INBOX_YET", "invariant 43")
    placed = act(case, "record_placed", SYSTEM, version=case.version)
    assert (placed.state, terms_known(placed)["until_at"]) == ("effective", case.facts["until_at"])
    assert named(placed) == ["interim_measure.other_side_told", "interim_measure.line_told"]
    assert refused(placed, "record_placed", SYSTEM, version=placed.version).code == "NOTHING_NEW_TO_TELL"


def test_nobody_is_told_anew_of_a_measure_that_stands_as_it_was() -> None:
    assert refused(effective(), "record_placed", SYSTEM, version=99).code == "NOTHING_NEW_TO_TELL"
    twice = act(effective(), "record_applied", SYSTEM)
    assert refused(twice, "record_placed", SYSTEM, version=99).code == "NOTHING_NEW_TO_TELL", "HR said so again"
    failed = act(effective(), "extend_measure", DIRECTOR, now=NOW + timedelta(days=15))
    assert refused(act(failed, "record_failed", SYSTEM), "record_placed", SYSTEM, version=99).rule == "invariant 43"


SHOWN: dict[str, Fact] = {"serious_misconduct": True, "hearing": "heard", "redeployment_considered": True}


def test_where_there_was_a_letter_there_is_another_of_the_extension_and_oversight_is_asked_for_it() -> None:
    before = with_a_letter()
    assert refused(before, "release_notice", OIO).code == "NOTICE_NOT_HELD"
    case = extended(before, **SHOWN)
    assert refused(case, "release_notice", OIO).rule == "policy 2.13", "she is told first"
    placed = act(case, "record_placed", SYSTEM, version=case.version)
    assert (placed.state, "im.release" in running(placed)) == ("notified_of_measure", True)
    assert set(named(placed)) == {"interim_measure.notice_to_release"}
    again = act(placed, "release_notice", OIO)
    assert (again.state, "im.release" in running(again)) == ("notified_of_measure", False)
    assert "respondent" in named(again)
    assert refused(again, "release_notice", OIO).code == "NOTICE_NOT_HELD"


def test_who_does_not_write_herself_is_told_of_an_extension_by_somebody_outside_the_decision() -> None:
    case = extended(replace(effective(), facts={**effective().facts, "writer": "third_party"}))
    assert refused(case, "record_told", SECOND_INVESTIGATOR, told_her=False).rule == "invariant 43"
    told = act(case, "record_told", SECOND_INVESTIGATOR, told_her=True)
    assert terms_known(told)["until_at"] == case.facts["until_at"]
    assert "interim_measure.other_side_told" in named(told)


def test_oversight_is_asked_for_the_letter_on_each_change_too() -> None:
    varied = act(with_a_letter(), "vary_measure", DIRECTOR, **SHOWN)
    case = act(varied, "record_applied", SYSTEM)
    case = act(case, "record_placed", SYSTEM, version=case.version)
    asked = act(case, "ask_release", SYSTEM)
    assert set(named(asked)) == {"interim_measure.notice_to_release"}
    assert refused(asked, "ask_release", SYSTEM).rule == "lifecycle"


def named(case: Case) -> list[str]:
    """What follows from the last step."""
    return [effect.name for effect in case.effects]


def test_an_extended_measure_is_announced_again_before_its_new_end() -> None:
    now = NOW + timedelta(days=19)
    rung = ring_until(effective(), now)
    extended = act(rung, "extend_measure", DIRECTOR, now=now, review_at=at(30), until_at=at(50))
    ended = ring_until(extended, NOW + timedelta(days=49))
    marks = [step.facts["mark"] for step in ended.steps if step.facts.get("clock") == "im.end"]
    assert marks == ["im.remind.14", "im.remind.7", "im.remind.2"] * 2
