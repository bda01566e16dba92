"""The tricky cases of policy section 6 that concern interim measures and HR, on the real engine and stores."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from contracts.ids import CaseId
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureDecided, MeasureRestored
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE
from lifecycle.desk import EffectRefused
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Refused
from services.workflow.desk import route
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.measures import HOW, SUSPENSION, acknowledged, name_at_hr, open_by_staff, terms, words
from tests.integration.workflow.test_alerts_and_results import ALERT, RISK, measures, state
from tests.lifecycles import SYSTEM, act, effect_names, refused
from tests.unit.workflow.measures import LINE, OIO, ON_HIM, effective, told_first
from tests.unit.workflow.measures import SUSPENSION as SUSPENDED

APART = "They share no house, car or table until it is looked at."
LIFTED = {"reasons": "They have both moved away from the compound."}
ELSEWHERE = {"type": "physical_separation", **ON_HIM}


async def checked(house: House, measure: UUID, facts: dict[str, Any], texts: dict[str, str]) -> Refused | None:
    """What the edge says to such a decision. Raises Problem."""
    action = Action(uuid4(), "decide_measure", terms(**facts), frozenset(texts))
    async with house.desk.database.transaction_if_needed() as begun:
        return await house.desk.check(begun, await house.row(measure), action, texts)


def test_they_share_a_guesthouse() -> None:
    """What is separated goes beyond the work place, and he hears of it once she is settled."""
    everywhere = {
        f"covers_{one}": True for one in ("housing", "transport", "common_rooms", "chats", "missions", "panels")
    }
    case = told_first(**ELSEWHERE, **everywhere)
    assert {name: case.facts[name] for name in everywhere} == everywhere
    assert refused(case, "make_effective", SYSTEM).code == "NOTICE_HELD"
    waits = act(case, "ask_release", SYSTEM)
    unsettled = refused(waits, "release_notice", OIO, she_is_settled=False)
    assert (unsettled.code, unsettled.rule, dict(unsettled.params)) == (
        "NOT_CONFIRMED", "invariant 43", {"field": "she_is_settled"},
    )  # fmt: skip
    assert effect_names(waits, "open") == []
    assert effect_names(act(waits, "release_notice", OIO, she_is_settled=True), "open") == ["respondent"]


@pytest.mark.parametrize("contract", ["consultant", "intern", "un_volunteer", "secondee"])
async def test_he_has_no_staff_contract(house: House, contract: str) -> None:
    """A volunteer, an intern, a consultant, somebody lent: no suspension, and what his contract allows instead."""
    measure = await acknowledged(house, Parties(PERSON, (SUPERVISOR,)))
    now_is = Person(staff_id=SUPERVISOR, unit="Field Support", station="selwick", contract=contract, active=True)
    now_is.valid_from.FromDatetime(datetime.now(UTC))
    await house.receive(HR_PEOPLE, SUPERVISOR, now_is)
    texts = words(person=SUPERVISOR) | {"arrangement": HOW}
    against = await checked(house, measure, SUSPENSION, texts)
    assert against == Refused(
        "STAFF_CONTRACT_NEEDED", "invariant 39", {"type": "suspension_with_pay", "instead": "physical_separation"}
    )
    instead = words(person=SUPERVISOR) | {"arrangement": APART}
    assert await checked(house, measure, ELSEWHERE, instead) is None
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms(**ELSEWHERE), instead), Decided)
    (sent,) = await house.query("select value from outbox where topic = 'workflow.measures.v1'")
    order = MeasureDecided.FromString(sent.value)
    # Whoever has to carry it out learns what, from when and until when; no field could say why.
    assert {field.name for field in order.DESCRIPTOR.fields} == {
        "measure_id", "decision_id", "type", "sealed_persons", "from_at", "until_at", "decided_at",
    }  # fmt: skip
    assert RISK["risk_facts"].encode() not in sent.value


async def test_the_alleged_offender_is_a_vendor_or_of_another_organisation(house: House) -> None:
    """Protection begins at once, with no report and no mail to somebody who is not here."""
    await house.people()
    await house.hr_key()
    opened = await open_by_staff(house, OTHER_HEAD, "interim_measure", {}, None, alleged_offender=["vendor-7"])
    measure = UUID(str(opened["case_id"]))
    await house.act(LEGAL_AND_HEAD, measure, "alert", ALERT | {"urgency": "red"}, RISK)
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    texts = words(person="vendor-7") | {"arrangement": "No access to the site; another contact at the vendor's."}
    assert await checked(house, measure, ELSEWHERE, texts) is None
    with pytest.raises(Problem):
        await checked(house, measure, SUSPENSION, texts)
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms(**ELSEWHERE), texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_told", {"told_her": True}), Decided)
    await house.run_errands()
    assert await state(house, measure) == "effective"
    assert "vendor-7" not in [who for _, who in await house.notices()]


async def test_a_measure_where_there_are_several_alleged_offenders(house: House) -> None:
    """What is done about one of them gives no other any say over her."""
    measure = await acknowledged(house, Parties(PERSON, (SUPERVISOR, OTHER_MANAGER)))
    line = {"person": PERSON, "current_supervisor": SUPERVISOR}
    for part in ("temporary_supervisor", "appraiser", "approver", "next_level_manager"):
        named = {**line, "temporary_supervisor": COLLEAGUE, part: OTHER_MANAGER}
        with pytest.raises(Problem) as wrong:
            await checked(house, measure, {**LINE}, words(**named))
        assert wrong.value.facts["field"] == f"texts.persons.{part}"
    assert await checked(house, measure, {**LINE}, words(**line, temporary_supervisor=COLLEAGUE)) is None


async def test_of_several_those_who_share_her_house_have_the_letter_and_no_other_does(house: House) -> None:
    """It is her who moves, so the decision names none of them: whoever releases the letter says for whom it is."""
    await house.people()
    await house.hr_key()
    made = await open_by_staff(
        house, OTHER_HEAD, "interim_measure", {}, None, alleged_offender=[SUPERVISOR, OTHER_MANAGER, COLLEAGUE]
    )
    measure = UUID(str(made["case_id"]))
    await house.act(LEGAL_AND_HEAD, measure, "alert", ALERT, RISK)
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    said = {"reference": "W-2026-7", "alternative_offered": True, "effects_explained": True}
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_consent", said), Decided)
    move = terms(type="physical_separation", burden="affected_individual", covers_housing=True)
    texts = words(person=PERSON) | {"arrangement": "Another room, in another house."}
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", move, texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    told = {"told_her": True, "still_agrees": True}
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_told", told), Decided)
    await house.run_errands()
    letter, settled = {"letter": "You use the other entrance."}, {"she_is_settled": True}
    with pytest.raises(EffectRefused) as unclear:
        await house.act(INVESTIGATOR, measure, "release_notice", settled, letter)
    assert unclear.value.refused == Refused("FOR_WHOM_MISSING", "policy 2.13", {"field": "for_whom"})
    action = Action(uuid4(), "release_notice", settled, frozenset({"letter", "for_whom"}))
    async with house.desk.database.transaction_if_needed() as begun:
        with pytest.raises(Problem):
            await house.desk.check(begun, await house.row(measure), action, letter | {"for_whom": PERSON})
    both = letter | {"for_whom": f"{SUPERVISOR.lower()}, {OTHER_MANAGER}"}
    assert isinstance(await house.act(INVESTIGATOR, measure, "release_notice", settled, both), Decided)
    his = [who for wording, who in await house.notices() if wording == "respondent.told"]
    assert sorted(his) == sorted([SUPERVISOR, OTHER_MANAGER])
    assert isinstance(await house.act(HR_DIRECTOR, measure, "lift_measure", {"safety_check": True}, LIFTED), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureRestored)
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_told", {"told_her": True}), Decided)
    over = [who for wording, who in await house.notices() if wording == "interim_measure.over"]
    assert {SUPERVISOR, OTHER_MANAGER} <= set(over)
    assert COLLEAGUE not in over


async def test_each_of_a_group_has_a_measure_and_a_consent_of_her_own(house: House) -> None:
    """Two people report the same man: neither's yes carries over, and HR could not tell that there are two."""
    await house.people()
    await house.hr_key()
    ids = []
    for her in (PERSON, COLLEAGUE):
        case_id = await house.open()
        await house.route(case_id, Parties(her, (SUPERVISOR,)))
        await house.act(INVESTIGATOR, case_id, "acknowledge")
        known = set(await measures(house))
        await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
        (measure,) = set(await measures(house)) - known
        await route(house.desk, CaseId(measure))
        await house.act(OTHER_HEAD, measure, "acknowledge_alert")
        ids.append(measure)
    for measure in ids:
        on_her = terms(type="flexible_working")
        texts = words(person=PERSON if measure == ids[0] else COLLEAGUE) | {"arrangement": APART}
        refusal = await house.act(OTHER_HEAD, measure, "decide_measure", on_her, texts)
        assert refusal == Refused("CONSENT_MISSING", "invariant 38", {"burden": "affected_individual"})
    # One measure names nobody of the other's report.
    with pytest.raises(Problem):
        await checked(house, ids[0], ELSEWHERE, words(person=COLLEAGUE) | {"arrangement": APART})
    texts = words(person=SUPERVISOR) | {"arrangement": APART}
    for measure in ids:
        assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms(**ELSEWHERE), texts), Decided)
    keys = [row.key for row in await house.query("select key from outbox where topic = 'workflow.measures.v1'")]
    assert len(set(keys)) == 2
    assert not {str(one) for one in ids} & set(keys)


def test_the_alleged_offender_is_cleared_while_a_measure_runs() -> None:
    """Pay and rights come back the same day; over her he stands again by a decision alone."""
    suspended = act(told_first(**SUSPENDED), "release_notice", OIO)
    back = act(suspended, "record_clearance", SYSTEM)
    assert (back.state, effect_names(back, "emit")) == ("lifting", ["measure_restore"])
    line = effective(**ON_HIM)
    assert refused(line, "record_clearance", SYSTEM).rule == "invariant 36"
    asked = act(line, "ask_for_lifting", SYSTEM)
    assert (asked.state, effect_names(asked, "emit")) == ("effective", [])
    assert json.dumps(effect_names(asked, "notify")).count("interim_measure.cleared") >= 1
