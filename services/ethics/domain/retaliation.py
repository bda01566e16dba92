"""Protection from retaliation at the ethics office (policy 2.4): fear, request or a third party's word, to the end.

Nobody but the office sees it; the office that investigates misconduct does so only when this one refers a case to it,
and then one named investigator of it alone (invariant 31). Clocks remind and escalate; none decides (invariant 52).
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, reference, time
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import date_missed, escalation, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, State
from policy.model import Role
from services.ethics.domain import retaliation_asking as asking
from services.ethics.domain import retaliation_finding as finding
from services.ethics.domain import retaliation_protecting as protecting
from services.ethics.domain import retaliation_rules as rules
from services.ethics.domain.retaliation_parts import (
    ASKED,
    FEARED,
    FIND_REVIEWER,
    OPEN,
    STILL_KEPT,
    TOLD_BY_ANOTHER,
    holds,
    tell_office,
)

LATE = escalation("retaliation.late", Role.ETHICS_OFFICER)
DELAYED = date_missed("retaliation.delayed")
"""A deadline of ours has passed: she is told once, and nothing follows from it against anybody."""


def _late(key: str, pause_cap: str | None = None) -> ClockRule:
    outcome = Outcome(effects=(tell_office("retaliation.due"), LATE, DELAYED))
    return ClockRule(key, outcomes=(outcome,), repeats=True, person_sees=True, pause_cap=pause_cap)


def _check_in(key: str) -> ClockRule:
    outcome = Outcome(effects=(tell_office("retaliation.check_in_due"), her_inbox("retaliation.check_in")))
    return ClockRule(key, outcomes=(outcome,), person_sees=True)


LIFECYCLE = Lifecycle(
    name="retaliation",
    states=(
        *(State(name, person_sees=True) for name in OPEN),
        State("passed_on", person_sees=True, closed=True),
        State("closed", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state=ASKED,
        by="kind",
        states={rules.FEAR: FEARED, rules.THIRD_PARTY: TOLD_BY_ANOTHER},
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            Field("kind", FieldKind.CHOICE, False, (rules.REQUEST, rules.FEAR, rules.THIRD_PARTY), rules.REQUEST),
            # A contract that ends soon has a shorter deadline.
            choice("contract_end", "soon", "later", required=False),
            choice("activity", *rules.ACTIVITIES, required=False),
            time("activity_on", required=False),
            time("first_act_on", required=False),
            time("last_act_on", required=False),
        ),
        clocks=(start("ret.ack", since="lodged_at", by="contract_end"),),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    tells=(Role.ETHICS_OFFICER,),
    rules=(*asking.RULES, *finding.RULES, *protecting.RULES, *holds("closed", effects=(retention.TELL_HER,))),
    clocks=(
        _late("ret.ack"),
        # What is there by then has to do: nobody's silence keeps a file open.
        ClockRule(
            "ret.complete",
            outcomes=(
                Outcome(effects=(tell_office("retaliation.go_on"),), to="info_complete", clocks=asking.COMPLETE),
            ),
            irreversible=True,
            person_sees=True,
            pause_cap="ret.toll",
        ),
        _late("ret.prelim"),
        _late("ret.refer"),
        _late("ret.investigation", pause_cap="investigation.pause"),
        _late("ret.determine"),
        _late("ret.remedy"),
        ClockRule(
            "ret.review",
            outcomes=(Outcome(effects=(escalation("retaliation.review_late", Role.REVIEWER), DELAYED, FIND_REVIEWER)),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "ret.appeal", outcomes=(Outcome(effects=(tell_office("retaliation.review_over"),)),), person_sees=True
        ),
        ClockRule("ret.withdrawal", outcomes=(Outcome(effects=(tell_office("retaliation.ask_her"),)),)),
        ClockRule(
            "ret.hold", outcomes=(Outcome(effects=(tell_office("retaliation.hold_over"), LATE)),), person_sees=True
        ),
        # Every thirty days she hears from us, also when nothing has moved.
        ClockRule(
            "report.update",
            outcomes=(
                Outcome(
                    effects=(
                        tell_office("retaliation.update_due"),
                        her_inbox("retaliation.no_news"),
                        # Due again, and nobody has told her anything: one level above the office, then the next.
                        escalation("retaliation.late", Role.ETHICS_OFFICER, after=1),
                    )
                ),
            ),
            repeats=True,
        ),
        *(_check_in(key) for key in rules.MONITORING),
        *retention.clocks(("keep.no_case", "keep.investigated"), STILL_KEPT),
    ),
    deciding=("prelim_review", "review_asked", "determination", "recommended"),
)
