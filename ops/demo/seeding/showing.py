"""Filling a demonstration for whoever watches: how far it is, who signs in, which codes there are to try."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.demo.seeding.matters import Table, load
from ops.demo.seeding.run import Seeded, seed, seeded_in
from ops.local_stack.addresses import INTAKE_DESK

SIGN_INS: Final = (
    ("S0011", "focal point", "ombuds"),
    ("S0010", "ombudsperson", "ombuds"),
    ("S0067", "external ombudsperson", "ombuds"),
    ("S0014", "welfare officer", "support"),
    ("S0070", "head of the PSEAH unit", "support"),
    ("S0072", "specialist", "support"),
    ("S0005", "oversight: intake officer and investigator", "workflow"),
    ("S0003", "legal officer, also administrative head", "workflow"),
    ("S0004", "administrative head", "workflow"),
    ("S0002", "HR director", "workflow"),
    ("S0001", "head of the organisation", "workflow"),
    ("S0062", "oversight committee", "workflow"),
    ("S0068", "independent reviewer", "workflow"),
    ("S0069", "security officer", "workflow"),
    ("S0073", "keeper of appointments and policy", "workflow"),
    ("S0074", "the second keeper, who approves", "workflow"),
    ("S0075", "data protection officer", "workflow"),
    ("S0024", "a manager whom somebody told", "workflow"),
    ("S0049", "one whom a matter is about", "workflow"),
    ("S0007", "ethics officer", "ethics"),
    ("S0066", "alternate ethics officer", "ethics"),
    ("S0064", "outside investigator", "ethics"),
    ("S0009", "HR officer", "hr_bridge"),
    ("S0015", "auditor", "audit"),
    ("S0020", "registrar", INTAKE_DESK),
    ("S0061", "custodian of identities", INTAKE_DESK),
)
"""Who, as what, at which desk."""
EVERY: Final = 20
"""Where nobody watches a bar: a line each time so many more are done."""


def fill(stack: Mapping[str, Any], state: Path, console: Console) -> bool:
    """Whether every matter of the table stands where it is to stand; what went wrong is printed, a sentence each."""
    table, seeded = load(), Seeded.read(seeded_in(state))
    there = len(seeded.codes)
    if there >= len(table.matters):
        console.print(f"\nFilled before: {there} invented matters are there.")
        return True
    with _counted(console, len(table.matters), there) as tell:
        wrong = asyncio.run(seed(stack, table, seeded, tell))
    for sentence in wrong:
        console.print(f"[red]Not as planned[/red]  {sentence}", soft_wrap=True)
    if wrong:
        console.print("`recourse demo --seed` goes on with those.")
    states, others = reached(table), sum(len(why) for name, why in table.not_reached.items() if name != "office")
    console.print(
        f"{len(seeded.codes)} invented matters are there; {states} states have a case. The other {others} are passed "
        "through at once or reached by time alone (ops/demo/seeding/matters.toml says which and why).",
        soft_wrap=True,
    )
    return not wrong


def reached(table: Table) -> int:
    """In how many states, over all procedures, some matter of the table has a case."""
    return len({(place.partition("#")[0], state) for one in table.matters for place, state in one.states.items()})


def to_try(state: Path) -> list[tuple[str, str]]:
    """Access codes, and what comes with each; none before anything is there."""
    codes = Seeded.read(seeded_in(state)).codes
    return [(codes[name], what) for name, what in load().to_try.items() if codes.get(name)]


@contextmanager
def _counted(console: Console, total: int, there: int) -> Iterator[Callable[[int], None]]:
    """Tells how many are done: by a bar at a terminal, else now and then in a line."""
    console.print(
        f"\nFilling the desks with {total} invented matters, by the portal's and the desks' interfaces", soft_wrap=True
    )
    if not console.is_terminal:
        yield lambda done: console.print(f"   {done} of {total}") if done % EVERY == 0 or done == total else None
        return
    columns = (TextColumn("  "), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=total, completed=there)
        yield lambda done: progress.update(task, completed=done)
