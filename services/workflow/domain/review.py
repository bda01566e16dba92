"""A second look at a decision, by somebody who had no part in it (policy 2.2): a measure, a closing, an outcome; asked
for by either party, who may take it further to the forum that is theirs.

The windows are the organisation's to set: one that is not set, or has passed, is a flag for the reviewer, and never a
refusal by itself. The file stays as it is until the end (invariant 53).
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, standing, start
from lifecycle.fields import choice, flag, reference, text
from lifecycle.guards import is_assigned, took_no_part
from lifecycle.model import NO_NEWS, ActorKind, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, assigned, date_missed, escalation, her_inbox
from lifecycle.table import ACTOR, ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role
from services.workflow.domain.formal_rules import INVESTIGATE, PERSON, POLICY, SYSTEM, rung

REVIEWER = frozenset({Role.REVIEWER})
BEFORE_END = ("requested", "under_review", "decided", "appealed")
KEPT_FOR = ("keep.no_case",)
ENDED = (Effect(EffectKind.EMIT, "review_ended"),)
KEEP = (retention.keep("keep.no_case"),)
LATE = (escalation("review.late", Role.REVIEWER), appointed("review.asked_for", Role.REVIEWER))
"""One level above hears of it, and so does every reviewer: another one may take it from now on."""


def _window_open(situation: Situation) -> Facts | None:
    waits = "review.appeal" in situation.case.clocks and not rung(situation, "review.appeal")
    return {"clock": "review.appeal"} if waits else None


def _not_hers(situation: Situation) -> Facts | None:
    """Of the two parties she alone acts here by herself; of the other side it is recorded."""
    hers = situation.actor.kind is not ActorKind.PERSON or situation.case.facts.get("party") == "person"
    return None if hers else {"needs": "party"}


def _has_its_reviewer(situation: Situation) -> Facts | None:
    """Whoever has it keeps it for as long as they are in time; nobody takes their own from themselves."""
    case, reviewer = situation.case, situation.case.assigned.get(Role.REVIEWER)
    clocks = (case.clocks[key] for key in ("review.decide", "review.end") if key in case.clocks)
    late = any(clock.runs and standing(clock, situation.now) == "breached" for clock in clocks)
    return {"role": Role.REVIEWER} if reviewer and (reviewer == situation.actor.staff_id or not late) else None


FREE = Guard("HAS_ITS_REVIEWER", POLICY, _has_its_reviewer)
HERS = Guard("NOT_YOUR_REVIEW", POLICY, _not_hers)
ITS_REVIEWER = is_assigned(Role.REVIEWER)

LIFECYCLE = Lifecycle(
    name="review",
    states=(
        State("requested", person_sees=True),
        State("under_review", person_sees=True),
        State("decided", person_sees=True),
        State("appealed", person_sees=True),
        State("ended", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="requested",
        fields=(
            choice("party", "person", "alleged_offender"),
            choice("about", "closure", "decision", "measure"),
            flag("after_the_window", required=False),
            # His own case, where the other side asks: there he is told how it went.
            reference("asked_in", required=False),
        ),
        clocks=(start("review.decide"), start(NO_NEWS)),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        Rule(
            action="record_routed",
            states=BEFORE_END,
            by=SYSTEM,
            guards=(took_no_part("record_routed", rule="lifecycle"),),
            effects=(appointed("review.asked_for", Role.REVIEWER),),
        ),
        Rule(
            action="take_review",
            states=("requested",),
            by=REVIEWER,
            to="under_review",
            clocks=(start(NO_NEWS),),
            assigns={Role.REVIEWER: ACTOR},
            effects=(Effect(EffectKind.EMIT, "reviewer_admitted"),),
        ),
        # Whoever had it is in conflict, has left or is silent: another reviewer goes on from where it stands.
        Rule(
            action="take_review",
            states=("under_review", "decided", "appealed"),
            by=REVIEWER,
            guards=(FREE,),
            assigns={Role.REVIEWER: ACTOR},
            effects=(Effect(EffectKind.EMIT, "reviewer_admitted"),),
        ),
        Rule(
            action="decide_review",
            states=("under_review",),
            by=REVIEWER,
            to="decided",
            fields=(choice("outcome", "upheld", "changed", "sent_back", "not_admitted"), text("reasons")),
            guards=(ITS_REVIEWER,),
            # The file stays frozen until somebody ends it: that has a time too, once nobody can go further any more.
            clocks=(
                meet("review.decide"),
                meet(NO_NEWS),
                start("review.appeal"),
                start("review.end", not_before=("review.appeal",)),
            ),
            effects=(Effect(EffectKind.EMIT, "review_decided"),),
        ),
        # Staff to the tribunal, everybody else to the forum of their contract.
        Rule(
            action="record_appeal",
            states=("decided",),
            by=PERSON | SYSTEM | REVIEWER,
            to="appealed",
            fields=(choice("forum", "tribunal", "forum_of_the_contract"),),
            guards=(HERS,),
            # A tribunal takes its time; that nothing has moved is said all the same.
            clocks=(meet("review.end"), start(NO_NEWS)),
        ),
        Rule(
            action="record_appeal_outcome",
            states=("appealed",),
            by=REVIEWER,
            to="ended",
            fields=(choice("outcome", "dismissed", "allowed", "settled", "withdrawn"), text("reasons")),
            guards=(ITS_REVIEWER,),
            clocks=KEEP,
            effects=ENDED,
        ),
        Rule(
            action="end_review",
            states=("decided",),
            by=REVIEWER,
            to="ended",
            fields=(choice("reason", "not_appealed"), text("reasons")),
            guards=(ITS_REVIEWER, Guard("TIME_NOT_OVER", POLICY, _window_open)),
            clocks=KEEP,
            effects=ENDED,
        ),
        Rule(
            action="withdraw_request",
            states=("requested", "under_review"),
            by=PERSON,
            to="ended",
            fields=(choice("reason", "withdrawn"),),
            guards=(HERS,),
            clocks=KEEP,
            effects=ENDED,
        ),
        *retention.hold_rules((*BEFORE_END, "ended"), INVESTIGATE),
    ),
    clocks=(
        ClockRule(
            "review.decide",
            outcomes=(Outcome(effects=(*LATE, date_missed("review.date_missed"))),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "review.appeal",
            outcomes=(Outcome(effects=(assigned("review.window_over", Role.REVIEWER),)),),
            person_sees=True,
        ),
        ClockRule(
            "review.end",
            outcomes=(Outcome(effects=(assigned("review.window_over", Role.REVIEWER), *LATE)),),
            repeats=True,
        ),
        ClockRule(
            NO_NEWS,
            outcomes=(
                Outcome(effects=(assigned("review.update_due", Role.REVIEWER), her_inbox("review.nothing_new"))),
            ),
            repeats=True,
            person_sees=True,
        ),
        *retention.clocks(KEPT_FOR, appointed("review.kept", Role.REVIEWER)),
    ),
    # What the other side asks for is not hers to follow.
    shown=lambda case: case.facts["party"] == "person",
    deciding=("requested", "under_review", "appealed"),
)
