"""`stack.json`: what runs, where it answers, and which processes it is made of; found there by every client."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from ops.local_stack.process_id import ProcessId, end_all

State = Literal["starting", "ready", "stopping"]


def path(state: Path) -> Path:
    return state / "stack.json"


def read(state: Path) -> dict[str, Any] | None:
    """What the file says, or None when no stack was left there."""
    try:
        found: dict[str, Any] = json.loads(path(state).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def process(entry: dict[str, Any]) -> ProcessId:
    return ProcessId(entry["pid"], entry["started"], entry["polite"])


def end_leftovers(state: Path) -> list[str]:
    """
    End what a supervisor that was killed has left running, each only if it is still the recorded process.

    Call it only while holding the lock. Returns the names of what was ended.
    """
    found = read(state)
    if found is None:
        return []
    left = [entry for entry in found["processes"] if process(entry).alive()]
    end_all(process(entry) for entry in left)
    _remove_door(Path(found["control"]))
    path(state).unlink()
    return [entry["name"] for entry in left]


def _remove_door(control: Path) -> None:
    """The socket of a killed supervisor, and the folder that it had made for it."""
    control.unlink(missing_ok=True)
    with suppress(OSError):
        control.parent.rmdir()


@contextmanager
def locked(state: Path) -> Iterator[bool]:
    """Yields whether this state folder is ours now: a running supervisor holds its lock for as long as it lives."""
    with (state / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
