"""What a decision on an interim measure has to satisfy beyond its fields (invariants 35 to 38, 44)."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecycle.fields import time_of
from lifecycle.guards import in_order, not_before_now, version_of
from lifecycle.model import Facts
from lifecycle.table import Guard, Situation
from policy.model import Side
from services.workflow.domain.measure_conditions import TELLS_HER, extensions, known, measure_of
from services.workflow.domain.measure_parts import (
    HIGHER_DECIDERS,
    is_held,
    lapses,
    level,
    needs_release,
    on_her,
    rests_on_her_word,
)
from services.workflow.domain.persons import LINE_CHANGE

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of somebody's browser may lie behind ours."""

ASKED_TYPE, ANY_TYPE = "asked_type", "any"
ARRANGEMENT = "arrangement"
"""The text that tells HR what is to be different, and never why."""
COMPLETE = "invariant 35"
FRESH = "invariant 37"
HERS = "invariant 38"
GIVES_CONSENT = frozenset({"consent_to_measure", "record_consent", "renew_consent"})


def _no_consent(situation: Situation) -> Facts | None:
    """What burdens her needs her yes; a yes to one kind of measure is none to another."""
    facts = known(situation)
    if not on_her(facts):
        return None
    agreed = facts.get("consent") is True and facts[ASKED_TYPE] in {ANY_TYPE, facts["type"]}
    return None if agreed else {"burden": "affected_individual"}


def _consent_old(situation: Situation) -> Facts | None:
    given = [step.at for step in situation.case.steps if step.action in GIVES_CONSENT]
    if not on_her(known(situation)) or not given:
        return None
    until = situation.policy.due("consent.refresh", given[-1])
    return None if situation.now <= until else {"deadline": "consent.refresh", "until": until.isoformat()}


def _rests_on_no_consent(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    rests = on_her(facts) and facts.get("consent") is True
    return None if rests else {"burden": facts["burden"]}


def _arranged(situation: Situation) -> set[str]:
    """The supports beside it that somebody has arranged and nobody has ended."""
    found: set[str] = set()
    for step in situation.case.steps:
        match step.action:
            case "arrange_extra":
                found.add(str(step.facts["extra"]))
            case "end_extra":
                found.discard(str(step.facts["extra"]))
    return found


def _none_arranged(situation: Situation) -> Facts | None:
    return None if _arranged(situation) else {"needs": "arrange_extra"}


def _another_arranged(situation: Situation) -> Facts | None:
    return None if situation.facts["extra"] in _arranged(situation) else {"field": "extra"}


def _not_delegated(situation: Situation) -> Facts | None:
    measure = measure_of(situation)
    allowed = {*measure.deciders, *HIGHER_DECIDERS[: level(situation.case)]}
    return {"type": measure.key} if situation.actor.roles.isdisjoint(allowed) else None


def _not_on_this_side(situation: Situation) -> Facts | None:
    """Some measures are never put on her: no suspension, nothing that costs her pay, grade or benefits."""
    measure, burden = measure_of(situation), str(known(situation)["burden"])
    return None if burden in measure.burdens else {"type": measure.key, "burden": burden}


def _nothing_to_arrange(situation: Situation) -> Facts | None:
    needed = measure_of(situation).key != LINE_CHANGE and ARRANGEMENT not in situation.texts
    return {"field": ARRANGEMENT} if needed else None


def _block_begins(situation: Situation) -> datetime:
    """One decision covers one block; an extension's block begins where the old one ends."""
    if "from_at" in situation.facts:
        return time_of(situation.facts, "from_at")
    return max(situation.now, time_of(situation.case.facts, "until_at"))


def _too_long(situation: Situation) -> Facts | None:
    key = measure_of(situation).longest
    latest = situation.policy.due(key, _block_begins(situation))
    if time_of(situation.facts, "until_at") <= latest:
        return None
    return {"field": "until_at", "deadline": key, "latest": latest.isoformat()}


def _reviewed_late(situation: Situation) -> Facts | None:
    key = measure_of(situation).review
    begins = time_of(situation.facts, "from_at") if "from_at" in situation.facts else situation.now
    latest = situation.policy.due(key, begins)
    if time_of(situation.facts, "review_at") <= latest:
        return None
    return {"field": "review_at", "deadline": key, "latest": latest.isoformat()}


def _not_in_window(situation: Situation) -> Facts | None:
    end = time_of(situation.case.facts, "until_at")
    opens = situation.policy.opens("im.extend_window", end)
    return None if opens <= situation.now < end else {"from": opens.isoformat(), "until": end.isoformat()}


def _not_later(situation: Situation) -> Facts | None:
    later = time_of(situation.facts, "until_at") > time_of(situation.case.facts, "until_at")
    return None if later else {"field": "until_at"}


def _prolonged(situation: Situation) -> Facts | None:
    later = time_of(situation.facts, "until_at") > time_of(situation.case.facts, "until_at")
    return {"field": "until_at"} if later else None


def _without_her_yes(situation: Situation) -> Facts | None:
    """An extra that touches her is hers to want."""
    touches = situation.facts["extra_for"] != Side.ALLEGED_OFFENDER
    return {"field": "she_agrees"} if touches and situation.facts["she_agrees"] is not True else None


def _not_settled(situation: Situation) -> Facts | None:
    """Where they share a compound, the other side hears of it only once she is settled."""
    needed = situation.case.facts.get("covers_housing") is True
    return {"field": "she_is_settled"} if needed and situation.facts["she_is_settled"] is not True else None


def _not_asked_yet(situation: Situation) -> Facts | None:
    return {"field": "proof"} if is_held(situation.case) else None


def _asked_already(situation: Situation) -> Facts | None:
    return None if is_held(situation.case) else {"field": "proof"}


def _not_proven(situation: Situation) -> Facts | None:
    """The proof of her consent is fetched anew when the measure becomes effective."""
    return {"field": "proof"} if rests_on_her_word(situation.case) and "proof" not in situation.facts else None


def _still_agrees(situation: Situation) -> Facts | None:
    """Where somebody else wrote there is nothing to fetch: whoever tells her asks her again."""
    rests = on_her(situation.case.facts)
    return {"field": "still_agrees"} if rests and situation.facts["still_agrees"] is not True else None


def _waits_for_release(situation: Situation) -> Facts | None:
    case = situation.case
    return {"type": str(case.facts["type"])} if needs_release(case, situation.policy) else None


def _needs_no_release(situation: Situation) -> Facts | None:
    case = situation.case
    return None if needs_release(case, situation.policy) else {"type": str(case.facts["type"])}


def _lapses(situation: Situation) -> Facts | None:
    case = situation.case
    return {"type": str(case.facts["type"])} if lapses(case, situation.policy) else None


def _does_not_lapse(situation: Situation) -> Facts | None:
    case = situation.case
    return None if lapses(case, situation.policy) else {"type": str(case.facts["type"])}


def _nothing_new(situation: Situation) -> Facts | None:
    """Of an extension she hears once HR has done it, and once."""
    _, untold = extensions(situation.case)
    return None if untold else {"action": "extend_measure"}


def _no_letter_waits(situation: Situation) -> Facts | None:
    """Of an extension he gets a letter, as he got one of the measure."""
    told, _ = extensions(situation.case)
    return None if told > version_of(situation.case, "release_notice") else {"action": "extend_measure"}


def _asked_to_release(situation: Situation) -> Facts | None:
    case = situation.case
    told = max(version_of(case, action) for action in TELLS_HER)
    return {"did": "ask_release"} if version_of(case, "ask_release") > told else None


def _hr_undoes(situation: Situation) -> Facts | None:
    clock = situation.case.clocks.get("im.apply")
    return {"clock": "im.apply"} if clock is not None and clock.runs else None


def _is_hers(situation: Situation) -> Facts | None:
    return {"burden": str(situation.case.facts["burden"])} if on_her(situation.case.facts) else None


def placed_since(action: str) -> Guard:
    """The person's inbox shows what `action` brought, or something newer."""

    def broken(situation: Situation) -> Facts | None:
        needed = version_of(situation.case, action)
        return None if int(situation.facts["version"]) >= needed else {"needed": needed}

    return Guard("NOT_IN_THE_INBOX_YET", "invariant 43", broken)


SOME_ARRANGED = Guard("NOT_ARRANGED", "policy 2.3", _none_arranged)
THIS_ARRANGED = Guard("NOT_ARRANGED", "policy 2.3", _another_arranged)
SHE_AGREES = Guard("CONSENT_MISSING", HERS, _without_her_yes)
STILL_AGREES = Guard("NOT_CONFIRMED", HERS, _still_agrees)
ASKED_OF_HR = Guard("CONSENT_NOT_PROVEN", HERS, _not_asked_yet)
TO_BE_PROVEN = Guard("NOTHING_TO_PROVE", HERS, _asked_already)
PROVEN = Guard("CONSENT_NOT_PROVEN", HERS, _not_proven)
SETTLED = Guard("NOT_CONFIRMED", "invariant 43", _not_settled)
NOT_HELD = Guard("NOTICE_HELD", "policy 2.3", _waits_for_release)
HELD = Guard("NOTICE_NOT_HELD", "policy 2.3", _needs_no_release)
NEWS = Guard("NOTHING_NEW_TO_TELL", "invariant 43", _nothing_new)
LETTER_WAITS = Guard("NOTICE_NOT_HELD", "policy 2.13", _no_letter_waits)
NOT_ASKED = Guard("SAME_PERSON", "lifecycle", _asked_to_release)
HR_HAS_UNDONE = Guard("NOT_UNDONE_YET", "policy 2.3", _hr_undoes)
LAPSES = Guard("DOES_NOT_LAPSE", "invariant 36", _does_not_lapse)
PASSES_ON = Guard("LAPSES", "invariant 36", _lapses)
ON_OTHER_SIDE = Guard("NOT_ON_THIS_SIDE", "policy 2.13", _is_hers)
CONSENT = Guard("CONSENT_MISSING", HERS, _no_consent)
CONSENT_FRESH = Guard("CONSENT_OLD", HERS, _consent_old)
RESTS_ON_CONSENT = Guard("NO_CONSENT_NEEDED", HERS, _rests_on_no_consent)
DELEGATION = Guard("NOT_DELEGATED", COMPLETE, _not_delegated)
SIDE = Guard("NOT_ON_THIS_SIDE", "invariant 44", _not_on_this_side)
ARRANGED = Guard("ARRANGEMENT_MISSING", COMPLETE, _nothing_to_arrange)
LONGEST = Guard("PERIOD_TOO_LONG", "policy 2.3", _too_long)
REVIEW_IN_TIME = Guard("REVIEW_TOO_LATE", "policy 2.3", _reviewed_late)
EXTENSION_WINDOW = Guard("OUTSIDE_THE_WINDOW", FRESH, _not_in_window)
LATER_END = Guard("END_NOT_LATER", FRESH, _not_later)
NOT_PROLONGED = Guard("END_LATER", FRESH, _prolonged)
DATES = (
    not_before_now("from_at", COMPLETE, tolerance=CLOCKS_DIFFER),
    not_before_now("until_at", COMPLETE),
    in_order("from_at", "until_at", COMPLETE),
    in_order("from_at", "review_at", COMPLETE),
    in_order("review_at", "until_at", COMPLETE, may_be_equal=True),
)
LATER_DATES = (
    not_before_now("review_at", COMPLETE),
    in_order("review_at", "until_at", COMPLETE, may_be_equal=True),
)
PERIODS = (LONGEST, REVIEW_IN_TIME)
