"""What every real part has in common: get ready on disk, start one process, prove that it answers, stop."""

import asyncio
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ops.local_stack.problem import StackProblem
from ops.local_stack.process import Process, last_lines

FIRST_PAUSE, LAST_PAUSE = 0.05, 0.3  # seconds between two questions whether a part is ready


class NotReady(Exception):
    """The part does not answer yet; the text says what was asked."""


@dataclass(frozen=True)
class Command:
    """What to execute. Secrets are in the environment or in files, never among the words."""

    words: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None


class Part(ABC):
    """One process of the stack."""

    polite: ClassVar[int] = signal.SIGTERM
    patience: ClassVar[float] = 180.0  # seconds until a part that does not answer is given up: a busy machine is slow

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.process: Process | None = None

    async def prepare(self) -> None:
        """Bring the part's files into being, once; repeating it changes nothing."""
        return

    @abstractmethod
    def command(self) -> Command: ...

    @abstractmethod
    async def probe(self) -> None:
        """Ask the part a question that only the working part can answer. Raises NotReady."""

    async def settle(self) -> None:
        """What the part must be told after each start, once it answers."""
        return

    def spawn(self) -> Process:
        command = self.command()
        try:
            self.process = Process.spawn(
                command.words, log=self.log, environment=command.environment, polite=self.polite, user=command.user
            )
        except FileNotFoundError as error:
            raise StackProblem(
                f"{self.name} cannot start: {command.words[0]} is missing; run `make install`."
            ) from error
        return self.process

    async def start(self) -> Process:
        await self.prepare()
        return self.spawn()

    async def ready(self) -> None:
        """
        Wait until the part answers and has been told what it must know.

        Raises StackProblem when the process ends first or `patience` runs out.
        """
        deadline = time.monotonic() + self.patience
        pause = FIRST_PAUSE
        while True:
            try:
                await self.probe()
                break
            except NotReady as reason:
                if self.process is not None and (code := self.process.exit_code()) is not None:
                    raise StackProblem(
                        f"{self.name} ended while starting (exit code {code}): {last_lines(self.log)}. "
                        f"The whole log is {self.log}."
                    ) from reason
                if time.monotonic() > deadline:
                    raise StackProblem(
                        f"{self.name} did not answer within {self.patience:.0f} s ({reason}); see {self.log}."
                    ) from reason
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, LAST_PAUSE)
        await self.settle()

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop()
