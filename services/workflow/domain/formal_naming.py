"""Whether the person's name goes beyond the office, and on which ground (invariant 4).

Her consent is one ground among four. It is asked for and given for one recipient, dated, and hers to take back at any
time (invariant 15): what has gone by then has gone, and nothing goes after.
"""

from __future__ import annotations

from lifecycle.asked import while_fact
from lifecycle.fields import choice, text
from lifecycle.model import Case, Facts
from lifecycle.recipients import her_inbox
from lifecycle.table import Field, FieldKind, Guard, Rule, Situation
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_assessment import HANDLER
from services.workflow.domain.formal_rules import INVESTIGATE, OPEN, PERSON

CONSENT, RECIPIENT = "naming_consent", "name_may_go_to"
ASKED, GIVEN, REFUSED = "asked", "given", "refused"
RECIPIENTS = ("alleged_offender", "legal_affairs", "decider", "witness", "national_authority")
BASIS, BY_CONSENT = "legal_basis", "consent"
DISCLOSE = "disclose_identity"
RULE = "invariant 15"
GIVES_WORD = frozenset({"agree_to_naming"})


def rests_on_her_yes(_: Case, said: Facts) -> bool:
    return said.get(BASIS) == BY_CONSENT


def _without_her_yes(situation: Situation) -> Facts | None:
    if situation.facts[BASIS] != BY_CONSENT:
        return None
    known = situation.case.facts
    agreed = known.get(CONSENT) == GIVEN and known.get(RECIPIENT) == situation.facts["recipient"]
    return None if agreed else {"needs": CONSENT}


def _stands_at(*answers: str) -> Guard:
    """She was asked, and has not said the same already."""

    def broken(situation: Situation) -> Facts | None:
        return None if situation.case.facts.get(CONSENT) in answers else {"needs": "ask_naming_consent"}

    return Guard("NOTHING_ASKED", RULE, broken)


NAMED_WITH_CONSENT = Guard("NAMING_NOT_AGREED", RULE, _without_her_yes)

RULES = (
    Rule(
        action="announce_disclosure",
        states=OPEN,
        by=INVESTIGATE,
        sets={"disclosure_announced": True},
        effects=(her_inbox("formal_report.disclosure_announced"),),
    ),
    Rule(
        action="ask_naming_consent",
        states=OPEN,
        by=INVESTIGATE,
        fields=(choice(RECIPIENT, *RECIPIENTS),),
        guards=(rules.CONTACT_WANTED, rules.NOT_GONE),
        sets={CONSENT: ASKED},
        effects=(her_inbox("formal_report.naming_asked"),),
    ),
    Rule(
        action="agree_to_naming",
        states=OPEN,
        by=PERSON,
        fields=(Field(RECIPIENT, FieldKind.CHOICE, choices=RECIPIENTS, own=True),),
        guards=(_stands_at(ASKED, REFUSED), rules.NOT_GONE),
        asked=while_fact(CONSENT, ASKED),
        sets={CONSENT: GIVEN},
        effects=(HANDLER,),
    ),
    # Also after a yes: what has not gone by then does not go on the ground of it.
    Rule(
        action="refuse_naming",
        states=OPEN,
        by=PERSON,
        guards=(_stands_at(ASKED, GIVEN), rules.NOT_GONE),
        asked=while_fact(CONSENT, ASKED),
        sets={CONSENT: REFUSED},
        effects=(HANDLER,),
    ),
    # Her name goes further only by this act, with its ground and recipient, and after she was told.
    Rule(
        action=DISCLOSE,
        states=OPEN,
        by=INVESTIGATE,
        fields=(
            choice(BASIS, BY_CONSENT, "due_process", "law", "danger"),
            choice("recipient", *RECIPIENTS),
            choice("notice", "given_before", "withheld"),
            text("notice_reasons", required=False),
            text("reasons"),
        ),
        guards=(rules.delegated(DISCLOSE),),
        checks=(rules.PRIOR_NOTICE, NAMED_WITH_CONSENT),
        sets={"disclosure_announced": False},
    ),
)
