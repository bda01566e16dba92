"""What goes wrong on a machine is one sentence that says what to do, and exit code 1."""

import errno
import functools
import hashlib
import http.server
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import jgo.maven._core
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops.cli import app
from ops.local_stack import kafka_fetch, kafka_jars, temporal
from ops.local_stack.people import organisation
from ops.local_stack.ports import PortBook, free_port
from ops.local_stack.postgres import Postgres
from ops.local_stack.problem import StackProblem
from ops.local_stack.running import disk_problems
from ops.local_stack.settings import StackSettings
from ops.local_stack.stack import compose
from ops.local_stack.tryton import Tryton

pytestmark = pytest.mark.processes

Recourse = Callable[..., Result]


@pytest.fixture
def recourse(monkeypatch: pytest.MonkeyPatch) -> Recourse:
    """The command with these words and RECOURSE_ settings, in this process."""
    monkeypatch.setattr(os, "umask", lambda mask: mask)

    def run(*words: str, **settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(app, words)

    return run


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_fixed_port_that_is_taken_is_named_with_its_setting(
    recourse: Recourse, tmp_path: Path, taken_port: int
) -> None:
    done = recourse("up", RECOURSE_STATE=str(tmp_path / "state"), RECOURSE_PORTS__TRYTON=str(taken_port))
    assert done.exit_code == 1
    assert f"Port {taken_port}, which RECOURSE_PORTS__TRYTON fixes for tryton, is in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_port_setting_for_nobody_is_refused(recourse: Recourse, tmp_path: Path) -> None:
    done = recourse("up", RECOURSE_STATE=str(tmp_path / "state"), RECOURSE_PORTS__TRITON="1234")
    assert done.exit_code == 1
    assert "knows no triton" in done.stderr


def test_a_folder_that_cannot_be_written_is_named(recourse: Recourse) -> None:
    done = recourse("up", RECOURSE_STATE="/sys/recourse")
    assert done.exit_code == 1
    assert "/sys/recourse cannot be written" in done.stderr
    assert "RECOURSE_STATE" in done.stderr


@pytest.mark.parametrize("name", ["RECOURSE_SMTP_PORT", "RECOURSE_TEXT_GATEWAY"])
def test_a_malformed_setting_is_named_without_its_value(recourse: Recourse, tmp_path: Path, name: str) -> None:
    done = recourse("up", RECOURSE_STATE=str(tmp_path), **{name: "MARK"})
    assert done.exit_code == 1
    assert name in done.stderr
    assert "MARK" not in done.stderr


async def test_an_external_server_that_is_away_is_named(tmp_path: Path, taken_port: int) -> None:
    settings = StackSettings(state=tmp_path, oidc_issuer=f"http://127.0.0.1:{free_port()}")
    with PortBook({}) as book:
        stack = compose(settings, "rehearsal", book)
    (step,) = (step for step in stack.steps if step.name == "oidc")
    assert step.part is None
    assert step.work is not None
    with pytest.raises(StackProblem, match="The oidc server that the settings point at does not answer"):
        await step.work()


def test_a_wrong_word_is_exit_code_2(recourse: Recourse) -> None:
    assert recourse("upp").exit_code == 2


def test_status_of_no_stack_is_exit_code_1_and_says_how_to_start_one(recourse: Recourse, tmp_path: Path) -> None:
    done = recourse("status", RECOURSE_STATE=str(tmp_path))
    assert done.exit_code == 1
    assert "recourse up" in done.stderr
    assert recourse("status", "--json", RECOURSE_STATE=str(tmp_path)).stdout == '{\n  "state": "down"\n}\n'


def test_the_doctor_names_what_is_ill_and_what_to_do(
    recourse: Recourse, tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.local_stack.doctor.TRYTON_TEMPLATE", tmp_path / "nothing")
    settings = {"RECOURSE_STATE": str(tmp_path), "RECOURSE_PORTS__TRYTON": str(taken_port)}
    done = recourse("doctor", "--json", **settings)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert (found["Tryton"]["ok"], found["Tryton"]["remedy"]) == (False, "run `make install`")
    assert not found["port for tryton"]["ok"]
    assert "RECOURSE_PORTS__TRYTON" in found["port for tryton"]["remedy"]
    assert found["Python"]["ok"]
    assert found["Kafka"]["ok"]
    assert done.exit_code == 1
    lines = recourse("doctor", **settings).stdout.splitlines()
    assert "NOT Tryton: missing: run `make install`" in lines
    assert len(lines) == len(found)


def test_without_a_server_there_is_nothing_to_prepare(recourse: Recourse, tmp_path: Path) -> None:
    done = recourse("prepare", RECOURSE_STATE=str(tmp_path))
    assert done.exit_code == 1
    assert "start the stack with `recourse up`, or set RECOURSE_POSTGRES_DSN" in done.stderr
    assert recourse("prepare", "--only", "everything", RECOURSE_STATE=str(tmp_path)).exit_code == 2


def test_a_full_disk_is_told_as_one() -> None:
    with pytest.raises(StackProblem, match="is full: free some space"), disk_problems(Path("/state")):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_another_error_of_the_system_is_not_dressed_up() -> None:
    with pytest.raises(OSError, match="unexpected"), disk_problems(Path("/state")):
        raise OSError(errno.EIO, "unexpected")


async def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(StackProblem, match="make install"):
        temporal.executable()


async def test_a_part_that_ends_while_starting_says_so_with_its_last_words(tmp_path: Path, taken_port: int) -> None:
    part = Postgres(tmp_path / "data", taken_port, tmp_path / "log", password="admin-password")
    try:
        await part.start()
        with pytest.raises(StackProblem, match="postgres ended while starting") as told:
            await part.ready()
    finally:
        await part.stop()
    assert "admin-password" not in str(told.value)


async def test_an_hr_system_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.local_stack.tryton.TRYTON_TEMPLATE", tmp_path / "nothing")
    part = Tryton(tmp_path, 0, tmp_path / "log", organisation(), password="a", hr_bridge_password="b")
    with pytest.raises(StackProblem, match="make install"):
        await part.prepare()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository on loopback with one jar, and a lock file that names it."""
    content = b"a jar" * 1000
    folder = tmp_path / "repository"
    place = folder / "org" / "example" / "thing" / "1.0"
    place.mkdir(parents=True)
    (place / "thing-1.0.jar").write_bytes(content)
    lock = tmp_path / "kafka.lock"
    lock.write_text(
        '[[jar]]\ngroup = "org.example"\nartifact = "thing"\nversion = "1.0"\nclassifier = ""\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n',
        encoding="utf-8",
    )
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setattr(jgo.maven._core, "DEFAULT_REMOTE_REPOS", {"here": address})
        monkeypatch.setattr(kafka_jars, "LOCK", lock)
        yield place / "thing-1.0.jar"
        server.shutdown()
        thread.join()


def test_a_half_finished_download_is_not_kept_and_the_next_run_completes_it(repository: Path, tmp_path: Path) -> None:
    whole = repository.read_bytes()
    repository.write_bytes(whole[:-1])
    target = tmp_path / "jars" / "kafka"
    with pytest.raises(StackProblem, match="run the same command again"):
        kafka_fetch.fetch(target)
    assert [path.name for path in target.parent.rglob("*") if path.is_file()] == []
    assert kafka_jars.missing(target) == ["thing-1.0.jar"]
    repository.write_bytes(whole)
    kafka_fetch.fetch(target)
    assert (target / "thing-1.0.jar").read_bytes() == whole
    assert kafka_jars.missing(target) == []


def test_a_repository_that_is_away_is_told(repository: Path, tmp_path: Path) -> None:
    repository.unlink()
    with pytest.raises(StackProblem, match="could not be downloaded"):
        kafka_fetch.fetch(tmp_path / "jars" / "kafka")
