"""The story of `make demo` on the whole stack, and what it must not have left anywhere."""

import json
import tomllib
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from ops.demo import story as told
from ops.demo.parts import Parts
from ops.demo.run import run_steps
from ops.demo.story import Story
from ops.local_stack.paths import PEOPLE
from tests.e2e.conftest import WholeStack
from tests.e2e.leak_scan import Scanner, controls

pytestmark = pytest.mark.whole

# Where everybody of the organisation stands alike, whoever is party to anything.
DIRECTORY_TABLES = ("*.people", "*.people_history")
DIRECTORY_PARTS = ("tryton", "oidc")


@pytest.fixture(scope="module")
def finished() -> dict[str, Story]:
    """The told story, for the tests that look at what it left."""
    return {}


async def test_every_step_is_seen_in_the_part_it_belongs_to(
    whole_stack: WholeStack, story: Story, finished: dict[str, Story], capsys: pytest.CaptureFixture[str]
) -> None:
    summary = whole_stack.state / "demo" / "summary.json"
    well = await run_steps(story, summary, Console())
    assert well, capsys.readouterr().out
    steps = json.loads(summary.read_text())["steps"]
    assert [set(step) for step in steps] == [{"name", "seen", "where", "ms"}] * 14
    finished["story"] = story


def secrets_of(story: Story) -> dict[str, str]:
    """What must be found nowhere: contents, names, staff ids of parties, the access code in both its forms."""
    names = {one["staff_id"]: one["name"] for one in tomllib.loads(PEOPLE.read_text())["people"]}
    return {
        "first words": told.FIRST_WORDS,
        "her answer": told.ANSWER,
        "the reply": told.REPLY,
        "the report": told.STANDS_BY,
        "the reasons": told.REASONS,
        "her name": names[told.PERSON],
        "his name": names[told.SUPERVISOR],
        "her staff id": told.PERSON,
        "his staff id": told.SUPERVISOR,
        "access code": story.reporter.access_code,
        "access code without hyphens": story.reporter.access_code.replace("-", ""),
    }


def stores(state: Path) -> dict[str, list[Path]]:
    """Every file the run has left, by kind of store, but for the HR system and the identity provider."""
    found: dict[str, list[Path]] = {}
    for path in state.rglob("*"):
        top = path.relative_to(state).parts[0]
        if path.is_file() and not any(part in str(path.relative_to(state)) for part in DIRECTORY_PARTS):
            found.setdefault(top, []).append(path)
    return found


async def test_nothing_that_was_said_and_nobody_named_is_found_in_any_store(
    whole_stack: WholeStack, parts: Parts, finished: dict[str, Story]
) -> None:
    secret = secrets_of(finished["story"])
    scanner = Scanner(secret)
    dump = parts.dump(*(f"--exclude-table-data={table}" for table in DIRECTORY_TABLES))
    # Beside the directory's tables: how far everybody's row of the people topic has been sent and applied.
    lines = [line for line in dump.splitlines(keepends=True) if not line.startswith(b"hr.people.v1\t")]
    found = scanner.scan(b"".join(lines), "dump of the main database")
    for message in await parts.messages(all_time=True):
        if message.topic != "hr.people.v1":
            found |= scanner.scan(message.raw, message.topic)
    words = Scanner({label: text for label, text in secret.items() if "staff id" not in label})
    files = stores(whole_stack.state)
    for kind, paths in files.items():
        for path in paths:
            if kind in {"logs", "mail", "telemetry", "temporal"} or (
                kind == "kafka" and "hr.people.v1" not in str(path)
            ):
                found |= scanner.scan_files([path])
            elif kind in {"postgres", "keystore"}:  # the directory's staff ids are in these files and logs too
                found |= words.scan_files([path])
    assert {"logs", "mail", "telemetry", "temporal", "kafka", "postgres", "keystore"} <= set(files), (
        "a store was not there to be scanned"
    )
    assert found == set()


@pytest.mark.parametrize("store", ["logs", "mail", "telemetry", "temporal", "kafka"])
async def test_a_control_planted_in_a_store_would_be_found(whole_stack: WholeStack, tmp_path: Path, store: str) -> None:
    (largest,) = sorted(stores(whole_stack.state)[store], key=lambda path: path.stat().st_size)[-1:]
    planted = tmp_path / "planted"
    for name, control in controls(told.FIRST_WORDS).items():
        planted.write_bytes(largest.read_bytes() + control)
        assert Scanner({"words": told.FIRST_WORDS}).scan_files([planted]), f"{store}: {name}"


async def test_a_control_planted_in_the_database_would_be_found(parts: Parts) -> None:
    words = "a control that stands in a table"
    await parts.rows("create table public.planted (body bytea, words text)")
    try:
        await parts.rows("insert into public.planted values ($1, $2)", words.encode(), words * 400)
        dump = parts.dump("--table=public.planted")
    finally:
        await parts.rows("drop table public.planted")
    assert {f.encoding for f in Scanner({"words": words}).scan(dump, "dump")} == {"utf-8", "hex"}


async def test_http_answers_name_no_other_site(whole_stack: WholeStack, http: httpx.AsyncClient) -> None:
    """But the directory of help, which is ours too."""
    ours = [whole_stack.stack["services"][name]["url"] for name in ("intake", "support")]
    page = await http.get(f"{ours[0]}/en")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    text = page.text
    for url in ours:
        text = text.replace(url, "")
    assert "http://" not in text
