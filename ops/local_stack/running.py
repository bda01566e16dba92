"""`recourse up`, `down` and `status`, without the words of the command line."""

import asyncio
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ops.local_stack import control, stack_file
from ops.local_stack.graph import Stack
from ops.local_stack.paths import write_private
from ops.local_stack.ports import PortBook
from ops.local_stack.problem import StackProblem
from ops.local_stack.process_id import TICK, ProcessId, start_time
from ops.local_stack.settings import StackSettings
from ops.local_stack.supervisor import Supervisor, say

NEEDED_DISK = 500 * 2**20  # bytes


def up(settings: StackSettings, policy: str, compose: Callable[[StackSettings, str, PortBook], Stack]) -> None:
    """
    Start the stack, keep it until SIGINT, SIGTERM or SIGHUP, end it.

    Raises StackProblem when it runs already or cannot start.
    """
    os.umask(0o077)  # whatever a part writes is its owner's alone
    with disk_problems(settings.state), ExitStack() as holding:
        settings.state.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(settings.state).free < NEEDED_DISK:
            raise StackProblem(f"Less than 500 MB are free where {settings.state} lies: free some space first.")
        if not holding.enter_context(stack_file.locked(settings.state)):
            raise StackProblem("The stack is running already: `recourse status` shows it, `recourse down` ends it.")
        if ended := stack_file.end_leftovers(settings.state):
            say(f"ended what an earlier run had left: {', '.join(ended)}")
        book = holding.enter_context(PortBook(settings.ports))
        stack = compose(settings, policy, book)
        for folder in (stack.addresses.logs, stack.addresses.telemetry):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_private(settings.state / "credentials.json", json.dumps(stack.addresses.secret(), indent=2))
        try:
            asyncio.run(_keep(settings, stack))
        finally:
            stack_file.path(settings.state).unlink(missing_ok=True)


async def _keep(settings: StackSettings, stack: Stack) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, asked.set)
    # A socket's path must be short; the state folder's need not be.
    with tempfile.TemporaryDirectory(prefix="recourse-") as folder:
        door = Path(folder) / "control.sock"
        supervisor = Supervisor(stack, lambda changed: _write(settings, changed, door))
        server = await control.serve(supervisor, door)
        starting = asyncio.create_task(supervisor.start())
        ending = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                await ending
        finally:
            say("stopping …")
            server.close()
            for task in (starting, ending):
                task.cancel()
            await asyncio.gather(starting, ending, return_exceptions=True)
            await supervisor.stop()
            say("stopped")


def _write(settings: StackSettings, supervisor: Supervisor, door: Path) -> None:
    entries = [
        {"name": "supervisor", **_entry(ProcessId(os.getpid(), start_time(os.getpid()) or -1)), "log": None},
        {
            "name": "guardian",
            **_entry(ProcessId(supervisor.guardian.pid, start_time(supervisor.guardian.pid) or -1)),
            "log": None,
        },
    ]
    entries += [
        {"name": part.name, **_entry(part.process.id), "log": str(part.log)}
        for part in supervisor.parts
        if part.process is not None
    ]
    table = {
        "state": supervisor.state,
        **supervisor.stack.addresses.public(),
        "credentials": str(settings.state / "credentials.json"),
        "control": str(door),
        "processes": entries,
    }
    write_private(stack_file.path(settings.state), json.dumps(table, indent=2) + "\n")


def _entry(process: ProcessId) -> dict[str, int]:
    return {"pid": process.pid, "started": process.started, "polite": int(process.polite)}


def up_detached(settings: StackSettings, policy: str) -> None:
    """
    Start a supervisor in the background, show what it says, return when everything is ready.

    A stack that runs already with the same policy is left alone. Raises StackProblem.
    """
    with disk_problems(settings.state):
        settings.state.mkdir(parents=True, exist_ok=True)
        log = settings.state / "logs" / "supervisor.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        found = stack_file.read(settings.state)
        if found and found["state"] == "ready" and _runs(settings.state):
            if found["policy"] != policy:
                raise StackProblem(f"The stack is running with policy {found['policy']}: `recourse down` first.")
            say("the stack is running already")
            return
        words = [sys.executable, "-m", "ops.cli", "up", "--policy", policy]
        told = os.environ | {"RECOURSE_DEMONSTRATION": str(settings.demonstration)}
        with log.open("ab") as output:
            begin = output.tell()
            child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=told
            )
    with log.open("rb") as said:
        said.seek(begin)
        while True:
            ended = child.poll() is not None
            if lines := said.read():
                sys.stderr.write(lines.decode(errors="replace"))
                sys.stderr.flush()
            if ended:
                raise StackProblem(f"The stack did not start; what was said above is also in {log}.")
            found = stack_file.read(settings.state)
            if found and found["state"] == "ready" and found["processes"][0]["pid"] == child.pid:
                child.returncode = 0  # it goes on without us, and nobody need wait for it
                return
            time.sleep(TICK)


def down(settings: StackSettings) -> list[str]:
    """
    End the stack: by its supervisor, or what a dead one left. Returns the names of what was ended.

    Raises StackProblem when the supervisor does not end.
    """
    if not settings.state.is_dir():
        return []
    with disk_problems(settings.state):
        found = stack_file.read(settings.state)
        supervisor = stack_file.process(found["processes"][0]) if found else None
        names = [entry["name"] for entry in found["processes"] if stack_file.process(entry).alive()] if found else []
        if supervisor is not None and supervisor.alive() and _runs(settings.state):
            os.kill(supervisor.pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while _runs(settings.state) or (supervisor is not None and supervisor.alive()):
            if time.monotonic() > deadline:
                raise StackProblem("The supervisor did not end within a minute: see its log, then end it by its id.")
            time.sleep(TICK)
        with stack_file.locked(settings.state):
            stack_file.end_leftovers(settings.state)
        return names


def _runs(state: Path) -> bool:
    with stack_file.locked(state) as ours:
        return not ours


@contextmanager
def disk_problems(state: Path) -> Iterator[None]:
    """Turn the system's word for a full disk or a missing right into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StackProblem(
                f"The disk with {state} is full: free some space, then run the command again."
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            where = error.filename or state
            raise StackProblem(
                f"{where} cannot be written: give yourself the right, or set RECOURSE_STATE to another folder."
            ) from error
        raise


def credentials(settings: StackSettings) -> dict[str, Any]:
    """Addresses with passwords in them, of the stack that runs. Raises StackProblem when none does."""
    found = stack_file.read(settings.state) if settings.state.is_dir() else None
    if found is None:
        raise StackProblem("The stack is not running: start it with `recourse up`.")
    secret: dict[str, Any] = json.loads(Path(found["credentials"]).read_text(encoding="utf-8"))
    return secret


def status(settings: StackSettings) -> dict[str, Any] | None:
    """What runs, and how much memory it shares fairly counted (bytes); None when no stack is there."""
    found = stack_file.read(settings.state) if settings.state.is_dir() else None
    if found is None:
        return None
    sizes = _memory()
    for entry in found["processes"]:
        entry["alive"] = stack_file.process(entry).alive()
        # Each of ours but a supervisor in the foreground leads a group with everything it has started.
        mine = [size for pid, group, size in sizes if entry["pid"] in {pid, group}]
        entry["memory"] = sum(mine) if entry["alive"] else 0
    found["memory"] = sum(entry["memory"] for entry in found["processes"])
    return found


def _memory() -> list[tuple[int, int, int]]:
    """(process, its group, proportional set size): a page that several share is counted in parts."""
    sizes = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            group = os.getpgid(pid)
            lines = (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        sizes += [(pid, group, 1024 * int(line.split()[1])) for line in lines if line.startswith("Pss:")]
    return sizes
