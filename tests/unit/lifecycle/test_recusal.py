"""Which conflicts cost somebody a part that they have, and on which day an appointment does."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from lifecycle.desk import Desk, Part
from lifecycle.exclusions import Conflict
from lifecycle.recusal import _last_day, conflicts_with, part_of
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, POLICY

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


TODAY, DAY = NOW.date(), timedelta(days=1)


@pytest.mark.parametrize(
    ("terms", "last"),
    [
        ([(-9, 0)], TODAY),
        ([(-9, 0), (1, 9)], TODAY + 9 * DAY),
        ([(-9, 0), (1, None)], None),
        ([(1, 9), (-9, 0), (10, 12)], TODAY + 12 * DAY),
        ([(-9, 0), (2, 9)], TODAY),
        ([(-9, 5), (3, 9)], TODAY + 9 * DAY),
        ([(-9, -1), (1, 9)], date.min),
        ([(-9, None)], None),
    ],
    ids=["ends", "goes_on", "for_good", "in_any_order", "after_a_gap", "overlaps", "not_now", "no_end"],
)
def test_whose_appointment_goes_on_without_a_gap_has_nothing_to_hand_over(
    terms: list[tuple[int, int | None]], last: date | None
) -> None:
    one = next(one for one in POLICY.appointments if one.role is Role.INVESTIGATOR)
    held = [
        replace(one, from_=TODAY + begins * DAY, to=None if ends is None else TODAY + ends * DAY)
        for begins, ends in terms
    ]
    policy = replace(POLICY, appointments=tuple(held))
    assert _last_day(policy, Part(frozenset({Role.INVESTIGATOR})), None, one.staff_id, NOW) == last
