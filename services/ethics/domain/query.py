"""The ethics office looks at something about a protected person: what HR did or left undone, a complaint against that
person, a handler who has talked (policy 2.4, invariant 46).

Only the ethics office sees it; HR never learns that anybody asks. No clock ends it: one that was looked at and left
open is asked about again and again.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, reference, text
from lifecycle.model import Facts
from lifecycle.recipients import appointed, escalation
from lifecycle.table import ACTOR, ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role
from services.ethics.domain.retaliation_parts import ETHICS, STILL_KEPT, holds

PERSONNEL_ACTION, CONTRACT_END, COUNTER_COMPLAINT, CONFIDENTIALITY = (
    "personnel_action",
    "contract_end",
    "counter_complaint",
    "confidentiality",
)
SOON, LATER = "soon", "later"
LOOKED_AT = (meet("ret.ack"), start("ret.query"))
AGREED, IMMINENT_HARM = "agreed", "imminent_harm"


def _no_protection_named(situation: Situation) -> Facts | None:
    """A protection that she answered yes for: each has an answer of its own. The edge looks up what it is now."""
    named = "protection" in situation.facts or situation.facts["ground"] == IMMINENT_HARM
    return None if named else {"field": "protection"}


LIFECYCLE = Lifecycle(
    name="query",
    states=(
        State("opened", person_sees=False),
        State("contacted", person_sees=False),
        State("closed", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening(
        state="opened",
        fields=(
            choice("about", PERSONNEL_ACTION, CONTRACT_END, COUNTER_COMPLAINT, CONFIDENTIALITY, required=False),
            choice("contract_end", SOON, LATER, required=False),
        ),
        clocks=(start("ret.ack", by="contract_end"),),
        effects=(appointed("query.opened", Role.ETHICS_OFFICER),),
    ),
    rules=(
        Rule(
            action="note_query",
            states=("opened", "contacted"),
            by=ETHICS,
            fields=(text("note"),),
            clocks=LOOKED_AT,
            assigns={Role.ETHICS_OFFICER: ACTOR},
        ),
        # Nobody is contacted who has not agreed to it beforehand, except from imminent harm.
        Rule(
            action="contact_person",
            states=("opened", "contacted"),
            by=ETHICS,
            to="contacted",
            fields=(choice("ground", IMMINENT_HARM, AGREED), reference("protection", required=False)),
            checks=(Guard("NOT_AGREED", "policy 2.4", _no_protection_named),),
            clocks=LOOKED_AT,
            assigns={Role.ETHICS_OFFICER: ACTOR},
        ),
        Rule(
            action="close_query",
            states=("opened", "contacted"),
            by=ETHICS,
            to="closed",
            fields=(choice("reason", "explained", "set_right", "taken_up"), text("reasons")),
            clocks=(start("keep.no_case", not_before=("ret.lookahead",)),),
        ),
        *holds("closed"),
    ),
    clocks=(
        ClockRule(
            "ret.ack",
            outcomes=(
                Outcome(
                    effects=(
                        appointed("query.late", Role.ETHICS_OFFICER),
                        escalation("query.late", Role.ETHICS_OFFICER),
                    )
                ),
            ),
            repeats=True,
        ),
        # What it is about may get worse while nobody thinks of it, and it is kept for as long as it is open.
        ClockRule(
            "ret.query",
            outcomes=(
                Outcome(
                    effects=(
                        appointed("query.still_open", Role.ETHICS_OFFICER),
                        escalation("query.still_open", Role.ETHICS_OFFICER, after=1),
                    )
                ),
            ),
            repeats=True,
        ),
        *retention.clocks(("keep.no_case",), STILL_KEPT),
    ),
)
