"""What holds beyond the table of a supervisor request: naming, telling first, waiting for her word."""

from __future__ import annotations

from datetime import datetime

from lifecycle.clocks import DUE, standing
from lifecycle.guards import version_of
from lifecycle.model import Case, Facts
from lifecycle.table import Guard, Situation
from policy.model import Policy, Role

RULE = "policy 2.1"
ASSIGN = "assign_manager"
BY_PERSON, BY_MANAGER = "person", "manager"


def _assigned_already(situation: Situation) -> Facts | None:
    return {"role": Role.MANAGER} if Role.MANAGER in situation.case.assigned else None


def _had_it_before(situation: Situation) -> Facts | None:
    manager = situation.facts["manager"]
    had = any(step.action == ASSIGN and step.facts["manager"] == manager for step in situation.case.steps)
    return {"field": "manager"} if had else None


def is_begun_by_manager(case: Case, policy: Policy) -> bool:  # noqa: ARG001  as an outcome asks it
    return case.facts["begun_by"] == BY_MANAGER


def is_late(case: Case, now: datetime) -> bool:
    """Whether whoever has it has let one of his dates pass. What has rung is late, whatever clock `now` comes from."""
    clocks = (clock for key in ("supervisor.ack", "supervisor.act") if (clock := case.clocks.get(key)))
    return any(standing(one, now) == "breached" or (one.runs and DUE in one.rung) for one in clocks)


def begun_by(who: str) -> Guard:
    """A manager who has seen something himself has nobody's inbox to ask in."""

    def broken(situation: Situation) -> Facts | None:
        found = situation.case.facts["begun_by"]
        return None if found == who else {"begun_by": found}

    return Guard("BEGUN_OTHERWISE", RULE, broken)


def _still_in_time(situation: Situation) -> Facts | None:
    return None if is_late(situation.case, situation.now) else {"clock": "supervisor.act"}


def _named_against_her_word(situation: Situation) -> Facts | None:
    """She has said that she may be named, and to this step; nobody else may say so for her."""
    if situation.facts["unnamed"] is True:
        return None
    agreed = situation.case.state == "steps_agreed" and situation.case.facts["names_her"] == "yes"
    return None if agreed else {"field": "unnamed"}


def _proposes_what_she_refused(situation: Situation) -> Facts | None:
    refused = situation.case.facts["may_name"] == "no" and situation.facts["names_her"] == "yes"
    return {"field": "names_her"} if refused else None


def _not_the_proposed(situation: Situation) -> Facts | None:
    same = situation.facts["message"] == situation.case.facts["message"]
    return None if same else {"field": "message"}


def agreed_to(whom: str) -> Guard:
    """Said to whom she agreed it is said; in the other state it is not her agreement that is acted on."""

    def broken(situation: Situation) -> Facts | None:
        if situation.case.state != "steps_agreed":
            return None
        agreed = situation.case.facts["to_whom"]
        return None if agreed == whom else {"agreed": agreed}

    return Guard("NOT_AS_AGREED", RULE, broken)


def _not_in_her_inbox(situation: Situation) -> Facts | None:
    needed = version_of(situation.case, "announce_act")
    return None if int(situation.facts["version"]) >= needed else {"needed": needed}


def _her_word_is_awaited(situation: Situation) -> Facts | None:
    """Silence closes nothing before the time for an answer has passed, and even then somebody has to say so."""
    case = situation.case
    if case.facts["begun_by"] == BY_MANAGER:
        return None
    clock = case.clocks.get("anon.silence")
    waited = clock is not None and standing(clock, situation.now) == "breached"
    return None if waited else {"clock": "anon.silence"}


HAS_INBOX, HAS_NONE = begun_by(BY_PERSON), begun_by(BY_MANAGER)
NOBODY_YET = Guard("ALREADY_ASSIGNED", "lifecycle", _assigned_already)
ANOTHER_ONE = Guard("HAD_IT_BEFORE", RULE, _had_it_before)
LATE = Guard("MANAGER_STILL_IN_TIME", RULE, _still_in_time)
NAMING = Guard("NAMING_NOT_AGREED", RULE, _named_against_her_word)
NAMING_PROPOSED = Guard("NAMING_NOT_AGREED", RULE, _proposes_what_she_refused)
AS_PROPOSED = Guard("PROPOSED_OTHERWISE", RULE, _not_the_proposed)
TOLD_FIRST = Guard("NOT_IN_THE_INBOX_YET", RULE, _not_in_her_inbox)
WAITED = Guard("HER_WORD_IS_AWAITED", "invariant 50", _her_word_is_awaited)
