"""A consent that a case rests on: kept in the transaction of her act, proven afresh to the desk, gone when revoked."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import service_tokens
from chassis.keys import public_keys
from contracts.cases.v1.cases_pb2 import CaseErased, PersonActionRefused
from contracts.topics import WORKFLOW_CASES
from tests.integration.intake.world import World, code_of_new, draft, formal, with_code
from tests.waiting import eventually

pytestmark = pytest.mark.stack
YES, NO = "consent_to_measure", "withdraw_consent"


async def report_of(client: httpx.AsyncClient, world: World) -> tuple[str, str]:
    code = await code_of_new(client, formal())
    return code, await world.report_id(client, code)


async def says(
    client: httpx.AsyncClient,
    code: str,
    report_id: str,
    action: str,
    action_id: str = "",
    lifecycle: str = "interim_measure",
) -> str:
    """Her act on the report's first case of a kind; its id."""
    action_id = action_id or str(uuid4())
    body = {"report_id": report_id, "lifecycle": lifecycle, "number": 1, "action_id": action_id, "action": action}
    answer = await client.post("/api/v1/inbox/actions", json=body, headers=with_code(code))
    assert answer.status_code == 202, answer.text
    return action_id


async def asked(
    client: httpx.AsyncClient, world: World, report_id: str, *, service: str = "workflow", **about: Any
) -> httpx.Response:
    body = {"report_id": report_id, "lifecycle": "interim_measure", "number": 1, **about}
    headers = {"Authorization": f"Service {world.token(service, body)}"}
    return await client.post("/internal/v1/consent-proofs", json=body, headers=headers)


async def proof(client: httpx.AsyncClient, world: World, report_id: str, **more: Any) -> tuple[bool, str]:
    """(whether she agrees, by which act), as the desk reads what intake has signed."""
    answer = await asked(client, world, report_id, **more)
    assert answer.status_code == 200, answer.text
    publics = public_keys(world.settings)
    token = service_tokens.verify(answer.json()["proof"], publics, "workflow", datetime.now(UTC))
    assert (token.source, token.claims["report_id"]) == ("intake", report_id)
    return token.claims["given"], token.claims["action_id"]


async def test_a_measure_beside_a_request_to_the_ethics_office_is_agreed_to_there_too(
    client: httpx.AsyncClient, world: World
) -> None:
    code = await code_of_new(client, draft(route="retaliation"))
    report_id = await world.report_id(client, code)
    assert await proof(client, world, report_id) == (False, "")
    act_id = await says(client, code, report_id, YES)
    assert await proof(client, world, report_id) == (True, act_id)
    assert (await asked(client, world, report_id, service="ombuds")).status_code == 404


async def test_inv_15_two_consents_of_one_report_are_kept_and_proven_apart(
    client: httpx.AsyncClient, world: World
) -> None:
    """That her report goes outside, and that her name is told: the no to one takes nothing from the other."""
    code, report_id = await report_of(client, world)

    async def said(action: str) -> None:
        await says(client, code, report_id, action, lifecycle="formal_report")

    async def proven(**to: str) -> bool:
        return (await proof(client, world, report_id, lifecycle="formal_report", **to))[0]

    await said("agree_to_naming")
    assert [await proven(to="naming"), await proven()] == [True, False]
    await said("agree_to_referral")
    await said("refuse_naming")
    assert [await proven(to="naming"), await proven()] == [False, True]


async def trail(world: World, report_id: str) -> list[tuple[str, dict[str, Any]]]:
    entries = [one for one in await world.audit() if one["object"] == report_id and "consent" in one["act"]]
    entries.sort(key=lambda one: one["object_number"])
    return [(one["act"], one["facts"]) for one in entries]


async def test_inv_15_a_revocation_holds_from_her_own_transaction_on(client: httpx.AsyncClient, world: World) -> None:
    """Nothing that is sent has left here: no relay runs, and no desk has heard a word."""
    code, report_id = await report_of(client, world)
    assert await proof(client, world, report_id) == (False, "")
    yes = await says(client, code, report_id, YES)
    assert [await proof(client, world, report_id) for _ in range(2)] == [(True, yes)] * 2
    no = await says(client, code, report_id, NO)
    assert await proof(client, world, report_id) == (False, no)
    again = await says(client, code, report_id, "renew_consent")
    assert await proof(client, world, report_id) == (True, again)
    rows = await world.rows(
        "select version, given, action_id from consents where report_id = $1 and consent = 'interim_measure.1'"
        " order by version",
        UUID(report_id),
    )
    assert [tuple(row) for row in rows] == [(1, True, UUID(yes)), (2, False, UUID(no)), (3, True, UUID(again))]


async def test_inv_15_the_trail_says_what_had_already_gone(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await report_of(client, world)
    await says(client, code, report_id, YES)
    for _ in range(2):
        await proof(client, world, report_id)
    await says(client, code, report_id, NO)
    await proof(client, world, report_id)
    name = "interim_measure.1"
    seen = {"service": "workflow", "consent": name}
    assert await trail(world, report_id) == [
        ("consent_given", {"consent": name, "version": 1}),
        ("consent_looked_up", {**seen, "version": 1, "given": "true"}),
        ("consent_looked_up", {**seen, "version": 1, "given": "true"}),
        ("consent_revoked", {"consent": name, "version": 2, "already_proven": 2}),
        ("consent_looked_up", {**seen, "version": 2, "given": "false"}),
    ]


async def test_an_act_that_is_sent_again_is_one_version(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await report_of(client, world)
    yes = await says(client, code, report_id, YES)
    no = await says(client, code, report_id, NO)
    await says(client, code, report_id, YES, yes)
    assert await proof(client, world, report_id) == (False, no)


async def test_a_yes_that_the_desk_has_refused_is_none_and_a_no_stays(client: httpx.AsyncClient, world: World) -> None:
    async def refused(action_id: str) -> None:
        message = PersonActionRefused(
            report_id=report_id, lifecycle="interim_measure", number=1, action_id=action_id, code="ACTION_NOT_OPEN"
        )
        await world.tell("workflow", WORKFLOW_CASES, report_id, message)

    code, report_id = await report_of(client, world)
    yes = await says(client, code, report_id, YES)
    late = await says(client, code, report_id, YES)
    assert await proof(client, world, report_id) == (True, late)
    await refused(late)
    assert await proof(client, world, report_id) == (True, yes)
    no = await says(client, code, report_id, NO)
    await refused(no)
    assert await proof(client, world, report_id) == (False, no)


async def test_a_consent_is_of_one_case_and_proven_to_its_desk_alone(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await report_of(client, world)
    await says(client, code, report_id, YES)
    assert await proof(client, world, report_id, number=2) == (False, "")
    for service in ("ombuds", "support"):
        assert (await asked(client, world, report_id, service=service)).status_code == 404
    assert (await asked(client, world, str(uuid4()))).status_code == 404
    body = {"report_id": report_id, "lifecycle": "interim_measure", "number": 1}
    for claims in (body | {"number": 2}, {"report_id": report_id}):
        headers = {"Authorization": f"Service {world.token('workflow', claims)}"}
        answer = await client.post("/internal/v1/consent-proofs", json=body, headers=headers)
        assert answer.status_code == 401
    assert (await client.post("/internal/v1/consent-proofs", json=body, headers=with_code(code))).status_code == 401


async def test_inv_15_whoever_asks_while_a_revocation_is_being_written_waits_for_it(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await report_of(client, world)
    await says(client, code, report_id, YES)
    no = uuid4()
    connection = await asyncpg.connect(world.database.admin_dsn)
    try:
        async with connection.transaction():
            await connection.execute("set local search_path to intake")
            await connection.execute("select 1 from reports where report_id = $1 for update", UUID(report_id))
            await connection.execute(
                "insert into consents (report_id, consent, version, given, at, action_id)"
                " values ($1, 'interim_measure.1', 2, false, now(), $2)",
                UUID(report_id),
                no,
            )
            asking = asyncio.create_task(proof(client, world, report_id))

            async def waits() -> bool:
                return bool(
                    await world.rows(
                        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                    )
                )

            await eventually(waits)
            assert not asking.done()
        assert await asking == (False, str(no))
    finally:
        await connection.close()


async def test_what_is_erased_is_proven_no_more(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await report_of(client, world)
    await says(client, code, report_id, YES)
    await world.tell("workflow", WORKFLOW_CASES, report_id, CaseErased(report_id=report_id, lifecycle="formal_report"))
    assert (await asked(client, world, report_id)).status_code == 404
    assert await world.rows("select 1 from consents where report_id = $1", UUID(report_id)) == []
