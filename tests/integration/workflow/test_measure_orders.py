"""What HR is asked to do for a measure, and what it answers."""

import json

from contracts.measures.v1.measures_pb2 import MeasureDecided, MeasureRestored
from contracts.topics import HR_MEASURE_RESULTS
from lifecycle.durable import Decided
from services.workflow.hr_orders import decision_id
from tests.integration.workflow.house import HR_DIRECTOR, SUPERVISOR, House
from tests.integration.workflow.measures import HOW, name_at_hr, suspended
from tests.integration.workflow.test_alerts_and_results import REASONS, RISK, state


async def test_an_answer_to_an_earlier_decision_answers_no_later_one(house: House) -> None:
    measure = await suspended(house)
    at_hr = await name_at_hr(house, measure)
    steps = (await house.row(measure)).data["steps"]
    first = decision_id(at_hr, next(one.version for one in steps if one.action == "decide_measure"))
    assert isinstance(
        await house.act(HR_DIRECTOR, measure, "lift_measure", {"safety_check": True}, {"reasons": REASONS}), Decided
    )
    late = MeasureRestored(measure_id=at_hr, decision_id=first, proof_hash=b"\x01" * 32)
    await house.receive(HR_MEASURE_RESULTS, at_hr, late)
    assert await state(house, measure) == "lifting", "it was restored for another reason, before this one"
    trail = await house.query("select convert_from(entry_json, 'utf8') as entry from audit_trail")
    assert [row for row in trail if json.loads(row.entry)["act"] == "result.outdated"]
    await house.hr_answers(at_hr, MeasureRestored)
    assert await state(house, measure) == "restored"


async def test_hr_is_told_what_to_do_in_one_size_and_never_why(house: House) -> None:
    await suspended(house)
    rows = await house.query("select value from outbox where topic = 'workflow.measures.v1'")
    (decided,) = [MeasureDecided.FromString(row.value) for row in rows]
    assert len(decided.sealed_persons) > 4_000
    for word in (HOW, SUPERVISOR, REASONS, RISK["risk_facts"]):
        assert word.encode() not in rows[0].value
