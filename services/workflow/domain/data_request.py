"""Somebody asks what is held about them, asks to have it put right, or objects (policy 4, `dsr.reply`).

Whoever answers sees this one request and no other case. What others may have told in confidence is in no answer, and no
answer says whether there is any: there is one way to answer, the same for everybody, and nobody can look before
choosing it (invariant 1). Until somebody has shown who they are, nothing is told that only they may know.
"""

from __future__ import annotations

from datetime import datetime

from lifecycle import retention
from lifecycle.clocks import meet, standing, start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, flag, reference, time
from lifecycle.guards import confirmed, took_no_part
from lifecycle.model import NO_NEWS, ActorKind, Case, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, date_missed, escalation, her_inbox
from lifecycle.table import ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role

PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})
OFFICER = frozenset({Role.DATA_PROTECTION_OFFICER})
KNOWN = ("identity_shown", "extended")
"""States in which it is known who asks."""
OPEN = ("received", *KNOWN)
CLOSED = ("answered", "refused", "taken_back")
REPLY, EXTENSION = "dsr.reply", "dsr.reply.extension"
FIRST_MONTH_ENDS = "first_month_ends"
TELLING = reference("message")
"""The message in which the person reads it: what is told, or why not, or why not yet."""
KEPT = retention.keep("keep.data_request")
MISSED = date_missed("data_request.date_missed")


def _late(case: Case, now: datetime) -> Facts | None:
    clock = case.clocks.get(REPLY)
    return None if clock is not None and standing(clock, now) == "running" else {"clock": REPLY}


def _no_reminder_yet(situation: Situation) -> Facts | None:
    clock = situation.case.clocks.get(REPLY)
    return None if clock is not None and (clock.rung or clock.rounds) else {"clock": REPLY}


def _ends(situation: Situation) -> Facts:
    return {FIRST_MONTH_ENDS: situation.case.clocks[REPLY].due_at.isoformat()}


# The person hears of it, and why, while the first time still runs; once it has passed nothing makes it longer.
IN_TIME = Guard("TOO_LATE_FOR_MORE_TIME", f"policy {EXTENSION}", lambda s: _late(s.case, s.now))

# Whoever asks may have far to go to show who they are: until the office is reminded of the answer, it waits for them.
HAD_TIME = Guard("TIME_NOT_OVER", f"policy {REPLY}", _no_reminder_yet)


def _time(key: str) -> ClockRule:
    """Reminds the office, and at its end goes one level up in each round, at last to the oversight committee."""
    return ClockRule(
        key,
        reminds=(appointed("data_request.answer_soon", Role.DATA_PROTECTION_OFFICER),),
        outcomes=(Outcome(effects=(escalation("data_request.late", Role.DATA_PROTECTION_OFFICER), MISSED)),),
        repeats=True,
        person_sees=True,
    )


LIFECYCLE = Lifecycle(
    name="data_request",
    states=(
        State("received", person_sees=True),
        State("identity_shown", person_sees=True),
        State("extended", person_sees=True),
        *(State(name, person_sees=True, closed=True) for name in CLOSED),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="received",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            choice("right", "know", "put_right", "object", required=False),
        ),
        clocks=(start(REPLY, since="lodged_at"), start(NO_NEWS)),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        Rule(
            action="record_routed",
            states=("received",),
            by=SYSTEM,
            guards=(took_no_part("record_routed", rule="lifecycle"),),
            effects=(appointed("data_request.arrived", Role.DATA_PROTECTION_OFFICER),),
        ),
        Rule(
            action="record_identity",
            states=("received",),
            by=OFFICER,
            to="identity_shown",
            fields=(choice("shown", "in_person", "at_the_registry", "by_video"),),
            clocks=(start(NO_NEWS),),
        ),
        # Once, counted from where the first time would have ended.
        Rule(
            action="extend_time",
            states=("identity_shown",),
            by=OFFICER,
            to="extended",
            fields=(TELLING, choice("ground", "much_to_look_at", "many_requests")),
            guards=(IN_TIME,),
            derives=_ends,
            clocks=(meet(REPLY), start(EXTENSION, since=FIRST_MONTH_ENDS), start(NO_NEWS)),
        ),
        # No choice here may depend on whether a report names whoever asks.
        Rule(
            action="answer_request",
            states=KNOWN,
            by=OFFICER,
            to="answered",
            fields=(TELLING, flag("nothing_of_others"), choice("reason", "told_what_may_be_told")),
            checks=(confirmed("nothing_of_others", "invariant 1"),),
            clocks=(KEPT,),
        ),
        Rule(
            action="refuse_request",
            states=("received",),
            by=OFFICER,
            to="refused",
            fields=(TELLING, choice("reason", "identity_not_shown")),
            guards=(HAD_TIME,),
            clocks=(KEPT,),
        ),
        Rule(
            action="refuse_request",
            states=KNOWN,
            by=OFFICER,
            to="refused",
            fields=(TELLING, choice("reason", "asked_before", "not_about_the_person")),
            clocks=(KEPT,),
        ),
        Rule(
            action="withdraw_request",
            states=OPEN,
            by=PERSON,
            to="taken_back",
            fields=(choice("reason", "withdrawn"),),
            clocks=(KEPT,),
        ),
        # By whoever sees no other case: that it is held says nothing of whether there is one (invariant 1).
        *retention.hold_rules(CLOSED, OFFICER, (Role.DATA_PROTECTION_OFFICER,), (retention.TELL_HER,)),
    ),
    clocks=(
        _time(REPLY),
        _time(EXTENSION),
        ClockRule(
            NO_NEWS,
            outcomes=(
                Outcome(
                    effects=(
                        appointed("data_request.update_due", Role.DATA_PROTECTION_OFFICER),
                        her_inbox("data_request.nothing_new"),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        *retention.clocks(("keep.data_request",), appointed(retention.STILL_KEPT, Role.DATA_PROTECTION_OFFICER)),
    ),
)
