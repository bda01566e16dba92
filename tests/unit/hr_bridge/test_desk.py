"""What HR's desk says of a task."""

from policy.load import load
from services.ethics.domain.retaliation_rules import HOLDABLE
from services.hr_bridge.web.desk import CHANGES


def test_whatever_hr_is_asked_to_do_or_to_leave_has_words() -> None:
    codes = {one.code for one in load("iom-2024-03").measures.values()}
    assert CHANGES.keys() == codes | set(HOLDABLE)
