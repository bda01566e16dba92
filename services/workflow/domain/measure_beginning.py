"""An interim measure from the decision to its effect: her agreement on the day, what HR did, who is told when."""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import flag, number, reference, text
from lifecycle.guards import confirmed
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import appointed, her_inbox, other_side
from lifecycle.table import Field, FieldKind, Rule
from policy.model import Role
from services.workflow.domain import measure_rules as rules
from services.workflow.domain.measure_parts import (
    DECIDED,
    ETHICS,
    FOR_WHOM,
    OUTSIDE_THE_DECISION,
    OVERSIGHT,
    RELEASE,
    RESTORE,
    RUNNING,
    STANDS,
    STUCK,
    SYSTEM,
    TELL_LINE,
    UNDO,
    WRITER_ANOTHER,
    asked_now,
    deciders,
    holders,
    taken_back,
)

OTHER_SIDE_TOLD = "interim_measure.other_side_told"
"""Where his own work changes he has his case with a letter instead (invariant 48)."""
OPEN_RESPONDENT = Effect(EffectKind.OPEN, "respondent", {"action": "notify"})
PROOF = (reference("proof_hash"),)
TAKEN_BACK = ("alerted", "acknowledged", "consent_asked", "consented", "consent_refused", "not_begun", "declined")
"""Where a measure may be while HR undoes what it was no longer to do."""
TOLD = (flag("told_her"), Field("still_agrees", FieldKind.FLAG, required=False, default=False))
TOLD_HER = confirmed("told_her", "invariant 43")
RELEASE_WAITS = tuple(
    appointed("interim_measure.notice_to_release", role)
    for role in (Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.ETHICS_OFFICER)
)
NO_WORD = {"consent": False}
LETTER = (
    text("letter"),
    text(FOR_WHOM, required=False),
    Field("she_is_settled", FieldKind.FLAG, required=False, default=False),
)

RULES = (
    # The day has come, and she still agrees: HR is asked now.
    Rule(
        action="record_proof",
        states=("decided",),
        by=SYSTEM,
        fields=(reference("proof"),),
        guards=(rules.TO_BE_PROVEN,),
        checks=(rules.CONSENT,),
        derives=asked_now,
        clocks=(meet("im.begin"),),
        effects=(DECIDED,),
    ),
    # She does not, or nobody can show it: nothing happens, and those who hold her consent hear that it does not stand.
    # What HR was asked for earlier under this measure is taken back there.
    Rule(
        action="record_no_proof",
        states=("decided",),
        by=SYSTEM,
        to="not_begun",
        guards=(rules.TO_BE_PROVEN,),
        sets=NO_WORD,
        derives=taken_back,
        clocks=(meet("im.begin"), *UNDO, meet("consent.refresh"), start("im.decide")),
        effects=(RESTORE, *holders("interim_measure.consent_not_proven")),
    ),
    # HR has set it up: it does not take effect, and somebody sees to her safety before it is undone (invariant 43).
    Rule(
        action="record_no_proof",
        states=("told_first",),
        by=SYSTEM,
        guards=(rules.RESTS_ON_CONSENT,),
        sets=NO_WORD,
        clocks=(meet("consent.refresh"), start("im.decide", by="urgency")),
        effects=(her_inbox("interim_measure.not_in_effect"), *holders("interim_measure.consent_withdrawn")),
    ),
    Rule(
        action="record_applied",
        states=("decided",),
        by=SYSTEM,
        to="applied",
        fields=PROOF,
        checks=(rules.ASKED_OF_HR, rules.CONSENT),
        clocks=(
            meet("im.decide"),
            meet("im.apply"),
            start("im.end", since="from_at", due="until_at"),
            start("im.review", since="from_at", due="review_at"),
            start("im.cumulative_alarm", since="from_at", by="type"),
        ),
        effects=(STANDS,),
    ),
    # After a failure HR has put it right by hand, and proven it.
    Rule(
        action="record_applied",
        states=("not_applied",),
        by=SYSTEM,
        to="applied",
        fields=PROOF,
        checks=(rules.CONSENT,),
        clocks=(
            meet("im.decide"),
            start("im.end", since="from_at", due="until_at"),
            start("im.review", since="from_at", due="review_at"),
            start("im.cumulative_alarm", since="from_at", by="type"),
        ),
        effects=(STANDS,),
    ),
    Rule(
        action="record_applied",
        states=("varying",),
        by=SYSTEM,
        to="applied",
        fields=PROOF,
        clocks=(meet("im.apply"), start("im.end", due="until_at"), start("im.review", due="review_at")),
    ),
    # An extension: what stands goes on standing.
    Rule(action="record_applied", states=RUNNING, by=SYSTEM, fields=PROOF, clocks=(meet("im.apply"),)),
    Rule(
        action="record_failed",
        states=("decided",),
        by=SYSTEM,
        to="not_applied",
        fields=(reference("code"),),
        checks=(rules.ASKED_OF_HR,),
        clocks=(meet("im.apply"), start("im.decide")),
        effects=(*deciders("interim_measure.apply_failed"), appointed("interim_measure.apply_failed", Role.HR_OFFICER)),
    ),
    Rule(
        action="record_failed",
        states=(*TAKEN_BACK, *RUNNING, "varying", "passed_on", "lifting"),
        by=SYSTEM,
        fields=(reference("code"),),
        effects=STUCK,
    ),
    Rule(
        action="record_placed",
        states=("applied",),
        by=SYSTEM,
        to="told_first",
        fields=(number("version"),),
        checks=(rules.placed_since("record_applied"), rules.CONSENT),
        effects=(RELEASE,),
    ),
    # Whoever protects her is not who writes: somebody outside the decision has told her, and asked her again.
    Rule(
        action="record_told",
        states=("applied",),
        by=OUTSIDE_THE_DECISION,
        to="told_first",
        fields=TOLD,
        guards=(WRITER_ANOTHER,),
        checks=(TOLD_HER, rules.STILL_AGREES, rules.CONSENT),
        effects=(RELEASE,),
    ),
    Rule(
        action="make_effective",
        states=("told_first",),
        by=SYSTEM,
        to="effective",
        fields=(reference("proof", required=False),),
        guards=(rules.NOT_HELD,),
        checks=(rules.PROVEN, rules.CONSENT),
        effects=(other_side(OTHER_SIDE_TOLD), TELL_LINE),
    ),
    # Oversight is asked once each time that she was told of something; what it does not release in time is escalated.
    Rule(
        action="ask_release",
        states=("told_first",),
        by=SYSTEM,
        guards=(rules.HELD, rules.NOT_ASKED),
        clocks=(start("im.release"),),
        effects=RELEASE_WAITS,
    ),
    Rule(
        action="release_notice",
        states=("told_first",),
        by=OVERSIGHT | ETHICS,
        to="notified_of_measure",
        fields=LETTER,
        guards=(rules.HELD,),
        checks=(rules.SETTLED, rules.CONSENT),
        clocks=(meet("im.release"),),
        effects=(OPEN_RESPONDENT, TELL_LINE),
    ),
    # An extension goes on where it stands. She is told of it first; then the other side is, by a letter where there was
    # one (policy 2.13).
    *(
        rule
        for state, news, clocks in (
            ("effective", (other_side(OTHER_SIDE_TOLD), TELL_LINE), ()),
            ("notified_of_measure", RELEASE_WAITS, (start("im.release"),)),
        )
        for rule in (
            Rule(
                action="record_placed",
                states=(state,),
                by=SYSTEM,
                fields=(number("version"),),
                guards=(rules.NEWS,),
                checks=(rules.placed_since("record_applied"),),
                clocks=clocks,
                effects=news,
            ),
            Rule(
                action="record_told",
                states=(state,),
                by=OUTSIDE_THE_DECISION,
                fields=TOLD,
                guards=(WRITER_ANOTHER, rules.NEWS),
                checks=(TOLD_HER,),
                clocks=clocks,
                effects=news,
            ),
        )
    ),
    Rule(
        action="release_notice",
        states=("notified_of_measure",),
        by=OVERSIGHT | ETHICS,
        fields=LETTER,
        guards=(rules.LETTER_WAITS,),
        checks=(rules.SETTLED, rules.CONSENT),
        clocks=(meet("im.release"),),
        effects=(OPEN_RESPONDENT, TELL_LINE),
    ),
)
