"""What the steps of a formal report have to satisfy, and who takes part in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from lifecycle.clocks import DUE
from lifecycle.fields import staff, time_of
from lifecycle.guards import is_appointed, is_assigned
from lifecycle.model import NO_MESSAGES, STOP_CONTACT, ActorKind, Effect, EffectKind, Facts
from lifecycle.table import Field, Guard, Rule, Situation
from policy.model import Role

OVERSIGHT = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})
INVESTIGATE = frozenset({Role.INVESTIGATOR})
LEGAL = frozenset({Role.LEGAL_OFFICER})
TEAM = OVERSIGHT | {Role.REVIEWER}
SHARED_OUTSIDE = frozenset(
    {"report_to_leg", "charge", "extend_reply", "refuse_more_time", "recommend", "find_no_case"}
    | {"advise_managerial_action", "consider_redress"}
) | {"decide_discipline", "decide_no_sanction", "dismiss_summarily", "sign_second", "decline_signature", "send_letter"}
"""Beside these actions oversight and legal affairs write for each other and for whoever decides; what she wrote, and
what oversight notes for itself, is withheld from everybody else (invariant 9).
"""
DECIDERS = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD})
SECOND = frozenset({Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE})
PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})

DECIDER_PARTS = {role: role.value for role in Role if role in DECIDERS}
SECOND_PARTS = {role: role.value for role in Role if role in SECOND}
"""Under which role somebody is asked to decide; the field that names them has the role's name. Each sees this one
report (policy 1).
"""

ASSESSMENT = ("submitted", "acknowledged", "assessing", "needs_info")
AT_LEG = ("at_leg", "charged", "replied", "recommended", "decided")
SETTLED = ("no_case", "managerial_action", "letter_sent", "discontinued")
DECIDING = ("assessing", *AT_LEG, *SETTLED)
TOLD = ("outcome_communicated", "monitoring")
OPEN = (*ASSESSMENT, "investigating", *AT_LEG, *SETTLED, "disclosure_decided", *TOLD)
CLOSED = ("closed", "referred_informal", "referred_other", "passed_on")

HEARD, DUE_PROCESS, POLICY = "invariant 48", "invariant 4", "policy 2.2"
NOT_FORMAL = "not_formal"
GONE = "person_gone"
"""She has died or cannot act any more; nobody acts in her name by her code."""
SUBFILE = "subfile"
TOLLED = "tolling"
"""Time that was formally stopped: it never counts, whatever else a policy names."""


def notes_contact(states: tuple[str, ...], *guards: Guard) -> Rule:
    """She has taken it back in another case of her report that nobody writes to her."""
    return Rule(NOTE_CONTACT, states, SYSTEM, guards=guards, sets={STOP_CONTACT: False})


def parts(named: Mapping[Role, str]) -> tuple[Field, ...]:
    return tuple(staff(name, required=False) for name in named.values())


def named_one(named: Mapping[Role, str]) -> Guard:
    """Exactly one of the people is named, and holds that role, or stands in for who does."""

    def broken(situation: Situation) -> Facts | None:
        found = [(role, name) for role, name in named.items() if name in situation.facts]
        if len(found) != 1:
            return {"one_of": ", ".join(named.values())}
        role, name = found[0]
        return is_appointed(name, role).broken(situation)

    return Guard("NAME_ONE", POLICY, broken)


def has_part(named: Mapping[Role, str]) -> Guard:
    """Only who was named for it in this report."""

    def broken(situation: Situation) -> Facts | None:
        theirs = [situation.case.assigned.get(role) for role in named]
        return None if situation.actor.staff_id in theirs else {"role": ", ".join(named)}

    return Guard("NOT_ASSIGNED", "lifecycle", broken)


def delegated(key: str) -> Guard:
    """The policy's table of delegation lets somebody with the actor's roles decide this."""

    def broken(situation: Situation) -> Facts | None:
        return _unless(situation, situation.policy.delegation[key].deciders, key)

    return Guard("NOT_DELEGATED", POLICY, broken)


def second_for(key: str) -> Guard:
    """The policy's table of delegation asks for this signature beside the decision."""

    def broken(situation: Situation) -> Facts | None:
        return _unless(situation, situation.policy.delegation[key].second, key)

    return Guard("NOT_DELEGATED", POLICY, broken)


def _unless(situation: Situation, roles: Sequence[Role], key: str) -> Facts | None:
    return {"decision": key} if situation.actor.roles.isdisjoint(roles) else None


def holds(fact: str, code: str, rule: str) -> Guard:
    """The flag `fact` of the case is true."""

    def broken(situation: Situation) -> Facts | None:
        return None if situation.case.facts.get(fact) is True else {"needs": fact}

    return Guard(code, rule, broken)


def holds_not(*facts: str, code: str, rule: str) -> Guard:
    """None of these flags of the case is true."""

    def broken(situation: Situation) -> Facts | None:
        return next(({"has": fact} for fact in facts if situation.case.facts.get(fact) is True), None)

    return Guard(code, rule, broken)


def has_rung(key: str, rule: str) -> Guard:
    """The time of the clock is over: nobody has to wait any longer."""

    def broken(situation: Situation) -> Facts | None:
        return None if rung(situation, key) else {"clock": key}

    return Guard("TIME_NOT_OVER", rule, broken)


def rung(situation: Situation, key: str) -> bool:
    clock = situation.case.clocks.get(key)
    return clock is not None and DUE in clock.rung


def later(fact: str, clock: str, rule: str) -> Guard:
    """An extension ends later than what it extends, and not in the past."""

    def broken(situation: Situation) -> Facts | None:
        until, running = time_of(situation.facts, fact), situation.case.clocks.get(clock)
        return None if until > situation.now and (running is None or until > running.due_at) else {"field": fact}

    return Guard("END_NOT_LATER", rule, broken)


def _no_adverse_finding_unheard(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    adverse = situation.facts.get("finding") == "substantiated"
    return {"needs": "subject_heard"} if adverse and facts.get("subject_heard") is not True else None


def _preference_not_weighed(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    wished = facts.get("affected_wishes") == NOT_FORMAL
    return {"needs": "preference_weighed"} if wished and facts.get("preference_weighed") is not True else None


def _closing_too_early(situation: Situation) -> Facts | None:
    """Silence, a withdrawal, a late report or a wish closes nothing by itself: what comes first has to have come."""
    facts, reason = situation.case.facts, situation.facts["reason"]
    first = {
        "no_answer": situation.case.state == "needs_info" and rung(situation, "anon.silence"),
        "withdrawn": facts.get("withdrawal_checked") is True,
        "out_of_time": facts.get("admission") == "not_admitted",
        "wish_respected": facts.get("weighed") == "wish_respected",
    }
    return None if first.get(str(reason), True) else {"reason": reason}


def _in_writing_not_offered(situation: Situation) -> Facts | None:
    sick = situation.facts["pause_reason"] == "sick_leave"
    return {"field": "in_writing_offered"} if sick and situation.facts["in_writing_offered"] is not True else None


def _clearcheck_open(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    asked = facts.get("kind") == "sexual" and facts.get("subject_left") is True
    return {"needs": "clearcheck"} if asked and "clearcheck" not in facts else None


def _no_prior_notice(situation: Situation) -> Facts | None:
    """She is told before, or why not is recorded."""
    if situation.facts["notice"] == "given_before":
        told = situation.case.facts.get("disclosure_announced") is True
        return None if told else {"needs": "announce_disclosure"}
    return None if "notice_reasons" in situation.texts else {"field": "notice_reasons"}


def _not_recommended(situation: Situation) -> Facts | None:
    advised = situation.case.facts.get("recommendation")
    return None if advised == "summary_dismissal" else {"needs": "summary_dismissal"}


def _not_substantiated(situation: Situation) -> Facts | None:
    return None if situation.case.facts.get("finding") == "substantiated" else {"needs": "substantiated"}


def _sanctioned(situation: Situation) -> bool:
    """A sanction that stands; empty after one that was not signed."""
    return bool(situation.case.facts.get("sanction"))


def _immunity_not_noted(situation: Situation) -> Facts | None:
    return None if situation.facts["immunity_noted"] is True else {"field": "immunity_noted"}


def _not_proposed(situation: Situation) -> Facts | None:
    return None if situation.case.facts.get("national_referral") == "proposed" else {"needs": "national_referral"}


def _not_acted(situation: Situation) -> Facts | None:
    case = situation.case
    waits = case.state == "managerial_action" and case.facts.get("managerial_action_taken") is not True
    return {"needs": "managerial_action_taken"} if waits else None


def _handler_of_both(situation: Situation) -> Facts | None:
    wanted = situation.case.facts.get("other_handler_wanted") is True
    return {"needs": "hand_over"} if wanted else None


def _same_investigator(situation: Situation) -> Facts | None:
    now = situation.case.assigned.get(Role.INVESTIGATOR)
    return {"field": "investigator"} if situation.facts["investigator"] == now else None


UNHEARD = Guard("NOT_HEARD", HEARD, _no_adverse_finding_unheard)
PREFERENCE = Guard("PREFERENCE_NOT_WEIGHED", "policy 1", _preference_not_weighed)
TOO_EARLY = Guard("CLOSING_TOO_EARLY", "invariants 16 and 50", _closing_too_early)
IN_WRITING = Guard("NOT_CONFIRMED", POLICY, _in_writing_not_offered)
CLEARCHECK = Guard("CLEARCHECK_OPEN", POLICY, _clearcheck_open)
PRIOR_NOTICE = Guard("NO_PRIOR_NOTICE", DUE_PROCESS, _no_prior_notice)
ADVISED = Guard("NOT_RECOMMENDED", POLICY, _not_recommended)
SUBSTANTIATED = Guard("NOT_SUBSTANTIATED", HEARD, _not_substantiated)
IMMUNITY = Guard("NOT_CONFIRMED", POLICY, _immunity_not_noted)
SANCTIONED = Guard("NO_SANCTION", "invariant 53", lambda s: None if _sanctioned(s) else {"needs": "sanction"})
NOT_SANCTIONED = Guard("SANCTIONED", "invariant 53", lambda s: {"has": "sanction"} if _sanctioned(s) else None)
PROPOSED = Guard("NOT_PROPOSED", POLICY, _not_proposed)
ACTED = Guard("NOT_DONE_YET", POLICY, _not_acted)
OTHER_HANDLER = Guard("SAME_HANDLER", "invariant 49", _handler_of_both)
SOMEBODY_ELSE = Guard("ALREADY_ASSIGNED", "lifecycle", _same_investigator)
CONTACT_WANTED = holds_not(STOP_CONTACT, NO_MESSAGES, code="CONTACT_UNWANTED", rule="invariant 16")
NOT_GONE = holds_not(GONE, code="PERSON_GONE", rule=POLICY)
CONTACT_WANTED_AGAIN = Effect(EffectKind.EMIT, "contact_wanted_again")
"""That nobody writes to her she has said of her whole report, in whichever case: taken back in one, it is in all."""
NOTE_CONTACT = "note_contact_wanted"
MAIN_FILE = holds_not(SUBFILE, code="ONLY_IN_THE_MAIN_FILE", rule=POLICY)
NOTIFIED = holds("subject_notified", "NOT_NOTIFIED", HEARD)
REDRESS = holds("redress_considered", "REDRESS_NOT_CONSIDERED", POLICY)
VIEW = holds("view_recorded", "VIEW_NOT_RECORDED", POLICY)
NOT_SIGNED = holds_not("signed_second", code="SIGNED_ALREADY", rule=POLICY)
SIGNED = holds("signed_second", "SECOND_SIGNATURE_MISSING", POLICY)
BY_LEGAL, BY_DECIDER, BY_SECOND = is_assigned(Role.LEGAL_OFFICER), has_part(DECIDER_PARTS), has_part(SECOND_PARTS)


def to_respondent(action: str) -> Effect:
    """The alleged offender's own case is opened by `notify` alone; everything else joins it."""
    return Effect(EffectKind.OPEN, "respondent", {"action": action})


CLEAR = to_respondent("clear")
"""Nothing was found: whoever was told of it, of a measure too, is told so the same day (policy 2.13)."""


def time_limit(situation: Situation) -> Facts:
    """When the time for reporting ended, where the policy has one: from the last incident, longer by what is tolled; by
    what the policy excludes, where it names what that may be. Nothing follows from it by itself.
    """
    policy, last = situation.policy, time_of(situation.facts, "last_incident_at")
    if not policy.is_set("report.window"):
        return {"time_limit": "unset"}
    excludes = policy.deadlines["report.window"].excludes
    counts = not excludes or situation.facts.get("tolled_for") in (*excludes, TOLLED)
    tolled = int(situation.facts.get("tolled_days", 0)) if counts else 0
    ends = policy.due("report.window", last) + timedelta(days=tolled)
    if policy.is_set("report.window.latest"):
        ends = min(ends, policy.due("report.window.latest", last))
    late = time_of(situation.case.facts, "lodged_at") > ends
    return {"time_limit": "passed" if late else "kept", "time_limit_at": ends.isoformat()}


def investigation_since(situation: Situation) -> Facts:
    """The clock for sexual harassment runs from receipt to the end, any other from the opening."""
    sexual = situation.facts["kind"] == "sexual"
    since = situation.case.facts["lodged_at"] if sexual else situation.now.isoformat()
    return {"investigation_since": since}


def owed(situation: Situation) -> Facts:
    """What the tribunal that the organisation answers to lets her ask for."""
    return {"owed": ",".join(situation.policy.tribunal.disclosure)}


def _not_on_request(situation: Situation) -> Facts | None:
    owed = "preliminary_assessment" in situation.policy.tribunal.on_request
    return None if owed else {"needs": "preliminary_assessment"}


ON_REQUEST = Guard("NOT_OWED", POLICY, _not_on_request)


def told_at(situation: Situation) -> Facts:
    return {"outcome_told_at": situation.now.isoformat()}
