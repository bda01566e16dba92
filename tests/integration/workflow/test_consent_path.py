"""Her consent on real parts: HR is asked for nothing, and nothing takes effect, without a proof of that moment."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.measures.v1.measures_pb2 import MEASURE_ENDING_RESTORE, MeasureApplied, MeasureDecided, MeasureEnded
from ops.demo.clients import Reporter
from tests.integration.workflow.house import HR_DIRECTOR, INVESTIGATOR, OTHER_HEAD, PERSON
from tests.integration.workflow.test_measure_path import (
    OTHER_SIDE_TOLD,
    consented,
    decision,
    her_state_is,
    reported,
    state_is,
)
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually


async def revoked_at_intake(whole: Whole, report_id: str, consent: str = "interim_measure.1") -> None:
    """She has taken it back, and the event of it is still on its way to the desk."""
    await whole.query(
        "insert into consents (report_id, consent, version, given, at, action_id)"
        " select report_id, consent, max(version) + 1, false, now(), :action from consents"
        " where report_id = :report and consent = :consent group by report_id, consent returning 1",
        "intake",
        report=UUID(report_id),
        consent=consent,
        action=uuid4(),
    )


async def at_hr(whole: Whole, measure: str) -> list[Any]:
    """What the HR bridge was asked for under this measure, in order."""
    rows = await whole.query("select measure_id from measures where case_id = :case", case=UUID(measure))
    names = {str(row.measure_id) for row in rows}
    return [message for _, key, message in whole.hr.seen if key in names]


async def ordered(whole: Whole, measure: str) -> Any:
    async def come() -> Any:
        return [one for one in await at_hr(whole, measure) if isinstance(one, MeasureDecided)]

    return (await eventually(come))[0]


async def shown(reporter: Reporter) -> Any:
    return await reporter.case("formal_report", "interim_measure")


async def test_inv_38_while_intake_does_not_answer_hr_is_asked_for_nothing(whole: Whole) -> None:
    _, _, measure = await consented(whole)
    head = await whole.staff(OTHER_HEAD)
    await whole.running["intake"].stop()
    await head.act("decide_measure", measure, *decision(600))

    async def tries() -> bool:
        ((errands,),) = await whole.query("select errands from cases where case_id = :case", case=UUID(measure))
        return any(one.startswith("prove_consent:") for one in errands)

    await eventually(tries)
    assert await state_is(head, measure, "decided")
    assert await at_hr(whole, measure) == []
    assert await whole.query("select 1 from measures where case_id = :case", case=UUID(measure)) == []
    whole.start("intake")
    await whole.up("intake")
    assert (await ordered(whole, measure)).type == "reporting_line_change"
    steps = (await head.case(measure))["steps"]
    assert [one["action"] for one in steps][-2:] == ["ring", "record_proof"]


async def test_inv_38_a_revocation_that_has_not_arrived_yet_keeps_the_measure_from_beginning(whole: Whole) -> None:
    reporter, report_id, measure = await consented(whole)
    head = await whole.staff(OTHER_HEAD)
    known = len(whole.told("interim_measure.consent_not_proven"))
    await revoked_at_intake(whole, report_id)
    await head.act("decide_measure", measure, *decision(600))
    await eventually(lambda: state_is(head, measure, "not_begun"))
    await eventually(lambda: her_state_is(reporter, "not_begun"))

    async def told() -> bool:
        return len(whole.told("interim_measure.consent_not_proven")) > known

    await eventually(told)
    assert await at_hr(whole, measure) == []
    again = await head.try_to("decide_measure", measure, *decision(600))
    assert (again.status_code, again.json()["code"], again.json()["rule"]) == (409, "CONSENT_MISSING", "invariant 38")
    # Her act arrives at last: it is no mistake of hers.
    await reporter.act(report_id, await shown(reporter), "withdraw_consent")
    await eventually(lambda: state_is(head, measure, "consent_refused"))
    assert (await reporter.route("formal_report"))["refused_actions"] == []


async def test_inv_38_what_hr_has_set_up_does_not_take_effect_once_she_has_taken_it_back(whole: Whole) -> None:
    reporter, report_id, measure = await consented(whole)
    head, director = await whole.staff(OTHER_HEAD), await whole.staff(HR_DIRECTOR)
    await head.act("decide_measure", measure, *decision(600))
    decided = await ordered(whole, measure)
    already = len(whole.told(OTHER_SIDE_TOLD))
    await revoked_at_intake(whole, report_id)
    await whole.result(decided.measure_id, MeasureApplied, proof_hash=b"\x01" * 32)

    async def said_so() -> bool:
        case = await shown(reporter)
        return bool(case and case["wording_key"] == "interim_measure.not_in_effect")

    await eventually(said_so)
    assert await state_is(head, measure, "told_first")
    assert len(whole.told(OTHER_SIDE_TOLD)) == already
    await director.act("lift_measure", measure, {"safety_check": True}, {"reasons": "She does not want it any more."})
    await eventually(lambda: state_is(head, measure, "lifting"))


async def test_inv_38_oversight_releases_no_letter_about_what_she_has_taken_back(whole: Whole) -> None:
    """They share a compound: he hears of it once she is settled, and by then she may have changed her mind."""
    reporter, report_id, measure = await consented(whole, "physical_separation")
    head, investigator = await whole.staff(OTHER_HEAD), await whole.staff(INVESTIGATOR)
    facts, texts = decision(600)
    texts |= {"persons": json.dumps({"person": PERSON}), "arrangement": "Another room, and another car to the office."}
    await head.act("decide_measure", measure, facts | {"type": "physical_separation", "covers_housing": True}, texts)
    await whole.result((await ordered(whole, measure)).measure_id, MeasureApplied, proof_hash=b"\x01" * 32)

    async def waits() -> bool:
        return "ask_release" in [one["action"] for one in (await head.case(measure))["steps"]]

    await eventually(waits)
    await revoked_at_intake(whole, report_id)
    letter = ("release_notice", measure, {"she_is_settled": True}, {"letter": "You live elsewhere for a while."})
    refused = await investigator.try_to(*letter)
    said = refused.json()
    assert (refused.status_code, said["code"], said["rule"], said["params"]) == (
        409, "CONSENT_NOT_PROVEN", "invariant 38", {"field": "proof"},
    )  # fmt: skip
    await whole.running["intake"].stop()
    assert (await investigator.try_to(*letter)).status_code == 503
    whole.start("intake")
    await whole.up("intake")
    assert await state_is(head, measure, "told_first")
    assert await shown(reporter)


@pytest.mark.parametrize("time", range(2))
async def test_inv_38_her_revocation_races_the_decision_and_wins_whichever_comes_first(whole: Whole, time: int) -> None:
    reporter, report_id, measure = await consented(whole)
    head, case = await whole.staff(OTHER_HEAD), await shown(reporter)
    both = [
        head.try_to("decide_measure", measure, *decision(600)),
        reporter.act(report_id, case, "withdraw_consent"),
    ]
    answers = await asyncio.gather(*both[:: -1 if time else 1])
    answer = answers[-1 if time else 0]
    assert answer.status_code in {200, 409, 412}, answer.text
    await eventually(lambda: state_is(head, measure, "consent_refused"))
    asked = await at_hr_in_the_end(whole, measure)
    assert asked in ([], [MeasureDecided, MeasureEnded]), asked
    again = await head.try_to("decide_measure", measure, *decision(600))
    assert again.json()["code"] == "CONSENT_MISSING"


async def at_hr_in_the_end(whole: Whole, measure: str) -> list[type[Any]]:
    """The kinds of what HR was asked for, once all that waited to be sent has come."""

    async def sent() -> bool:
        return await whole.query("select 1 from outbox where topic = 'workflow.measures.v1'") == []

    await eventually(sent)
    asked = await at_hr(whole, measure)
    assert all(one.ending == MEASURE_ENDING_RESTORE for one in asked if isinstance(one, MeasureEnded))
    return [type(one) for one in asked]


async def test_inv_15_her_report_goes_to_a_body_outside_with_a_proof_of_that_moment_or_not_at_all(whole: Whole) -> None:
    reporter, report_id, case_id = await reported(whole)
    investigator = await whole.staff(INVESTIGATOR)
    for name in ("acknowledge", "start_assessment"):
        await investigator.act(name, case_id)
    sends = ("refer_to_entity", case_id, {"reason": "other_entity"}, {"reasons": "They are the vendor's people."})
    assert (await investigator.try_to(*sends)).json()["code"] == "REFERRAL_NOT_AGREED"
    await investigator.act("ask_referral_consent", case_id, {"referred_to": "other_entity"})

    async def agrees() -> bool:
        case = await reporter.case("formal_report", "formal_report")
        if case is None or "agree_to_referral" not in [one["action"] for one in case["offers"]]:
            return False
        await reporter.act(report_id, case, "agree_to_referral", {"referred_to": "other_entity"})
        return True

    await eventually(agrees)

    async def has_agreed() -> bool:
        return bool((await investigator.case(case_id))["facts"].get("referral_consent") == "given")

    await eventually(has_agreed)
    await revoked_at_intake(whole, report_id, "formal_report.1")
    refused = (await investigator.try_to(*sends)).json()
    said = (refused["code"], refused["rule"], refused["params"])
    assert said == ("CONSENT_NOT_PROVEN", "invariant 15", {"field": "proof"})
    case = await reporter.case("formal_report", "formal_report")
    assert case is not None
    await reporter.act(report_id, case, "agree_to_referral", {"referred_to": "other_entity"})

    async def is_proven() -> bool:
        return (await investigator.try_to(*sends)).is_success

    await eventually(is_proven)
    assert await state_is(investigator, case_id, "referred_other")


async def test_inv_04_inv_15_her_name_goes_on_her_consent_with_a_proof_of_that_moment_or_not_at_all(
    whole: Whole,
) -> None:
    reporter, report_id, case_id = await reported(whole)
    investigator = await whole.staff(INVESTIGATOR)
    await investigator.act("acknowledge", case_id)
    facts = {"legal_basis": "consent", "recipient": "witness", "notice": "withheld"}
    texts = {"reasons": "The witness has to know whom it is about.", "notice_reasons": "The person was asked."}
    names = ("disclose_identity", case_id, facts, texts)

    async def not_agreed() -> tuple[Any, ...]:
        answer = (await investigator.try_to(*names)).json()
        return answer["code"], answer["rule"], answer["params"]

    before = await kept_of(whole, case_id)
    assert await not_agreed() == ("NAMING_NOT_AGREED", "invariant 15", {"needs": "naming_consent"})
    assert await kept_of(whole, case_id) == before
    assert await last_refusal(whole, case_id) == ("action.refused", "invariant 15", "disclose_identity")

    await asked_and_agreed(investigator, reporter, report_id, case_id)
    await revoked_at_intake(whole, report_id, "formal_report.1.naming")
    before = await kept_of(whole, case_id)
    assert await not_agreed() == ("CONSENT_NOT_PROVEN", "invariant 15", {"field": "proof"})
    assert await kept_of(whole, case_id) == before

    await asked_and_agreed(investigator, reporter, report_id, case_id)
    other = await investigator.try_to("disclose_identity", case_id, facts | {"recipient": "decider"}, texts)
    assert other.json()["code"] == "NAMING_NOT_AGREED"

    async def is_proven() -> bool:
        return (await investigator.try_to(*names)).is_success

    await eventually(is_proven)
    case = await reporter.case("formal_report", "formal_report")
    await reporter.act(report_id, case, "refuse_naming")

    async def taken_back() -> bool:
        return bool((await investigator.case(case_id))["facts"]["naming_consent"] == "refused")

    await eventually(taken_back)
    assert (await not_agreed())[0] == "NAMING_NOT_AGREED"


async def asked_and_agreed(investigator: Any, reporter: Reporter, report_id: str, case_id: str) -> None:
    await investigator.act("ask_naming_consent", case_id, {"name_may_go_to": "witness"})

    async def agrees() -> bool:
        case = await reporter.case("formal_report", "formal_report")
        if case is None or "agree_to_naming" not in [one["action"] for one in case["offers"]]:
            return False
        await reporter.act(report_id, case, "agree_to_naming", {"name_may_go_to": "witness"})
        return True

    async def has_agreed() -> bool:
        return bool((await investigator.case(case_id))["facts"].get("naming_consent") == "given")

    await eventually(agrees)
    await eventually(has_agreed)


async def kept_of(whole: Whole, case_id: str) -> list[int]:
    """How many steps, actions and sealed words lie with the case."""
    return [
        len(await whole.query(f"select 1 from {table} where case_id = :case", case=UUID(case_id)))
        for table in ("case_steps", "case_actions", "action_bodies")
    ]


async def last_refusal(whole: Whole, case_id: str) -> tuple[str, str, str]:
    [row] = await whole.query(
        "select entry_json from audit_readable where object_ref = :case order by object_number desc limit 1",
        case=case_id,
    )
    entry = json.loads(bytes(row.entry_json))
    return entry["act"], entry["rule"], entry["facts"]["action"]
