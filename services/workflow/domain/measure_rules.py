"""What a decision on an interim measure has to satisfy beyond its fields (invariants 35 to 40)."""

from __future__ import annotations

from datetime import timedelta

from lifecycle.fields import time_of
from lifecycle.guards import in_order, not_before_now, version_of
from lifecycle.model import Facts
from lifecycle.table import Guard, Situation
from policy.working_time import subtract

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of somebody's browser may lie behind ours."""

ASKED_TYPE, ANY_TYPE = "asked_type", "any"
COMPLETE = "invariant 35"
FRESH = "invariant 37"


def _known(situation: Situation) -> Facts:
    """The facts as they would be after the step."""
    return {**situation.case.facts, **situation.facts}


def _no_consent(situation: Situation) -> Facts | None:
    """What burdens her needs her yes; a yes to one kind of measure is none to another."""
    facts = _known(situation)
    if facts["burden"] != "affected_individual":
        return None
    agreed = facts.get("consent") is True and facts[ASKED_TYPE] in {ANY_TYPE, facts["type"]}
    return None if agreed else {"burden": "affected_individual"}


def _rests_on_no_consent(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    rests = facts["burden"] == "affected_individual" and facts.get("consent") is True
    return None if rests else {"burden": facts["burden"]}


def _not_delegated(situation: Situation) -> Facts | None:
    measure = str(_known(situation)["type"])
    return {"type": measure} if situation.actor.roles.isdisjoint(situation.policy.measures[measure].deciders) else None


def _conditions_not_shown(situation: Situation) -> Facts | None:
    measure = str(situation.facts["type"])
    conditions = situation.policy.measures[measure].conditions
    return {"type": measure, "needs": ", ".join(conditions)} if conditions else None


def _too_long(situation: Situation) -> Facts | None:
    """One decision covers one block; an extension's block begins where the old one ends."""
    facts = situation.facts
    start = time_of(facts, "from_at") if "from_at" in facts else time_of(situation.case.facts, "until_at")
    key = situation.policy.measures[str(_known(situation)["type"])].longest
    latest = situation.policy.due(key, start)
    if time_of(facts, "until_at") <= latest:
        return None
    return {"field": "until_at", "deadline": key, "latest": latest.isoformat()}


def _not_in_window(situation: Situation) -> Facts | None:
    window = situation.policy.deadlines["im.extend_window"]
    end = time_of(situation.case.facts, "until_at")
    opens = subtract(end, window.amount or 0, window.unit)
    return None if opens <= situation.now < end else {"from": opens.isoformat(), "until": end.isoformat()}


def _not_later(situation: Situation) -> Facts | None:
    later = time_of(situation.facts, "until_at") > time_of(situation.case.facts, "until_at")
    return None if later else {"field": "until_at"}


def placed_since(action: str) -> Guard:
    """The person's inbox shows what `action` brought, or something newer."""

    def broken(situation: Situation) -> Facts | None:
        needed = version_of(situation.case, action)
        return None if int(situation.facts["version"]) >= needed else {"needed": needed}

    return Guard("NOT_IN_THE_INBOX_YET", "invariant 43", broken)


CONSENT = Guard("CONSENT_MISSING", "invariant 38", _no_consent)
RESTS_ON_CONSENT = Guard("NO_CONSENT_NEEDED", "invariant 38", _rests_on_no_consent)
DELEGATION = Guard("NOT_DELEGATED", COMPLETE, _not_delegated)
CONDITIONS = Guard("CONDITIONS_NOT_SHOWN", "invariants 39 and 40", _conditions_not_shown)
LONGEST = Guard("PERIOD_TOO_LONG", "policy 2.3", _too_long)
EXTENSION_WINDOW = Guard("OUTSIDE_THE_WINDOW", FRESH, _not_in_window)
LATER_END = Guard("END_NOT_LATER", FRESH, _not_later)
DATES = (
    not_before_now("from_at", COMPLETE, tolerance=CLOCKS_DIFFER),
    not_before_now("until_at", COMPLETE),
    in_order("from_at", "until_at", COMPLETE),
    in_order("from_at", "review_at", COMPLETE),
    in_order("review_at", "until_at", COMPLETE, may_be_equal=True),
)
EXTENSION_DATES = (
    not_before_now("review_at", COMPLETE),
    in_order("review_at", "until_at", COMPLETE, may_be_equal=True),
)
