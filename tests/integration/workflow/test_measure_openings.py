"""Measures and emergency separations that staff open without a report."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from contracts.ids import CaseId
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasureRestored
from lifecycle.durable import Decided
from lifecycle.model import Action
from lifecycle.serial import from_json
from services.workflow.desk import route
from services.workflow.web import own_matter_pages
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
from tests.integration.workflow.measures import GUARD, name_at_hr, open_by_staff, seen_by, terms, words
from tests.integration.workflow.test_alerts_and_results import ALERT, RISK, measures, state

APART = "physical_separation"
HER_LINE = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": COLLEAGUE}


@pytest.mark.parametrize(("later", "becomes"), [(0, "confirmed"), (1, "measure_asked")])
async def test_security_separates_at_once_and_a_measure_that_begins_before_it_ends_stands_in_its_place(
    house: House, later: int, becomes: str
) -> None:
    await house.people()
    await house.hr_key()
    facts = {"danger": "weapon", "moved": "alleged_offender"}
    taken = await open_by_staff(house, GUARD, "emergency_separation", facts, {"what_was_done": "He was led out."})
    assert taken["state"] == "separated"
    emergency = UUID(str(taken["case_id"]))
    assert {who for wording, who in await house.notices() if wording == "emergency_separation.happened"} == {
        INVESTIGATOR, LEGAL_AND_HEAD,
    }  # fmt: skip
    assert await seen_by(house, SUPERVISOR, "emergency_separation") == [], "he is a head of office, and the other side"
    assert await seen_by(house, OTHER_HEAD, "emergency_separation") == [emergency]

    alert = await house.act(LEGAL_AND_HEAD, emergency, "alert_interim_measures", ALERT | {"urgency": "red"}, RISK)
    assert isinstance(alert, Decided)
    (measure,) = await measures(house)
    await route(house.desk, CaseId(measure))
    assert (await house.row(measure)).data["facts"]["writer"] == "unsaid"
    assert isinstance(await house.act(OTHER_HEAD, measure, "acknowledge_alert"), Decided)
    texts = words(person=SUPERVISOR) | {"arrangement": "Another building until it is looked at."}
    kind = {"type": "physical_separation", "burden": "alleged_offender"}
    ends = from_json((await house.row(emergency)).data).clocks["emergency.separation"].due_at
    from_at = ends + timedelta(seconds=later)
    times = {
        "from_at": from_at,
        "review_at": from_at + timedelta(seconds=50),
        "until_at": from_at + timedelta(minutes=2),
    }
    facts = terms(**kind, **{name: at.isoformat() for name, at in times.items()})
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", facts, texts), Decided)
    assert await state(house, emergency) == "measure_asked", "a decision keeps nobody apart"
    await house.hr_answers(await name_at_hr(house, measure), MeasureFailed, code="locked")
    assert await state(house, emergency) == "measure_asked", "nor does one that HR could not apply"
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    assert await state(house, emergency) == becomes
    clock = from_json((await house.row(emergency)).data).clocks["emergency.separation"]
    assert clock.runs == (becomes == "measure_asked")


@pytest.mark.parametrize(
    ("staff_id", "facts", "code"),
    [
        (GUARD, {"danger": "weapon", "moved": "affected_individual"}, "AGAINST_HER_WISH"),
        (GUARD, {"danger": "weapon"}, "FIELD_MISSING"),
        (SUPERVISOR, {"danger": "threat", "moved": "alleged_offender"}, "ACTOR_EXCLUDED"),
    ],
)
async def test_what_may_not_be_opened_leaves_one_row_in_the_trail(
    house: House, staff_id: str, facts: dict[str, Any], code: str
) -> None:
    await house.people()
    answer = await open_by_staff(house, staff_id, "emergency_separation", facts, {"what_was_done": "x"})
    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (409, code)
    assert await house.query("select * from cases") == []
    rows = await house.query("select convert_from(entry_json, 'utf8') as entry from audit_readable")
    assert [json.loads(row.entry)["act"] for row in rows] == ["opening.refused"]


async def test_who_holds_no_role_for_it_opens_nothing_and_learns_of_nothing(house: House) -> None:
    await house.people()
    for staff_id, lifecycle in ((COLLEAGUE, "emergency_separation"), (GUARD, "formal_report"), (GUARD, "no_such")):
        answer = await open_by_staff(house, staff_id, lifecycle, {"danger": "weapon", "moved": "alleged_offender"})
        assert isinstance(answer, Problem)
        assert answer.status == 404
    assert await house.query("select * from audit_readable") == []


async def test_protection_needs_no_report(house: House) -> None:
    await house.people()
    taken = await open_by_staff(house, OTHER_HEAD, "interim_measure", {}, {"risk_facts": "They share one office."})
    measure = UUID(str(taken["case_id"]))
    extra = {"extra": "seating", "extra_for": "affected_individual", "she_agrees": True}
    texts = {"extra_words": "The room beside the library."}
    assert isinstance(await house.act(OTHER_HEAD, measure, "arrange_extra", extra, texts), Decided)
    assert await state(house, measure) == "need_seen"
    assert await house.excluded(measure, SUPERVISOR, decides=True)
    await house.run_errands()
    assert ("interim_measure.need_noted", INVESTIGATOR) in await house.notices()


@pytest.mark.parametrize(
    ("kind", "burden", "named", "told"),
    [
        (APART, "alleged_offender", {"person": SUPERVISOR}, [SUPERVISOR]),
        (APART, "alleged_offender", {"person": OTHER_MANAGER}, [OTHER_MANAGER]),
        (APART, "affected_individual", {"person": PERSON}, []),
        ("flexible_working", "affected_individual", {"person": PERSON}, []),
        ("reporting_line_change", "affected_individual", HER_LINE, [SUPERVISOR]),
    ],
)
async def test_inv_1_of_two_whom_it_is_about_a_measure_tells_whom_it_touches_and_nobody_else(
    house: House, kind: str, burden: str, named: dict[str, str], told: list[str]
) -> None:
    """By mail and on their pages, at its beginning and at its end: of what changes for her, neither hears anything."""
    both = [SUPERVISOR, OTHER_MANAGER]
    measure = await under_way(house, both, kind, burden, named)
    assert await state(house, measure) == "effective"
    assert [one for one in both if one in {who for _, who in await house.notices()}] == told
    assert await own_pages(house, both) == told
    lift = {"safety_check": True}, {"reasons": "Both of them have agreed on other rooms."}
    assert isinstance(await house.act(HR_DIRECTOR, measure, "lift_measure", *lift), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureRestored)
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_told", {"told_her": True}), Decided)
    over = {who for wording, who in await house.notices() if wording == "interim_measure.over"}
    assert [one for one in both if one in over] == told
    assert await own_pages(house, both) == told


async def under_way(house: House, offenders: list[str], kind: str, burden: str, named: dict[str, str]) -> UUID:
    """A measure that no report asked for and HR has applied; whoever it protects was told of it first."""
    await house.people()
    await house.hr_key()
    taken = await open_by_staff(house, OTHER_HEAD, "interim_measure", {}, None, alleged_offender=offenders)
    measure = UUID(str(taken["case_id"]))
    await house.act(LEGAL_AND_HEAD, measure, "alert", ALERT, RISK)
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    if burden == "affected_individual":
        await house.act(INVESTIGATOR, measure, "ask_consent", {"alternative_offered": True})
        agreed = {"reference": "W-7", "alternative_offered": True, "effects_explained": True}
        assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_consent", agreed), Decided)
    texts = words(**named) | {"arrangement": "Another room, and another car to the office."}
    decided = await house.act(OTHER_HEAD, measure, "decide_measure", terms(type=kind, burden=burden), texts)
    assert isinstance(decided, Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    said = {"told_her": True, "still_agrees": True}
    assert isinstance(await house.act(SECOND_INVESTIGATOR, measure, "record_told", said), Decided)
    await house.run_errands()
    return measure


async def own_pages(house: House, staff_ids: list[str]) -> list[str]:
    """On whose own page any measure stands."""
    return [one for one in staff_ids if await own_matter_pages.told_of_measures(house.desk, one)]


async def test_an_outsider_is_kept_off_the_site_at_once(house: House) -> None:
    """A vendor: no post here, so no leave and no suspension; and no mail, which would go nowhere."""
    await house.people()
    await house.hr_key()
    taken = await open_by_staff(house, OTHER_HEAD, "interim_measure", {}, None, alleged_offender=["vendor-7"])
    measure = UUID(str(taken["case_id"]))
    await house.act(LEGAL_AND_HEAD, measure, "alert", ALERT, RISK)
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    facts, texts = terms(type="physical_separation", burden="alleged_offender"), words(person="vendor-7")
    texts |= {"arrangement": "No access to the site; another contact at the vendor's."}
    async with house.desk.database.transaction_if_needed() as begun:
        action = Action(uuid4(), "decide_measure", facts, frozenset(texts))
        assert await house.desk.check(begun, await house.row(measure), action, texts) is None
        leave = Action(uuid4(), "decide_measure", facts | {"type": "special_leave_full_pay"}, frozenset(texts))
        with pytest.raises(Problem):
            await house.desk.check(begun, await house.row(measure), leave, texts)
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", facts, texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    told = await house.act(SECOND_INVESTIGATOR, measure, "record_told", {"told_her": True})
    assert isinstance(told, Decided)
    await house.run_errands()
    assert await state(house, measure) == "effective"
    assert "vendor-7" not in [who for _, who in await house.notices()]
