"""The step that the system takes in any procedure when a person who wrote without a name has given one. Pure.

What the name is lies sealed with what she wrote: the step says no more than that there is one now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from lifecycle.model import SYSTEM, Case, Step, then

RECORD_NAME: Final = "record_name"
STEPS: Final = frozenset({RECORD_NAME})
MODE, CONFIDENTIAL, ANONYMOUS = "mode", "confidential", "anonymous"


def is_anonymous(case: Case) -> bool:
    """Whether the case is one of somebody who gave no name."""
    return case.facts.get(MODE) == ANONYMOUS


def name_given(case: Case, now: datetime) -> Case:
    """From here on it counts as told in confidence."""
    step = Step(case.version + 1, RECORD_NAME, SYSTEM, None, now)
    facts = {**case.facts, MODE: CONFIDENTIAL}
    return replace(case, version=step.version, facts=facts, steps=then(case.steps, step), effects=())
