"""An interim measure (policy 2.3): need, alert, consent, decision, effect in the HR system, end, and what comes after.

Alert, consent, decision and review are taken by different persons (invariant 33). The protected person is told
before the other side, at the beginning and at the end (invariant 43); what changes for her begins only if she agrees
on that day (invariant 38), and the end date never puts the other side back by neglect (invariant 36). For as long as
one is asked for or stands she hears of it again and again, also where nothing moves (policy 2.10).
"""

from __future__ import annotations

from dataclasses import replace

from lifecycle.clocks import start
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import HER_INBOX
from lifecycle.table import Field, FieldKind, Lifecycle, Opening, Rule, State
from services.workflow.domain import measure_asking, measure_beginning, measure_deciding, measure_standing
from services.workflow.domain.measure_parts import CLOSED, NEWS, ORIGIN, UNDECIDED, explained_to_her, her_own_word

RULES = (
    *measure_asking.RULES,
    *measure_deciding.RULES,
    *measure_beginning.RULES,
    *measure_standing.RULES,
)


def _is_news(rule: Rule) -> Rule:
    """She hears of each new state, and of what is said to her in so many words: the time for news begins again."""
    says = rule.to is not None or any(effect.facts.get("to") == HER_INBOX for effect in rule.effects)
    return replace(rule, clocks=(*rule.clocks, NEWS)) if says and rule.to not in CLOSED else rule


LIFECYCLE = Lifecycle(
    name="interim_measure",
    states=(
        State("need_seen", person_sees=True),
        State("alerted", person_sees=True),
        State("acknowledged", person_sees=True),
        State("consent_asked", person_sees=True),
        State("consented", person_sees=True),
        State("consent_refused", person_sees=True),
        State("declined", person_sees=True),
        State("decided", person_sees=True),
        State("not_begun", person_sees=True),
        State("not_applied", person_sees=True),
        State("applied", person_sees=True),
        State("told_first", person_sees=True),
        State("effective", person_sees=True),
        State("notified_of_measure", person_sees=True, seen_as="effective"),
        State("varying", person_sees=True),
        State("passed_on", person_sees=True),
        State("lifting", person_sees=True),
        State("restored", person_sees=True),
        State("lifted", person_sees=True),
        State("ended", person_sees=True, closed=True),
        State("not_taken_up", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="need_seen",
        fields=(
            Field(
                "writer",
                FieldKind.CHOICE,
                required=False,
                choices=("affected", "witness", "third_party", "unsaid"),
                default="unsaid",
            ),
            ORIGIN,
        ),
        clocks=(start("im.need"), NEWS),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=tuple(map(_is_news, RULES)),
    clocks=measure_standing.CLOCKS,
    shown=her_own_word,
    explains=explained_to_her,
    deciding=(*UNDECIDED, "declined", "passed_on"),
)
