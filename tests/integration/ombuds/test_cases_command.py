"""`recourse case show` and `case reconcile`, as an operator types them."""

import asyncio
import json
import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests import real_parts
from tests.integration.ombuds.cell import Cell

ROOT = Path(__file__).parents[3]


@pytest.fixture
def state(cell: Cell, temporal: real_parts.TemporalServer, tmp_path: Path) -> Path:
    """What a running stack leaves for clients."""
    folder = tmp_path / "state"
    folder.mkdir()
    stack = {
        "credentials": str(folder / "credentials.json"),
        "keys_dir": str(tmp_path),
        "service_keys": str(tmp_path / "services.json"),
        "kafka": {"bootstrap": "127.0.0.1:1"},
        "temporal": {"address": temporal.address, "namespace": temporal.namespace},
        "oidc": {"issuer": "http://127.0.0.1:1"},
        "policy": "rehearsal",
    }
    credentials = {
        "postgres": {"admin_dsn": cell.database.admin_dsn},
        "keystore": {"admin_dsn": cell.store.admin_dsn},
    }
    secrets = {f"{instance}.ombuds": real_parts.password("ombuds") for instance in credentials}
    for name, content in {"stack": stack, "credentials": credentials, "secrets": secrets}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


async def recourse(state: Path, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", "case", *words, cwd=ROOT,
        env={**os.environ, "RECOURSE_STATE": str(state)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_reconciling_starts_the_workflow_that_showing_found_missing(cell: Cell, state: Path) -> None:
    case_id = await cell.wish()

    code, out, err = await recourse(state, "show", str(case_id), "--json")
    assert code == 1
    assert "reconcile" in err
    found = json.loads(out)
    assert (found["service"], found["state"], found["version"], found["workflow"]) == (
        "ombuds",
        "requested",
        1,
        "missing",
    )
    assert found["errands"] == ["match_focal_point:1"]
    assert "handlers" not in found

    code, out, err = await recourse(state, "reconcile", "--service", "ombuds", "--json")
    assert (code, json.loads(out)) == (0, {"woken": {"ombuds": 1}})

    code, out, _ = await recourse(state, "show", str(case_id))
    assert code == 0
    assert "running" in out


async def test_what_cannot_be_is_one_sentence(cell: Cell, state: Path) -> None:
    unknown = await recourse(state, "reconcile", "--service", "kitchen")
    assert unknown[0] == 2
    assert "no such desk: kitchen" in unknown[2].replace("\n", " ")

    (state / "stack.json").unlink()
    code, out, err = await recourse(state, "show", str(uuid4()))
    assert (code, out, err) == (1, "", "The stack is not running: start it with `recourse up`.\n")


AT = "selwick"
"""Where the first to be asked is appointed."""


async def test_a_talk_is_explained_without_naming_who_listened(cell: Cell, state: Path) -> None:
    await cell.people()
    case_id = await cell.wish()
    listener = await cell.match(case_id)
    assert listener

    code, out, _ = await recourse(state, "explain", str(case_id), "--json")
    told = json.loads(out)
    assert (code, [step["action"] for step in told["steps"]]) == (0, ["open", "offer_match"])
    assert [said for said in (listener, AT) if said in out] == []

    code, out, _ = await recourse(state, "replay", str(case_id), "--as-of", "2999-01-01T00:00Z", "--json")
    assert (code, json.loads(out)["state"], json.loads(out)["deviations"]) == (0, "offered", [])
    assert [said for said in (listener, AT) if said in out] == []


async def test_a_moment_that_cannot_be_is_one_sentence(cell: Cell, state: Path) -> None:
    case_id = str(await cell.wish())
    code, _, err = await recourse(state, "replay", case_id, "--as-of", "1999-01-01T00:00Z")
    assert (code, err) == (1, f"Case {case_id} was not open at 1999-01-01T00:00:00+00:00.\n")
    code, _, err = await recourse(state, "replay", case_id, "--as-of", "yesterday")
    assert code == 2
    assert "Give a moment with its zone" in err.replace("\n", " ")
