"""What the cell refuses says what is missing and by which rule."""

import pytest

from lifecycle import engine
from lifecycle.model import Refused
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, OPENING, PERSON, POLICY, REPORT, SYSTEM, act, opened, refused, staff
from tests.unit.ombuds.test_informal_resolution import LISTENER, OMBUDSPERSON, OTHER_LISTENER, talking


def test_she_can_only_agree_to_what_was_proposed_last() -> None:
    field = {"field": "message"}
    assert refused(talking(), "agree_steps", PERSON) == Refused("NOTHING_PROPOSED", "policy 2.8", field)
    second = act(act(talking(), "propose_steps", LISTENER, message="m1"), "propose_steps", LISTENER, message="m2")
    assert refused(second, "agree_steps", PERSON, message="m1") == Refused("PROPOSED_OTHERWISE", "policy 2.8", field)


def test_a_talk_is_not_offered_again_to_who_declined_it_nor_taken_by_who_is_not_offered_it() -> None:
    offered = act(opened("informal_resolution"), "offer_match", SYSTEM, focal_point="S0011")
    declined = act(offered, "decline_match", LISTENER)
    assert refused(declined, "offer_match", SYSTEM, focal_point="S0011") == Refused(
        "DECLINED_BEFORE", "lifecycle", {"field": "focal_point"}
    )
    taken = act(act(declined, "offer_match", SYSTEM, focal_point="S0012"), "accept_match", OTHER_LISTENER)
    handed_over = refused(taken, "offer_match", OMBUDSPERSON, focal_point="S0011")
    assert handed_over.code == "DECLINED_BEFORE", "nor when somebody else hands it over"
    stranger = staff("S0012", Role.FOCAL_POINT)
    assert refused(offered, "accept_match", stranger) == Refused(
        "NOT_ASSIGNED", "lifecycle", {"role": Role.FOCAL_POINT}
    )
    raised = refused(offered, "raise_imminent_harm", stranger)
    assert raised == Refused("NOT_ASSIGNED", "policy 2.8", {"role": Role.FOCAL_POINT})


@pytest.mark.parametrize("wish", ["woman", "man", "any"])
def test_whom_she_wishes_to_talk_to(wish: str) -> None:
    facts = {**OPENING["informal_resolution"], "contact_gender": wish}
    case = engine.open_case(BY_NAME["informal_resolution"], REPORT, 1, facts, NOW, POLICY)
    assert case.facts["contact_gender"] == wish
