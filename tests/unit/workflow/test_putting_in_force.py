"""With which version new cases begin: two people, and a second office and time where it protects less."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.policy.v1.policy_pb2 import PolicyVersion
from lifecycle.in_force import followed
from lifecycle.model import Refused
from policy.changes import ChangeRefused, differences
from policy.entry import PolicyBroken
from policy.model import Policy, Role
from services.workflow.domain import appointing
from services.workflow.domain.putting_in_force import (
    Refusal,
    approvers,
    approving_refused,
    drafting_refused,
    later_refused,
    people_refused,
)
from tests.lifecycles import NOW, POLICY

FIRST, SECOND, DIRECTOR, AUDITOR, INVESTIGATOR = "S0073", "S0074", "S0002", "S0015", "S0006"
TODAY = NOW.date()
AFTER_WAITING = POLICY.due("policy.waiting", NOW).date() + timedelta(days=1)


def with_look_ahead(months: int) -> Policy:
    changed = replace(POLICY.deadlines["ret.lookahead"], amount=months)
    return replace(POLICY, version="2", content_hash="2" * 64, deadlines={**POLICY.deadlines, "ret.lookahead": changed})


SAFER, WEAKER = with_look_ahead(48), with_look_ahead(6)


def drafting(by: str = FIRST, after: Policy = SAFER, days: int = 0) -> str | None:
    found = drafting_refused(POLICY, after, TODAY + timedelta(days=days), by, NOW)
    return found and found.code


def approving(
    by: str, after: Policy = SAFER, day: datetime | None = None, drafted_by: str = FIRST, now: datetime = NOW
) -> str | None:
    from_day = day.date() if day else TODAY
    found = approving_refused(POLICY, differences(POLICY, after), from_day, (drafted_by, NOW), by, now)
    return found and found.code


def test_those_who_keep_policy_and_those_whom_it_names_draft_from_today_on() -> None:
    assert [drafting(), drafting(DIRECTOR), drafting(days=30)] == [None, None, None]
    assert drafting(INVESTIGATOR) == Refusal.NOT_DELEGATED
    assert drafting(days=-1) == Refusal.IN_THE_PAST
    assert drafting(after=POLICY) == Refusal.IN_FORCE_ALREADY


def test_what_protects_no_less_needs_a_second_person() -> None:
    assert approving(SECOND) is None
    assert approving(AUDITOR) is None
    assert approving("s0073") == Refusal.SAME_PERSON
    assert approving(INVESTIGATOR) == Refusal.NOT_DELEGATED
    assert approving(SECOND, drafted_by=INVESTIGATOR) == Refusal.NOT_DELEGATED


@pytest.mark.parametrize("drafted_by", [FIRST, DIRECTOR])
def test_what_protects_less_needs_a_second_office_and_its_waiting_time(drafted_by: str) -> None:
    late = NOW + (AFTER_WAITING - TODAY)
    assert approving(SECOND, WEAKER, late, drafted_by) == Refusal.SECOND_OFFICE_MISSING
    assert approving(AUDITOR, WEAKER, NOW, drafted_by) == Refusal.TOO_EARLY
    assert approving(AUDITOR, WEAKER, late, drafted_by) is None
    assert approving(AUDITOR, WEAKER, late, drafted_by, NOW + timedelta(days=3)) == Refusal.TOO_EARLY, (
        "counted from the second word"
    )


def test_the_second_word_is_asked_of_the_second_office_alone_where_it_protects_less() -> None:
    committee = {one.staff_id for one in POLICY.appointed(Role.OVERSIGHT_COMMITTEE, NOW)}
    assert approvers(POLICY, differences(POLICY, WEAKER), FIRST, NOW) == {AUDITOR} | committee
    assert approvers(POLICY, differences(POLICY, SAFER), FIRST, NOW) == {AUDITOR, SECOND} | committee


def test_people_are_missing_where_nobody_holds_a_role_or_fewer_than_two_could_appoint() -> None:
    assert people_refused(SAFER, NOW) is None
    without = replace(SAFER, appointments=tuple(one for one in SAFER.appointments if one.role is not Role.AUDITOR))
    missing = {"missing": "role.auditor"}
    assert people_refused(without, NOW) == Refused(Refusal.NOT_HELD, "delegation.policy_change", missing)
    one_person = replace(
        SAFER.delegation["appointment"], deciders=(Role.EXECUTIVE_HEAD,), second=(Role.EXECUTIVE_HEAD,)
    )
    alone = people_refused(replace(SAFER, delegation={**SAFER.delegation, "appointment": one_person}), NOW)
    assert alone is not None
    assert alone.code == appointing.Refusal.TOO_FEW_TO_DECIDE


def test_whatever_a_change_is_refused_with_is_known_here() -> None:
    assert {one.value for one in ChangeRefused} <= {one.value for one in Refusal}


def test_files_that_were_edited_since_they_were_decided_on_are_not_followed() -> None:
    decided = PolicyVersion(pack=POLICY.name, version=POLICY.version, content_hash=POLICY.content_hash)
    assert followed(None, POLICY) is POLICY
    assert followed(decided, POLICY) is POLICY
    edited = replace(POLICY, content_hash="2" * 64)
    assert followed(decided, edited) == POLICY, "what was decided on is there again"
    with pytest.raises(PolicyBroken):
        followed(PolicyVersion(pack=POLICY.name, version=POLICY.version, content_hash="2" * 64), POLICY)


def test_a_later_version_takes_nothing_back_that_its_second_office_did_not_see() -> None:
    as_it_was = replace(POLICY, version="3")

    def code(before: list[Policy], after: Policy, later: list[Policy]) -> str | None:
        found = later_refused(before, after, later)
        return found and found.code

    assert code([POLICY], SAFER, [as_it_was]) == Refusal.LATER_ONE_TAKES_BACK
    assert code([POLICY], SAFER, [WEAKER]) == Refusal.LATER_ONE_TAKES_BACK, "more than was approved"
    assert code([POLICY], SAFER, [SAFER]) is None
    assert code([POLICY], as_it_was, [WEAKER]) is None, "just what was approved"
    assert code([POLICY, SAFER], SAFER, [as_it_was]) is None, "approved as less than one that comes before"
    assert code([POLICY], SAFER, []) is None
