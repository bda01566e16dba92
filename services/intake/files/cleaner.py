"""The side of the web process: one process for each file, which may crash, hang or be taken over (`clean`)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.intake.files.kinds import FileRefused, Kind, Refusal, Removed
from services.intake.files.memory import MemoryFile

_PROCESS: Final = "services.intake.files.clean"
_SECONDS: Final = 120.0
_LONGEST_VERDICT: Final = 4096


@dataclass(frozen=True)
class Verdict:
    """What a copy is, and what it has no more."""

    kind: Kind
    removed: tuple[Removed, ...]


class Cleaner:
    """Cleans files, each for at most `seconds`."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    async def clean(self, original: MemoryFile, copy: MemoryFile) -> Verdict:
        """Fills `copy`; `original` is fixed before anybody reads it. Raises FileRefused, also when the process ended or
        was ended without a word.
        """
        original.fix()
        said = await self._run(original, copy)
        verdict = _read(said)
        if not copy.size:
            raise FileRefused(Refusal.EMPTY)
        copy.fix()
        return verdict

    async def _run(self, original: MemoryFile, copy: MemoryFile) -> bytes:
        # No pipe: one that is filled, or held open by somebody else, would keep this side waiting.
        with MemoryFile() as said:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                _PROCESS,
                str(copy.descriptor),
                stdin=original.descriptor,
                stdout=said.descriptor,
                # What a parser complains of may be the person's words.
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=[copy.descriptor],
                env={},
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(self._seconds):
                    ended = await process.wait()
            except TimeoutError:
                raise FileRefused(Refusal.UNREADABLE) from None
            finally:
                with suppress(ProcessLookupError):
                    # With whatever it has started.
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            if ended != 0:
                raise FileRefused(Refusal.UNREADABLE)
            return next(said.parts(_LONGEST_VERDICT), b"")


def _read(said: bytes) -> Verdict:
    """By the lists that are known: what has been in the hands of a parser is believed nothing else."""
    try:
        verdict = json.loads(said)
        if "refused" in verdict:
            raise FileRefused(Refusal(verdict["refused"]))
        return Verdict(Kind(verdict["kind"]), tuple(Removed(one) for one in verdict["removed"]))
    except (ValueError, TypeError, KeyError):
        raise FileRefused(Refusal.UNREADABLE) from None
