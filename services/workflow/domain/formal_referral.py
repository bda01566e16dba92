"""A formal report that somebody else is to deal with (policy 2.2, section 6): another office of ours, or a body
outside, which gets nothing of hers before she has agreed that it does.

Her word is for one body, dated, and hers to take back until it has gone (invariant 15). What is reported of people whom
the organisation serves goes on whatever she says, without her name (policy 2.7).
"""

from __future__ import annotations

from lifecycle.asked import while_fact
from lifecycle.fields import choice, reference, text
from lifecycle.model import Case, Effect, Facts
from lifecycle.recipients import appointed, her_inbox
from lifecycle.retention import keep
from lifecycle.table import Field, FieldKind, Guard, Rule, Situation
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_assessment import CLOSES, HANDLER, NEXT_UPDATE, REVIEW_WINDOW
from services.workflow.domain.formal_rules import INVESTIGATE, OVERSIGHT, PERSON

CONSENT, BODY = "referral_consent", "referred_to"
UNASKED, MANDATORY, ASKED, GIVEN, REFUSED = "unasked", "mandatory", "asked", "given", "refused"
ENTITY, CONTRACT_OWNER = "other_entity", "contract_owner"
BODIES = (ENTITY, CONTRACT_OWNER)
HERE = ("assessing", "needs_info")
OPENS_WITH = Field(CONSENT, FieldKind.CHOICE, required=False, choices=(UNASKED, MANDATORY), default=UNASKED)
"""`MANDATORY`: a report of exploitation or abuse that became this one, which is passed on without asking."""
RULE = "invariant 15"
REFER = frozenset({"refer_to_entity", "refer_to_contract_owner"})
GIVES_WORD = frozenset({"agree_to_referral", "record_referral_consent"})


def writes_herself(facts: Facts) -> bool:
    return facts.get("writer") == "affected"


def rests_on_her_yes(case: Case) -> bool:
    """She has said yes to it herself."""
    return case.facts.get(CONSENT) == GIVEN and writes_herself(case.facts)


def _another_wrote(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    return None if writes_herself(facts) else {"writer": facts.get("writer", "unsaid")}


def _she_wrote(situation: Situation) -> Facts | None:
    return {"writer": "affected"} if writes_herself(situation.case.facts) else None


def _needs_no_word(situation: Situation) -> Facts | None:
    return {CONSENT: MANDATORY} if situation.case.facts.get(CONSENT) == MANDATORY else None


def _nothing_asked(situation: Situation) -> Facts | None:
    return None if situation.case.facts.get(CONSENT) in {ASKED, GIVEN, REFUSED} else {"needs": "ask_referral_consent"}


def agreed_to(body: str) -> Guard:
    """She has agreed that this body gets it, or nobody has to ask her."""

    def broken(situation: Situation) -> Facts | None:
        facts = situation.case.facts
        agreed = facts.get(CONSENT) == GIVEN and facts.get(BODY) == body
        return None if agreed or facts.get(CONSENT) == MANDATORY else {"needs": CONSENT}

    return Guard("REFERRAL_NOT_AGREED", RULE, broken)


HERS = Guard("WRITER_NOT_AFFECTED", RULE, _another_wrote)
ANOTHERS = Guard("WRITER_AFFECTED", RULE, _she_wrote)
TO_BE_ASKED = Guard("NO_CONSENT_NEEDED", RULE, _needs_no_word)
WAS_ASKED = Guard("NOTHING_ASKED", RULE, _nothing_asked)


def _refers(action: str, reason: str, guards: tuple[Guard, ...], effects: tuple[Effect, ...]) -> Rule:
    return Rule(
        action=action,
        states=("assessing",),
        by=INVESTIGATE,
        to="referred_other",
        fields=(choice("reason", reason), text("reasons")),
        guards=(CLOSES, *guards),
        clocks=(keep("keep.no_case"), REVIEW_WINDOW),
        effects=effects,
    )


RULES = (
    _refers("refer_other", "performance", (), (appointed("formal_report.referred", Role.HR_DIRECTOR),)),
    Rule(
        action="ask_referral_consent",
        states=HERE,
        by=OVERSIGHT,
        fields=(choice(BODY, *BODIES),),
        guards=(TO_BE_ASKED, HERS, rules.CONTACT_WANTED, rules.NOT_GONE),
        sets={CONSENT: ASKED},
        clocks=(NEXT_UPDATE,),
        effects=(her_inbox("formal_report.referral_asked"),),
    ),
    Rule(
        action="agree_to_referral",
        states=HERE,
        by=PERSON,
        fields=(Field(BODY, FieldKind.CHOICE, choices=BODIES, own=True),),
        guards=(WAS_ASKED, HERS, rules.NOT_GONE),
        asked=while_fact(CONSENT, ASKED),
        sets={CONSENT: GIVEN},
        effects=(HANDLER,),
    ),
    # Whether or not she had agreed before.
    Rule(
        action="refuse_referral",
        states=HERE,
        by=PERSON,
        guards=(WAS_ASKED, HERS, rules.NOT_GONE),
        asked=while_fact(CONSENT, ASKED),
        sets={CONSENT: REFUSED},
        effects=(HANDLER,),
    ),
    # Somebody else wrote: her word is taken where she is, and the reference says where it can be looked up.
    Rule(
        action="record_referral_consent",
        states=HERE,
        by=OVERSIGHT,
        fields=(choice(CONSENT, GIVEN, REFUSED), choice(BODY, *BODIES), reference("reference")),
        guards=(TO_BE_ASKED, ANOTHERS),
    ),
    _refers("refer_to_entity", ENTITY, (agreed_to(ENTITY),), ()),
    _refers(
        "refer_to_contract_owner",
        CONTRACT_OWNER,
        (agreed_to(CONTRACT_OWNER),),
        (appointed("formal_report.referred", Role.CONTRACT_OWNER),),
    ),
)
