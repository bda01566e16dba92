"""Which conflicts cost somebody a part that they have."""

from types import SimpleNamespace
from typing import cast

from lifecycle.desk import Desk
from lifecycle.exclusions import Conflict
from lifecycle.recusal import conflicts_with, part_of
from policy.model import Role
from tests.lifecycles import BY_NAME

DESK = cast("Desk", SimpleNamespace(lifecycles=BY_NAME, parts={}))


def wider_line_costs(lifecycle: str, role: Role, *held: Role) -> bool:
    part = part_of(DESK, lifecycle, role)
    assert part is not None
    conflicts = conflicts_with(part, role, frozenset(held))
    assert Conflict.FIRST_LINE in conflicts
    return Conflict.WHOLE_LINE in conflicts


def test_inv_32_whoever_took_a_danger_in_hand_as_a_decider_keeps_it_in_a_wider_line() -> None:
    assert not wider_line_costs("danger_alert", Role.SECURITY_OFFICER, Role.ADMINISTRATIVE_HEAD)
    assert wider_line_costs("danger_alert", Role.SECURITY_OFFICER, Role.SECURITY_OFFICER)


def test_inv_32_a_handler_loses_the_part_there_whatever_else_they_decide() -> None:
    assert wider_line_costs("formal_report", Role.INVESTIGATOR, Role.INVESTIGATOR, Role.EXECUTIVE_HEAD)
