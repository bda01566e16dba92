"""A file on its way from a person to oversight, through the processes that really carry it, and another code for her
who has lost hers.
"""

import base64
import hashlib
import os
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis import service_tokens
from chassis.keys import ServiceKeys
from chassis.sealing import SEED_BYTES, DeskPrivateKey, key_id
from ops.demo.clients import Handler, Reporter
from ops.demo.sign_in import access_token
from tests import planted_files as planted
from tests.integration.web.desk import Browser, csrf
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, PERSON, SECOND_INVESTIGATOR, SUPERVISOR
from tests.integration.workflow.lost_code import CUSTODIAN, asked_for, custodian_desk, given, workflow_desk
from tests.integration.workflow.test_measure_path import REPORT, WORDS, reported
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually


async def send(whole: Whole, reporter: Reporter, report_id: str, data: bytes) -> httpx.Response:
    headers = {
        "Authorization": f"AccessCode {reporter.access_code}", "Report-Id": report_id, "Action-Id": str(uuid4()),
        "Content-Type": "application/octet-stream",
    }  # fmt: skip
    return await whole.http.post(f"{whole.url('intake')}/api/v1/inbox/files", content=data, headers=headers)


async def download(handler: Handler, case_id: str, item_id: str, purpose: str = "assessment") -> httpx.Response:
    return await handler.http.post(
        f"{handler.desk}/api/v1/cases/{case_id}/contents-readings/{item_id}",
        json={"purpose": purpose},
        headers=handler.headers,
    )


async def files(handler: Handler, case_id: str, purpose: str = "assessment") -> list[dict[str, Any]]:
    return [item for item in await handler.read_contents(case_id, purpose) if item["kind"] == "file"]


async def test_intimate_images_are_opened_by_the_two_whom_the_case_names(
    whole: Whole,
) -> None:
    reporter, report_id, case_id = await reported(whole)
    officer = await whole.staff(INVESTIGATOR)
    await officer.act("acknowledge", case_id)
    photograph, long = planted.jpeg(), b"A line of what happened.\n" * 60_000
    assert (await send(whole, reporter, report_id, photograph)).status_code == 201
    assert (await send(whole, reporter, report_id, long)).status_code == 201
    assert (await send(whole, reporter, report_id, b"\x7fELF" + bytes(99))).status_code == 415

    first, second = await files(officer, case_id)
    assert (first["name"], first["from"], first["text"]) == ("file-1.jpg", "person", "")
    assert first["file"]["media_type"] == "image/jpeg"
    assert {"place", "author"} <= set(first["file"]["removed"])
    assert "original" not in first["file"]
    copy = await download(officer, case_id, first["item_id"])
    assert copy.status_code == 200, copy.text
    assert (len(copy.content), planted.told(copy.content)) == (first["file"]["size"], set())
    assert copy.headers["content-disposition"] == 'attachment; filename="file-1.jpg"'
    assert (copy.headers["content-type"], copy.headers["cache-control"]) == ("application/octet-stream", "no-store")
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert (await download(officer, case_id, second["item_id"])).content == long

    original = (await files(officer, case_id, "evidence"))[0]["file"]["original"]
    sent = await download(officer, case_id, original, "evidence")
    assert (sent.content, sent.headers["content-disposition"]) == (
        photograph, 'attachment; filename="file-1-original.jpg"',
    )  # fmt: skip

    # A picture is for the two whom the case names, as it was sent and without what it told, whoever else of the office
    # reads the case.
    colleague = await whole.staff(SECOND_INVESTIGATOR)
    for item, purpose in ((first["item_id"], "assessment"), (original, "evidence")):
        kept_from = await download(colleague, case_id, item, purpose)
        assert (kept_from.status_code, kept_from.json()["code"]) == (409, "NOT_ASSIGNED")
    await officer.act("hand_over", case_id, {"investigator": SECOND_INVESTIGATOR})
    assert (await download(colleague, case_id, first["item_id"])).status_code == 200
    assert (await download(colleague, case_id, original, "evidence")).content == photograph
    tried = await whole.query(
        "select entry ->> 'act' as act, entry ->> 'rule' as rule from"
        " (select convert_from(entry_json, 'utf8')::json as entry from audit_readable) trail"
        f" where entry ->> 'act' like 'file.%' and entry ->> 'actor' = '{SECOND_INVESTIGATOR}'"
    )
    # What nobody saw does not stand in the trail as seen.
    assert sorted((one.act, one.rule or "") for one in tried) == [
        *[("file.read", "")] * 2,
        *[("file.refused", "policy 6")] * 2,
    ]

    # Nobody else, nothing else, for nothing else.
    unseen = [
        await download(await whole.staff(SUPERVISOR), case_id, first["item_id"]),
        await download(await whole.staff(LEGAL_AND_HEAD), case_id, first["item_id"]),
        await download(officer, str(uuid4()), first["item_id"]),
        await download(officer, case_id, str(uuid4())),
        await download(officer, case_id, original, "assessment"),
    ]
    assert {answer.status_code for answer in unseen} == {404}
    assert len({answer.content for answer in unseen}) == 1
    wrong = await download(officer, case_id, first["item_id"], "curiosity")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "purpose")

    readings = await whole.query(
        "select entry ->> 'actor' as actor, entry -> 'facts' ->> 'purpose' as purpose from"
        " (select convert_from(entry_json, 'utf8')::json as entry from audit_readable) trail"
        " where entry ->> 'act' = 'file.read'"
    )
    whom = (INVESTIGATOR, SECOND_INVESTIGATOR)
    assert {tuple(one) for one in readings} == {(who, what) for who in whom for what in ("assessment", "evidence")}

    # What is missing is seen to be missing.
    await whole.query("delete from file_chunks where number = 3 returning item_id", "intake")
    with pytest.raises(httpx.RemoteProtocolError):
        await download(officer, case_id, second["item_id"])


async def test_inv_08_the_custodian_alone_gives_another_code_and_it_opens_one_report_and_its_files(
    whole: Whole,
) -> None:
    reporter, report_id, case_id = await reported(whole)
    officer = await whole.staff(INVESTIGATOR)
    await officer.act("acknowledge", case_id)
    await officer.write(case_id, "We have it.")
    photograph = planted.jpeg()
    assert (await send(whole, reporter, report_id, photograph)).status_code == 201
    lost, words = reporter.access_code, (await reporter.route("formal_report"))["answers"]

    async with custodian_desk(whole) as desk:
        assert (await desk.signed_in(INVESTIGATOR, "/en/reissue")).status_code == 404
    async with custodian_desk(whole) as desk:
        await desk.signed_in(CUSTODIAN, "/en/reissue")
        for nobody in (SUPERVISOR, LEGAL_AND_HEAD):
            assert "Nothing was found" in (await asked_for(desk, nobody)).text
        assert "Nothing was found" in (await asked_for(desk, PERSON, "supervisor_request")).text
        await long_ago(whole, report_id)
        page = await asked_for(desk, PERSON.lower())
        assert "There is one such report" in page.text
        handed = await given(desk, page)

    # The lost code opens the report no more, and says so.
    assert {(one["given_anew"], len(one["routes"])) for one in [await reporter.inbox()]} == {(1, 0)}
    assert (await send(whole, reporter, report_id, photograph)).status_code == 404
    # The custodian has seen the new one: it is replaced first.
    reporter.access_code = handed
    url, headers = f"{whole.url('intake')}/api/v1/inbox", {"Authorization": f"AccessCode {handed}"}
    assert (await whole.http.get(url, headers=headers)).json()["code"] == "code_to_be_replaced"
    own = await whole.http.post(f"{url}/code", headers=headers | {"Idempotency-Key": str(uuid4())})
    reporter.access_code = own.json()["access_code"]
    route = await reporter.route("formal_report")
    assert route["answers"] == words
    assert [one["text"] for one in route["messages"]] == ["We have it."]
    (file,) = route["files"]
    opened = await whole.http.get(
        f"{url}/files/{file['item_id']}", headers={"Authorization": f"AccessCode {reporter.access_code}"}
    )
    assert (opened.status_code, len(opened.content)) == (200, file["size"])

    async def answered() -> bool:
        # Until the desk has heard of the newer key, intake takes nothing that is sealed to an older one.
        body = {"action_id": str(uuid4()), "text": "Welcome back."}
        answer = await whole.http.post(
            f"{officer.desk}/api/v1/cases/{case_id}/messages", json=body, headers=officer.headers
        )
        assert answer.status_code in {202, 503}, answer.text
        return answer.status_code == 202

    await eventually(answered)
    assert [one["text"] for one in (await reporter.route("formal_report"))["messages"]][-1] == "Welcome back."
    assert lost not in {handed, reporter.access_code}
    for service in ("intake", "workflow"):
        trail = await whole.query(
            "select entry ->> 'actor' as actor, entry ->> 'rule' as rule from"
            " (select convert_from(entry_json, 'utf8')::json as entry from audit_readable) trail"
            " where entry ->> 'act' in ('code_reissued', 'code.reissued') and entry ->> 'object' = :own",
            service,
            own=report_id,
        )
        assert [tuple(one) for one in trail] == [(CUSTODIAN, "invariant 8")], service


async def test_no_other_code_is_given_for_what_has_no_name_or_names_the_custodian(whole: Whole) -> None:
    _, report_id, _ = await reported(whole)
    investigator = await whole.staff(INVESTIGATOR)
    known = {one["case_id"] for one in await investigator.cases("formal_report")}
    await long_ago(whole)
    for changes in (
        {"mode": "anonymous", "parties": {"alleged_offender": [SUPERVISOR]}},
        {"not_these_people": [CUSTODIAN]},
    ):
        await Reporter(whole.http, whole.url("intake")).lodge(REPORT | changes)
    async with custodian_desk(whole) as desk:
        await desk.signed_in(CUSTODIAN, "/en/reissue")
        # She is named in one of them alone, and that one is closed to the custodian.
        assert "Nothing was found" in (await asked_for(desk, PERSON)).text
    # The desk asks the same, whatever intake says.
    rows = await eventually(lambda: both_opened(whole, known))
    token = await access_token(whole.issuer, CUSTODIAN)
    answers = {row.report_id: await ask_desk(whole, str(row.report_id), token) for row in rows}
    said = {answer.status_code: answer for answer in answers.values()}
    assert said.keys() == {404, 409}
    assert (said[409].json()["code"], said[409].json()["rule"]) == ("NAMED_REPORTER_NEEDED", "invariant 8")
    assert (await ask_desk(whole, report_id, await access_token(whole.issuer, INVESTIGATOR))).status_code == 404
    assert (await ask_desk(whole, report_id, token)).status_code == 200
    # And which of them the custodian may decide on, of who learns who sent it: neither what names him nor what is not.
    named = next(one for one, answer in answers.items() if answer.status_code == 404)
    asked = [report_id, *(str(one) for one in answers), str(uuid4())]
    assert set((await ask_custody(whole, asked, token)).json()["report_ids"]) == set(asked[:-1]) - {str(named)}
    assert (await ask_custody(whole, asked, await access_token(whole.issuer, INVESTIGATOR))).status_code == 404
    assert (await ask_custody(whole, asked, token, signed_for=[report_id])).status_code == 401


async def test_inv_02_the_custodian_gives_who_reports_to_one_handler_for_one_purpose_and_it_ends_with_the_part(
    whole: Whole,
) -> None:
    reporter, report_id, case_id = await reported(whole)
    officer = await whole.staff(INVESTIGATOR)
    await officer.act("acknowledge", case_id)
    await officer.act("start_assessment", case_id)
    # Whoever deals with the case reads whom it is about, and not who reports it.
    (named,) = [one for one in await officer.read_contents(case_id, "assessment") if one["kind"] == "parties"]
    assert SUPERVISOR in named["text"]
    assert PERSON not in str(await officer.read_contents(case_id, "evidence"))

    panel = f"/en/cases/{case_id}/identity"
    async with workflow_desk(whole) as desk, workflow_desk(whole) as other, custodian_desk(whole) as custody:
        await desk.signed_in(INVESTIGATOR, panel)
        assert (await asks(desk, panel, "check_facts")).status_code == 303
        waiting = await custody.signed_in(CUSTODIAN, "/en/releases")
        (release_id,) = asked_of(waiting)
        seen = await custody.get(f"/en/releases/{release_id}")
        assert INVESTIGATOR in seen.text
        for hidden in (PERSON, SUPERVISOR, WORDS, report_id, case_id):
            assert hidden not in waiting.text + seen.text
        answer = await custody.send(f"/en/releases/{release_id}", csrf=csrf(seen), answer="agree")
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/releases")

        async def is_given() -> str:
            page = await desk.get(panel)
            return page.text if "Given to you until" in page.text else ""

        assert PERSON not in await eventually(is_given)
        open_at = f"{panel}/{release_id}"
        # Nothing is shown but by a press of the button, each time anew, and to nobody else.
        assert (await desk.get(open_at)).headers["location"] == panel
        answer = await desk.send(open_at, csrf=csrf(await desk.get(panel)))
        assert PERSON in (await desk.get(answer.headers["location"])).text
        assert (await desk.get(open_at)).headers["location"] == panel
        await other.signed_in(SECOND_INVESTIGATOR, panel)
        await other.send(open_at, csrf=csrf(await other.get(f"/en/cases/{case_id}/reading")))
        assert (await other.get(open_at)).status_code == 404

        (given_to,) = (await reporter.route("formal_report"))["releases"]
        assert (given_to["role"], given_to["purpose"], given_to["over"]) == ("investigator", "check_facts", False)

        # With the part goes what rested on it, in the same transaction here, and what lies with intake.
        await officer.act("hand_over", case_id, {"investigator": SECOND_INVESTIGATOR})
        await desk.send(open_at, csrf=csrf(await desk.get(f"/en/cases/{case_id}/reading")))
        assert (await desk.get(open_at)).status_code == 404

    async def is_over() -> bool:
        (one,) = (await reporter.route("formal_report"))["releases"]
        return bool(one["over"])

    await eventually(is_over)
    for service, acts in (
        ("workflow", {"identity.asked", "identity.looked_at", "identity.ended"}),
        ("intake", {"identity_asked", "identity_released", "identity_handed_out", "identity_release_ended"}),
    ):
        trail = await whole.query(
            "select entry ->> 'act' as act, entry ->> 'actor' as actor, entry -> 'facts' ->> 'purpose' as purpose from"
            " (select convert_from(entry_json, 'utf8')::json as entry from audit_readable) trail"
            " where entry ->> 'act' like 'identity%' and entry ->> 'object' = :own",
            service,
            own=case_id if service == "workflow" else report_id,
        )
        assert {one.act for one in trail} == acts
        assert {one.purpose for one in trail} == {"check_facts"}
        assert {one.actor for one in trail} <= {INVESTIGATOR, CUSTODIAN, None}


async def asks(desk: Browser, panel: str, purpose: str) -> httpx.Response:
    return await desk.send(panel, csrf=csrf(await desk.get(panel)), purpose=purpose)


def asked_of(page: httpx.Response) -> list[str]:
    return re.findall(r'href="/en/releases/([0-9a-f-]{36})"', page.text)


async def long_ago(whole: Whole, but: str = "") -> None:
    """What other tests of this module have reported for her was not reported today."""
    await whole.query(
        "update reports set lodged_at = lodged_at - interval '30 days'"
        " where cast(report_id as text) <> :but returning 1",
        "intake",
        but=but,
    )


async def both_opened(whole: Whole, known: set[str]) -> list[Any] | None:
    """The two reports' rows, once it is worked out who may not deal with them."""
    rows = await whole.query(
        "select c.case_id, c.report_id from cases c join case_exclusions e on e.case_id = c.case_id"
        " where c.lifecycle = 'formal_report' and e.computed_at is not null"
    )
    new = [row for row in rows if str(row.case_id) not in known]
    return new if len(new) == 2 else None


async def ask_custody(
    whole: Whole, report_ids: list[str], acting: str, signed_for: list[str] | None = None
) -> httpx.Response:
    """As intake asks; `signed_for`: the reports that its token names where those are others."""
    digest = hashlib.sha256(b"".join(UUID(one).bytes for one in signed_for or report_ids)).hexdigest()
    signing = ServiceKeys.load(whole.folder / "intake").signing
    token = service_tokens.mint(signing, "intake", "workflow", {"reports": digest}, datetime.now(UTC))
    headers = {"Authorization": f"Service {token}", "X-Acting-Token": acting}
    url = f"{whole.url('workflow')}/internal/v1/custody"
    return await whole.http.post(url, json={"report_ids": report_ids}, headers=headers)


async def ask_desk(whole: Whole, report_id: str, acting: str) -> httpx.Response:
    """As intake asks: with its own token, and the sign-in of whoever acts."""
    public = DeskPrivateKey.from_seed(os.urandom(SEED_BYTES)).public
    claims = {"report_id": report_id, "office": "oio", "key_id": key_id(public)}
    signing = ServiceKeys.load(whole.folder / "intake").signing
    token = service_tokens.mint(signing, "intake", "workflow", claims, datetime.now(UTC))
    body = {
        "report_id": report_id, "office": "oio", "route_key_b64": base64.b64encode(public).decode(), "items": [],
    }  # fmt: skip
    headers = {"Authorization": f"Service {token}", "X-Acting-Token": acting}
    return await whole.http.post(f"{whole.url('workflow')}/internal/v1/rewraps", json=body, headers=headers)
