"""The staff's HTTP interface, signed in at the real provider, with the real workflow behind it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lifecycle import erasing, exclusions
from lifecycle.contents import IntakeUnreachable
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from ops.local_stack.oidc import Oidc
from ops.local_stack.ports import free_port
from tests.integration.lifecycle.at_work import at_temporal, working
from tests.integration.lifecycle.loans import ETHICS_OFFICER, INVESTIGATOR, OTHER_INVESTIGATOR, Loans
from tests.integration.lifecycle.staff import Staff
from tests.real_parts import TemporalServer

NOBODY_SPECIAL = "S0026"


def until_at(**more: float) -> dict[str, str]:
    return {"until_at": (datetime.now(UTC) + timedelta(**more)).isoformat()}


async def trail(loans: Loans) -> list[dict[str, Any]]:
    return [json.loads(row.entry_json) for row in await loans.query("select entry_json from audit_readable")]


async def test_an_action_goes_through_and_is_answered_the_same_when_sent_again(
    staff: Staff, temporal: TemporalServer
) -> None:
    at_temporal(staff.loans, temporal.address)
    async with working(staff.loans):
        case_id = await staff.loans.open()
        seen = await staff.get(f"/{case_id}")
        body = {"action_id": str(uuid4()), "action": "lend", "facts": until_at(hours=1), "texts": {"note": "red one"}}
        first = await staff.post(f"/{case_id}/actions", body, seen=seen.headers["ETag"])
        again = await staff.post(f"/{case_id}/actions", body, seen=seen.headers["ETag"])
        stale = await staff.act(case_id, "remark", seen=seen.headers["ETag"])
        newer = await staff.act(case_id, "remark", seen=first.headers["ETag"])

    assert (seen.status_code, seen.headers["ETag"]) == (200, '"1"')
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json() | {"next_date": None} == {
        "case_id": str(case_id), "version": 2, "state": "lent", "next_date": None,
    }  # fmt: skip
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    assert (newer.status_code, newer.headers["ETag"]) == (200, '"3"')


async def test_a_case_shows_what_may_be_done_and_why_not(staff: Staff) -> None:
    case_id = await staff.loans.open()
    shown = (await staff.get(f"/{case_id}")).json()

    offers = {offer["action"]: offer for offer in shown["offers"]}
    assert offers["lend"] == {
        "action": "lend", "open": True, "refused": None,
        "fields": [
            {"name": "until_at", "kind": "time", "required": True},
            {"name": "note", "kind": "text", "required": False},
        ],
    }  # fmt: skip
    assert (shown["state"], shown["version"], shown["next_date"]) == ("asked", 1, None)
    assert [step["action"] for step in shown["steps"]] == ["open"]
    assert {"act": "case.shown", "actor": INVESTIGATOR}.items() <= (await trail(staff.loans))[-1].items()


async def test_an_action_the_rules_refuse_says_code_rule_and_parameters_and_is_audited(staff: Staff) -> None:
    case_id = await staff.loans.open()

    missing = await staff.act(case_id, "lend", seen='"1"')
    unknown = await staff.act(case_id, "sell", seen='"1"')

    assert (missing.status_code, missing.headers["content-type"]) == (409, "application/problem+json")
    assert {
        "code": "FIELD_MISSING",
        "rule": "lifecycle",
        "params": {"field": "until_at"},
    }.items() <= missing.json().items()
    assert (unknown.status_code, unknown.json()["code"]) == (409, "ACTION_UNKNOWN")
    refusals = [entry["facts"] for entry in await trail(staff.loans) if entry["act"] == "action.refused"]
    assert sorted(refusals, key=str) == [{"action": "lend", "code": "FIELD_MISSING"}, {"code": "ACTION_UNKNOWN"}]


async def test_an_action_that_rests_on_what_intake_cannot_say_now_is_not_taken(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(*_: Any) -> Refused | None:
        raise IntakeUnreachable

    monkeypatch.setitem(vars(staff.loans.desk), "check", ask)
    case_id = await staff.loans.open()

    told = await staff.act(case_id, "remark", seen='"1"')

    assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
    assert (await staff.loans.row(case_id)).version == 1


async def test_a_staff_action_needs_the_version_it_saw(staff: Staff) -> None:
    case_id = await staff.loans.open()
    told = {
        seen: (answer.status_code, answer.json()["code"])
        for seen in (None, "*", '"7"', "1", 'W/"1"')
        for answer in [await staff.act(case_id, "remark", seen=seen)]
    }

    missing, stale = (428, "version_missing"), (412, "version_stale")
    assert told == {None: missing, "*": missing, '"7"': stale, "1": stale, 'W/"1"': stale}
    assert (await staff.loans.row(case_id)).version == 1


async def test_unknown_excluded_unrelated_untagged_and_erased_are_one_answer(staff: Staff) -> None:
    """Byte for byte, for every route; and nothing in the trail names who must not see the case beside it."""
    loans = staff.loans
    excluded, erased, untagged = await loans.open(), await loans.open(), await loans.open(tagged=False)
    async with loans.desk.database.transaction() as session:
        parties = Parties(alleged_offender=(OTHER_INVESTIGATOR,))
        await exclusions.exclude(session, loans.desk.keys.cell, excluded, parties, datetime.now(UTC))
    await erasing.erase(loans.desk, erased)
    hidden = [
        (uuid4(), INVESTIGATOR),
        (excluded, OTHER_INVESTIGATOR),
        (excluded, ETHICS_OFFICER),
        (excluded, NOBODY_SPECIAL),
        (untagged, INVESTIGATOR),
        (erased, INVESTIGATOR),
    ]

    answers = []
    for case_id, staff_id in hidden:
        act = {"action_id": str(uuid4()), "action": "remark"}
        message = {"action_id": str(uuid4()), "text": "hello"}
        answers += [
            await staff.get(f"/{case_id}", staff_id),
            await staff.post(f"/{case_id}/actions", act, staff_id, seen='"1"'),
            await staff.post(f"/{case_id}/actions", act, staff_id),
            await staff.post(f"/{case_id}/contents-readings", {"purpose": "lending"}, staff_id),
            await staff.post(f"/{case_id}/contents-readings", {"purpose": "gossip"}, staff_id),
            await staff.post(f"/{case_id}/messages", message, staff_id),
        ]
        answers.append(await staff.get("/not-an-id", staff_id))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    entries = [
        entry for entry in await trail(loans) if entry["object"] == str(excluded) and entry["act"] != "case.opened"
    ]
    assert {entry["act"] for entry in entries} == {"case.hidden"}
    assert all(entry["actor"].startswith("tag:") for entry in entries)
    listed = [case["case_id"] for case in (await staff.get("", OTHER_INVESTIGATOR)).json()["cases"]]
    assert listed == []


async def test_without_a_sign_in_nothing_is_shown(staff: Staff, oidc: Oidc) -> None:
    case_id = await staff.loans.open()
    for headers in ({}, {"Authorization": "Bearer of-another-provider"}, {"Authorization": "Basic eA=="}):
        for path in ("/api/v1/cases", f"/api/v1/cases/{case_id}", f"/api/v1/cases/{uuid4()}"):
            assert (await staff.http.get(path, headers=headers)).status_code == 401


async def test_pages_hold_every_case_once_newest_first(staff: Staff) -> None:
    opened = [await staff.loans.open() for _ in range(5)]
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = (await staff.get(f"?limit=2{f'&cursor={cursor}' if cursor else ''}")).json()
        found += [case["case_id"] for case in page["cases"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert found == [str(case_id) for case_id in reversed(opened)]
    assert pages == 3
    assert set(page["cases"][0]) == {
        "case_id", "lifecycle", "number", "state", "version", "opened_on", "next_date", "overdue", "unread",
    }  # fmt: skip


async def test_a_page_that_cannot_be_is_a_plain_400(staff: Staff) -> None:
    for query in ("cursor=nonsense", "cursor=AAAA", "limit=0", "limit=1000", "limit=many"):
        answer = await staff.get(f"?{query}")
        assert (answer.status_code, answer.json()["field"]) == (400, query.partition("=")[0]), query
        assert "nonsense" not in answer.text


WRONG_BODIES: list[tuple[dict[str, Any], str]] = [
    ({"action": "remark"}, "action_id"),
    ({"action_id": "7", "action": "remark"}, "action_id"),
    ({"action_id": str(uuid4()), "action": "Re mark"}, "action"),
    ({"action_id": str(uuid4()), "action": "remark", "facts": {"a": [1]}}, "facts"),
    ({"action_id": str(uuid4()), "action": "remark", "texts": {"note": "x" * 30_000}}, "texts"),
    ({"action_id": str(uuid4()), "action": "remark", "texts": {"note": "bell \u0007"}}, "texts.note"),
    ({"action_id": str(uuid4()), "action": "remark", "else": 1}, "else"),
]


async def test_a_body_that_is_wrong_names_the_field_and_repeats_nothing(staff: Staff) -> None:
    case_id = await staff.loans.open()
    for body, named in WRONG_BODIES:
        answer = await staff.post(f"/{case_id}/actions", body, seen='"1"')
        assert answer.status_code == 400, body
        assert answer.json()["field"].startswith(named)
        assert "xxx" not in answer.text
    assert (await staff.loans.row(case_id)).version == 1


async def test_staff_texts_are_read_for_a_purpose_and_the_reading_is_audited(
    staff: Staff, temporal: TemporalServer
) -> None:
    at_temporal(staff.loans, temporal.address)
    async with working(staff.loans):
        case_id = await staff.loans.open()
        texts = {"note": "the red one, mind the brake"}
        await staff.act(case_id, "lend", seen='"1"', facts=until_at(hours=1), texts=texts)
    wrong = await staff.post(f"/{case_id}/contents-readings", {"purpose": "gossip"})
    read = await staff.post(f"/{case_id}/contents-readings", {"purpose": "lending"})

    assert (wrong.status_code, wrong.json()["field"]) == (400, "purpose")
    (item,) = read.json()["items"]
    assert (item["kind"], item["from"], item["action"], item["name"], item["text"]) == (
        "text", "desk", "lend", "note", texts["note"],
    )  # fmt: skip
    readings = [entry for entry in await trail(staff.loans) if entry["act"] == "contents.read"]
    assert [(one["actor"], one["facts"]) for one in readings] == [(INVESTIGATOR, {"purpose": "lending"})]
    assert await staff.loans.query("select 1 from action_bodies where position('brake'::bytea in ciphertext) > 0") == []


async def test_a_procedure_without_letters_takes_none(staff: Staff) -> None:
    case_id = await staff.loans.open()
    answer = await staff.post(f"/{case_id}/messages", {"action_id": str(uuid4()), "text": "hello"})
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_MESSAGES_NOW")


async def test_while_temporal_is_away_an_action_is_answered_with_503(staff: Staff) -> None:
    at_temporal(staff.loans, f"127.0.0.1:{free_port()}")
    case_id = await staff.loans.open()
    answer = await staff.act(case_id, "remark", seen='"1"')
    assert answer.status_code == 503
    assert "same action_id" in answer.json()["detail"]
