"""What support may ask and must not do (policy 2.6): whose yes counts, who may help, how much may be shared.

Nothing here looks at a report, an investigation, a named person, evidence or an outcome (invariant 22).
"""

from __future__ import annotations

from lifecycle.clocks import DUE
from lifecycle.model import Fact, Facts
from lifecycle.table import Guard, Situation
from policy.model import Role

SERVICES = ("listening", "medical", "psychosocial", "safety", "legal", "material", "child_protection")
"""What somebody can be referred to. `listening` comes first: it is what a wish without a choice means."""
BY_WELFARE_OFFICER = frozenset({"listening", "psychosocial"})
"""What a staff welfare officer is a specialist in; everything else is for those trained in it."""
CONTACT, NEEDS, BOTH = "contact", "needs", "contact_and_needs"
SCOPES = {NEEDS: frozenset({NEEDS}), CONTACT: frozenset({CONTACT}), BOTH: frozenset({NEEDS, CONTACT})}
"""How much a consent allows to be shared; the least comes first."""

POLICY = "policy 2.6"
CONSENT = "invariant 15"


def wishes(facts: Facts) -> list[Facts]:
    """The opening facts of each case that a lodged wish opens: one for each service, so that consent, clocks and what
    is shared are separate from the first moment. Who names no service gets somebody to talk it through with.
    """
    common = {name: fact for name, fact in facts.items() if name not in SERVICES}
    wished = [service for service in SERVICES if service in facts] or [SERVICES[0]]
    return [{**common, "service": service} for service in wished]


def is_child(facts: Facts) -> bool:
    return facts.get("minor") == "yes" or facts.get("for_whom") == "a_child_in_my_care"


def _delivers(roles: frozenset[Role], case_facts: Facts) -> bool:
    if Role.SPECIALIST in roles:
        return True
    adult_staff = not is_child(case_facts) and case_facts.get("works_here") != "no"
    return Role.WELFARE_OFFICER in roles and adult_staff and case_facts.get("service") in BY_WELFARE_OFFICER


def _not_trained(situation: Situation) -> Facts | None:
    trained = _delivers(situation.actor.roles, situation.case.facts)
    return None if trained else {"role": Role.SPECIALIST.value}


def _named_not_trained(situation: Situation) -> Facts | None:
    held = situation.policy.roles_of(str(situation.facts["specialist"]), situation.now)
    return None if _delivers(held, situation.case.facts) else {"field": "specialist"}


def _cold_contact(situation: Situation) -> Facts | None:
    unaware = situation.case.facts.get("for_whom") == "somebody_who_does_not_know"
    return {"fact": "for_whom"} if unaware else None


def _not_her_own_word(situation: Situation) -> Facts | None:
    for_another = situation.case.facts.get("for_whom") == "somebody_who_asked"
    return {"field": "own_word"} if for_another and situation.facts.get("own_word") is not True else None


def _child_not_told(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    return {"action": "tell_child"} if is_child(facts) and "told" not in facts else None


def _no_child(situation: Situation) -> Facts | None:
    return None if is_child(situation.case.facts) else {"fact": "minor"}


def _caregiver_not_to_be_told(situation: Situation) -> Facts | None:
    facts = situation.facts
    may_be_told = facts["understands"] is False and facts["caregiver"] == "no_risk"
    return {"field": "told"} if facts["told"] == "caregiver" and not may_be_told else None


def _somebody_can_say(situation: Situation) -> Facts | None:
    """A child who understands, or a caregiver who is no risk, says yes or no; only where neither can, a specialist."""
    facts = situation.case.facts
    nobody_can = is_child(facts) and facts.get("understands") is False and facts.get("caregiver") != "no_risk"
    return None if nobody_can else {"fact": "understands"}


def _shares_too_much(situation: Situation) -> Facts | None:
    allowed = SCOPES[str(situation.case.facts.get("scope", NEEDS))]
    return None if SCOPES[str(situation.facts["shares"])] <= allowed else {"field": "shares"}


def _another_preview(situation: Situation) -> Facts | None:
    shown: Fact | None = situation.case.facts.get("preview")
    return None if situation.facts["preview"] == shown else {"field": "preview"}


def _consent_too_old(situation: Situation) -> Facts | None:
    """Nothing is shared on a yes that is older than the policy lets it be."""
    clock = situation.case.clocks.get("consent.refresh")
    return {"clock": clock.key} if clock and clock.due_at <= situation.now else None


def _not_restated(situation: Situation) -> Facts | None:
    clock = situation.case.clocks.get("support.restate")
    return None if clock is not None and DUE in clock.rung else {"clock": "support.restate"}


FOR_SPECIALISTS = Guard("FOR_SPECIALISTS", POLICY, _not_trained)
NAMES_A_SPECIALIST = Guard("FOR_SPECIALISTS", POLICY, _named_not_trained)
NO_COLD_CONTACT = Guard("NOT_YOURS_TO_GIVE", CONSENT, _cold_contact)
OWN_WORD = Guard("OWN_WORD_NEEDED", CONSENT, _not_her_own_word)
CHILD_TOLD = Guard("CHILD_NOT_TOLD", POLICY, _child_not_told)
IS_CHILD = Guard("NO_CHILD", POLICY, _no_child)
CAREGIVER_LAST = Guard("CAREGIVER_NOT_TO_BE_TOLD", POLICY, _caregiver_not_to_be_told)
NOBODY_CAN_SAY = Guard("SOMEBODY_CAN_SAY", POLICY, _somebody_can_say)
WITHIN_SCOPE = Guard("SHARES_TOO_MUCH", CONSENT, _shares_too_much)
AS_SHOWN = Guard("NOT_WHAT_WAS_SHOWN", CONSENT, _another_preview)
CONSENT_FRESH = Guard("CONSENT_TOO_OLD", CONSENT, _consent_too_old)
OFFER_RESTATED = Guard("OFFER_NOT_RESTATED", POLICY, _not_restated)
