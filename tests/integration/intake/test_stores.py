"""The schema, and what a copy of it would give away."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from chassis import migrations
from contracts.cases.v1.cases_pb2 import CaseChanged
from contracts.topics import OMBUDS_CASES
from ops.local_stack.postgres import installed
from services.intake.tables import Base
from tests.e2e.leak_scan import Scanner
from tests.integration.intake.conftest import SignIn, client_of
from tests.integration.intake.world import MIGRATIONS, World, code_of_new, draft, formal, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
SECRETS = {
    "what happened": "He shouts in every meeting.",
    "message": "Yesterday it was worse.",
    "reply": "Shall we meet on Thursday?",
    "affected": "S0018",
    "offender": "S0017",
    "refused": "S0012",
}


async def lived_in(world: World, signed_in: SignIn) -> dict[str, str]:
    """A talk with messages both ways, a case, and a report made out of it; what must be found nowhere."""
    idempotency_key = key()
    async with client_of(world) as client:
        code = (await lodge(client, idempotency_key=idempotency_key)).json()["access_code"]
        report_id = await world.report_id(client, code)
        body = {"report_id": report_id, "text": SECRETS["message"]}
        await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
        acting = await signed_in("S0011")
        await world.reply(client, "ombuds", "ombuds", report_id, acting, SECRETS["reply"])
        await world.ask_contents(client, "ombuds", report_id, "S0011", acting)
        case = CaseChanged(
            report_id=report_id,
            lifecycle="informal_resolution",
            number=1,
            version=1,
            state="talking",
            wording_key="a.b",
        )
        await world.tell("ombuds", OMBUDS_CASES, report_id, case)
        (talk,) = (await inbox(client, code))["routes"]
        ticked = [one["item_id"] for one in (*talk["answers"], talk["messages"][0], *talk["parties"])]
        answer = await lodge(client, formal(answers={}, parties={}, take_over=ticked), code=code)
        assert answer.status_code == 201
    return SECRETS | {"code": code, "bare code": code.replace("-", ""), "idempotency key": idempotency_key}


async def dump(dsn: str) -> bytes:
    """All of a database, as SQL and once more with its binary values as they are."""
    process = await asyncio.create_subprocess_exec(
        installed() / "bin" / "pg_dump", "--dbname", dsn, "--inserts", stdout=asyncio.subprocess.PIPE
    )
    text, _ = await process.communicate()
    assert process.returncode == 0
    return text + b"\n".join(bytes.fromhex(found.decode()) for found in re.findall(rb"\\x([0-9a-f]+)", text))


async def test_a_copy_of_the_database_shows_no_word_name_or_code(fresh_world: FreshWorld, signed_in: SignIn) -> None:
    world = await fresh_world()
    secrets = await lived_in(world, signed_in)
    scanner = Scanner(secrets)
    assert scanner.scan(await dump(world.database.admin_dsn), "dump") == set()
    # The wraps without their private keys show nothing either.
    assert scanner.scan(await dump(world.keystore.admin_dsn), "wraps") == set()
    planted = {
        "utf-8": ("update reports set language = $1", SECRETS["message"]),
        "base64+1": ("update reports set mode = $1", base64.b64encode(b"x" + SECRETS["message"].encode()).decode()),
        "base64+2": (
            "update route_cases set state = $1",
            base64.b64encode(b"xy" + SECRETS["message"].encode()).decode(),
        ),
        "base64+0": ("update reports set office = $1", base64.b64encode(SECRETS["message"].encode()).decode()),
        "hex": ("update items set kind = $1", SECRETS["message"].encode().hex()),
        "HEX": ("update items set direction = $1", SECRETS["message"].encode().hex().upper()),
    }
    for statement, value in planted.values():
        await world.rows(statement, value)
    found = {finding.encoding for finding in scanner.scan(await dump(world.database.admin_dsn), "dump")}
    assert set(planted) <= found
    await world.rows("update reports set body_digest = $1", b"x" + secrets["code"].encode())
    found_labels = {finding.secret for finding in scanner.scan(await dump(world.database.admin_dsn), "dump")}
    assert "code" in found_labels


async def test_the_schema_is_that_of_the_code_and_goes_down_and_up_with_rows(
    fresh_world: FreshWorld, signed_in: SignIn
) -> None:
    world = await fresh_world()
    await lived_in(world, signed_in)
    dsn = world.database.migration_dsn("intake")
    assert await migrations.differences(dsn, Base.metadata) == []
    await migrations.migrate(dsn, MIGRATIONS, "base")
    left = await world.rows("select tablename from pg_tables where schemaname = 'intake'")
    assert [row["tablename"] for row in left] == ["alembic_version"]
    await migrations.migrate(dsn, MIGRATIONS)
    assert await migrations.differences(dsn, Base.metadata) == []


async def test_inv_05_no_column_has_room_for_where_a_request_came_from(world: World) -> None:
    rows = await world.rows(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'intake'"
    )
    assert len(rows) > 50
    assert not [row for row in rows if row["data_type"] in ("inet", "cidr", "macaddr")]
    assert not [
        row for row in rows if re.search(r"address|agent|browser|device|location|account|\bip\b", row["column_name"])
    ]


async def test_what_is_erased_cannot_be_opened_from_a_copy_taken_before(
    fresh_world: FreshWorld, signed_in: SignIn
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code = await code_of_new(client, draft())
        report_id = await world.report_id(client, code)
        (item,) = (await world.ask_parties(client, "ombuds", report_id)).json()["items"]
        assert world.open_as_desk("ombuds", "ombuds", report_id, item)["alleged_offender"] == ["S0017"]
        copy = await world.rows("select * from items where report_id = $1", UUID(report_id))
        await world.intake.keystore.destroy_group(UUID(report_id))
        assert [bytes(row["ciphertext"]) for row in copy]
        assert await world.intake.keystore.wraps_of([row["item_id"] for row in copy], "ombuds/ombuds") == {}
        assert (await inbox(client, code))["routes"][0]["answers"] == []


async def test_only_intake_reads_its_schema(world: World) -> None:
    for service in ("ombuds", "support", "workflow", "ethics", "hr_bridge", "notifications", "audit"):
        connection = await asyncpg.connect(world.database.dsn(service))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("select 1 from intake.reports")
        finally:
            await connection.close()
