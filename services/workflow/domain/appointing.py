"""Which appointments may be made and ended, and by whom: one person drafts, another approves. Pure."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from lifecycle.model import Refused
from policy.appointing import Changes, Ended, apart, appointment_id, with_changes
from policy.model import BY_ASSIGNMENT, Appointment, Policy, Role

DELEGATION: Final = "appointment"
RULE: Final = f"delegation.{DELEGATION}"
_DECIDE_AT_LEAST: Final = 2


class Refusal(StrEnum):
    """Why an appointment, or its end, is not made."""

    SAME_PERSON = "SAME_PERSON"
    APPOINTS_ONESELF = "APPOINTS_ONESELF"
    NOT_DELEGATED = "NOT_DELEGATED"
    UNKNOWN_ROLE = "UNKNOWN_ROLE"
    UNKNOWN_PERSON = "UNKNOWN_PERSON"
    UNKNOWN_PLACE = "UNKNOWN_PLACE"
    UNKNOWN_APPOINTMENT = "UNKNOWN_APPOINTMENT"
    NOBODY_TO_STAND_IN_FOR = "NOBODY_TO_STAND_IN_FOR"
    END_BEFORE_START = "END_BEFORE_START"
    IN_THE_PAST = "IN_THE_PAST"
    ENDS_SOONER_ALREADY = "ENDS_SOONER_ALREADY"
    HELD_ALREADY = "HELD_ALREADY"
    HELD_APART = "HELD_APART"
    ENDED_ALREADY = "ENDED_ALREADY"
    TOO_FEW_TO_DECIDE = "TOO_FEW_TO_DECIDE"


def may_draft(policy: Policy, staff_id: str, now: datetime) -> bool:
    return not policy.roles_of(staff_id, now).isdisjoint(policy.delegation[DELEGATION].deciders)


def may_approve(policy: Policy, staff_id: str, now: datetime) -> bool:
    return not policy.roles_of(staff_id, now).isdisjoint(policy.delegation[DELEGATION].second)


def approvers(policy: Policy, drafted_by: str, appointed: str | None, now: datetime) -> frozenset[str]:
    """Who may give the second word on a draft. `appointed`: whom it appoints; None for an end."""
    second = {one.staff_id for role in policy.delegation[DELEGATION].second for one in policy.appointed(role, now)}
    return frozenset(one for one in second if approving_refused(policy, drafted_by, one, appointed, now) is None)


def appointing_refused(
    policy: Policy,
    one: Appointment,
    people: Collection[str],
    places: Collection[str],
    ended: Collection[str],
    today: date,
) -> Refused | None:
    """What a rule says against an appointment that `appointed_by` drafts. `people` and `places`: those of them that the
    directory knows and who are at work. `ended`: the ids of the appointments whose end was decided, in force or not.
    """
    if one.role in BY_ASSIGNMENT:
        return _refused(Refusal.UNKNOWN_ROLE)
    if one.staff_id not in people:
        return _refused(Refusal.UNKNOWN_PERSON)
    if one.place not in places:
        return _refused(Refusal.UNKNOWN_PLACE)
    if _same(one.appointed_by, one.staff_id):
        return _refused(Refusal.APPOINTS_ONESELF)
    if one.to is not None and one.to < one.from_:
        return _refused(Refusal.END_BEFORE_START)
    if one.from_ < today:
        return _refused(Refusal.IN_THE_PAST)
    return _beside_others(policy, one) or _ended_already(one, ended)


def _beside_others(policy: Policy, one: Appointment) -> Refused | None:
    """Of what is held in the same days."""
    others = [other for other in policy.appointments if _overlap(one, other)]
    own = [other for other in others if _same(other.staff_id, one.staff_id)]
    if any((other.role, other.place) == (one.role, one.place) for other in own):
        return _refused(Refusal.HELD_ALREADY)
    if kept_apart := sorted(apart(policy.roles, one.role, {other.role for other in own})):
        return Refused(Refusal.HELD_APART, f"role.{one.role}.apart_from", {"other": kept_apart[0]})
    stood_in_for = {other.staff_id for other in others if other.role is one.role} - {one.staff_id}
    if one.substitute_for is not None and one.substitute_for not in stood_in_for:
        return _refused(Refusal.NOBODY_TO_STAND_IN_FOR)
    return None


def _ended_already(one: Appointment, ended: Collection[str]) -> Refused | None:
    """An end is of every appointment of its id, also of one decided later: it would be in force nowhere."""
    return _refused(Refusal.ENDED_ALREADY) if appointment_id(one) in ended else None


def ending_refused(policy: Policy, ended: Ended, today: date) -> Refused | None:
    """A last day of yesterday ends it now; one before its first day has it never begin."""
    found = next((one for one in policy.appointments if appointment_id(one) == ended.appointment), None)
    if found is None:
        return _refused(Refusal.UNKNOWN_APPOINTMENT)
    if ended.last_day < today - timedelta(days=1):
        return _refused(Refusal.IN_THE_PAST)
    if found.to is not None and found.to <= ended.last_day:
        return _refused(Refusal.ENDS_SOONER_ALREADY)
    return locks_out(*_after(policy, ended, today))


def leaves_nobody(policy: Policy, ended: Ended, role: Role, today: date) -> bool:
    """Whether nobody would hold the role once it has ended."""
    then, at = _after(policy, ended, today)
    return not then.appointed(role, at)


def _after(policy: Policy, ended: Ended, today: date) -> tuple[Policy, datetime]:
    """The first moment without it, and who is appointed then."""
    day = max(ended.last_day + timedelta(days=1), today)
    return with_changes(policy, Changes(1, ended=(ended,))), datetime.combine(day, time.min, UTC)


def locks_out(policy: Policy, at: datetime) -> Refused | None:
    """Nobody could appoint anybody any more, and nobody could mend it."""
    delegation = policy.delegation[DELEGATION]
    people = {one.staff_id for role in (*delegation.deciders, *delegation.second) for one in policy.appointed(role, at)}
    return _refused(Refusal.TOO_FEW_TO_DECIDE) if len(people) < _DECIDE_AT_LEAST else None


def approving_refused(policy: Policy, drafted_by: str, by: str, appointed: str | None, now: datetime) -> Refused | None:
    """`appointed`: whom it appoints; None for an end."""
    if _same(by, drafted_by):
        return _refused(Refusal.SAME_PERSON)
    if not may_approve(policy, by, now) or not may_draft(policy, drafted_by, now):
        return _refused(Refusal.NOT_DELEGATED)
    if appointed is not None and _same(by, appointed):
        return _refused(Refusal.APPOINTS_ONESELF)
    return None


def beginning(one: Appointment, today: date) -> Appointment:
    """As it comes into force: never before the day on which the second person approves it."""
    return replace(one, from_=max(one.from_, today))


def _overlap(one: Appointment, other: Appointment) -> bool:
    return one.from_ <= (other.to or date.max) and other.from_ <= (one.to or date.max)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _refused(code: Refusal) -> Refused:
    return Refused(code, RULE)
