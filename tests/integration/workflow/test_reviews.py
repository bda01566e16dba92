"""A review of a formal report on the real stores: the file is frozen, its reviewer comes in, and both end with it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.ids import CaseId
from lifecycle import parties, recusal
from lifecycle.decide import decide_as, open_case, ring
from lifecycle.desk import EffectRefused
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.serial import from_json
from policy.model import Role
from services.workflow import measures
from tests.integration.workflow.formal_reports import (
    REVIEWER,
    SECOND_REVIEWER,
    TWO,
    assessing,
    by_her,
    facts_of,
    of_report,
    took,
)
from tests.integration.workflow.house import HR_DIRECTOR, INVESTIGATOR, OTHER_MANAGER, SUPERVISOR, House
from tests.waiting import eventually


async def closed(house: House) -> CaseId:
    case_id = await assessing(house)
    reason = {"reason": "no_reasonable_chance"}
    await took(house, INVESTIGATOR, case_id, "close_no_action", reason, {"reasons": "r"})
    return case_id


async def test_a_review_freezes_the_file_lets_its_reviewer_in_and_undoes_both(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    assert (review.state, from_json(review.data).facts["party"]) == ("requested", "person")
    assert (await facts_of(house, case_id))["frozen"] is True
    await house.run_errands()
    assert ("review.asked_for", REVIEWER) in await house.notices()
    assert isinstance(await house.act(REVIEWER, case_id, "release_hold", {}, {"reasons": "r"}), Refused)
    await took(house, REVIEWER, review.case_id, "take_review")
    assert REVIEWER in (await house.row(case_id)).handlers
    await took(house, REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})
    assert ("review.decision_came", INVESTIGATOR) in await house.notices()
    assert ("review.decision_came", HR_DIRECTOR) not in await house.notices()
    await by_her(house, review.case_id, "record_appeal", forum="tribunal")
    await took(house, REVIEWER, review.case_id, "record_appeal_outcome", {"outcome": "dismissed"}, {"reasons": "r"})
    assert (await facts_of(house, case_id))["frozen"] is False
    assert REVIEWER not in (await house.row(case_id)).handlers


async def test_where_the_reviewer_steps_aside_the_second_goes_on_and_sees_the_file(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    assert {("review.asked_for", one) for one in (REVIEWER, SECOND_REVIEWER)} <= set(await house.notices())
    await took(house, REVIEWER, review.case_id, "take_review")
    assert isinstance(await house.act(SECOND_REVIEWER, review.case_id, "take_review"), Refused)
    async with house.desk.database.transaction() as session:
        await recusal.step_aside(session, house.desk, review.case_id, REVIEWER)
    assert ("handover.waiting", SECOND_REVIEWER) in await house.notices()
    assert isinstance(await house.act(REVIEWER, review.case_id, "take_review"), Refused)
    await took(house, SECOND_REVIEWER, review.case_id, "take_review")
    handlers = (await house.row(case_id)).handlers
    assert SECOND_REVIEWER in handlers
    assert REVIEWER not in handlers
    await took(house, SECOND_REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})


async def test_a_file_stays_frozen_until_its_last_review_has_ended(house: House) -> None:
    case_id = await closed(house)
    for _ in range(2):
        await by_her(house, case_id, "request_review", about="closure")
    one, two = await of_report(house, case_id, "review")
    assert (one.number, two.number) == (1, 2)
    await by_her(house, one.case_id, "withdraw_request", reason="withdrawn")
    assert (await facts_of(house, case_id))["frozen"] is True
    await by_her(house, two.case_id, "withdraw_request", reason="withdrawn")
    assert (await facts_of(house, case_id))["frozen"] is False


async def test_whoever_had_a_part_in_the_file_does_not_review_it(house: House) -> None:
    """The oversight committee stands in as reviewer somewhere: here, somebody who also acknowledged the report."""
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    async with house.desk.database.transaction() as session:
        actor = Actor(ActorKind.STAFF, INVESTIGATOR, frozenset({Role.REVIEWER}))
        with pytest.raises(EffectRefused) as stopped:
            await decide_as(
                session, house.desk, review.case_id, Action(uuid4(), "take_review"), actor, datetime.now(UTC)
            )
    assert (stopped.value.refused.code, stopped.value.refused.params) == ("SAME_PERSON", {"did": "acknowledge"})


async def test_inv_53_what_is_frozen_is_not_erased_whatever_the_clock_says(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")

    far = datetime.now(UTC) + timedelta(days=365 * 9)
    async with house.desk.database.transaction() as session:
        await ring(session, house.desk, case_id, far)
    assert (await house.row(case_id)).state == "closed"


async def test_inv_53_a_review_holds_up_every_case_of_the_report_whatever_its_procedure(house: House) -> None:
    case_id = await closed(house)
    report_id, now = (await house.row(case_id)).report_id, datetime.now(UTC)
    lodged = {"lodged_at": now.isoformat()}
    async with house.desk.database.transaction() as session:
        beside = [
            await open_case(session, house.desk, report_id, name, 1, facts, now)
            for name, facts in (("supervisor_request", lodged), ("sea_report", lodged), ("danger_alert", {}))
        ]
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    assert [(await facts_of(house, one)).get("frozen") for one in (*beside, review.case_id)] == [True, True, True, None]
    await by_her(house, review.case_id, "withdraw_request", reason="withdrawn")
    assert [(await facts_of(house, one)).get("frozen") for one in beside] == [False, False, False]
    steps = [step.action for step in from_json((await house.row(beside[0])).data).steps]
    assert steps == ["open", "freeze", "unfreeze"]


async def test_inv_53_a_case_that_is_opened_while_a_review_is_asked_for_is_held_up_too(house: House) -> None:
    """The ethics office's alert has opened a measure and is not committed; she asks at this moment."""
    case_id = await closed(house)
    report_id, now = (await house.row(case_id)).report_id, datetime.now(UTC)
    before = now - timedelta(days=1)
    facts = {"urgency": "green", "purpose": "retaliation_risk"}
    async with house.desk.database.transaction() as session:
        told = {"lodged_at": before.isoformat()}
        oldest = await open_case(session, house.desk, report_id, "supervisor_request", 1, told, before)

    async def waits() -> bool:
        here = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return bool(await house.query(here))

    async with house.desk.database.transaction() as session:
        measure = await measures.alert_from(session, house.desk, report_id, "w", facts, "S0007", "affected", TWO)
        asks = asyncio.create_task(by_her(house, case_id, "request_review", about="closure"))
        await eventually(waits)
    await asks
    assert [(await facts_of(house, one)).get("frozen") for one in (case_id, oldest, measure)] == [True, True, True]


async def test_the_parties_of_a_review_are_those_of_its_report(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    async with house.desk.database.transaction() as session:
        found = await parties.parties_of(session, house.desk, review)
    assert found is not None
    assert found.alleged_offender == (SUPERVISOR, OTHER_MANAGER)
    assert await house.excluded(review.case_id, SUPERVISOR)
