"""Who asks what is held about them is answered in time, and no answer tells of what others may have told."""

from datetime import datetime, timedelta

import pytest

from lifecycle.model import NO_NEWS, ActorKind, Case, EffectKind
from lifecycle.recipients import heard_as
from policy.lint import INDEPENDENT
from policy.model import Role
from services.workflow.desk import READERS
from services.workflow.domain.data_request import EXTENSION, LIFECYCLE, REPLY
from tests.lifecycles import NOW, PERSON, POLICY, act, effect_names, opened, refused, ring_until, staff

OFFICER = staff("S0075", Role.DATA_PROTECTION_OFFICER)
DAY = timedelta(days=1)
MONTH_ENDS, EXTENSION_ENDS = datetime(2026, 4, 2, 9, tzinfo=NOW.tzinfo), datetime(2026, 6, 2, 9, tzinfo=NOW.tzinfo)


def known() -> Case:
    return act(opened("data_request"), "record_identity", OFFICER)


def extended(now: datetime = NOW + 5 * DAY) -> Case:
    return act(known(), "extend_time", OFFICER, now=now)


def test_the_first_time_is_a_month_from_the_day_it_was_asked_and_not_from_when_somebody_was_known() -> None:
    late = opened("data_request", now=NOW + 3 * DAY)
    assert (late.clocks[REPLY].started_at, late.clocks[REPLY].due_at) == (NOW, MONTH_ENDS)
    assert act(late, "record_identity", OFFICER, now=NOW + 9 * DAY).clocks[REPLY].due_at == MONTH_ENDS


def test_it_is_extended_once_and_by_two_months_from_where_the_first_would_have_ended() -> None:
    case = extended()
    assert case.clocks[REPLY].met_at == NOW + 5 * DAY
    clock = case.clocks[EXTENSION]
    assert (clock.started_at, clock.due_at) == (MONTH_ENDS, EXTENSION_ENDS), "whenever it is taken"
    assert extended(NOW + 20 * DAY).clocks[EXTENSION].due_at == EXTENSION_ENDS
    assert refused(case, "extend_time", OFFICER).code == "ACTION_NOT_OPEN"


def test_time_that_has_passed_is_not_made_longer() -> None:
    found = refused(known(), "extend_time", OFFICER, now=MONTH_ENDS)
    assert (found.code, found.rule, found.params) == (
        "TOO_LATE_FOR_MORE_TIME", f"policy {EXTENSION}", {"clock": REPLY},
    )  # fmt: skip
    again = ring_until(known(), MONTH_ENDS + DAY)
    assert refused(again, "extend_time", OFFICER, now=MONTH_ENDS + 2 * DAY).code == "TOO_LATE_FOR_MORE_TIME"


def test_more_time_is_not_taken_without_telling_whoever_waits() -> None:
    found = refused(known(), "extend_time", OFFICER, without="message")
    assert (found.code, found.params) == ("FIELD_MISSING", {"field": "message"})


@pytest.mark.parametrize("first", [REPLY, EXTENSION])
def test_inv_52_silence_is_reminded_of_then_goes_up_level_by_level_to_somebody_independent(first: str) -> None:
    case, ends = (known(), MONTH_ENDS) if first == REPLY else (extended(), EXTENSION_ENDS)
    soon = ring_until(case, ends - 3 * DAY)
    assert effect_names(soon, EffectKind.NOTIFY) == ["data_request.answer_soon"]
    above = []
    for _ in range(3):
        case = ring_until(case, ends)
        assert case.state in ("identity_shown", "extended"), "a breach decides nothing"
        (told,) = [heard_as(one, POLICY) for one in case.effects if one.name == "data_request.late"]
        above.append(told)
        ends = case.clocks[first].due_at
    assert above == [Role.AUDITOR, Role.OVERSIGHT_COMMITTEE, Role.OVERSIGHT_COMMITTEE]
    assert Role.OVERSIGHT_COMMITTEE in INDEPENDENT


def test_the_person_hears_of_a_missed_date_once() -> None:
    case = ring_until(known(), MONTH_ENDS)
    assert "data_request.date_missed" in effect_names(case, EffectKind.NOTIFY)
    case = ring_until(case, case.clocks[REPLY].due_at)
    assert "data_request.date_missed" not in effect_names(case, EffectKind.NOTIFY)


def test_inv_01_there_is_one_way_to_answer_whatever_is_held() -> None:
    """Nothing that is chosen, and no state that follows, could differ by whether a report names whoever asks."""
    (answer,) = [rule for rule in LIFECYCLE.rules if rule.action == "answer_request"]
    choices = {field.name: field.choices for field in answer.fields if field.kind == "choice"}
    assert choices == {"reason": ("told_what_may_be_told",)}
    assert answer.to == "answered"
    refusing = [rule for rule in LIFECYCLE.rules if rule.action == "refuse_request"]
    grounds = {one for rule in refusing for field in rule.fields for one in field.options(POLICY)}
    assert grounds == {"identity_not_shown", "asked_before", "not_about_the_person"}
    found = refused(known(), "answer_request", OFFICER, nothing_of_others=False)
    assert (found.code, found.rule) == ("NOT_CONFIRMED", "invariant 1")


def test_inv_01_whoever_answers_sees_no_other_case_and_nobody_else_sees_the_request() -> None:
    sees = {name for name, roles in READERS.items() if Role.DATA_PROTECTION_OFFICER in roles}
    assert sees == {"data_request"}
    assert READERS["data_request"] == {Role.DATA_PROTECTION_OFFICER}
    entry = POLICY.roles[Role.DATA_PROTECTION_OFFICER]
    for other in ("intake_officer", "investigator", "ethics_officer", "ombudsperson", "focal_point", "custodian"):
        assert other in entry.apart_from, other


def test_nothing_is_told_to_somebody_who_has_not_shown_who_they_are() -> None:
    asked = opened("data_request")
    assert {REPLY, NO_NEWS} <= asked.clocks.keys(), "it is answered, and she hears of it meanwhile"
    assert refused(asked, "answer_request", OFFICER).code == "ACTION_NOT_OPEN"
    assert refused(asked, "extend_time", OFFICER).code == "ACTION_NOT_OPEN"
    early = refused(asked, "refuse_request", OFFICER)
    assert (early.code, early.params) == ("TIME_NOT_OVER", {"clock": REPLY}), "they may have far to go"
    asked = ring_until(asked, MONTH_ENDS - 10 * DAY)
    assert act(asked, "refuse_request", OFFICER).state == "refused"
    assert refused(asked, "refuse_request", OFFICER, reason="asked_before").code == "FIELD_INVALID"
    assert refused(known(), "refuse_request", OFFICER, reason="identity_not_shown").code == "FIELD_INVALID"


@pytest.mark.parametrize("case", [opened("data_request"), known(), extended()], ids=lambda case: case.state)
def test_whoever_asked_may_take_it_back(case: Case) -> None:
    after = act(case, "withdraw_request", PERSON, reason="withdrawn")
    assert after.state == "taken_back"
    assert {rule.by for rule in LIFECYCLE.rules if rule.action == "withdraw_request"} == {frozenset({ActorKind.PERSON})}


def test_inv_53_what_was_asked_is_erased_after_its_time_and_not_before_the_look_ahead_ends() -> None:
    case = act(known(), "answer_request", OFFICER)
    kept = case.clocks["keep.data_request"]
    assert kept.due_at == POLICY.due("ret.lookahead", NOW)
    assert effect_names(ring_until(case, kept.due_at), EffectKind.ERASE) == ["case"]
