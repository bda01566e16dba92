"""A second look at a decision, by somebody who had no part in it (policy 2.2): a measure, a closing, an outcome; asked
for by either party, who may take it further to the forum that is theirs.

The windows are the organisation's to set: one that is not set, or has passed, is a flag for the reviewer, and never a
refusal by itself. The file stays as it is until the end (invariant 53).
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, reference, text
from lifecycle.guards import is_assigned, took_no_part
from lifecycle.model import Effect, EffectKind, Facts
from lifecycle.recipients import appointed, assigned, escalation, her_inbox
from lifecycle.table import ACTOR, ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role
from services.workflow.domain import retention
from services.workflow.domain.formal_rules import INVESTIGATE, PERSON, POLICY, SYSTEM, rung

REVIEWER = frozenset({Role.REVIEWER})
BEFORE_END = ("requested", "under_review", "decided", "appealed")
KEPT_FOR = ("keep.no_case",)
ENDED = (Effect(EffectKind.EMIT, "review_ended"),)
KEEP = (retention.keep("keep.no_case"),)


def _window_open(situation: Situation) -> Facts | None:
    waits = "review.appeal" in situation.case.clocks and not rung(situation, "review.appeal")
    return {"clock": "review.appeal"} if waits else None


def _not_hers(situation: Situation) -> Facts | None:
    return None if situation.case.facts.get("party") == "person" else {"needs": "party"}


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
        clocks=(start("review.decide"),),
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
            clocks=(meet("review.decide"), start("review.appeal")),
            effects=(Effect(EffectKind.EMIT, "review_decided"),),
        ),
        # Staff to the tribunal, everybody else to the forum of their contract.
        Rule(
            action="record_appeal",
            states=("decided",),
            by=PERSON | SYSTEM | REVIEWER,
            to="appealed",
            fields=(choice("forum", "tribunal", "forum_of_the_contract"),),
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
            outcomes=(Outcome(effects=(escalation("review.late", Role.REVIEWER), her_inbox("review.date_missed"))),),
            person_sees=True,
        ),
        ClockRule(
            "review.appeal",
            outcomes=(Outcome(effects=(assigned("review.window_over", Role.REVIEWER),)),),
            person_sees=True,
        ),
        *retention.clocks(KEPT_FOR, appointed("review.kept", Role.REVIEWER)),
    ),
    # What the other side asks for is not hers to follow.
    shown=lambda case: case.facts["party"] == "person",
    deciding=("requested", "under_review", "appealed"),
)
