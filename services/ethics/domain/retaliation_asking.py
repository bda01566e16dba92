"""From the first word to a complete file: the request, what keeps retaliation from happening, tolling, withdrawal."""

from __future__ import annotations

from lifecycle.asked import always, at
from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import choice, flag, reference, text, time
from lifecycle.guards import confirmed, took_no_part
from lifecycle.model import STOP_CONTACT, Effect, EffectKind
from lifecycle.table import ACTOR, Field, FieldKind, Rule
from policy.model import Role
from services.ethics.domain import retaliation_rules as rules
from services.ethics.domain.retaliation_parts import (
    ASKED,
    COLLECTING,
    ETHICS,
    FEARED,
    HANDLED,
    OPEN,
    PERSON,
    PREVENTING,
    SYSTEM,
    TAKEN_ON,
    TOLD_BY_ANOTHER,
    tell_office,
)

COMPLETE = (meet("ret.complete"), start("ret.prelim"))
"""The file is as complete as it gets: from here the preliminary review is counted."""

RULES = (
    # Who is excluded is known now, and the person is in the register: the office may be told.
    Rule(
        action="record_routed",
        states=OPEN,
        by=SYSTEM,
        guards=(took_no_part("record_routed", rule="lifecycle"),),
        effects=(tell_office("retaliation.received"),),
    ),
    Rule(
        action="acknowledge",
        states=(ASKED, TOLD_BY_ANOTHER),
        by=ETHICS,
        to=COLLECTING,
        clocks=(meet("ret.ack"), start("ret.complete"), start("report.update")),
        assigns={Role.ETHICS_OFFICER: ACTOR},
        derives=rules.time_limit,
        effects=(TAKEN_ON,),
    ),
    Rule(
        action="acknowledge",
        states=(FEARED,),
        by=ETHICS,
        to="preventing",
        clocks=(meet("ret.ack"), start("report.update")),
        assigns={Role.ETHICS_OFFICER: ACTOR},
        effects=(TAKEN_ON,),
    ),
    # What is to be done stands in a message to her: it is done when she has agreed to that very one.
    Rule(
        action="propose_steps",
        states=PREVENTING,
        by=ETHICS,
        to="steps_proposed",
        fields=(reference("message"), choice("steps", *rules.PREVENTION)),
    ),
    Rule(
        action="agree_steps",
        states=("steps_proposed",),
        by=PERSON,
        asked=always,
        to="steps_agreed",
        fields=(Field("message", FieldKind.REFERENCE, own=True),),
        checks=(rules.AS_PROPOSED,),
        effects=(tell_office("retaliation.answered"),),
    ),
    Rule(
        action="ask_for_other_steps",
        states=("steps_proposed", "steps_agreed"),
        by=PERSON,
        asked=at("steps_proposed"),
        to="preventing",
        effects=(tell_office("retaliation.answered"),),
    ),
    # From fear to request: there is an act now, or the threat of one.
    Rule(
        action="report_act",
        states=(FEARED, *PREVENTING, "monitoring"),
        by=PERSON,
        to=ASKED,
        fields=(choice("act", *rules.ACTS), time("last_act_on", required=False)),
        clocks=(*(meet(key) for key in rules.MONITORING), start("ret.ack", by="contract_end", no_later=True)),
        sets={"kind": rules.REQUEST},
        effects=(tell_office("retaliation.received"),),
    ),
    Rule(action="complete_file", states=(COLLECTING,), by=ETHICS, to="info_complete", clocks=COMPLETE),
    # She asks while the ombudsperson tries to resolve it. That such a process exists is all that is said of it.
    Rule(
        action="ask_tolling",
        states=(ASKED, COLLECTING),
        by=PERSON,
        fields=(flag("process_confirmed"),),
        guards=(rules.HERSELF,),
        checks=(confirmed("process_confirmed", rules.POLICY),),
        effects=(tell_office("retaliation.tolling_asked"),),
    ),
    Rule(
        action="toll",
        states=(COLLECTING,),
        by=ETHICS,
        fields=(flag("confirmation_seen"), choice("toll_reason", "informal_effort")),
        guards=(rules.TOLLING_ASKED,),
        checks=(confirmed("confirmation_seen", rules.POLICY),),
        clocks=(pause("ret.complete", reason="toll_reason"),),
    ),
    Rule(action="end_tolling", states=(COLLECTING,), by=PERSON | ETHICS, clocks=(resume("ret.complete"),)),
    # What the person told of the protected activity, put right; the register follows, and the trail has it.
    Rule(
        action="correct_activity",
        states=OPEN,
        by=ETHICS,
        fields=(choice("activity", *rules.ACTIVITIES), time("activity_on"), text("reasons")),
        checks=(rules.DONE_ALREADY,),
        effects=(Effect(EffectKind.EMIT, "activity_corrected"),),
    ),
    # Whoever holds the code may not be she: contact stops at once, nothing else follows before she could be asked.
    Rule(
        action="withdraw",
        states=OPEN,
        by=PERSON,
        fields=(flag(STOP_CONTACT),),
        guards=(rules.NOT_WITHDRAWING,),
        clocks=(start("ret.withdrawal"),),
        sets={"withdrawing": True},
        effects=(tell_office("retaliation.withdrawal_asked"),),
    ),
    Rule(
        action="take_back_withdrawal",
        states=OPEN,
        by=PERSON,
        guards=(rules.WITHDRAWING,),
        clocks=(meet("ret.withdrawal"),),
        sets={"withdrawing": False, STOP_CONTACT: False},
        effects=(tell_office("retaliation.answered"),),
    ),
    # How the office may reach her beside this inbox; hers to say, and to take back.
    Rule(
        action="agree_contact",
        states=OPEN,
        by=PERSON,
        fields=(flag("contact_agreed"),),
        guards=(rules.HERSELF,),
        effects=(Effect(EffectKind.EMIT, "contact_answered"),),
    ),
    Rule(
        action="contact_person",
        states=HANDLED,
        by=ETHICS,
        fields=(choice("ground", "agreed", "imminent_harm"), text("reasons")),
        checks=(rules.BY_AGREEMENT,),
    ),
    # Somebody who handled it has talked about it: a matter of its own, which the office looks into.
    Rule(
        action="open_query",
        states=HANDLED,
        by=ETHICS,
        fields=(choice("about", "confidentiality", "counter_complaint"), text("note")),
        effects=(Effect(EffectKind.OPEN, "query"),),
    ),
    Rule(
        action="take_over",
        states=HANDLED,
        by=ETHICS,
        assigns={Role.ETHICS_OFFICER: ACTOR},
        effects=(TAKEN_ON,),
    ),
)
