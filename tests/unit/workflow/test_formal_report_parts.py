"""Where whoever was to decide, to sign or to look at it for legal affairs is lost, another is named; nobody who has a
part is exchanged.
"""

from dataclasses import replace

from lifecycle import handover
from lifecycle.model import Case
from policy.model import Role
from services.workflow.domain.formal_report import LIFECYCLE
from tests.formal_paths import (
    COMMITTEE,
    EXECUTIVE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL,
    assessing,
    at_leg,
    decided,
    recommended,
    replied,
)
from tests.lifecycles import NOW, act, refused

READERS = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})


def without(case: Case, role: Role) -> Case:
    return handover.recuse(case, role, NOW)


def test_a_legal_review_that_nobody_has_goes_on_with_another() -> None:
    for case in (at_leg(), replied(), recommended()):
        assert refused(case, "name_legal_officer", INVESTIGATOR).params == {"role": "legal_officer"}
        lost = without(case, Role.LEGAL_OFFICER)
        assert act(lost, "name_legal_officer", INVESTIGATOR).assigned[Role.LEGAL_OFFICER] == "S0003"
        assert refused(lost, "name_legal_officer", INVESTIGATOR, legal_officer="S0006").code == "NOT_APPOINTED"


def test_no_demand_from_outside_takes_the_review_from_whoever_has_it() -> None:
    case = act(at_leg(), "record_outside_demand", INVESTIGATOR)
    assert case.assigned[Role.LEGAL_OFFICER] == "S0003", "who has the review answers it"
    with_another = replace(at_leg(), assigned={**at_leg().assigned, Role.LEGAL_OFFICER: "S0099"})
    assert refused(with_another, "record_outside_demand", INVESTIGATOR).params == {"field": "legal_officer"}


def test_a_second_signature_that_nobody_can_give_any_more_is_asked_of_another() -> None:
    case = decided()
    assert refused(case, "name_second", LEGAL).params == {"role": "executive_head"}
    lost = without(case, Role.EXECUTIVE_HEAD)
    again = act(lost, "name_second", LEGAL, executive_head="S0001")
    assert act(act(again, "sign_second", EXECUTIVE), "send_letter", HR_DIRECTOR).state == "letter_sent"
    assert refused(act(again, "sign_second", EXECUTIVE), "name_second", LEGAL).code == "SIGNED_ALREADY"


def test_who_decided_is_not_taken_for_who_is_to_sign() -> None:
    asked = act(replied(), "recommend", LEGAL, without="hr_director", executive_head="S0001")
    case = act(asked, "decide_discipline", EXECUTIVE, without="executive_head", oversight_committee="S0062")
    assert refused(case, "name_second", LEGAL).params == {"role": "oversight_committee"}
    lost = without(case, Role.OVERSIGHT_COMMITTEE)
    again = act(lost, "name_second", LEGAL, without="executive_head", oversight_committee="S0062")
    assert act(again, "sign_second", COMMITTEE).facts["signed_second"] is True


def test_a_decision_that_nobody_was_left_for_is_asked_of_another() -> None:
    case = recommended()
    assert refused(case, "name_decider", INVESTIGATOR).params == {"role": "hr_director"}
    lost = without(case, Role.HR_DIRECTOR)
    assert act(act(lost, "name_decider", LEGAL), "decide_no_sanction", HR_DIRECTOR).state == "no_case"


def test_whoever_sees_it_and_may_give_the_part_hears_that_it_waits() -> None:
    for case, role, told in (
        (at_leg(), Role.LEGAL_OFFICER, (Role.INTAKE_OFFICER, Role.INVESTIGATOR)),
        (decided(), Role.EXECUTIVE_HEAD, (Role.INVESTIGATOR,)),
        (recommended(), Role.HR_DIRECTOR, (Role.INVESTIGATOR,)),
        (assessing(), Role.INVESTIGATOR, (Role.INVESTIGATOR,)),
    ):
        assert handover.told_for(LIFECYCLE, case, role, READERS) == told
        waits = handover.recuse(case, role, NOW, told)
        assert [effect.facts["role"] for effect in waits.effects] == list(told)
        assert handover.is_lost(waits, role)
        assert not handover.is_lost(case, role)
