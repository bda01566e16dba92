"""Whatever ends, and however it ends, the right processes run afterwards."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.local_stack import control, running, stack_file
from ops.local_stack.problem import StackProblem
from ops.local_stack.process import Process
from ops.local_stack.process_id import ProcessId, start_time
from ops.local_stack.settings import StackSettings
from tests.integration.local_stack.stand_in import compose

pytestmark = pytest.mark.processes

TEN_SECONDS = 10.0


def wait_for(met: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class StandIn:
    """A supervisor in a process of its own, with two small parts."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.settings = StackSettings(state=state)
        self.popen: subprocess.Popen[str] | None = None
        self.seen: set[ProcessId] = set()

    def up(self) -> None:
        words = [sys.executable, "-m", "tests.integration.local_stack.stand_in", str(self.state)]
        self.popen = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
        wait_for(lambda: self.ready_under(self.popen))

    def ready_under(self, popen: subprocess.Popen[str] | None) -> bool:
        assert popen is not None
        assert popen.poll() is None, popen.stderr and popen.stderr.read()
        found = stack_file.read(self.state)
        return found is not None and found["state"] == "ready" and found["processes"][0]["pid"] == popen.pid

    def table(self) -> dict[str, Any]:
        found = stack_file.read(self.state)
        assert found is not None
        self.seen |= {stack_file.process(entry) for entry in found["processes"]}
        return found

    def processes(self) -> dict[str, ProcessId]:
        return {entry["name"]: stack_file.process(entry) for entry in self.table()["processes"]}

    def kill_supervisor(self) -> None:
        assert self.popen is not None
        self.popen.kill()
        self.popen.wait()

    def close(self) -> None:
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait()
            assert self.popen.stderr is not None
            self.popen.stderr.close()
        for process in self.seen:
            process.signal(signal.SIGKILL)
        running.down(self.settings)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path / "state")
    yield stand_in
    stand_in.close()


def answers(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_a_killed_part_is_started_again(stand_in: StandIn) -> None:
    stand_in.up()
    before = stand_in.processes()
    os.kill(before["second"].pid, signal.SIGKILL)
    wait_for(lambda: stand_in.processes()["second"] != before["second"])
    wait_for(lambda: answers(stand_in.table()["services"]["second"]["url"]))
    assert stand_in.processes()["first"] == before["first"]


def test_a_killed_guardian_is_replaced_and_the_new_one_guards(stand_in: StandIn) -> None:
    stand_in.up()
    before = stand_in.processes()
    os.kill(before["guardian"].pid, signal.SIGKILL)
    wait_for(lambda: stand_in.processes()["guardian"] != before["guardian"])
    stand_in.kill_supervisor()
    wait_for(lambda: not before["first"].alive() and not before["second"].alive(), TEN_SECONDS)


def test_the_guardian_ends_what_a_killed_supervisor_leaves(stand_in: StandIn) -> None:
    stand_in.up()
    left = stand_in.processes()
    stand_in.kill_supervisor()
    wait_for(lambda: not any(process.alive() for process in left.values()), TEN_SECONDS)


def without_anyone_to_guard(stand_in: StandIn) -> dict[str, ProcessId]:
    """Supervisor and guardian are killed together: the parts go on."""
    stand_in.up()
    left = stand_in.processes()
    os.kill(left["supervisor"].pid, signal.SIGSTOP)  # so that it cannot see the guardian die
    os.kill(left["guardian"].pid, signal.SIGKILL)
    stand_in.kill_supervisor()
    wait_for(lambda: not left["supervisor"].alive() and not left["guardian"].alive())
    assert left["first"].alive()
    assert left["second"].alive()
    return left


def test_down_ends_recorded_leftovers_and_spares_whoever_has_their_id_now(stand_in: StandIn, tmp_path: Path) -> None:
    left = without_anyone_to_guard(stand_in)
    innocent = Process.spawn(["sleep", "60"], log=tmp_path / "innocent.log")
    table = stand_in.table()
    other_time = {"pid": innocent.id.pid, "started": innocent.id.started - 1, "polite": signal.SIGTERM}
    table["processes"].append({"name": "reused", "log": None, **other_time})
    stack_file.path(stand_in.state).write_text(json.dumps(table), encoding="utf-8")
    try:
        ended = running.down(stand_in.settings)
        assert sorted(ended) == ["first", "second"]
        assert not left["first"].alive()
        assert not left["second"].alive()
        assert not Path(table["control"]).parent.exists()
        assert innocent.id.alive()
    finally:
        innocent.kill()


def test_the_next_up_ends_recorded_leftovers(stand_in: StandIn) -> None:
    left = without_anyone_to_guard(stand_in)
    first, door = stand_in.popen, Path(stand_in.table()["control"])
    assert door.exists()
    stand_in.up()
    assert not door.parent.exists()
    assert first is not None
    assert first.stderr is not None
    first.stderr.close()
    assert not left["first"].alive()
    assert not left["second"].alive()
    assert stand_in.processes()["first"].alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_supervisor_told_to_end_ends_everything_and_leaves_no_file(stand_in: StandIn, number: int) -> None:
    stand_in.up()
    processes = stand_in.processes()
    assert stand_in.popen is not None
    stand_in.popen.send_signal(number)
    assert stand_in.popen.wait(30) == 0
    assert not any(process.alive() for process in processes.values())
    assert stack_file.read(stand_in.state) is None


def test_down_ends_a_running_stack_through_its_supervisor(stand_in: StandIn) -> None:
    stand_in.up()
    processes = stand_in.processes()
    assert sorted(running.down(stand_in.settings)) == ["first", "guardian", "second", "supervisor"]
    assert not any(process.alive() for process in processes.values())


def test_a_second_up_in_the_same_folder_is_refused(stand_in: StandIn) -> None:
    stand_in.up()
    with pytest.raises(StackProblem, match="running already"):
        running.up(stand_in.settings, "rehearsal", compose)
    assert all(process.alive() for process in stand_in.processes().values())


def test_two_stacks_run_side_by_side_and_end_apart(stand_in: StandIn, tmp_path: Path) -> None:
    other = StandIn(tmp_path / "other")
    try:
        other.up()
        stand_in.up()
        ours, theirs = set(stand_in.processes().values()), set(other.processes().values())
        assert not ours & theirs
        running.down(stand_in.settings)
        assert not any(process.alive() for process in ours)
        assert all(process.alive() for process in theirs)
    finally:
        other.close()


def test_a_stopped_part_stays_stopped_until_it_is_started(stand_in: StandIn) -> None:
    stand_in.up()
    first, before = stand_in.processes()["first"], stand_in.processes()["second"]
    url = stand_in.table()["services"]["second"]["url"]
    asyncio.run(control.stop_part(stand_in.state, "second"))
    assert not before.alive()
    os.kill(first.pid, signal.SIGKILL)  # that this one comes back shows that time has passed
    wait_for(lambda: stand_in.processes()["first"] != first)
    assert not answers(url)
    asyncio.run(control.start_part(stand_in.state, "second"))
    assert answers(url)
    assert stand_in.processes()["second"] != before


def test_stopping_an_unknown_part_says_which_there_are(stand_in: StandIn) -> None:
    stand_in.up()
    with pytest.raises(StackProblem, match="there are first, second"):
        asyncio.run(control.stop_part(stand_in.state, "third"))


def test_the_stack_file_shows_no_secret(stand_in: StandIn) -> None:
    stand_in.up()
    assert "secret-of" not in stack_file.path(stand_in.state).read_text(encoding="utf-8")
    credentials = Path(stand_in.table()["credentials"])
    assert "secret-of-kafka" in credentials.read_text(encoding="utf-8")
    assert credentials.stat().st_mode & 0o777 == 0o600


async def test_a_process_that_ignores_the_polite_signal_is_killed_with_its_children(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo $!; while true; do sleep 0.1; done"
    process = Process.spawn(["sh", "-c", stubborn], log=tmp_path / "log")
    wait_for(lambda: (tmp_path / "log").read_text(encoding="ascii").endswith("\n"))
    child = int((tmp_path / "log").read_text(encoding="ascii"))
    await process.stop(grace=0.3)
    assert process.exit_code() == -signal.SIGKILL
    wait_for(lambda: start_time(child) is None)
