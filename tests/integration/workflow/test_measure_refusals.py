"""What a decision on a measure may not be: refused with code, parameters and rule, and nothing written but that."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.measures.v1.measures_pb2 import MeasureDecided
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE
from ops.demo.clients import Handler
from tests.integration.workflow.house import (
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    PERSON,
    SUPERVISOR,
)
from tests.integration.workflow.test_measure_path import LEAST, REASONS, REPORT, decision, ids, new
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

CONSULTANT = "S0044"
HIS = {"person": SUPERVISOR}
ON_HIM: dict[str, Any] = {"burden": "alleged_offender"}
SUSPENSION: dict[str, Any] = {
    **ON_HIM,
    "type": "suspension_with_pay",
    "serious_misconduct": True,
    "hearing": "heard",
    "redeployment_considered": True,
}
HOW = "He stays at home with full pay, and hands in badge and computer on the day."


def at(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def acknowledged(whole: Whole, offenders: list[str]) -> tuple[str, Handler]:
    """(the measure, the head who decides), on a fresh report about these people."""
    reporter, investigator = await whole.reporter(), await whole.staff(INVESTIGATOR)
    head = await whole.staff(OTHER_HEAD)
    known, measures = await ids(investigator, "formal_report"), await ids(head, "interim_measure")
    report = {**REPORT, "parties": {"affected_individual": PERSON, "alleged_offender": offenders}}

    async def lodged() -> bool:
        answer = await whole.http.post(
            f"{whole.url('intake')}/api/v1/reports", json=report, headers={"Idempotency-Key": str(uuid4())}
        )
        return answer.status_code == 201

    await eventually(lodged)
    assert reporter
    case_id = await new(investigator, "formal_report", known)
    await investigator.act("acknowledge", case_id)
    alert = {"purpose": "prevent_repetition", "urgency": "red"}
    await investigator.act("alert_interim_measures", case_id, alert, {"risk_facts": "He signs her leave."})
    measure = await new(head, "interim_measure", measures)
    await head.act("acknowledge_alert", measure)
    return measure, head


@pytest.fixture(scope="module")
async def waiting(whole: Whole) -> tuple[str, Handler]:
    return await acknowledged(whole, [SUPERVISOR])


async def written(whole: Whole, measure: str) -> tuple[Any, ...]:
    """Everything that a decision would leave behind."""
    rows = await whole.query("select version, data::text from cases where case_id = :case", case=UUID(measure))
    actions = await whole.query("select count(*) from case_actions where case_id = :case", case=UUID(measure))
    bodies = await whole.query("select count(*) from action_bodies where case_id = :case", case=UUID(measure))
    return rows, actions, bodies, len(whole.hr.of(MeasureDecided))


async def refusals(whole: Whole, measure: str) -> list[dict[str, Any]]:
    rows = await whole.query(
        "select convert_from(entry_json, 'utf8') as entry from audit_readable where object_ref = :case"
        " order by object_number",
        case=measure,
    )
    return [entry for row in rows if (entry := json.loads(row.entry))["act"] == "action.refused"]


async def check_refused(
    whole: Whole, measure: str, answer: httpx.Response, before: Any, code: str, rule: str, params: dict[str, Any]
) -> None:
    said = answer.json()
    assert (answer.status_code, said.get("code"), said.get("rule")) == (409, code, rule), said
    assert {key: said["params"].get(key) for key in params} == params
    assert await written(whole, measure) == before
    assert (await refusals(whole, measure))[-1]["facts"]["code"] == code
    assert (await refusals(whole, measure))[-1]["rule"] == rule


BAD: dict[str, tuple[dict[str, Any], dict[str, str], str, str, dict[str, Any]]] = {
    "the end before the start": (
        {"until_at": 3_000.0, "from_at": 4_000.0},
        {},
        "TIMES_OUT_OF_ORDER",
        "invariant 35",
        {"field": "until_at"},
    ),
    "the review after the end": (
        {"review_at": 590.0, "until_at": 500.0},
        {},
        "TIMES_OUT_OF_ORDER",
        "invariant 35",
        {"field": "until_at"},
    ),
    "a start in the past": ({"from_at": -900.0}, {}, "TIME_IN_THE_PAST", "invariant 35", {"field": "from_at"}),
    "longer than a block": ({"until_at": 9_000.0}, {}, "PERIOD_TOO_LONG", "policy 2.3", {"deadline": "im.max_block"}),
    "reviewed too late": (
        {"review_at": 700.0, "until_at": 800.0},
        {},
        "REVIEW_TOO_LATE",
        "policy 2.3",
        {"deadline": "im.review"},
    ),
    "without her consent": (
        {"burden": "affected_individual"},
        {},
        "CONSENT_MISSING",
        "invariant 38",
        {"burden": "affected_individual"},
    ),
    "a stock phrase for a suspension": (
        SUSPENSION,
        {
            "reasons": "In the interest of the Organization.",
            "arrangement": HOW,
            "persons": json.dumps(HIS),
        },
        "REASONS_STOCK_PHRASE",
        "policy 2.3",
        {"field": "reasons"},
    ),
    "hardly a reason": ({}, {"reasons": "He did it."}, "REASONS_TOO_SHORT", "policy 2.3", {"field": "reasons"}),
    "no thought of what burdens least": (
        {},
        {"least_burden": "ok"},
        "REASONS_TOO_SHORT",
        "policy 2.3",
        {"field": "least_burden"},
    ),
    "a suspension for little": (
        {"type": "suspension_with_pay"},
        {"arrangement": HOW, "persons": json.dumps(HIS)},
        "CONDITION_NOT_SHOWN",
        "invariant 40",
        {"type": "suspension_with_pay", "needs": "serious_misconduct"},
    ),
    "without pay by one signature": (
        {**SUSPENSION, "type": "suspension_without_pay", "evidence_reference": "E-1", "restoration_of_pay": True},
        {"arrangement": HOW, "exceptional_circumstances": HOW, "persons": json.dumps(HIS)},
        "CONDITION_NOT_SHOWN",
        "invariant 40",
        {"needs": "second_signature"},
    ),
    "a suspension of the affected person": (
        {**SUSPENSION, "burden": "affected_individual"},
        {"arrangement": HOW, "persons": json.dumps({"person": PERSON})},
        "NOT_ON_THIS_SIDE",
        "invariant 44",
        {"type": "suspension_with_pay", "burden": "affected_individual"},
    ),
    "nothing for HR to do": (
        {"type": "flexible_working"},
        {"persons": json.dumps(HIS)},
        "ARRANGEMENT_MISSING",
        "invariant 35",
        {"field": "arrangement"},
    ),
    "effects not looked at": ({"effects_seen": False}, {}, "NOT_CONFIRMED", "policy 2.3", {"field": "effects_seen"}),
}


@pytest.mark.parametrize(("facts", "texts", "code", "rule", "params"), list(BAD.values()), ids=list(BAD))
async def test_a_decision_that_breaks_a_rule_is_refused_and_only_that_is_written(
    whole: Whole,
    waiting: tuple[str, Handler],
    facts: dict[str, Any],
    texts: dict[str, str],
    code: str,
    rule: str,
    params: dict[str, Any],
) -> None:
    measure, head = waiting
    usual, words = decision(600)
    said = {name: at(fact) if isinstance(fact, float) else fact for name, fact in facts.items()}
    before = await written(whole, measure)
    answer = await head.try_to("decide_measure", measure, usual | ON_HIM | said, words | texts)
    await check_refused(whole, measure, answer, before, code, rule, params)


async def test_inv_33_who_alerted_does_not_decide_and_nobody_decides_twice_under_one_id(
    whole: Whole, waiting: tuple[str, Handler]
) -> None:
    measure, _ = waiting
    legal = await whole.staff(LEGAL_AND_HEAD)
    await legal.act("alert", measure, texts={"risk_facts": "LEG sees the same."})
    before = await written(whole, measure)
    answer = await legal.try_to("decide_measure", measure, decision(600)[0] | ON_HIM, decision(600)[1])
    await check_refused(whole, measure, answer, before, "SAME_PERSON", "invariant 33", {"did": "alert"})


async def test_inv_39_a_suspension_is_for_staff_contracts_and_others_are_offered_what_theirs_allows(
    whole: Whole,
) -> None:
    somebody = Person(
        staff_id=CONSULTANT,
        unit="Field Support",
        station="tarn",
        line_staff_id="S0016",
        contract="consultant",
        active=True,
    )
    somebody.valid_from.FromDatetime(datetime.now(UTC))
    await whole.hr.emit(HR_PEOPLE, CONSULTANT, somebody)

    async def known() -> bool:
        return bool(await whole.query("select 1 from people where staff_id = :id", id=CONSULTANT))

    await eventually(known)
    measure, head = await acknowledged(whole, [CONSULTANT])
    usual, _ = decision(600)
    words = {
        "reasons": REASONS,
        "least_burden": LEAST,
        "arrangement": HOW,
        "persons": json.dumps({"person": CONSULTANT}),
    }
    before = await written(whole, measure)
    answer = await head.try_to("decide_measure", measure, usual | SUSPENSION, words)
    params = {"type": "suspension_with_pay", "instead": "physical_separation"}
    await check_refused(whole, measure, answer, before, "STAFF_CONTRACT_NEEDED", "invariant 39", params)
    await head.act("decide_measure", measure, usual | ON_HIM | {"type": "physical_separation"}, words)
