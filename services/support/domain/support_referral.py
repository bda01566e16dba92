"""Support and referral to help (policy 2.6), one case for each service that somebody can be referred to.

It starts at once, beside everything else, and asks for nothing: no proof, no name, no report, no cooperation
(invariant 22). What leaves the cell does so by the person's own acts alone: a yes to this one service, and a second one
to the very words that will go.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, reference, time
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import appointed, escalation, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, State
from policy.model import Role
from services.support.domain.guards import SERVICES
from services.support.domain.own_acts import OWN_RULES
from services.support.domain.referral_acts import CELL_RULES, OPEN, tell_handler

PREFER_NOT_TO_SAY = "prefer_not_to_say"
LATE = Outcome(
    effects=(
        her_inbox("support_referral.kept_waiting"),
        escalation("support_referral.late", Role.SPECIALIST),
        appointed("support_referral.late", Role.WELFARE_OFFICER),
    )
)

LIFECYCLE = Lifecycle(
    name="support_referral",
    states=(
        *(State(name, person_sees=True) for name in OPEN),
        State("closed", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="offered",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            Field("service", FieldKind.CHOICE, required=False, choices=SERVICES, default=SERVICES[0]),
            *(choice(service, "wished", required=False) for service in SERVICES),
            choice("urgency", "now", "soon", "can_wait", required=False),
            choice("safe_contact", "inbox_only", "phone", "in_person", "through_somebody", required=False),
            choice("contact_gender", "woman", "man", "any", required=False),
            choice("minor", "yes", "no", PREFER_NOT_TO_SAY, required=False),
            choice("works_here", "yes", "no", PREFER_NOT_TO_SAY, required=False),
            choice(
                "for_whom",
                "myself",
                "a_child_in_my_care",
                "somebody_who_asked",
                "somebody_who_does_not_know",
                required=False,
            ),
        ),
        clocks=(start("support.first", since="lodged_at", by="urgency"),),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(*CELL_RULES, *OWN_RULES),
    tells=(Role.SPECIALIST,),
    calendar_of=Role.SPECIALIST,
    clocks=(
        *(
            ClockRule(key, outcomes=(LATE,), repeats=True, person_sees=True)
            for key in ("support.first", "support.refer", "support.connect", "support.recall")
        ),
        ClockRule(
            "support.checkin",
            outcomes=(Outcome(effects=(her_inbox("support_referral.how_is_it"), *tell_handler("check_in_due"))),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "consent.refresh",
            outcomes=(
                Outcome(effects=(her_inbox("support_referral.consent_old"), *tell_handler("ask_consent_again"))),
            ),
        ),
        # Once, and never again.
        ClockRule("support.restate", outcomes=(Outcome(effects=(her_inbox("support_referral.offer_stands"),)),)),
        *retention.clocks(("keep.support",), appointed(retention.STILL_KEPT, Role.WELFARE_OFFICER), person_sees=True),
    ),
)
