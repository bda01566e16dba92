"""When the alleged offender has been heard, and when his case may end (policy 2.13, invariant 48)."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import DUE
from lifecycle.model import FROZEN, Facts, Step
from lifecycle.table import Guard, Situation

HEARD = "invariant 48"
MEASURE_OVER = "measure_over"


def _has_answered(situation: Situation) -> bool:
    """He did, or had the time to: to the charge where there is one, else to the notice."""
    case = situation.case
    charged = any(step.action == "charge" for step in case.steps)
    key, answer = ("charge.reply", "reply_to_charge") if charged else ("subject.response", "respond")
    since = max((step.version for step in case.steps if _says_what(step)), default=0)
    answered = any(step.action == answer and step.version > since for step in case.steps)
    clock = case.clocks.get(key)
    return answered or (clock is not None and (DUE in clock.rung or clock.due_at <= situation.now))


def _says_what(step: Step) -> bool:
    """What he is said to have done; a letter on a measure alone is nothing that he has to answer first."""
    return step.action == "charge" or (step.action == "notify" and step.facts.get("letter_about") == "allegation")


def _not_heard(situation: Situation) -> Facts | None:
    return None if _has_answered(situation) else {"needs": "respond"}


def earlier(name: str, key: str) -> Guard:
    """More time ends later than what he has; `name` is the fact that says when, `key` the clock that runs."""

    def broken(situation: Situation) -> Facts | None:
        clock = situation.case.clocks.get(key)
        later = clock is None or str(situation.facts[name]) > clock.due_at.isoformat()
        return None if later else {"field": name, "after": key}

    return Guard("TIMES_OUT_OF_ORDER", HEARD, broken)


def _told_of_more(situation: Situation) -> Facts | None:
    return {"needs": "tell_outcome"} if any(map(_says_what, situation.case.steps)) else None


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
MEASURE_ALONE = Guard("OUTCOME_TO_COME", HEARD, _told_of_more)
NOTHING_WAITS = Guard("SOMETHING_WAITS", HEARD, _waits)
NO_REVIEW = Guard("CASE_FROZEN", retention.KEPT, _under_review)
