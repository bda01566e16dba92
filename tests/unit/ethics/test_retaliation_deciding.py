"""Protection from retaliation, by its table alone: what the office recommends, and whoever decides it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lifecycle.recipients import heard_as, recipients
from policy.model import Role
from services.ethics.domain.retaliation import LIFECYCLE
from services.ethics.domain.retaliation_parts import ETHICS
from tests.lifecycles import BY_NAME, NOW, POLICY, SYSTEM, act, effect_names, refused, ring_until, staff
from tests.unit.ethics.retaliation import OFFICER, TO_DETERMINATION, begun, heard, recommended, walked


def test_she_is_moved_only_if_she_agrees() -> None:
    case = walked(begun(), *TO_DETERMINATION)
    assert refused(case, "recommend", OFFICER, remedy="transfer_requester").code == "CONSENT_MISSING"
    assert act(case, "recommend", OFFICER, remedy="transfer_requester", she_agrees=True).state == "recommended"


def test_a_recommendation_that_was_declined_goes_to_the_next_decider_and_is_carried_out_when_decided() -> None:
    case = walked(begun(), *TO_DETERMINATION)
    case = act(case, "recommend", OFFICER, remedy="rescind", decider="hr_director")
    assert effect_names(case, "open") == ["recommendation"]
    declined = act(case, "record_declined", SYSTEM)
    # What the office makes of a no has its time, whichever of the two it does.
    assert declined.clocks["ret.determine"].runs
    assert not act(declined, "start_monitoring", OFFICER).clocks["ret.determine"].runs
    assert refused(declined, "recommend", OFFICER, decider="hr_director").code == "DECLINED_BEFORE"
    again = act(declined, "recommend", OFFICER, decider="executive_head")
    decided = act(again, "record_decided", SYSTEM)
    assert refused(decided, "record_remedy", OFFICER, without="what_was_done").params == {"field": "what_was_done"}
    done = act(decided, "record_remedy", OFFICER)
    assert done.state == "remedy"
    assert done.clocks["ret.remedy"].met_at


def test_what_a_decider_answers_is_heard_by_the_office_also_when_who_recommended_has_left() -> None:
    somebody = staff("S9999", Role.ETHICS_OFFICER)
    case = act(walked(begun(), *TO_DETERMINATION), "recommend", somebody)
    for answer in ("record_decided", "record_declined"):
        assert heard(act(case, answer, SYSTEM)) == [("retaliation.recommendation_answered", ("S0007",))]


def test_inv_48_a_decider_never_sees_the_case_itself() -> None:
    deciders = {Role.HR_DIRECTOR, Role.ADMINISTRATIVE_HEAD, Role.EXECUTIVE_HEAD}
    assert not any(by & deciders for by in LIFECYCLE.by_action.values())


def test_who_is_asked_decides_or_the_head_of_the_organisation() -> None:
    director, head = staff("S0002", Role.HR_DIRECTOR), staff("S0001", Role.EXECUTIVE_HEAD)
    case = recommended("hr_director")
    told = act(case, "record_routed", SYSTEM)
    assert [recipients(told, effect, POLICY, NOW) for effect in told.effects] == [("S0002",)]
    decided, declined = act(case, "decide_recommendation", director), act(case, "decline_recommendation", head)
    assert (decided.state, declined.state) == ("decided", "declined")
    for answer in (decided, declined):
        assert effect_names(answer, "emit") == ["answer_recommendation"], "the office hears of either"
        assert [key for key, clock in answer.clocks.items() if clock.runs] == ["keep.investigated"], (
            "nobody waits for it"
        )
    assert refused(recommended("executive_head"), "decide_recommendation", director).code == "ROLE_NOT_ALLOWED"


def test_who_recommends_does_not_decide() -> None:
    both = staff("S0007", Role.ETHICS_OFFICER, Role.HR_DIRECTOR)
    case = act(recommended("hr_director"), "explain", both)
    for answer in ("decide_recommendation", "decline_recommendation"):
        assert refused(case, answer, both).code == "SAME_PERSON"


def test_what_is_recommended_is_said_once_and_in_words() -> None:
    case = recommended("hr_director")
    assert refused(case, "explain", OFFICER, without="recommendation").params == {"field": "recommendation"}
    assert refused(act(case, "explain", OFFICER), "explain", OFFICER).code == "SAME_PERSON"


@pytest.mark.parametrize("said", [{}, {"suggested_type": "alternative_duties", "addressee": "hr_director"}])
def test_an_alert_may_leave_open_which_measure_and_who_decides(said: dict[str, Any]) -> None:
    case = act(begun(), "acknowledge", OFFICER)
    alerted = act(case, "alert_interim_measures", OFFICER, ground="imminent_harm", **said)
    assert {"suggested_type", "addressee"} & alerted.steps[-1].facts.keys() == said.keys()
    assert effect_names(alerted, "emit") == ["measures_alerted"]


def test_a_recommendation_without_an_answer_goes_further_up_and_is_never_taken_for_a_yes() -> None:
    case = ring_until(recommended("hr_director"), NOW + timedelta(days=28))
    assert case.state == "with_hr_director"
    assert heard_as(case.effects[1], POLICY) is Role.OVERSIGHT_COMMITTEE
    assert set(BY_NAME["recommendation"].by_action["explain"]) == ETHICS


@pytest.mark.parametrize(
    ("decider", "late", "above"),
    [
        ("executive_head", Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE),
        ("hr_director", Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD),
        ("administrative_head", Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR),
    ],
)
def test_of_a_decider_who_is_silent_the_next_one_above_hears_and_nobody_elses_desk_is_named(
    decider: str, late: Role, above: Role
) -> None:
    case = recommended("executive_head")
    case = replace(case, state=f"with_{decider}", facts={**case.facts, "decider": decider})
    silent = ring_until(case, NOW + timedelta(days=14))
    [said] = [effect for effect in silent.effects if effect.name == "recommendation.late"]
    assert (Role(str(said.facts["role"])), heard_as(said, POLICY)) == (late, above)
