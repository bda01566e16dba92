"""What a change of policy does to people, and what one that protects them less has to wait for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.changes import (
    WAITING,
    ChangeRefused,
    Difference,
    Signature,
    differences,
    not_yet,
    refused,
    weakening,
)
from policy.decisions import Burden
from policy.load import load
from policy.model import Approval, AtEnd, Office, Policy, Role, Side
from policy.protection import LENGTHS, NEUTRAL, Direction, of_length
from policy.working_time import Unit
from tests.lifecycles import NOW

POLICY = load("iom-2024-03")
STRONGER, WEAKER = Direction.STRONGER, Direction.WEAKER
DAY = timedelta(days=1)


def with_deadline(key: str, amount: int | None, unit: Unit = Unit.CALENDAR_DAYS) -> Policy:
    changed = replace(POLICY.deadlines[key], amount=amount, unit=unit)
    return replace(POLICY, deadlines={**POLICY.deadlines, key: changed})


def with_entry(table: str, key: str, **changes: object) -> Policy:
    entries: Mapping[str, Any] = getattr(POLICY, table)
    return replace(POLICY, **{table: {**entries, key: replace(entries[key], **changes)}})  # type: ignore[arg-type]


def only(after: Policy) -> Difference:
    (found,) = differences(POLICY, after)
    return found


def test_a_policy_does_not_differ_from_itself() -> None:
    assert differences(POLICY, load("iom-2024-03")) == ()


@pytest.mark.parametrize(
    ("key", "amount", "unit", "direction"),
    [
        ("ret.lookahead", 12, Unit.MONTHS, WEAKER),
        ("ret.lookahead", 36, Unit.MONTHS, STRONGER),
        ("ret.lookahead", 900, Unit.CALENDAR_DAYS, STRONGER),
        ("report.window", 6, Unit.MONTHS, WEAKER),
        ("report.ack", 3, Unit.CALENDAR_DAYS, STRONGER),
        ("report.ack", 6, Unit.WORKING_DAYS, WEAKER),
        ("report.ack", None, Unit.CALENDAR_DAYS, WEAKER),
        ("im.decide", 20, Unit.HOURS, STRONGER),
        ("ombuds.purge", 60, Unit.CALENDAR_DAYS, WEAKER),
        ("keep.no_case", 12, Unit.MONTHS, WEAKER),
        ("keep.no_case", 60, Unit.MONTHS, None),
        ("ret.ack", 9, Unit.WORKING_DAYS, WEAKER),
        ("ret.appeal", 60, Unit.CALENDAR_DAYS, STRONGER),
        ("draft.expire", 7, Unit.CALENDAR_DAYS, None),
        ("ret.lookahead", None, Unit.MONTHS, WEAKER),
        ("ret.monitor.second", None, Unit.CALENDAR_DAYS, WEAKER),
        ("report.monitor", None, Unit.CALENDAR_DAYS, WEAKER),
        ("handover.before", None, Unit.CALENDAR_DAYS, WEAKER),
        ("handover.before", 30, Unit.CALENDAR_DAYS, STRONGER),
        ("review.appeal", 30, Unit.CALENDAR_DAYS, STRONGER),
        ("charge.reply", None, Unit.CALENDAR_DAYS, STRONGER),
        ("informal.checkin.third", 120, Unit.CALENDAR_DAYS, WEAKER),
        ("mediation.consent", 3, Unit.WORKING_DAYS, WEAKER),
        ("mediation.follow_up", 60, Unit.CALENDAR_DAYS, WEAKER),
        ("subject.notice", 20, Unit.WORKING_DAYS, WEAKER),
    ],
)
def test_which_way_a_length_protects(key: str, amount: int | None, unit: Unit, direction: Direction | None) -> None:
    found = only(with_deadline(key, amount, unit))
    assert (found.key, found.direction) == (f"deadline.{key}", direction)
    assert found.after == ("unset" if amount is None else f"{amount} {unit}")


@pytest.mark.parametrize(
    ("after", "key", "direction"),
    [
        (with_entry("thresholds", "stats.min_cell", value=5), "threshold.stats.min_cell.value", WEAKER),
        (with_entry("thresholds", "stats.min_cell", value=11), "threshold.stats.min_cell.value", STRONGER),
        (with_entry("measures", "suspension_with_pay", staff_only=False), "staff_only", WEAKER),
        (with_entry("measures", "suspension_with_pay", conditions=()), "conditions", WEAKER),
        (with_entry("measures", "suspension_with_pay", conditions=("something_new",)), "conditions", WEAKER),
        (with_entry("measures", "flexible_working", conditions=("something_new",)), "conditions", STRONGER),
        (with_entry("measures", "flexible_working", burdens=(Side.ALLEGED_OFFENDER,)), "burdens", STRONGER),
        (with_entry("measures", "suspension_with_pay", burdens=tuple(Side)), "burdens", WEAKER),
        (with_entry("measures", "reporting_line_change", at_end=AtEnd.LAPSE), "at_end", WEAKER),
        (with_entry("measures", "suspension_without_pay", second=()), "second", WEAKER),
        (with_entry("measures", "suspension_without_pay", deciders=()), "deciders", WEAKER),
        (with_entry("measures", "flexible_working", deciders=(Role.HR_DIRECTOR,)), "deciders", None),
        (with_entry("measures", "flexible_working", deciders=(Role.HR_DIRECTOR, Role.HR_OFFICER)), "deciders", WEAKER),
        (with_entry("measures", "suspension_without_pay", longest="im.max_block"), "longest", WEAKER),
        (with_entry("measures", "suspension_with_pay", longest="im.short_block"), "longest", STRONGER),
        (with_entry("measures", "suspension_without_pay", alarm="im.cumulative_alarm"), "alarm", WEAKER),
        (with_entry("measures", "suspension_without_pay", review="keep.no_case"), "review", WEAKER),
        (with_entry("measures", "flexible_working", longest="investigation"), "longest", WEAKER),
        (with_entry("measures", "suspension_without_pay", longest="im.aftercare"), "longest", STRONGER),
        (with_entry("delegation", "discipline", deciders=(*Role,)), "deciders", WEAKER),
        (with_entry("delegation", "discipline", second=(*Role,)), "second", WEAKER),
        (with_entry("roles", Role.INVESTIGATOR, escalates_to=Role.INVESTIGATOR), "escalates_to", WEAKER),
        (with_entry("roles", Role.INVESTIGATOR, escalates_to=Role.LEGAL_OFFICER), "escalates_to", None),
        (with_entry("delegation", "discipline", second=()), "second", WEAKER),
        (with_entry("delegation", "discipline", second=(Role.EXECUTIVE_HEAD,)), "second", None),
        (with_entry("delegation", "redress", second=(Role.EXECUTIVE_HEAD,)), "second", STRONGER),
        (with_entry("delegation", "policy_change", deciders=(Role.EXECUTIVE_HEAD,)), "deciders", WEAKER),
        (with_entry("delegation", "policy_change", second=(Role.EXECUTIVE_HEAD,)), "second", WEAKER),
        (with_entry("delegation", "appointment", deciders=(Role.EXECUTIVE_HEAD,)), "deciders", WEAKER),
        (with_entry("delegation", "appointment", second=(Role.EXECUTIVE_HEAD,)), "second", WEAKER),
        (with_entry("roles", Role.AUDITOR, office=Office.DHR), "role.auditor.office", WEAKER),
        (with_entry("roles", Role.POLICY_OFFICER, office=Office.DHR), "role.policy_officer.office", WEAKER),
        (with_entry("roles", Role.INVESTIGATOR, office=Office.DHR), "role.investigator.office", None),
        (with_entry("identity_purposes", "check_facts", days=31), "days", WEAKER),
        (with_entry("identity_purposes", "check_facts", days=7), "days", STRONGER),
        (with_entry("identity_purposes", "check_facts", consent=True), "consent", STRONGER),
        (with_entry("identity_purposes", "hear_the_person", consent=False), "consent", WEAKER),
        (with_entry("identity_purposes", "check_facts", told=False), "told", WEAKER),
        (with_entry("identity_purposes", "check_facts", roles=(*Role,)), "roles", WEAKER),
        (with_entry("routes", "formal_report", keeps_reporter=False), "keeps_reporter", WEAKER),
        (with_entry("routes", "formal_report", protects=None), "protects", WEAKER),
        (with_entry("routes", "formal_report", needs=()), "needs", STRONGER),
        (with_entry("desks", "oio_away", away=False), "away", WEAKER),
        (with_entry("desks", "committee", in_place_of={}), "in_place_of", WEAKER),
        (replace(POLICY, tribunal=replace(POLICY.tribunal, burden=Burden.ORGANISATION)), "burden", STRONGER),
        (replace(POLICY, tribunal=replace(POLICY.tribunal, disclosure=())), "disclosure", WEAKER),
        (replace(POLICY, wording={**POLICY.wording, "query.late": "Late."}), "wording.query.late", None),
    ],
)
def test_which_way_other_values_protect(after: Policy, key: str, direction: Direction | None) -> None:
    found = only(after)
    assert found.key.endswith(key)
    assert found.direction is direction


@pytest.mark.parametrize(("table", "key"), [("routes", "formal_report"), ("measures", "flexible_working")])
def test_taking_a_way_or_a_measure_away_protects_less(table: str, key: str) -> None:
    entries = dict(getattr(POLICY, table))
    without = replace(POLICY, **{table: {one: entry for one, entry in entries.items() if one != key}})
    assert [one.direction for one in differences(POLICY, without)] == [WEAKER]
    assert [one.direction for one in differences(without, POLICY)] == [STRONGER]


def test_one_more_purpose_to_learn_who_reports_protects_less() -> None:
    without = replace(POLICY, identity_purposes={"check_facts": POLICY.identity_purposes["check_facts"]})
    assert {one.direction for one in differences(POLICY, without)} == {STRONGER}
    assert {one.direction for one in differences(without, POLICY)} == {WEAKER}


def test_routing_is_judged_by_where_a_matter_would_go() -> None:
    oio = POLICY.desks["oio"]
    without_list = with_entry("desks", "oio", instead=())
    found = {one.key: one for one in differences(POLICY, without_list)}
    about = found["route.formal_report about oio"]
    assert (about.before, about.after, about.direction) == ("committee", "oio", WEAKER)
    assert found["desk.oio.instead"].direction is None, "the list itself says nothing of its worth"
    assert "route.formal_report about swo" not in found
    assert {one.key: one for one in differences(without_list, POLICY)}[about.key].direction is STRONGER
    hidden = with_entry("desks", "oio", instead=(), offices=oio.offices - {Office.OIO})
    told = {one.key: one for one in differences(POLICY, hidden)}[about.key]
    assert (told.after, told.direction) == ("oio", WEAKER), "an office left out of the list has not left the desk"


def test_every_known_direction_is_of_a_key_there_is() -> None:
    for prefix in LENGTHS:
        assert [key for key in POLICY.deadlines if key == prefix or key.startswith(f"{prefix}.")], prefix


def test_every_deadline_has_a_direction_or_is_named_as_neutral() -> None:
    without = {key for key in POLICY.deadlines if of_length(key) is None}
    assert without == set(NEUTRAL)
    assert all(NEUTRAL.values())


def test_unknown_keys_have_no_direction() -> None:
    assert of_length("reports.ack") is None
    assert of_length("im.anything.new") is LENGTHS["im"]


PROPOSED = Signature("S0002", Office.DHR, NOW)
CONFIRMED = Signature("S0062", Office.COMMITTEE, NOW + 3 * DAY)
LESS = differences(POLICY, with_deadline("ret.lookahead", 12, Unit.MONTHS))
WAITED = CONFIRMED.at + 30 * DAY


@pytest.mark.parametrize(
    ("confirmed", "takes_effect_at", "expected"),
    [
        (None, WAITED, [ChangeRefused.SECOND_OFFICE_MISSING]),
        (CONFIRMED, WAITED - timedelta(seconds=1), [ChangeRefused.TOO_EARLY]),
        (replace(CONFIRMED, staff_id="s0002"), WAITED, [ChangeRefused.SAME_PERSON]),
        (replace(CONFIRMED, office=Office.DHR), WAITED, [ChangeRefused.SAME_OFFICE]),
        (PROPOSED, NOW, [ChangeRefused.SAME_PERSON, ChangeRefused.SAME_OFFICE, ChangeRefused.TOO_EARLY]),
        (CONFIRMED, WAITED, []),
    ],
)
def test_less_protection_needs_a_second_office_and_a_wait(
    confirmed: Signature | None, takes_effect_at: Any, expected: list[ChangeRefused]
) -> None:
    assert list(refused(LESS, PROPOSED, confirmed, takes_effect_at, POLICY)) == expected


def test_more_protection_waits_for_nothing_and_a_mixed_change_does() -> None:
    more = differences(POLICY, with_deadline("ret.lookahead", 36, Unit.MONTHS))
    assert refused(more, PROPOSED, None, NOW, POLICY) == ()
    assert refused((*more, *LESS), PROPOSED, None, NOW, POLICY) == (ChangeRefused.SECOND_OFFICE_MISSING,)
    assert weakening((*more, *LESS)) == LESS


def test_a_proposal_cannot_shorten_its_own_wait() -> None:
    hasty = with_deadline("policy.waiting", 1)
    found = differences(POLICY, hasty)
    assert weakening(found)
    assert refused(found, PROPOSED, CONFIRMED, CONFIRMED.at + DAY, POLICY) == (ChangeRefused.TOO_EARLY,)


APPROVED = Approval("iom-2024-03/1", PROPOSED.staff_id, PROPOSED.at, CONFIRMED.staff_id, CONFIRMED.at)


@pytest.mark.parametrize(
    ("approval", "at", "expected"),
    [
        (None, WAITED, [ChangeRefused.SECOND_OFFICE_MISSING]),
        (replace(APPROVED, of="iom-2024-03/0"), WAITED, [ChangeRefused.SECOND_OFFICE_MISSING]),
        (replace(APPROVED, proposed_by="S0005"), WAITED, [ChangeRefused.NOT_DELEGATED]),
        (replace(APPROVED, confirmed_by="S0005"), WAITED, [ChangeRefused.SECOND_OFFICE_MISSING]),
        (APPROVED, WAITED - timedelta(seconds=1), [ChangeRefused.TOO_EARLY]),
        (APPROVED, WAITED, []),
    ],
)
def test_two_appointed_people_approve_a_version_that_protects_less(
    approval: Approval | None, at: Any, expected: list[ChangeRefused]
) -> None:
    less = with_deadline("ret.lookahead", 12, Unit.MONTHS)
    approved = replace(less, version="2", approvals=(approval,) if approval else ())
    assert list(not_yet(POLICY, approved, at)) == expected
    more = replace(with_deadline("ret.lookahead", 36, Unit.MONTHS), version="2", approvals=approved.approvals)
    assert not_yet(POLICY, more, NOW) == (), "more protection waits for nobody"


def test_who_may_approve_is_what_the_older_version_says() -> None:
    easier = replace(POLICY.delegation["policy_change"], second=(Role.INVESTIGATOR,))
    less = with_deadline("ret.lookahead", 12, Unit.MONTHS)
    by_investigator = replace(APPROVED, confirmed_by="S0005")
    after = replace(less, delegation={**less.delegation, "policy_change": easier}, approvals=(by_investigator,))
    assert not_yet(POLICY, after, WAITED) == (ChangeRefused.SECOND_OFFICE_MISSING,)


def test_a_waiting_time_that_is_not_set_never_ends() -> None:
    assert refused(LESS, PROPOSED, CONFIRMED, WAITED, with_deadline(WAITING, None)) == (ChangeRefused.TOO_EARLY,)


@given(st.sampled_from(sorted(POLICY.deadlines)), st.integers(1, 3000), st.integers(1, 3000))
def test_what_is_weaker_one_way_is_never_weaker_the_other(key: str, one: int, other: int) -> None:
    first, second = with_deadline(key, one), with_deadline(key, other)
    there, back = differences(first, second), differences(second, first)
    assert not (weakening(there) and weakening(back))
    assert bool(there) == (one != other)
