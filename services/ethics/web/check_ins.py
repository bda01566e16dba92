"""When a person who is watched over is asked how it is, and what was said last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from lifecycle.records import CaseRow
from lifecycle.serial import from_json

_CLOCKS: Final = "ret.monitor"
_ANSWER: Final = "answer_check_in"


@dataclass(frozen=True)
class CheckIn:
    """`clock` and `due_at`: the next one, None when all are over; `answer` is empty while there is none."""

    case_id: UUID
    clock: str | None
    due_at: datetime | None
    answer: str
    answered_at: datetime | None


def check_in_of(row: CaseRow) -> CheckIn:
    case = from_json(row.data)
    ahead = [one for key, one in case.clocks.items() if key.startswith(_CLOCKS) and one.runs and not one.rung]
    following = min(ahead, key=lambda one: one.due_at, default=None)
    last = next((one for one in reversed(case.steps) if one.action == _ANSWER), None)
    return CheckIn(
        row.case_id,
        following.key if following else None,
        following.due_at if following else None,
        str(last.facts["answer"]) if last else "",
        last.at if last else None,
    )
