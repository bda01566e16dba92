"""Who takes which part in an interim measure, which states go together, and who hears of a step (policy 2.3)."""

from __future__ import annotations

from datetime import datetime

from lifecycle import retention
from lifecycle.clocks import DUE, meet, start
from lifecycle.guards import took_no_part
from lifecycle.model import NO_NEWS, ActorKind, Case, Effect, EffectKind, Facts, Step
from lifecycle.recipients import appointed, escalation, took_part
from lifecycle.table import Field, FieldKind, Guard, Situation
from policy.model import AtEnd, MeasureType, Policy, Role, Side

SYSTEM, PERSON = frozenset({ActorKind.SYSTEM}), frozenset({ActorKind.PERSON})
BY_OVERSIGHT, BY_ETHICS = "oversight", "ethics"
"""Which office a matter on this side comes from: what comes from the one, the other does not see (invariant 31)."""
ORIGIN = Field("origin", FieldKind.CHOICE, required=False, choices=(BY_OVERSIGHT, BY_ETHICS), default=BY_OVERSIGHT)
OVERSIGHT = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})
ETHICS = frozenset({Role.ETHICS_OFFICER, Role.ALTERNATE_ETHICS_OFFICER})
COUNSEL = frozenset({Role.LEGAL_OFFICER})
ALERTERS = OVERSIGHT | ETHICS | COUNSEL
OUTSIDE_THE_DECISION = frozenset({Role.INVESTIGATOR, Role.WELFARE_OFFICER}) | ETHICS
"""Who may take her consent: nobody of those who alert by office or decide."""
USUAL_DECIDERS = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR})
WRITTEN_REASONS = "written_reasons"
"""The condition of measures of which the other side is told in a letter that oversight releases."""
HIGHER_DECIDERS = (Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE)
"""Who decides once nobody below has, one level after the other (policy: role.hr_director.escalates_to)."""
DECIDERS = USUAL_DECIDERS | {*HIGHER_DECIDERS}

UNDECIDED = ("alerted", "acknowledged", "consent_asked", "consented", "consent_refused", "not_applied", "not_begun")
DECIDABLE = ("acknowledged", "consented", "consent_refused", "not_applied", "not_begun")
RUNNING = ("effective", "notified_of_measure")
RENEWED = (*RUNNING, "passed_on")
SET_UP = ("applied", "told_first", *RUNNING, "varying", "passed_on")
"""What HR has done stands, or is on its way to stand otherwise."""
NOT_OVER = (*SET_UP, "lifting", "restored")
"""She is told first that it ends (invariant 43): until then nothing has ended for him."""
OPEN = ("need_seen", *UNDECIDED, "declined", "decided", *SET_UP, "lifting", "restored", "lifted")
CLOSED = ("ended", "not_taken_up")

SEPARATE = "invariant 33"
NOT_THE_ALERTER = took_no_part("alert", "escalate_alert", rule=SEPARATE)
NOT_WHO_ASKED = took_no_part("ask_consent", "record_consent", "record_no_consent", rule=SEPARATE)
NOT_THE_DECIDER = took_no_part(
    "decide_measure", "sign_measure", "extend_measure", "vary_measure", "decline_alert", rule=SEPARATE
)
NOT_THE_REVIEWER = took_no_part("review_measure", "lift_measure", rule=SEPARATE)
HAS_NOT_DECLINED = took_no_part("decline_alert", rule="policy 2.3")

NEWS = start(NO_NEWS)
KEPT = retention.keep("keep.hr_measure")
OVER = tuple(
    meet(key)
    for key in (
        "im.decide",
        "im.end",
        "im.review",
        "im.escalate",
        "im.cumulative_alarm",
        "im.clear",
        "im.release",
        "consent.refresh",
    )
)
"""Everything that waits for something of a measure for as long as it stands."""
DECIDED = Effect(EffectKind.EMIT, "measure_decided")
RESTORE = Effect(EffectKind.EMIT, "measure_restore")
STANDS = Effect(EffectKind.EMIT, "interim_measure.stands")
"""HR has it in its records: what kept people apart until then is not needed any more."""
RELEASE = Effect(EffectKind.ERRAND, "release_measure")
PROVE = Effect(EffectKind.ERRAND, "prove_consent")
TELL_LINE = Effect(EffectKind.EMIT, "interim_measure.line_told")
"""Who supervises either of them hears that something changes and from when to when, and no more (policy 2.10)."""
TELL_ALERTERS = took_part("interim_measure.answered", "alert")

FOR_WHOM = "for_whom"
"""With whom of the other side she shares what a measure is about: what whoever releases the letter writes, sealed."""
ESCALATING = frozenset({"im.decide", "im.review", "im.escalate"})
ORDER = "order"
"""The fact that says at which version HR was last asked for something by an action."""
BEGINS_AT = "begins_at"
"""The fact that says when a decision begins that HR has not been asked for yet, because it rests on her word; else it
is empty.
"""


UNDONE_UNTIL = "undone_until"
"""The fact that says by when HR has to have taken back what it was asked for; empty where it was asked for nothing."""
UNDO = (meet("im.apply"), start("im.apply", due=UNDONE_UNTIL))
UNAGREED_UNTIL = "unagreed_until"
"""The fact that says by when somebody has to see to a measure that she has taken her word back from; empty where
nothing rests on it.
"""


def seen_to_by(situation: Situation) -> Facts:
    """As long as a decision may take, for what goes on over her work without her word."""
    facts, policy = situation.case.facts, situation.policy
    own = f"im.decide.{facts['urgency']}"
    key = own if own in policy.deadlines else "im.decide"
    rests = on_her(facts) and policy.is_set(key)
    return {UNAGREED_UNTIL: policy.due(key, situation.now).isoformat() if rests else ""}


def ordered(situation: Situation) -> Facts:
    """HR is asked for something; not to end what it was never asked for."""
    never_asked = is_held(situation.case) and ORDER not in situation.case.facts
    return {BEGINS_AT: ""} if never_asked else asked_now(situation)


def taken_back(situation: Situation) -> Facts:
    """HR has as long to undo it as it has to do something."""
    facts, policy = ordered(situation), situation.policy
    asked = ORDER in facts and policy.is_set("im.apply")
    return {**facts, UNDONE_UNTIL: policy.due("im.apply", situation.now).isoformat() if asked else ""}


def asked_now(situation: Situation) -> Facts:
    return {ORDER: situation.case.version + 1, BEGINS_AT: ""}


def asked_on_its_day(situation: Situation) -> Facts:
    """What rests on her own word is held until it begins, when she is found to agree still (invariant 38)."""
    facts = {**situation.case.facts, **situation.facts}
    held = on_her(facts) and her_own_word(situation.case)
    return {BEGINS_AT: facts["from_at"]} if held else asked_now(situation)


def is_held(case: Case) -> bool:
    return bool(case.facts.get(BEGINS_AT))


def last_order(case: Case) -> int:
    """The version at which HR was last asked for something: what it answers to an earlier one counts for nothing."""
    ended = [step.version for step in case.steps if is_due(step) and step.facts["clock"] == "im.end"]
    return max((int(case.facts.get(ORDER, 0)), *ended))


def is_due(step: Step) -> bool:
    return step.action == "ring" and step.facts.get("mark") == DUE


def deciders(wording: str) -> tuple[Effect, ...]:
    return appointed(wording, Role.ADMINISTRATIVE_HEAD), appointed(wording, Role.HR_DIRECTOR)


def level_up(wording: str) -> tuple[Effect, ...]:
    return *deciders(wording), escalation(wording, Role.HR_DIRECTOR)


def oversight(wording: str) -> tuple[Effect, ...]:
    """Those who could alert; at a case of the ethics office, that office (invariant 31)."""
    roles = (Role.INTAKE_OFFICER, Role.LEGAL_OFFICER, Role.ETHICS_OFFICER)
    return tuple(appointed(wording, role) for role in roles)


def holders(wording: str) -> tuple[Effect, ...]:
    """Those who decide, and everybody else who holds her consent."""
    return *deciders(wording), *(took_part(wording, action) for action in ("alert", "ask_consent", "record_consent"))


STUCK = (*deciders("interim_measure.stuck"), appointed("interim_measure.stuck", Role.HR_OFFICER))


def level(case: Case) -> int:
    """How often nobody has decided in time, or an alerter has taken a refusal one level up: so many levels above the
    HR director may decide, too.
    """
    overdue = sum(is_due(step) and step.facts["clock"] in ESCALATING for step in case.steps)
    return overdue + sum(step.action == "escalate_alert" for step in case.steps)


def may_see(case: Case) -> frozenset[Role]:
    """Of the roles that read measures at all, those that may see this one."""
    alerting = ETHICS if case.facts["origin"] == BY_ETHICS else OVERSIGHT | COUNSEL
    signing = any(step.action == "ask_signature" for step in case.steps)
    return alerting | USUAL_DECIDERS | {*HIGHER_DECIDERS[: None if signing else level(case)]}


def her_own_word(case: Case) -> bool:
    """Whoever writes in the inbox is the one whom the measure protects."""
    return case.facts["writer"] == "affected"


def hears_here(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    return her_own_word(case)


def waits_for_her(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    return case.state == "consent_asked"


def may_renew(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    """Her yes carries what goes on now, and is hers to say again in her inbox."""
    return her_own_word(case) and case.state in RENEWED


def nobody_alerted(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    return case.state == "need_seen"


def told_of_persons_at(case: Case) -> datetime | None:
    """When that decision was taken which last reached the other side and named whom it is about; None before."""
    named = told = None
    for step in case.steps:
        named = step.at if step.action in {"decide_measure", "vary_measure"} else named
        told = named if step.action in {"make_effective", "release_notice"} else told
    return told


def lapses(case: Case, policy: Policy) -> bool:
    return policy.measures[str(case.facts["type"])].at_end is AtEnd.LAPSE


def on_her(facts: Facts) -> bool:
    return facts.get("burden") == Side.AFFECTED_INDIVIDUAL


def on_other_side(facts: Facts) -> bool:
    return facts.get("burden") == Side.ALLEGED_OFFENDER


def waits_for_proof(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    return is_held(case)


def rests_on_her_word(case: Case) -> bool:
    """Her work changes, and she has said yes to it herself."""
    return on_her(case.facts) and her_own_word(case)


def conditions_of(measure: MeasureType, facts: Facts) -> tuple[str, ...]:
    """What has to be shown for a measure on this side."""
    return *measure.conditions, *(() if on_her(facts) else measure.conditions_on_offender)


def explained_to_her(case: Case, policy: Policy) -> Facts:
    """What the measure is, where it is hers to know: what changes for her, until when, and what that does to her pay
    and rights. Of what changes for the other side she knows the dates alone.
    """
    facts, kind = case.facts, str(case.facts.get("asked_type", "any"))
    told = {name: facts[name] for name in ("from_at", "until_at", "review_at") if name in facts and "type" in facts}
    if "type" in facts:
        if not on_her(facts):
            return told
        kind = str(facts["type"])
    effects = policy.measures[kind].legal_effects if kind in policy.measures else {}
    return {**told, "measure": kind, **{f"effect_on_{name}": becomes for name, becomes in effects.items()}}


def needs_release(case: Case, policy: Policy) -> bool:
    """The other side is not told by itself: the measure needs written reasons, or she has to be settled first."""
    facts = case.facts
    written = WRITTEN_REASONS in conditions_of(policy.measures[str(facts["type"])], facts)
    return (written and not on_her(facts)) or facts.get("covers_housing") is True


def _not_escalated(situation: Situation) -> Facts | None:
    roles = situation.actor.roles
    higher = {*HIGHER_DECIDERS[: level(situation.case)]}
    return None if roles & (USUAL_DECIDERS | higher) else {"level": level(situation.case)}


def _not_her_own_word(situation: Situation) -> Facts | None:
    return None if her_own_word(situation.case) else {"writer": situation.case.facts["writer"]}


def _her_own_word(situation: Situation) -> Facts | None:
    return {"writer": "affected"} if her_own_word(situation.case) else None


def _did_not_alert(situation: Situation) -> Facts | None:
    """Where none of those who alerted is in such an office any more, another one of it answers for the alert."""
    policy, now = situation.policy, situation.now
    alerted = {step.by for step in situation.case.steps if step.action == "alert"}
    there = {one for one in alerted if policy.roles_of(one, now) & ALERTERS}
    return None if not there or situation.actor.name in alerted else {"action": "alert"}


AT_LEVEL = Guard("NOT_ESCALATED", "policy 2.3", _not_escalated)
WRITER_AFFECTED = Guard("WRITER_NOT_AFFECTED", "invariant 38", _not_her_own_word)
WRITER_ANOTHER = Guard("WRITER_AFFECTED", "invariant 38", _her_own_word)
THE_ALERTER = Guard("NOT_AN_ALERTER", "policy 2.3", _did_not_alert)
