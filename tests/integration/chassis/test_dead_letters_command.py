"""`recourse dead-letters` and what `recourse status` says of them, as an operator types them."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import Event, InvalidMessage
from contracts.envelope import Envelope
from contracts.intake.v1.reports_pb2 import MessageReceived
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from tests.integration.chassis.house import SIGNING, House, eventually, note, said
from tests.real_parts import password

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parents[3]
SECRET = "secret-of-a-report"


@pytest.fixture
def state(house: House, tmp_path: Path) -> Path:
    """What a running stack of two services leaves for clients."""
    folder = tmp_path / "state"
    folder.mkdir()
    written: dict[str, Any] = {
        "stack": {
            "state": "ready",
            "policy": "rehearsal",
            "services": {"intake": {}, "workflow": {}},
            "credentials": str(folder / "credentials.json"),
            "processes": [],
        },
        "credentials": {"postgres": {"admin_dsn": house.test_database.admin_dsn}},
        "secrets": {f"postgres.{service}": password(service) for service in ("intake", "workflow")},
    }
    for name, content in written.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


async def recourse(state: Path, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", *words, cwd=ROOT,
        env={**os.environ, "RECOURSE_STATE": str(state)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def event(key: str, sequence: int) -> Envelope:
    kind, topic = MessageReceived.DESCRIPTOR.full_name, INTAKE_REPORTS_WORKFLOW.name
    value = said(SECRET).SerializeToString()
    return Envelope(uuid4(), "intake", kind, topic, key, sequence, datetime.now(UTC), value)


async def test_what_is_stuck_is_listed_without_contents_and_released(house: House, state: Path) -> None:
    poisoned = True
    dead, behind, held = event(SECRET, 1), event(SECRET, 2), event("another", 7)

    async def choosy(session: AsyncSession, incoming: Event) -> None:
        await note(session, incoming)
        if poisoned:
            raise InvalidMessage("made_up")

    assert (await recourse(state, "dead-letters", "list"))[1:] == ("", "nothing is stuck\n")
    async with (
        house.producer("intake") as sender,
        house.consumer("workflow", {INTAKE_REPORTS_WORKFLOW: {MessageReceived: choosy}}),
    ):
        for envelope in (dead, behind, held):
            await sender.send(envelope, by=SIGNING["intake"])
        await sender.send(dead, by=SIGNING["intake"], headers=[])
        for table, count in (("dead_letters", 1), ("inbox_held", 2), ("refused_records", 1)):
            await eventually(
                lambda table=table, count=count: house.rows(
                    "workflow", f"select 1 from {table} having count(*) = {count}"
                )
            )

        code, out, _ = await recourse(state, "dead-letters", "list", "--json")
        assert code == 0
        assert sorted((one["service"], one["kind"], one["reason"], one["waiting"]) for one in json.loads(out)) == [
            ("workflow", "dead", "made_up", 1),
            ("workflow", "held", "predecessor_missing", 0),
            ("workflow", "refused", "not_an_event", 0),
        ]
        assert {one["event_id"] for one in json.loads(out)} == {str(dead.id), str(held.id), None}
        code, told, err = await recourse(state, "dead-letters", "list")
        assert (code, len(told.splitlines()), err) == (0, 3, "3 in all\n")
        assert SECRET not in out + told

        code, out, err = await recourse(state, "status", "--json")
        assert code == 0
        stuck = json.loads(out)["stuck"]["workflow"]
        assert (stuck["dead"], stuck["held"], stuck["parked"]) == (1, 1, 0)
        assert "workflow: 1 dead, 1 held, the oldest for" in err
        assert "`recourse dead-letters list`" in err

        for name, unknown in (("workflow", uuid4()), ("workflow", held.id), ("kitchen", dead.id)):
            await _refused(state, name, unknown)
        poisoned = False
        assert (await recourse(state, "dead-letters", "release", "workflow", str(dead.id)))[0] == 0

        async def applied() -> bool:
            return len(await house.effects(SECRET)) == 2

        await eventually(applied)
    audited = await house.rows("workflow", "select convert_from(entry_json, 'UTF8')::json ->> 'act' from audit_trail")
    assert sorted(act for (act,) in audited) == ["bury_event", "refuse_event", "release_event"]


async def test_a_database_that_is_away_is_one_sentence(state: Path) -> None:
    credentials = {"postgres": {"admin_dsn": "postgresql://admin:x@127.0.0.1:1/recourse"}}
    (state / "credentials.json").write_text(json.dumps(credentials))
    code, out, err = await recourse(state, "dead-letters", "list")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "The database of intake does not answer" in err
    code, out, err = await recourse(state, "status", "--json")
    assert (code, json.loads(out)["stuck"]) == (0, None)
    assert "does not answer" in err


async def _refused(state: Path, service: str, event_id: UUID) -> None:
    code, out, err = await recourse(state, "dead-letters", "release", service, str(event_id))
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "There are: intake, workflow." in err or "`recourse dead-letters list`" in err
