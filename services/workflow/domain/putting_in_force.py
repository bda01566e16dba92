"""With which version of which pack new cases begin: one person drafts, another approves, from a day on. A version that
protects people less needs a second office and time (invariant 51). Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final

from lifecycle.model import Refused
from policy.changes import DELEGATION, Difference, Signature, differences, refused, weakening
from policy.lint import of_people
from policy.model import Policy, Role
from services.workflow.domain import appointing

RULE: Final = f"delegation.{DELEGATION}"


class Refusal(StrEnum):
    """Why a version does not come into force; some of one that protects less, as `policy.changes` says."""

    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    NOT_WHAT_WAS_DRAFTED = "NOT_WHAT_WAS_DRAFTED"
    HAS_MISTAKES = "HAS_MISTAKES"
    NOT_HELD = "NOT_HELD"
    LATER_ONE_MISSING = "LATER_ONE_MISSING"
    IN_FORCE_ALREADY = "IN_FORCE_ALREADY"
    IN_THE_PAST = "IN_THE_PAST"
    LATER_ONE_TAKES_BACK = "LATER_ONE_TAKES_BACK"
    SAME_PERSON = "SAME_PERSON"
    NOT_DELEGATED = "NOT_DELEGATED"
    SECOND_OFFICE_MISSING = "SECOND_OFFICE_MISSING"
    SAME_OFFICE = "SAME_OFFICE"
    TOO_EARLY = "TOO_EARLY"


def may_draft(policy: Policy, staff_id: str, now: datetime) -> bool:
    return bool(_role(policy, staff_id, policy.delegation[DELEGATION].deciders, now)) or appointing.may_draft(
        policy, staff_id, now
    )


def may_approve(policy: Policy, staff_id: str, now: datetime) -> bool:
    """One that protects no less, anybody of both; the other those of the second office alone: `approving_refused`."""
    return bool(_role(policy, staff_id, policy.delegation[DELEGATION].second, now)) or appointing.may_approve(
        policy, staff_id, now
    )


def approvers(in_force: Policy, found: Sequence[Difference], drafted_by: str, now: datetime) -> frozenset[str]:
    """Who may give the second word on a draft, now or once its time has come. `found`: as in `approving_refused`."""
    roles = set(in_force.delegation[DELEGATION].second)
    if not weakening(found):
        roles |= set(in_force.delegation[appointing.DELEGATION].second)
    second = {one.staff_id for role in roles for one in in_force.appointed(role, now)}
    return frozenset(one for one in second if one.casefold() != drafted_by.casefold())


def drafting_refused(in_force: Policy, after: Policy, from_day: date, by: str, now: datetime) -> Refused | None:
    """`in_force`: with everybody appointed now."""
    if not may_draft(in_force, by, now):
        return _refused(Refusal.NOT_DELEGATED)
    if (after.pin, after.content_hash) == (in_force.pin, in_force.content_hash):
        return _refused(Refusal.IN_FORCE_ALREADY)
    if from_day < now.date():
        return _refused(Refusal.IN_THE_PAST)
    return None


def people_refused(after: Policy, now: datetime) -> Refused | None:
    """`after`: with everybody appointed now. A role that nobody holds would decide nothing, and two people who can
    appoint others are always left.
    """
    missing = next((f"{kind}.{key}" for kind, key, _, _ in of_people(after, now)), None)
    return Refused(Refusal.NOT_HELD, RULE, {"missing": missing}) if missing else appointing.locks_out(after, now)


def approving_refused(
    in_force: Policy, found: Sequence[Difference], from_day: date, drafted: tuple[str, datetime], by: str, now: datetime
) -> Refused | None:
    """`found`: what the version differs in from the one in force; `drafted`: by whom, and when."""
    drafted_by, drafted_at = drafted
    if by.casefold() == drafted_by.casefold():
        return _refused(Refusal.SAME_PERSON)
    if not may_draft(in_force, drafted_by, now) or not may_approve(in_force, by, now):
        return _refused(Refusal.NOT_DELEGATED)
    if not weakening(found):
        return None
    delegation = in_force.delegation[DELEGATION]
    second = _role(in_force, by, delegation.second, now)
    if second is None:
        return _refused(Refusal.SECOND_OFFICE_MISSING)
    first = _role(
        in_force, drafted_by, (*delegation.deciders, *in_force.delegation[appointing.DELEGATION].deciders), now
    )
    assert first is not None  # or may_draft had said no
    proposed = Signature(drafted_by, in_force.roles[first].office, drafted_at)
    confirmed = Signature(by, in_force.roles[second].office, now)
    wrong = refused(found, proposed, confirmed, datetime.combine(from_day, time.min, UTC), in_force)
    return _refused(Refusal(wrong[0])) if wrong else None


def later_refused(before: Iterable[Policy], after: Policy, later: Iterable[Policy]) -> Refused | None:
    """Against a version of whose protection one that begins `later` would take back what nobody saw who approved that
    one. `before`: the one in force and those that begin before `after` or with it; what the later one protects less
    than these do was approved as such.
    """
    known = list(before)
    for one in later:
        seen = {found for other in known for found in weakening(differences(other, one))}
        if not seen.issuperset(weakening(differences(after, one))):
            return _refused(Refusal.LATER_ONE_TAKES_BACK)
    return None


def _role(policy: Policy, staff_id: str, allowed: Sequence[Role], now: datetime) -> Role | None:
    held = policy.roles_of(staff_id, now)
    return next((one for one in allowed if one in held), None)


def _refused(code: Refusal) -> Refused:
    return Refused(code, RULE)
