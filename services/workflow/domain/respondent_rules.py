"""When the alleged offender has been heard, and when his case may end (policy 2.13, invariant 48)."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import DUE
from lifecycle.model import FROZEN, Facts, Step
from lifecycle.table import Guard, Situation

HEARD = "invariant 48"
MEASURE_OVER = "measure_over"


def _has_answered(situation: Situation) -> bool:
    """He did, or had the time to: to the charge where there is one, to the notice where there is none, and to both
    where he was told of more after the charge.
    """
    steps = situation.case.steps
    charge = max((step.version for step in steps if step.action == "charge"), default=0)
    notice = max((step.version for step in steps if _accuses(step)), default=0)
    answered = not charge or _answered(situation, "reply_to_charge", charge, "charge.reply")
    return answered and (notice < charge or _answered(situation, "respond", notice, "subject.response"))


def _answered(situation: Situation, action: str, since: int, key: str) -> bool:
    case, clock = situation.case, situation.case.clocks.get(key)
    over = clock is not None and (DUE in clock.rung or clock.due_at <= situation.now)
    return over or any(step.action == action and step.version > since for step in case.steps)


def _accuses(step: Step) -> bool:
    """It says what he is said to have done; a letter on a measure alone is nothing that he has to answer first."""
    return step.action == "notify"


def _not_heard(situation: Situation) -> Facts | None:
    return None if _has_answered(situation) else {"needs": "respond"}


def earlier(name: str, key: str) -> Guard:
    """More time ends later than what he has; `name` is the fact that says when, `key` the clock that runs."""

    def broken(situation: Situation) -> Facts | None:
        clock = situation.case.clocks.get(key)
        later = clock is None or str(situation.facts[name]) > clock.due_at.isoformat()
        return None if later else {"field": name, "after": key}

    return Guard("TIMES_OUT_OF_ORDER", HEARD, broken)


def _notice_runs(situation: Situation) -> Facts | None:
    clock = situation.case.clocks.get("subject.response")
    return None if clock is not None and clock.runs else {"needs": "notify"}


def _outcome_to_come(situation: Situation) -> Facts | None:
    return {"needs": "tell_outcome"} if any(map(_accuses, situation.case.steps)) else None


def _waits(situation: Situation) -> Facts | None:
    """His time to say something of the measure, or our answer to what he asked."""
    for key in ("subject.response", "respondent.answer"):
        clock = situation.case.clocks.get(key)
        over = key == "subject.response" and clock is not None and clock.due_at <= situation.now
        if clock is not None and clock.runs and not over:
            return {"clock": key}
    return None


def _under_review(situation: Situation) -> Facts | None:
    return {"action": "close_respondent"} if situation.case.facts.get(FROZEN) is True else None


CHANCE = Guard("NOT_HEARD", HEARD, _not_heard)
MEASURE_ALONE = Guard("OUTCOME_TO_COME", HEARD, _outcome_to_come)
TOLD_OF_MORE = Guard("NOT_ASKED", HEARD, _notice_runs)
NOTHING_WAITS = Guard("SOMETHING_WAITS", HEARD, _waits)
NO_REVIEW = Guard("CASE_FROZEN", retention.KEPT, _under_review)
