"""The supervisor: starts the stack in order, starts again what dies, and ends everything when it is told to end."""

import asyncio
import sys
import time
from collections.abc import Callable

from ops.local_stack.graph import Stack, Step
from ops.local_stack.guardian import Guardian
from ops.local_stack.part import Part
from ops.local_stack.problem import StackProblem

WATCH_EVERY = 0.2  # seconds
FIRST_PAUSE, LAST_PAUSE = 0.5, 30.0  # seconds before a part that died is started again
SOUND = 60.0  # a part that ran so many seconds before it died begins with the first pause again

Say = Callable[[str], None]


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Supervisor:
    """`changed` is called whenever a process or the state is another one, so that it can be written down."""

    def __init__(self, stack: Stack, changed: Callable[["Supervisor"], None], say: Say = say) -> None:
        self.stack = stack
        self.state = "starting"
        self.guardian = Guardian()
        self._changed = changed
        self._say = say
        self._done = {step.name: asyncio.Event() for step in stack.steps}
        self._keepers: list[asyncio.Task[None]] = []
        self._held: set[str] = set()

    @property
    def parts(self) -> list[Part]:
        """Every part that has a process."""
        return [step.part for step in self.stack.steps if step.part is not None and step.part.process is not None]

    async def start(self) -> None:
        """
        Bring everything up; what needs nothing of each other, at the same time. Raises StackProblem.

        On a problem what runs is left for `stop()`.
        """
        began = time.monotonic()
        self._keepers.append(asyncio.create_task(self._keep_guarded(), name="keep guardian"))
        try:
            async with asyncio.TaskGroup() as group:
                for step in self.stack.steps:
                    group.create_task(self._take(step))
        except* StackProblem as problems:
            raise StackProblem(str(problems.exceptions[0])) from problems.exceptions[0]
        self.state = "ready"
        self._changed(self)
        self._say(f"ready in {time.monotonic() - began:.1f} s")

    async def _take(self, step: Step) -> None:
        for need in step.needs:
            await self._done[need].wait()
        began = time.monotonic()
        if step.work is not None:
            await step.work()
        if step.part is not None:
            await self._launch(step.part)
            self._keepers.append(asyncio.create_task(self._keep(step.part), name=f"keep {step.name}"))
        verb = "done" if step.part is None else "ready"
        self._say(f"{step.name:<22} {verb:<5} in {time.monotonic() - began:4.1f} s  {step.where}".rstrip())
        self._done[step.name].set()

    async def _launch(self, part: Part) -> None:
        process = await part.start()
        if self.guardian.alive():
            self.guardian.watch(process.id)
        self._changed(self)
        await part.ready()

    async def _keep(self, part: Part) -> None:
        """Start the part again whenever it dies, ever later while it keeps dying."""
        pause, since = FIRST_PAUSE, time.monotonic()
        while True:
            while part.name in self._held or part.process is None or part.process.exit_code() is None:
                await asyncio.sleep(WATCH_EVERY)
            if time.monotonic() - since > SOUND:
                pause = FIRST_PAUSE
            self._say(f"{part.name} ended (exit code {part.process.exit_code()}); it is started again, see {part.log}")
            await asyncio.sleep(pause)
            pause, since = min(pause * 2, LAST_PAUSE), time.monotonic()
            if part.name in self._held:
                continue
            part.process.kill()  # whatever it had started itself
            try:
                await self._launch(part)
                self._say(f"{part.name} is ready again")
            except StackProblem as problem:
                self._say(str(problem))
                part.process.kill()

    async def _keep_guarded(self) -> None:
        """Somebody may kill the guardian: then another one takes over."""
        while True:
            await asyncio.sleep(WATCH_EVERY)
            if not self.guardian.alive():
                self.guardian = Guardian()
                for part in self.parts:
                    if part.process is not None:
                        self.guardian.watch(part.process.id)
                self._changed(self)

    def _part(self, name: str) -> Part:
        for part in self.parts:
            if part.name == name:
                return part
        raise StackProblem(f"No part named {name} runs here; there are {', '.join(part.name for part in self.parts)}.")

    async def hold(self, name: str) -> None:
        """Stop one part and leave it stopped until `release`. Raises StackProblem for an unknown name."""
        part = self._part(name)
        self._held.add(name)
        await part.stop()

    async def release(self, name: str) -> None:
        """Start a held part. Raises StackProblem when it does not come up."""
        part = self._part(name)
        if name in self._held:
            await self._launch(part)
            self._held.discard(name)

    async def stop(self) -> None:
        """End every process, first those that need others; ten seconds' grace each, then SIGKILL."""
        self.state = "stopping"
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._changed(self)
        for dependent in (True, False):
            wave = [step.part for step in self.stack.steps if bool(step.needs) is dependent]
            await asyncio.gather(*(part.stop() for part in wave if part is not None))
        self.guardian.dismiss()
