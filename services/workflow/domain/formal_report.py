"""A formal report at the oversight office (policy 2.2), from receipt to the erasure of what is left of it.

It needs no informal step before it and takes no notice of one (invariants 11, 12); no clock closes it (invariant 50).
Its rules stand in a module for each part of the way.
"""

from __future__ import annotations

from dataclasses import replace

from lifecycle import retention
from lifecycle.clocks import start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, reference, time
from lifecycle.model import PASSED_ON, Effect, EffectKind
from lifecycle.recipients import appointed
from lifecycle.table import Lifecycle, Opening, Rule, State
from policy.model import Role
from services.workflow.domain import (
    formal_assessment,
    formal_discipline,
    formal_investigation,
    formal_naming,
    formal_outcome,
    formal_parts,
    formal_person,
    formal_referral,
)
from services.workflow.domain.formal_rules import (
    CLOSED,
    DECIDING,
    INVESTIGATE,
    LEGAL,
    NOT_FORMAL,
    NOT_GONE,
    OPEN,
    OVERSIGHT,
    PERSON,
)
from services.workflow.domain.measure_asking import ALERT_FIELDS

KEPT_FOR = ("keep.out_of_scope", "keep.no_case", "keep.investigated", "keep.substantiated")
AT_LEG = "at_leg"

ALERT = Rule(
    action="alert_interim_measures",
    states=("acknowledged", "assessing", "needs_info", "investigating", AT_LEG, "charged", "replied"),
    by=OVERSIGHT | {Role.LEGAL_OFFICER},
    fields=ALERT_FIELDS,
    effects=(Effect(EffectKind.OPEN, "interim_measure", {"action": "alert"}),),
)
# She says that she needs protection; whether a measure is asked for, somebody else decides.
ASK_FOR_PROTECTION = Rule(
    action="ask_for_protection",
    states=OPEN,
    by=PERSON,
    guards=(NOT_GONE,),
    effects=(Effect(EffectKind.OPEN, "interim_measure", {"action": "note_need"}),),
)

RULES = (
    ALERT,
    ASK_FOR_PROTECTION,
    *formal_assessment.RULES,
    *formal_referral.RULES,
    *formal_investigation.RULES,
    *formal_discipline.RULES,
    *formal_parts.RULES,
    *formal_outcome.RULES,
    *formal_person.RULES,
    *formal_naming.RULES,
    *retention.hold_rules((*OPEN, *CLOSED), INVESTIGATE | LEGAL),
)
COOPERATION_ENDED = Effect(EffectKind.EMIT, "cooperation_ended")


def _tells_its_end(rule: Rule) -> Rule:
    """However it ends: for whoever cooperated the look-ahead runs from there, and she is asked how it is since."""
    if rule.to not in CLOSED:
        return rule
    asks = () if rule.to == PASSED_ON else formal_outcome.ASK_HOW_IT_IS
    return replace(rule, effects=(*rule.effects, COOPERATION_ENDED), clocks=(*rule.clocks, *asks))


LIFECYCLE = Lifecycle(
    name="formal_report",
    states=(
        State("submitted", person_sees=True),
        State("acknowledged", person_sees=True),
        State("assessing", person_sees=True),
        State("needs_info", person_sees=True),
        State("investigating", person_sees=True),
        State(AT_LEG, person_sees=True),
        State("no_case", person_sees=True, seen_as=AT_LEG),
        State("managerial_action", person_sees=True, seen_as=AT_LEG),
        State("charged", person_sees=True, seen_as=AT_LEG),
        State("replied", person_sees=True, seen_as=AT_LEG),
        State("recommended", person_sees=True, seen_as=AT_LEG),
        State("decided", person_sees=True, seen_as=AT_LEG),
        State("letter_sent", person_sees=True, seen_as=AT_LEG),
        State("discontinued", person_sees=True),
        State("disclosure_decided", person_sees=True),
        State("outcome_communicated", person_sees=True),
        State("monitoring", person_sees=True),
        State("closed", person_sees=True, closed=True),
        State("referred_informal", person_sees=True, closed=True),
        State("referred_other", person_sees=True, closed=True),
        State(PASSED_ON, person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="submitted",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            choice("writer", *formal_person.WRITERS, required=False),
            choice("affected_wishes", "formal", NOT_FORMAL, "not_known", required=False),
            formal_referral.OPENS_WITH,
        ),
        clocks=(start("report.ack", since="lodged_at"), start("assess.target", since="lodged_at")),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=tuple(_tells_its_end(one) for one in RULES),
    clocks=(
        *formal_assessment.CLOCKS,
        *formal_investigation.CLOCKS,
        *formal_discipline.CLOCKS,
        *formal_outcome.CLOCKS,
        *formal_person.CLOCKS,
        *retention.clocks(KEPT_FOR, appointed("formal_report.kept", Role.INVESTIGATOR)),
    ),
    deciding=DECIDING,
)
