"""A file on its way from a person to oversight, through the processes that really carry it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from ops.demo.clients import Handler, Reporter
from tests import planted_files as planted
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, SUPERVISOR
from tests.integration.workflow.test_measure_path import reported
from tests.integration.workflow.whole import Whole


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


async def test_oversight_reads_the_copy_and_as_evidence_what_was_sent(whole: Whole) -> None:
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
        " (select convert_from(entry_json, 'utf8')::json as entry from audit_trail) trail"
        " where entry ->> 'act' = 'file.read'"
    )
    assert {tuple(one) for one in readings} == {(INVESTIGATOR, "assessment"), (INVESTIGATOR, "evidence")}

    # What is missing is seen to be missing.
    await whole.query("delete from file_chunks where number = 3 returning item_id", "intake")
    with pytest.raises(httpx.RemoteProtocolError):
        await download(officer, case_id, second["item_id"])
