"""What the person does in her own case: every yes is separate, dated and hers to take back (invariant 15)."""

from __future__ import annotations

from lifecycle.asked import always, once_rung, until
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag
from lifecycle.model import NO_MESSAGES, ActorKind, Case, Effect, EffectKind
from lifecycle.recipients import took_part
from lifecycle.table import Field, FieldKind, Rule
from policy.model import Role
from services.support.domain.guards import AS_SHOWN, CHILD_TOLD, NO_COLD_CONTACT, OWN_WORD, SCOPES, SERVICES
from services.support.domain.referral_acts import (
    FRESH_CONSENT,
    KEEP,
    OFFERING,
    OPEN,
    PREPARING,
    REFER_SOON,
    SHARED,
    tell_handler,
)

HERSELF = frozenset({ActorKind.PERSON})
MAY_CONSENT = (NO_COLD_CONTACT, CHILD_TOLD)
# Her word names the service it is about, and her inbox offers her no other: that is how she tells her cases apart.
THIS_SERVICE = Field("service", FieldKind.CHOICE, choices=SERVICES, own=True)


def _somebody_is_there(case: Case) -> bool:
    """Open to her from the beginning, and asked of her once there is somebody who would help."""
    return case.state == "offered" and Role.SPECIALIST in case.assigned


OWN_RULES = (
    Rule(
        action="give_consent",
        states=OFFERING,
        by=HERSELF,
        asked=_somebody_is_there,
        to="consented",
        guards=MAY_CONSENT,
        fields=(THIS_SERVICE, choice("scope", *SCOPES), flag("own_word", required=False)),
        checks=(OWN_WORD,),
        sets={NO_MESSAGES: False},
        clocks=(meet("support.restate"), REFER_SOON, FRESH_CONSENT),
        effects=tell_handler("consent_given"),
    ),
    # Respected at once: in this case nobody writes to her any more. That the offer stands is said once again, by the
    # clock and not by anybody's pressing.
    Rule(
        action="decline",
        states=("offered",),
        by=HERSELF,
        asked=_somebody_is_there,
        to="declined",
        fields=(THIS_SERVICE,),
        sets={NO_MESSAGES: True},
        clocks=(meet("support.first"), start("support.restate")),
        effects=tell_handler("said_no"),
    ),
    Rule(
        action="approve_referral",
        states=("previewed",),
        by=HERSELF,
        asked=always,
        to="approved",
        guards=MAY_CONSENT,
        fields=(THIS_SERVICE, Field("preview", FieldKind.REFERENCE, own=True)),
        checks=(AS_SHOWN,),
        clocks=(REFER_SOON, FRESH_CONSENT),
        effects=tell_handler("words_approved"),
    ),
    Rule(
        action="ask_for_changes",
        states=("previewed",),
        by=HERSELF,
        asked=always,
        to="consented",
        fields=(THIS_SERVICE,),
        clocks=(REFER_SOON,),
        effects=tell_handler("changes_wanted"),
    ),
    Rule(
        action="revoke_consent",
        states=PREPARING,
        by=HERSELF,
        to="offered",
        fields=(THIS_SERVICE,),
        clocks=(meet("support.refer"), meet("consent.refresh")),
        effects=tell_handler("consent_revoked"),
    ),
    # What has gone cannot be called back by a rule: whoever sent it hears at once, and has a duty with a clock.
    Rule(
        action="revoke_consent",
        states=SHARED,
        by=HERSELF,
        to="recalling",
        fields=(THIS_SERVICE,),
        clocks=(meet("support.connect"), meet("support.checkin"), meet("consent.refresh"), start("support.recall")),
        effects=(*tell_handler("recall_due"), took_part("support_referral.consent_revoked", "record_referred")),
    ),
    Rule(
        action="renew_consent",
        states=SHARED,
        by=HERSELF,
        asked=once_rung("consent.refresh"),
        guards=MAY_CONSENT,
        fields=(THIS_SERVICE,),
        clocks=(FRESH_CONSENT,),
    ),
    Rule(
        action="say_how_it_goes",
        states=("connected", "follow_up"),
        by=HERSELF,
        asked=until("say_how_it_goes", due=("support.checkin",)),
        fields=(THIS_SERVICE, choice("going", "well", "not_well", "prefer_not_to_say")),
        effects=tell_handler("checked_in"),
    ),
    Rule(
        action="ask_for_another",
        states=OPEN,
        by=HERSELF,
        fields=(choice("wanted", *SERVICES),),
        effects=(Effect(EffectKind.OPEN, "support_referral"),),
    ),
    Rule(
        action="end_support",
        states=(*OFFERING, *PREPARING, *SHARED),
        by=HERSELF,
        to="closed",
        fields=(THIS_SERVICE, choice("outcome", "helped", "not_helped", "no_longer_wanted", "prefer_not_to_say")),
        clocks=(KEEP,),
        effects=tell_handler("ended_by_person"),
    ),
)
