"""Fills a demonstration with invented matters, a few at a time, and knows which are done when it is asked again."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from ops.demo.clients import StoryError
from ops.demo.parts import Parts
from ops.demo.seeding.acting import Acting, Town
from ops.demo.seeding.matters import Matter, Table
from ops.local_stack.paths import write_private
from ops.local_stack.people import organisation

AT_ONCE: Final = 6
"""Matters under way together: more make a machine of two cores no faster."""


@dataclass
class Seeded:
    """Which matters are done, each with its access code ("" where nobody has one). The people are invented; the file is
    its owner's alone all the same.
    """

    file: Path
    codes: dict[str, str]

    @classmethod
    def read(cls, file: Path) -> "Seeded":
        return cls(file, json.loads(file.read_text()) if file.exists() else {})

    def add(self, name: str, code: str) -> None:
        self.codes[name] = code
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_private(self.file, json.dumps(self.codes, indent=2) + "\n")


def seeded_in(state: Path) -> Path:
    """Where a run's state says what it was filled with."""
    return state / "demo" / "seeded.json"


async def seed(stack: Mapping[str, Any], table: Table, seeded: Seeded, tell: Callable[[int], None]) -> list[str]:
    """Brings every matter of the table where it is to stand that is not there yet, and tells how many are; what went
    wrong, a sentence each. A matter that stopped half-way begins anew the next time.
    """
    lines = {person.staff_id: person.line for person in organisation().people}
    wrong: list[str] = []
    limit = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        rows = await asyncpg.create_pool(stack["postgres"]["admin_dsn"], min_size=1, max_size=AT_ONCE)
        town = Town(http, Parts(stack, http), rows, table.people, lines)

        async def play(chain: Iterable[Matter]) -> None:
            for matter in chain:
                if matter.name in seeded.codes:
                    continue
                acting = Acting(town, matter, seeded.codes.get(matter.after, ""))
                try:
                    async with limit:
                        await acting.play()
                except (StoryError, httpx.HTTPError) as problem:
                    wrong.append(str(problem) or f"{matter.name}: {type(problem).__name__}")
                    return
                seeded.add(matter.name, acting.reporter.access_code)
                tell(len(seeded.codes))

        try:
            await asyncio.gather(*(play(chain) for chain in chains(table.matters)))
        finally:
            await rows.close()
    return wrong


def chains(matters: Iterable[Matter]) -> list[list[Matter]]:
    """Each matter with those that go under its code, one after the other."""
    found: dict[str, list[Matter]] = {}
    for matter in matters:
        if matter.after:
            found[matter.name] = found[matter.after]
        found.setdefault(matter.name, []).append(matter)
    return list({id(chain): chain for chain in found.values()}.values())
