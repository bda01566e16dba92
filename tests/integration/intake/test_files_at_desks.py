"""Files go wherever messages go: to the desk, on to another one, along where she ticks them, away with their route."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis import migrations
from chassis.sealed_streams import open_stream
from chassis.sealing import SealNotOpened, desk_label, file_context, unwrap, wrap_context
from chassis.web.frames import unframed
from contracts.cases.v1.cases_pb2 import CaseErased
from contracts.topics import OMBUDS_CASES
from services.intake.intake import utc_now
from services.intake.tables import Base
from services.intake.use_cases.hold_file import Draft, hold_file
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_orphans
from tests import planted_files as planted
from tests.integration.intake.conftest import SignIn, client_of
from tests.integration.intake.test_files import come, files, route, send
from tests.integration.intake.test_passing import passed_on, told
from tests.integration.intake.test_sweep import LostAfterWriting, on
from tests.integration.intake.world import MIGRATIONS, World, formal, inbox, lodge

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
OIO_READER, TALKER, REFUSED = "S0005", "S0011", "S0012"


async def ask(
    world: World,
    client: httpx.AsyncClient,
    report_id: str,
    item_id: str,
    acting: str,
    *,
    service: str = "workflow",
    purpose: str = "assessment",
    staff_id: str = OIO_READER,
    **claims: str,
) -> httpx.Response:
    body = {"report_id": report_id, "item_id": item_id, "purpose": purpose, "staff_id": staff_id}
    headers = {"Authorization": f"Service {world.token(service, body | claims)}", "X-Acting-Token": acting}
    return await client.post("/internal/v1/files", json=body, headers=headers)


async def opened(world: World, report_id: str, answer: httpx.Response, service: str, office: str) -> bytes:
    """What the desk gets out of what was handed out to it. Raises SealNotOpened."""

    async def body() -> AsyncIterator[bytes]:
        yield answer.content

    frames = unframed(body())
    item = json.loads(await anext(frames))
    item_id, report = UUID(item["item_id"]), UUID(report_id)
    context = wrap_context(report, item_id, desk_label(service, office))
    key = unwrap(base64.b64decode(item["wrapped_b64"]), world.keys[service].desk(office), context=context)
    return b"".join([part async for part in open_stream(frames, key, context=file_context(report, item_id))])


async def listed(
    world: World, client: httpx.AsyncClient, report_id: str, acting: str, service: str, office: str, staff_id: str
) -> list[dict[str, Any]]:
    """What the desk is told of the files of a report."""
    answer = await world.ask_contents(client, service, report_id, staff_id, acting)
    items = answer.json()["items"]
    assert "original" not in {item["kind"] for item in items}, "its wrap stays here"
    return [
        {"item_id": item["item_id"], **world.open_as_desk(service, office, report_id, item)}
        for item in items
        if item["kind"] == "file"
    ]


async def test_a_desk_gets_the_copy_and_oversight_as_evidence_the_original(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await route(client, world, formal())
    photograph = planted.jpeg()
    await send(client, code, report_id, photograph)
    acting = await signed_in(OIO_READER)
    (file,) = await listed(world, client, report_id, acting, "workflow", "oio", OIO_READER)
    assert (file["name"], file["media_type"]) == ("file-1.jpg", "image/jpeg")
    copy = await ask(world, client, report_id, file["item_id"], acting)
    assert copy.headers["cache-control"] == "no-store"
    clean = await opened(world, report_id, copy, "workflow", "oio")
    assert (len(clean), planted.told(clean)) == (file["size"], set())
    as_evidence = await ask(world, client, report_id, file["original"], acting, purpose="evidence")
    assert await opened(world, report_id, as_evidence, "workflow", "oio") == photograph
    with pytest.raises(SealNotOpened):
        await opened(world, report_id, copy, "workflow", "leg")
    entries = [entry for entry in await world.audit() if entry["object"] == report_id]
    assert [(one["act"], one["actor"], one["facts"].get("purpose")) for one in entries][-2:] == [
        ("file_handed_out", OIO_READER, "assessment"),
        ("original_handed_out", OIO_READER, "evidence"),
    ]


async def test_what_is_not_for_a_reader_is_one_answer(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await route(client, world, formal())
    other_code, other_id = await route(client, world)
    await send(client, code, report_id, planted.jpeg())
    await send(client, other_code, other_id, planted.jpeg())
    acting, refused, talker = await signed_in(OIO_READER), await signed_in(REFUSED), await signed_in(TALKER)
    (file,) = await listed(world, client, report_id, acting, "workflow", "oio", OIO_READER)
    (hers,) = await listed(world, client, other_id, talker, "ombuds", "ombuds", TALKER)
    answer_id = (await inbox(client, code))["routes"][0]["answers"][0]["item_id"]
    answers = {
        "unknown": await ask(world, client, report_id, str(uuid4()), acting),
        "whom she refused": await ask(world, client, report_id, file["item_id"], refused, staff_id=REFUSED),
        "the original, not as evidence": await ask(world, client, report_id, file["original"], acting),
        "of another report": await ask(world, client, report_id, hers["item_id"], acting),
        "another desk": await ask(world, client, report_id, file["item_id"], talker, service="ombuds", staff_id=TALKER),
        "the original, for the ombuds cell": await ask(
            world, client, other_id, hers["original"], talker, service="ombuds", staff_id=TALKER, purpose="evidence"
        ),
        "no file": await ask(world, client, report_id, answer_id, acting),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 404)
    assert len({answer.content for answer in answers.values()}) == 1
    (entry,) = [one for one in await world.audit() if one["object"] == report_id and one["act"] == "file_refused"]
    assert entry["actor"] is None


async def test_a_grant_is_for_this_very_file(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, report_id = await route(client, world, formal())
    await send(client, code, report_id, planted.png())
    await send(client, code, report_id, planted.gif())
    acting = await signed_in(OIO_READER)
    first, second = await listed(world, client, report_id, acting, "workflow", "oio", OIO_READER)
    for claims in ({"item_id": second["item_id"]}, {"purpose": "routing"}, {"staff_id": "S0006"}):
        answer = await ask(world, client, report_id, first["item_id"], acting)
        assert answer.status_code == 200
        body = {"report_id": report_id, "item_id": first["item_id"], "purpose": "assessment", "staff_id": OIO_READER}
        headers = {"Authorization": f"Service {world.token('workflow', body | claims)}", "X-Acting-Token": acting}
        refused = await client.post("/internal/v1/files", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "service_sign_in_needed")
    as_somebody_else = await ask(world, client, report_id, first["item_id"], await signed_in("S0006"))
    assert as_somebody_else.status_code == 401


async def test_a_report_that_is_passed_on_takes_its_files_along(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await route(client, world, told())
    original = planted.docx()
    await send(client, code, report_id, original)
    (before,) = await files(client, code)
    manager = await signed_in("S0016")
    old = await ask(world, client, report_id, before["item_id"], manager, staff_id="S0016")
    assert planted.told(await opened(world, report_id, old, "workflow", "supervisors")) == set()
    await passed_on(world, client, report_id)
    acting = await signed_in(OIO_READER)
    (file,) = await listed(world, client, report_id, acting, "workflow", "oio", OIO_READER)
    new = await ask(world, client, report_id, file["item_id"], acting)
    assert len(await opened(world, report_id, new, "workflow", "oio")) == file["size"]
    sent = await ask(world, client, report_id, file["original"], acting, purpose="evidence")
    assert await opened(world, report_id, sent, "workflow", "oio") == original
    assert {row["recipient"] for row in await world.wraps(report_id)} == {"workflow/oio", "route", "intake/custodian"}


async def test_a_ticked_file_goes_over_with_its_original_and_nothing_points_back(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await route(client, world)
    original = planted.pdf()
    await send(client, code, report_id, planted.jpeg())
    await send(client, code, report_id, original)
    photograph, letter = await files(client, code)
    body = formal(answers={}, parties={}, not_these_people=[], take_over=[letter["item_id"]])
    assert (await lodge(client, body, code=code)).status_code == 201
    (carried,) = await files(client, code, 1)
    assert {name: carried[name] for name in ("name", "size", "removed")} == {
        "name": "file-1.pdf", "size": letter["size"], "removed": letter["removed"],
    }  # fmt: skip
    new_id, acting = await world.report_id(client, code), await signed_in(OIO_READER)
    (file,) = await listed(world, client, new_id, acting, "workflow", "oio", OIO_READER)
    sent = await ask(world, client, new_id, file["original"], acting, purpose="evidence")
    assert await opened(world, new_id, sent, "workflow", "oio") == original
    copy = await ask(world, client, new_id, file["item_id"], acting)
    assert (
        await opened(world, new_id, copy, "workflow", "oio")
        == (
            await client.get(
                f"/api/v1/inbox/files/{letter['item_id']}", headers={"Authorization": f"AccessCode {code}"}
            )
        ).content
    )
    rows = await world.rows("select item_id from items where report_id = $1", UUID(new_id))
    assert {str(row["item_id"]) for row in rows}.isdisjoint({letter["item_id"], photograph["item_id"]})
    assert len(await files(client, code)) == 2, "the talk keeps its own"


async def test_the_original_alone_does_not_go_over(
    fresh_world: FreshWorld,
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        await send(client, code, report_id, b"words")
        (original,) = await world.rows("select item_id from items where kind = 'original'")
        body = formal(answers={}, parties={}, take_over=[str(original["item_id"])])
        answer = await lodge(client, body, code=code)
        assert (answer.status_code, answer.json()["field"]) == (400, "take_over[0]")


async def test_what_is_erased_leaves_no_chunk_and_no_key(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        await send(client, code, report_id, planted.jpeg())
        (file,) = await files(client, code)
        assert len(await world.rows("select 1 from file_chunks")) == 2
        erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
        await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
        assert await world.rows("select 1 from file_chunks union all select 1 from items") == []
        assert await world.wraps(report_id) == []
        gone = await client.get(
            f"/api/v1/inbox/files/{file['item_id']}", headers={"Authorization": f"AccessCode {code}"}
        )
        late = await send(client, code, report_id, planted.jpeg())
    assert gone.status_code == 404
    assert (late.status_code, late.json()["code"]) == (409, "CONTENTS_ERASED")


async def test_an_upload_that_was_cut_off_is_swept(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
    assert world.settings.keystore_dsn
    store = LostAfterWriting(world.settings.keystore_dsn)
    async with client_of(on(world, store)) as client:
        assert (await send(client, code, report_id, planted.jpeg())).status_code == 503
    await store.close()
    assert await world.rows("select 1 from file_chunks") == []
    before = len(await world.wraps(report_id))
    assert await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2) == 2, "copy and original"
    assert len(await world.wraps(report_id)) == before - 4
    async with client_of(world) as client:
        assert (await send(client, code, report_id, planted.jpeg())).status_code == 201


async def test_the_schema_goes_down_and_up_with_files_in_it(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        await send(client, code, report_id, planted.jpeg())
        draft = Draft(b"of a session")
        await world.rows("insert into web_sessions values ($1, '', now(), now())", draft.session)
        assert await hold_file(world.intake, draft, uuid4(), come(b"words"))
        dsn = world.database.migration_dsn("intake")
        await migrations.migrate(dsn, MIGRATIONS, "0007")
        left = await world.rows("select distinct kind from items order by kind")
        assert [row["kind"] for row in left] == ["answers", "parties"]
        await migrations.migrate(dsn, MIGRATIONS)
        assert await migrations.differences(dsn, Base.metadata) == []
        assert await files(client, code) == []
        assert await hold_file(world.intake, draft, uuid4(), come(b"words"))
        assert (await send(client, code, report_id, planted.jpeg())).status_code == 201
