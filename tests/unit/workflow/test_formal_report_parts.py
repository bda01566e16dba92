"""Where whoever was to decide, to sign or to look at it for legal affairs is lost, another is named; nobody who has a
part is exchanged. Who is to sign may decline, and a new decision is taken.
"""

from dataclasses import replace
from datetime import timedelta

from lifecycle import handover
from lifecycle.model import Case, Refused
from lifecycle.recipients import recipients
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
    told,
)
from tests.lifecycles import NOW, POLICY, act, attempt, refused

READERS = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})
DISMISSAL = "summary_dismissal"


def without(case: Case, role: Role) -> Case:
    return handover.recuse(case, role, NOW)


def test_a_legal_review_that_nobody_has_goes_on_with_another() -> None:
    for case in (at_leg(), replied(), recommended()):
        assert refused(case, "name_legal_officer", INVESTIGATOR).params == {"role": "legal_officer"}
        lost = without(case, Role.LEGAL_OFFICER)
        assert act(lost, "name_legal_officer", INVESTIGATOR).assigned[Role.LEGAL_OFFICER] == "S0003"
        assert refused(lost, "name_legal_officer", INVESTIGATOR, legal_officer="S0006").code == "NOT_APPOINTED"


def test_a_legal_review_that_is_late_may_go_to_another_and_not_before() -> None:
    case = at_leg()
    due = case.clocks["leg.review"].due_at
    in_time = refused(case, "name_legal_officer", INVESTIGATOR, now=due - timedelta(seconds=1))
    assert (in_time.code, in_time.params) == ("PART_IS_HELD", {"role": "legal_officer"})
    assert act(case, "name_legal_officer", INVESTIGATOR, now=due).assigned[Role.LEGAL_OFFICER] == "S0003"


def test_no_demand_from_outside_takes_the_review_from_whoever_has_it() -> None:
    case = act(at_leg(), "record_outside_demand", INVESTIGATOR)
    assert case.assigned[Role.LEGAL_OFFICER] == "S0003", "who has the review answers it"
    with_another = replace(at_leg(), assigned={**at_leg().assigned, Role.LEGAL_OFFICER: "S0099"})
    answer = refused(with_another, "record_outside_demand", INVESTIGATOR)
    assert (answer.code, answer.params) == ("PART_IS_HELD", {"field": "legal_officer"})


def test_a_second_signature_that_nobody_can_give_any_more_is_asked_of_another() -> None:
    case = decided()
    assert refused(case, "name_second", LEGAL).params == {"role": "executive_head"}
    lost = without(case, Role.EXECUTIVE_HEAD)
    both = attempt(LIFECYCLE, lost, "name_second", LEGAL, executive_head="S0001", oversight_committee="S0062")
    assert isinstance(both, Refused)
    assert both.code == "NAME_ONE"
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


def test_who_dismissed_is_not_taken_for_who_is_to_sign() -> None:
    asked = act(replied(), "recommend", LEGAL, without="hr_director", executive_head="S0001", recommendation=DISMISSAL)
    case = act(act(asked, "record_view", LEGAL), "dismiss_summarily", EXECUTIVE, without="executive_head",
               oversight_committee="S0062")  # fmt: skip
    assert refused(case, "name_second", LEGAL).params == {"role": "oversight_committee"}
    again = act(without(case, Role.OVERSIGHT_COMMITTEE), "name_second", LEGAL, without="executive_head",
                oversight_committee="S0062")  # fmt: skip
    assert again.assigned[Role.OVERSIGHT_COMMITTEE] == "S0062"


def test_who_decides_below_discipline_is_whoever_the_policy_lets_decide_that() -> None:
    advised = act(at_leg(), "advise_managerial_action", LEGAL, without="hr_director", administrative_head="S0004")
    held = refused(advised, "name_decider", INVESTIGATOR)
    assert (held.code, held.params) == ("PART_IS_HELD", {"role": "administrative_head"})
    lost = without(advised, Role.ADMINISTRATIVE_HEAD)
    both = attempt(LIFECYCLE, lost, "name_decider", INVESTIGATOR, hr_director="S0002", administrative_head="S0004")
    assert isinstance(both, Refused)
    assert both.code == "NAME_ONE"
    assert act(lost, "name_decider", INVESTIGATOR).assigned[Role.HR_DIRECTOR] == "S0002"


def test_who_is_to_sign_may_decline_and_nothing_is_decided_then() -> None:
    case = act(decided(), "decline_signature", EXECUTIVE)
    assert (case.state, case.facts["sanction"]) == ("recommended", "")
    assert case.assigned == recommended().assigned, "who declined has no part in it any more"
    assert case.clocks == decided().clocks
    told = {name for effect in case.effects for name in recipients(case, effect, POLICY, NOW)}
    assert told == {"S0002", "S0003"}, "who decided and who recommended"
    assert {effect.name for effect in case.effects} == {"formal_report.signature_declined"}
    assert refused(case, "sign_second", EXECUTIVE).code == "ACTION_NOT_OPEN"
    assert refused(case, "send_letter", HR_DIRECTOR).code == "ACTION_NOT_OPEN"


def test_a_signature_is_declined_with_reasons_by_who_is_asked_and_before_it_is_given() -> None:
    assert refused(decided(), "decline_signature", EXECUTIVE, without="reasons").params == {"field": "reasons"}
    assert refused(decided(), "decline_signature", COMMITTEE).code == "NOT_ASSIGNED"
    assert refused(decided(), "decline_signature", HR_DIRECTOR).code == "ROLE_NOT_ALLOWED"
    signed = act(decided(), "sign_second", EXECUTIVE)
    assert refused(signed, "decline_signature", EXECUTIVE).code == "SIGNED_ALREADY"


def test_after_a_signature_was_declined_the_same_decider_decides_anew_and_names_who_signs() -> None:
    declined = act(decided(), "decline_signature", EXECUTIVE)
    assert refused(declined, "name_decider", LEGAL).params == {"role": "hr_director"}
    assert refused(declined, "decide_no_sanction", EXECUTIVE).code == "NOT_ASSIGNED", "a no is not a decision of theirs"
    other = {"without": "executive_head", "oversight_committee": "S0062"}
    again = act(declined, "decide_discipline", HR_DIRECTOR, sanction="loss_of_step", **other)
    assert (again.state, again.facts["sanction"]) == ("decided", "loss_of_step")
    assert refused(again, "sign_second", EXECUTIVE).code == "NOT_ASSIGNED"
    assert act(act(again, "sign_second", COMMITTEE), "send_letter", HR_DIRECTOR).state == "letter_sent"


def test_what_was_not_signed_is_no_sanction_in_the_end() -> None:
    declined = act(decided(), "decline_signature", EXECUTIVE)
    unsanctioned = told(act(declined, "decide_no_sanction", HR_DIRECTOR))
    assert refused(unsanctioned, "close_sanctioned", INVESTIGATOR).code == "NO_SANCTION"
    closed = act(unsanctioned, "close_report", INVESTIGATOR)
    assert closed.clocks["keep.investigated"].runs
    assert "keep.substantiated" not in closed.clocks


def test_a_declined_dismissal_is_cleared_as_well() -> None:
    advised = act(recommended("summary_dismissal"), "record_view", LEGAL)
    case = act(act(advised, "dismiss_summarily", HR_DIRECTOR), "decline_signature", EXECUTIVE)
    assert (case.state, case.facts["sanction"]) == ("recommended", "")


def test_a_decision_that_nobody_was_left_for_is_asked_of_another() -> None:
    case = recommended()
    assert refused(case, "name_decider", INVESTIGATOR).params == {"role": "hr_director"}
    lost = without(case, Role.HR_DIRECTOR)
    assert act(act(lost, "name_decider", LEGAL), "decide_no_sanction", HR_DIRECTOR).state == "no_case"


def test_whoever_sees_it_and_may_give_the_part_hears_that_it_waits() -> None:
    for case, role, hearing in (
        (at_leg(), Role.LEGAL_OFFICER, (Role.INTAKE_OFFICER, Role.INVESTIGATOR)),
        (decided(), Role.EXECUTIVE_HEAD, (Role.INVESTIGATOR,)),
        (recommended(), Role.HR_DIRECTOR, (Role.INVESTIGATOR,)),
        (assessing(), Role.INVESTIGATOR, (Role.INVESTIGATOR,)),
    ):
        assert handover.told_for(LIFECYCLE, case, role, READERS) == hearing
        waits = handover.recuse(case, role, NOW, hearing)
        assert [effect.facts["role"] for effect in waits.effects] == list(hearing)
        assert handover.is_lost(LIFECYCLE, waits, role)
        assert not handover.is_lost(LIFECYCLE, case, role)
