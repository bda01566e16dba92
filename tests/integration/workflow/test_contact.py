"""Who has asked to be left alone is left alone (invariant 16)."""

import os
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx

from chassis.sealing import SEED_BYTES, DeskPrivateKey
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.cases.v1.cases_pb2 import CaseChanged
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_CONFIDENTIAL, PersonActed, ReportLodged
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import api, decide, records
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from services.workflow.sea import withholds_name
from tests.integration.workflow.formal_reports import by_her, facts_of, of_report, took
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, SECOND_INVESTIGATOR, SUPERVISOR, House


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
        sea = await house.open("sea_report", UUID(report_id))
        await only_this_case(house, sea)
        assert await write() == (503, "unavailable")
        await by_her(house, sea, "stop_taking_part", stop_contact=True)
        assert await write() == (409, "CONTACT_UNWANTED")
        await by_her(house, sea, "stop_taking_part", stop_contact=False)
        await only_this_case(house, case_id)
        assert await write() == (409, "CONTACT_UNWANTED")
    await sign_in.close()


async def test_a_file_by_which_nobody_writes_to_her_silences_no_other_case_of_her_report(house: House) -> None:
    """As a sub-file of a second alleged offender (invariant 7)."""
    await house.people()
    _, case_id = await lodged(house)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, INVESTIGATOR, case_id, "start_assessment")
    await took(house, INVESTIGATOR, case_id, "open_subfile", {}, {"respondent": SUPERVISOR})
    _, sub = await of_report(house, case_id, "formal_report")
    assert await contact_unwanted(house, sub.case_id) == (True, True)
    await took(house, INVESTIGATOR, case_id, "send_update")
    assert await contact_unwanted(house, case_id) == (False, False)


async def test_inv_16_what_she_says_in_one_case_of_her_report_holds_in_every_other(house: House) -> None:
    """The formal report that was opened out of one on exploitation is no way around it; and intake hears of it."""
    await house.people()
    report_id, case_id = await lodged(house)
    sea = await house.open("sea_report", UUID(report_id))
    assert await contact_unwanted(house, case_id) == (False, False)
    await by_her(house, sea, "stop_taking_part", stop_contact=True)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    assert await contact_unwanted(house, case_id) == (True, True)
    await by_her(house, sea, "stop_taking_part", stop_contact=False)
    assert await contact_unwanted(house, case_id) == (False, False)


async def test_inv_16_taking_it_back_in_one_case_takes_it_back_in_every_other(house: House) -> None:
    """Also where she had said it twice, and of a case that is closed by now; nobody does it for who has died."""
    await house.people()
    report_id, case_id = await lodged(house)
    sea = await house.open("sea_report", UUID(report_id))
    await by_her(house, sea, "stop_taking_part", stop_contact=True)
    await by_her(house, case_id, "withdraw", stop_contact=True)
    await house.query(
        "update cases set state = 'closed', data = jsonb_set(data, '{state}', '\"closed\"'), closed_at = now()"
        " where case_id = :case returning 1",
        case=case_id,
    )
    await by_her(house, case_id, "take_back_withdrawal")
    assert await contact_unwanted(house, sea) == (False, False)
    assert (await facts_of(house, sea))["withdrawn"] is True, "she takes no part in it all the same"
    await by_her(house, sea, "stop_taking_part", stop_contact=True)
    await house.query(
        "update cases set data = jsonb_set(jsonb_set(data, '{facts,person_gone}', 'true'), '{facts,stop_contact}',"
        " 'true') where case_id = :case returning 1",
        case=case_id,
    )
    await by_her(house, sea, "take_back_withdrawal")
    assert (await facts_of(house, sea))["stop_contact"] is False
    assert (await contact_unwanted(house, sea))[0] is True


async def test_of_the_cases_of_one_report_one_says_that_there_is_nothing_new(house: House) -> None:
    await house.people()
    report_id, report = await lodged(house)
    await took(house, INVESTIGATOR, report, "acknowledge")
    request = await house.open("supervisor_request", UUID(report_id))
    assert await said_when_nothing_moves(house, report) == "formal_report.nothing_new"
    assert await said_when_nothing_moves(house, request) == "supervisor_request.told"
    await house.query(
        "update cases set closed_at = now() where case_id = :case returning 1",
        case=report,
    )
    assert await said_when_nothing_moves(house, request) == "supervisor_request.nothing_new"


async def said_when_nothing_moves(house: House, case_id: UUID) -> str:
    """What her inbox is told of the case when its time for news has passed."""
    await house.query(
        "update cases set data = jsonb_set(data, '{clocks,report.update,due_at}', to_jsonb(now() - interval '1 hour'))"
        " where case_id = :case returning 1",
        case=case_id,
    )
    async with house.desk.database.transaction() as session:
        await decide.ring(session, house.desk, case_id, datetime.now(UTC))
    rows = await house.query("select value from outbox where type like '%CaseChanged' order by id desc limit 1")
    return CaseChanged.FromString(rows[0].value).wording_key


async def test_inv_15_whoever_handles_what_became_of_it_hears_that_a_name_is_not_to_be_used_any_more(
    house: House,
) -> None:
    await house.people()
    report_id, case_id = await lodged(house)
    sea = await house.open("sea_report", UUID(report_id))
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, SECOND_INVESTIGATOR, case_id, "start_assessment")
    await house.route(sea)
    for act, withheld in (("give_identity_consent", False), ("withdraw_identity_consent", True)):
        await by_her(house, sea, act)
        async with house.desk.database.transaction() as session:
            assert await withholds_name(session, UUID(report_id)) is withheld
        told = {who for wording, who in await house.notices() if wording == "sea_report.identity_withdrawn"}
        assert ({INVESTIGATOR, SECOND_INVESTIGATOR, "S0070"} <= told) is withheld


async def only_this_case(house: House, case_id: UUID) -> None:
    await house.query(
        "update cases set data = jsonb_set(data, '{facts,no_messages}', 'true') where case_id = :case returning 1",
        case=case_id,
    )


async def contact_unwanted(house: House, case_id: UUID) -> tuple[bool, bool]:
    """(as a desk asks before it writes by this case, as the last news of a case said)."""
    async with house.desk.database.transaction() as session:
        row = await records.load(session, case_id)
        assert row is not None
        asked = await records.contact_unwanted(session, row.report_id, row.data["facts"])
    rows = await house.query("select value from outbox where type like '%CaseChanged' order by id desc limit 1")
    return asked, CaseChanged.FromString(rows[0].value).no_contact


async def test_who_says_later_that_it_happened_to_her_is_known_for_it_in_the_measures_too(house: House) -> None:
    await house.people()
    _, case_id = await lodged(house)
    await by_her(house, case_id, "ask_for_protection")
    (measure,) = await of_report(house, case_id, "interim_measure")
    assert (await facts_of(house, measure.case_id))["writer"] == "unsaid"
    await by_her(house, case_id, "say_who_writes", writer="affected")
    assert [(await facts_of(house, one))["writer"] for one in (case_id, measure.case_id)] == ["affected", "affected"]
    rows = await house.query("select value from outbox where type like '%CaseChanged' order by id desc limit 2")
    told = {CaseChanged.FromString(row.value).lifecycle for row in rows}
    assert told == {"formal_report", "interim_measure"}, "her inbox shows the measure from now on"
    await by_her(house, case_id, "say_who_writes", writer="witness")
    assert (await facts_of(house, case_id))["writer"] == "affected", "said once"


async def test_a_measure_that_is_erased_keeps_her_from_saying_nothing(house: House) -> None:
    await house.people()
    _, case_id = await lodged(house)
    await by_her(house, case_id, "ask_for_protection")
    (measure,) = await of_report(house, case_id, "interim_measure")
    await house.query(
        "update cases set state = 'erased', data = '{}', closed_at = now(), erased_at = now()"
        " where case_id = :case returning 1",
        case=measure.case_id,
    )
    await by_her(house, case_id, "say_who_writes", writer="affected")
    assert (await facts_of(house, case_id))["writer"] == "affected"


async def test_who_wants_no_contact_is_asked_nothing_by_her_inbox_and_may_answer_all_the_same(house: House) -> None:
    await house.people()
    _, case_id = await lodged(house)
    for act in ("acknowledge", "start_assessment"):
        await took(house, INVESTIGATOR, case_id, act)
    await took(house, INVESTIGATOR, case_id, "ask_person")
    for stops, asked in ((False, True), (True, False)):
        await by_her(house, case_id, "withdraw", stop_contact=stops)
        rows = await house.query("select value from outbox where type like '%CaseChanged' order by id desc limit 1")
        offers = {one.action: one.asked for one in CaseChanged.FromString(rows[0].value).offers}
        assert offers["answer_question"] is asked
        assert not offers["withdraw"]


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
