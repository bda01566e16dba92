"""Who has asked to be left alone is left alone (invariant 16)."""

import os
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx

from chassis.sealing import SEED_BYTES, DeskPrivateKey
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_CONFIDENTIAL, PersonActed, ReportLodged
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import api
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, SUPERVISOR, House
from tests.integration.workflow.test_formal_reports import of_report, took


async def lodged(house: House) -> tuple[str, UUID]:
    report_id = str(uuid4())
    message = ReportLodged(
        report_id=report_id,
        lifecycle="formal_report",
        mode=REPORTING_MODE_CONFIDENTIAL,
        route_public_key=DeskPrivateKey.from_seed(os.urandom(SEED_BYTES)).public,
        language="en",
    )
    message.lodged_at.FromDatetime(datetime.now(UTC))
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    ((case_id,),) = await house.query("select case_id from cases")
    await house.route(CaseId(case_id))
    return report_id, case_id


async def test_inv_16_nobody_writes_to_her_who_has_asked_not_to_be_contacted(house: House, oidc: Oidc) -> None:
    await house.people()
    report_id, case_id = await lodged(house)
    house.settings.peers["intake"] = "http://127.0.0.1:1"
    sign_in = SignIn(oidc.issuer)
    headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, INVESTIGATOR)}"}
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)

    async def withdraws(facts_json: str) -> None:
        message = PersonActed(
            report_id=report_id, lifecycle="formal_report", number=1, action_id=str(uuid4()), action="withdraw"
        )
        message.facts_json = facts_json
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:

        async def write() -> tuple[int, str]:
            message = {"action_id": str(uuid4()), "text": "May we talk?"}
            answer = await http.post(f"/api/v1/cases/{case_id}/messages", json=message, headers=headers)
            return answer.status_code, answer.json()["code"]

        # Intake is away here: a message that is let through ends there.
        assert await write() == (503, "unavailable")
        await withdraws('{"stop_contact": true}')
        assert await write() == (409, "CONTACT_UNWANTED")
        await withdraws('{"stop_contact": false}')
        assert await write() == (503, "unavailable")
    await sign_in.close()


async def test_only_who_would_read_her_answer_writes_to_her(house: House, oidc: Oidc) -> None:
    await house.people()
    await house.peer_key("ethics", "ethics")
    _, case_id = await lodged(house)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, INVESTIGATOR, case_id, "start_assessment")
    await took(house, INVESTIGATOR, case_id, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    await took(house, INVESTIGATOR, case_id, "notify_subject", {}, {"letter": "l"})
    (his,) = await of_report(house, case_id, "respondent")
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "r"})
    facts = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", facts, {"report": "r"})
    house.settings.peers["intake"] = "http://127.0.0.1:1"
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)

    async def write(staff_id: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}
        message = {"action_id": str(uuid4()), "text": "May we talk?"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:
            answer = await http.post(f"/api/v1/cases/{case_id}/messages", json=message, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert await write(LEGAL_AND_HEAD) == (409, "NO_MESSAGES_NOW")
    # Intake is away here: a message that is let through ends there.
    assert await write(INVESTIGATOR) == (503, "unavailable")
    await sign_in.close()
