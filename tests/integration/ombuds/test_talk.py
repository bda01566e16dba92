"""One talk from the first word to the purge, through the processes that really run it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from chassis.keys import ServiceKeys
from ops.demo.clients import Handler, until
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.integration.ombuds.cell import ELSEWHERE, FURTHER, IN_HIS_LINE, OMBUDSPERSON, PERSON, SUPERVISOR
from tests.integration.ombuds.whole import Whole

Fresh = Callable[..., Awaitable[real_parts.Database]]
FIRST_WORDS, REPLY, ANSWER = "He talks over me in every meeting.", "Thank you for telling me.", "May I call you?"
WISH = {
    "route": "informal_resolution",
    "mode": "confidential",
    "language": "en",
    "answers": {"what_happened": FIRST_WORDS},
    "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
    "not_these_people": [FURTHER],
}


@pytest.fixture
async def whole(
    fresh_database: Fresh,
    fresh_keystore: Fresh,
    kafka: real_parts.KafkaServer,
    kafka_prefix: str,
    temporal: real_parts.TemporalServer,
    oidc: Oidc,
    tmp_path: Path,
) -> AsyncIterator[Whole]:
    database, store = await fresh_database("intake", "ombuds"), await fresh_keystore("intake", "ombuds")
    made = Whole(database, store, kafka, kafka_prefix, temporal.address, oidc.issuer, tmp_path)
    try:
        await made.prepare()
        yield made
    finally:
        await made.close()


async def waits(listener: Handler, number: int) -> None:
    """Until the list of whoever listens says that so many messages of the one talk there is are not read."""

    async def said() -> bool:
        return [one["unread"] for one in await listener.cases()] == [number]

    await until(f"the list says that {number} messages wait", said)


async def test_a_talk_is_held_and_leaves_nothing_that_opens(whole: Whole) -> None:
    reporter = whole.reporter()
    await reporter.lodge(WISH)
    listener = await whole.staff(ELSEWHERE)

    async def offered() -> str | None:
        cases = await listener.cases()
        return cases[0]["case_id"] if cases and cases[0]["state"] == "offered" else None

    case_id = await until("the talk is offered to the focal point elsewhere", offered)
    for staff_id in (FURTHER, IN_HIS_LINE, SUPERVISOR):
        assert (await (await whole.staff(staff_id)).ask(case_id)).status_code == 404
    looks = await whole.staff(OMBUDSPERSON)
    answers = [await looks.ask(case_id), await looks.read(case_id, "conversation")]
    assert [one.status_code for one in answers] == [200, 404], "seen is not read"

    await listener.act("accept_match", case_id, {"told_limits": True})
    report_id = (await reporter.route("informal_resolution"))["report_id"]

    # They talk.
    items = await listener.read_contents(case_id, "conversation")
    assert {(item["kind"], item["from"], item["text"]) for item in items if item["kind"] == "answers"} == {
        ("answers", "person", FIRST_WORDS)
    }
    await listener.write(case_id, REPLY)

    async def arrived() -> bool:
        messages = (await reporter.route("informal_resolution"))["messages"]
        return [(one["from"], one["text"]) for one in messages] == [("desk", REPLY)]

    await until("the reply in her inbox", arrived)
    await reporter.write(report_id, ANSWER)
    await waits(listener, 1)
    assert {FIRST_WORDS, REPLY, ANSWER} <= {
        item["text"] for item in await listener.read_contents(case_id, "conversation")
    }
    await waits(listener, 0)
    assert (await listener.read(case_id, "curiosity")).status_code == 400
    readings = await whole.query(
        "select entry ->> 'actor' as reader, entry -> 'facts' ->> 'purpose' as purpose from"
        " (select convert_from(entry_json, 'utf8')::json as entry from audit_readable) trail"
        " where entry ->> 'act' = 'contents.read'"
    )
    assert {tuple(one) for one in readings} == {(ELSEWHERE, "conversation")}, "who and what for"

    async def told() -> bool:
        rows = await whole.query("select count(*) as n from recipients")
        return rows[0].n >= 2

    await until("the focal point is told that there is something to read", told)

    # What a thief has: every row of the cell and of intake, from before the end.
    parties = (await whole.query("select ciphertext, wrapped from case_parties"))[0]
    items_before = await whole.query("select item_id from items", "intake")
    assert len(items_before) >= 4

    async def talking() -> dict[str, object] | None:
        case = await reporter.case("informal_resolution", "informal_resolution")
        return case if case and case["state"] == "talking" else None

    case = await until("her inbox shows that they talk", talking)
    assert case["facts"] == {"focal_point": ELSEWHERE}, "she knows who listens"
    await reporter.act(report_id, case, "end_talk", {"outcome": "stopped"})

    async def purged() -> bool:
        return bool(await whole.query("select 1 from cases where erased_at is not null"))

    await until("the talk is purged five seconds after its end", purged, 60)

    # With every key of today nothing of it opens.
    ombuds = ServiceKeys.load(whole.folder / "ombuds")
    assert await whole.query("select 1 from case_parties union all select 1 from case_tags") == []
    for key in (ombuds.cell, ombuds.codec):
        with pytest.raises(InvalidUnwrap):
            aes_key_unwrap(key, parties.wrapped)

    async def forgotten() -> bool:
        return await _stored(whole, "ombuds", "select 1 from matter_keys") == [] and not await _stored(
            whole, "intake", "select 1 from wraps where group_id = $1", UUID(report_id)
        )

    await until("every wrapped key is destroyed", forgotten)
    assert (await listener.ask(case_id)).status_code == 404

    async def settled() -> bool:
        """Each has heard that the other applied everything: nothing more is sent."""
        kept = "select 1 from outbox where topic <> 'audit.entries.v1'"
        return await whole.query(kept) == await whole.query(kept, "intake") == []

    await until("nothing is left to send again", settled)
    assert (await reporter.route("informal_resolution"))["closed"] is True


async def test_refusals_go_on_to_the_ombudsperson_and_contents_stay_with_the_holder(whole: Whole) -> None:
    reporter = whole.reporter()
    await reporter.lodge(WISH)
    listener, ombudsperson = await whole.staff(ELSEWHERE), await whole.staff(OMBUDSPERSON)

    async def offered() -> str | None:
        cases = await listener.cases()
        return cases[0]["case_id"] if cases else None

    case_id = await until("an offer", offered)
    await listener.act("decline_match", case_id)

    async def passed_on() -> bool:
        shown = await ombudsperson.case(case_id)
        return shown["state"] == "offered" and shown["assigned"] == {"focal_point": OMBUDSPERSON}

    await until("the ombudsperson is asked", passed_on)
    assert (await listener.ask(case_id)).status_code == 404
    await ombudsperson.act("accept_match", case_id, {"told_limits": True})
    texts = [item["text"] for item in await ombudsperson.read_contents(case_id, "conversation")]
    assert FIRST_WORDS in texts
    answer = await ombudsperson.http.post(
        f"{ombudsperson.desk}/api/v1/cases/{case_id}/contents-readings",
        json={"purpose": "curiosity"},
        headers=ombudsperson.headers,
    )
    assert (answer.status_code, answer.json()["field"]) == (400, "purpose")


async def test_the_other_party_signs_in_to_the_mediation_and_finds_nothing_of_the_talk(whole: Whole) -> None:
    reporter = whole.reporter()
    await reporter.lodge({**WISH, "choices": {"safe_channel": "inbox", "contact_gender": "any"}})
    listener, mediator, party = [await whole.staff(one) for one in (ELSEWHERE, OMBUDSPERSON, SUPERVISOR)]

    async def first_case(handler: Handler, lifecycle: str) -> str | None:
        cases = await handler.cases(lifecycle)
        return cases[0]["case_id"] if cases else None

    talk = await until("an offer", lambda: first_case(listener, "informal_resolution"))
    assert (await listener.case(talk))["facts"]["safe_channel"] == "inbox"
    await listener.act("accept_match", talk, {"told_limits": True})
    screening = {"exploitation_or_abuse": "no", "sexual_assault": "yes", "minor_involved": "no"}
    refusal = await listener.try_to("propose_mediation", talk, screening)
    assert (refusal.status_code, refusal.json()["code"], refusal.json()["rule"]) == (
        409, "NEVER_MEDIATED", "invariant 20",
    )  # fmt: skip
    await listener.act("propose_mediation", talk, {**screening, "sexual_assault": "no"})
    assert await party.cases() == []

    report_id = (await reporter.route("informal_resolution"))["report_id"]

    async def hers(state: str) -> dict[str, Any] | None:
        case = await reporter.case("informal_resolution", "mediation")
        return case if case and case["state"] == state else None

    proposed = await until("the proposal in her inbox", lambda: hers("proposed"))
    await reporter.act(report_id, proposed, "agree_to_mediation")
    mediation = await until("the mediation waits for a mediator", lambda: first_case(mediator, "mediation"))

    async def agreed() -> bool:
        return (await mediator.case(mediation))["state"] == "person_agreed"

    await until("her yes", agreed)
    await mediator.act("invite_other_party", mediation, texts={"other_party": SUPERVISOR})

    # He sees the one case that he is asked to, and says yes himself.
    assert [case["case_id"] for case in await party.cases()] == [mediation]
    seen = await party.case(mediation)
    assert {offer["action"] for offer in seen["offers"] if offer["open"]} == {"accept_invitation", "decline_invitation"}
    assert PERSON not in str(seen)
    assert (await party.ask(talk)).status_code == 404
    await party.act("accept_invitation", mediation)
    assert [item["name"] for item in await party.read_contents(mediation, "agreement")] == ["other_party"]
    answer = await party.http.post(
        f"{party.desk}/api/v1/cases/{mediation}/messages",
        json={"action_id": str(uuid4()), "text": "Why did you do this?"},
        headers=party.headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_MESSAGES_NOW")

    # She takes her yes back: at once it is over, for him too.
    both = await until("both have said yes", lambda: hers("both_agreed"))
    await reporter.act(report_id, both, "revoke_consent")
    await until("it is stopped", lambda: hers("stopped"))
    assert await party.cases() == []
    assert (await party.ask(mediation)).status_code == 404
    assert (await listener.case(talk))["state"] == "talking"


async def _stored(whole: Whole, service: str, statement: str, *values: object) -> list[object]:
    connection = await asyncpg.connect(whole.store.dsn(service))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()
