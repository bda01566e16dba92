"""`recourse dead-letters …`: what could not be delivered, and how it is tried again; no contents, no report's id."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from ops.local_stack import stack_file
from ops.local_stack.problem import StackProblem
from ops.local_stack.roles import service_dsn
from ops.local_stack.settings import load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from chassis.database import Database

app = typer.Typer(no_args_is_help=True, help="What could not be delivered: events held, dead, parked or refused.")

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
_STUCK = ("dead", "held", "parked")


@app.command(name="list")
def list_command(*, as_json: AsJson = False) -> None:
    """Every service's letters, oldest first. Dead and parked ones can be released; a held one goes on by itself once
    the event before it has come; a refused record is only noted.
    """
    found = _run(_letters())
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for one in found:
        behind = f", {one['waiting']} behind it" if one["waiting"] else ""
        print(
            f"{one['service']:<14} {one['kind']:<8} {_age(one['since']):>7}  {one['topic']} {one['place']}  "
            f"{one['reason']}{behind}  {one['event_id'] or ''}".rstrip()
        )
    print(f"{len(found)} in all" if found else "nothing is stuck", file=sys.stderr)


@app.command()
def release(service: str, event_id: UUID) -> None:
    """Have a dead letter applied again, or a parked event sent, once what was at fault is mended."""
    _run(_release(service, event_id))
    print("Released. If it is listed again, what was at fault is not mended yet.", file=sys.stderr)


def summary() -> dict[str, dict[str, Any]]:
    """By service that has any: how many are dead, held and parked, and since when the oldest. Raises StackProblem."""
    found: dict[str, dict[str, Any]] = {}
    for one in asyncio.run(_letters()):
        if one["kind"] in _STUCK:
            of_service = found.setdefault(one["service"], {**dict.fromkeys(_STUCK, 0), "oldest": one["since"]})
            of_service[one["kind"]] += 1
    return found


def sentence(service: str, stuck: dict[str, Any]) -> str:
    """One service's part of the summary, with what to do next."""
    counts = ", ".join(f"{stuck[kind]} {kind}" for kind in _STUCK if stuck[kind])
    return f"{service}: {counts}, the oldest for {_age(stuck['oldest'])}: `recourse dead-letters list` shows them."


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None


async def _letters() -> list[dict[str, Any]]:
    # Here, so that every other command starts without the services' libraries.
    from chassis import dead_letters  # noqa: PLC0415

    found = []
    for service in _services():
        async with _database(service) as database, database.transaction() as session:
            for letter in await dead_letters.letters(session):
                event_id = str(letter.event_id) if letter.event_id else None
                told = {"event_id": event_id, "since": letter.since.astimezone(UTC).isoformat()}
                found.append({"service": service, **asdict(letter), **told})
    return sorted(found, key=lambda one: one["since"])


async def _release(service: str, event_id: UUID) -> None:
    from chassis import dead_letters  # noqa: PLC0415

    if service not in (services := _services()):
        raise StackProblem(f"There is no service {service}. There are: {', '.join(services)}.")
    try:
        async with _database(service) as database, database.transaction() as session:
            await dead_letters.release(session, event_id)
    except dead_letters.NoSuchLetter:
        raise StackProblem(
            f"No dead letter or parked event of {service} has this id: `recourse dead-letters list` shows them."
        ) from None


def _services() -> list[str]:
    stack = stack_file.read(load().state)
    if stack is None:
        raise StackProblem("The stack is not running: start it with `recourse up`.")
    return list(stack["services"])


@asynccontextmanager
async def _database(service: str) -> AsyncIterator[Database]:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from chassis.database import Database  # noqa: PLC0415

    database = Database(service_dsn(load().state, "postgres", service))
    try:
        yield database
    except (SQLAlchemyError, OSError) as error:
        raise StackProblem(
            f"The database of {service} does not answer ({type(error).__name__}): `recourse status` shows what runs."
        ) from None
    finally:
        await database.close()


def _age(since: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
