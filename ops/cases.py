"""`recourse case …`: how a case stands, and whether its workflow knows. Facts of procedure alone, never contents."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from ops.local_stack import stack_file
from ops.local_stack.problem import StackProblem
from ops.local_stack.roles import service_dsn
from ops.local_stack.settings import load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from lifecycle.desk import Desk
    from lifecycle.records import CaseRow

app = typer.Typer(no_args_is_help=True, help="Cases: how they stand, and whether their workflows know.")

DESKS = ("ombuds", "support", "workflow", "ethics")
AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


@app.command()
def show(case_id: UUID, *, as_json: AsJson = False) -> None:
    """How one case stands. Exit code 1 when no desk has it, or its workflow is not there."""
    found = _run(_show(case_id))
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:<12} {', '.join(value) if isinstance(value, list) else '' if value is None else value}")
    if found["workflow"] != "running" and found["erased_at"] is None:
        print("Its workflow does not run: `recourse case reconcile` starts it.", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def explain(case_id: UUID, *, as_json: AsJson = False) -> None:
    """Who did what in a case under which rule, and what was refused. Facts of procedure, never contents."""
    found = _run(_explain(case_id))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for step in found["steps"]:
        who = step["by"] + (f" ({step['role']})" if step["role"] else "")
        said = ", ".join(f"{name} {value}" for name, value in step["facts"].items())
        print(f"{step['version']:>3}  {step['at'][:16]}  {step['action']} · {who}{' · ' if said else ''}{said}")
        if step["rules"]:
            print(f"     under {'; '.join(step['rules'])}")
    for refusal in found["refused"]:
        what = refusal["action"] or "an action"
        print(f"  -  {refusal['at'][:16]}  {what} · {refusal['by']} · refused: {refusal['code']}, {refusal['rule']}")


@app.command()
def replay(
    case_id: UUID,
    as_of: Annotated[str, typer.Option(help="A moment with its zone, like 2026-03-31T12:00Z.")],
    *,
    role: Annotated[
        str | None, typer.Option(help="No more than somebody in this role saw of it, and what they could do.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How a case stood at a moment: what somebody who decided that day could see. Exit code 1 if it was not open."""
    from policy.model import Role  # noqa: PLC0415

    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("Give a moment with its zone, like 2026-03-31T12:00Z.", param_hint="--as-of")
    if role is not None and role not in set(Role):
        raise typer.BadParameter(f"no such role; there are: {', '.join(Role)}.", param_hint="--role")
    found = _run(_replay(case_id, moment, role))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if found["hidden"]:
        print(f"{found['lifecycle']}: nobody saw it as {role}.")
        return
    print(f"{found['lifecycle']}: {found['state']} (version {found['version']})")
    for part, staff_id in found["assigned"].items():
        print(f"  {part}: {staff_id}")
    for name, value in found["facts"].items():
        print(f"  {name}: {value}")
    for clock in found["clocks"]:
        print(f"  {clock['key']}: {clock['standing']}, due {clock['due_at'][:16]}")
    for one in found["texts"]:
        print(f"  {one['action']}: {one['name']}")
    for offer in found["offers"]:
        print(f"  may {offer['action']}" if offer["open"] else f"  may not {offer['action']}: {offer['why_not']}")
    if found["deviations"]:
        print("The table of this procedure has changed since; these steps would not be taken like this today:")
        print(", ".join(f"{one['version']} {one['action']}" for one in found["deviations"]))


@app.command()
def reconcile(
    *,
    service: Annotated[list[str] | None, typer.Option(help=f"{', '.join(DESKS)}; repeatable. Else all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Wake every open case's workflow, and start those that are missing: after the loss of Temporal's store."""
    if unknown := set(service or ()) - set(DESKS):
        raise typer.BadParameter(f"no such desk: {', '.join(sorted(unknown))}. There are: {', '.join(DESKS)}.")
    woken = _run(_reconcile(service or DESKS))
    if as_json:
        print(json.dumps({"woken": woken}))
    print(", ".join(f"{count} of {name}" for name, count in woken.items()) + " woken", file=sys.stderr)


def _run(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    try:
        return asyncio.run(work)
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None


async def _show(case_id: UUID) -> dict[str, Any]:
    # Here, so that every other command starts without the services' libraries.
    from temporalio.service import RPCError, RPCStatusCode  # noqa: PLC0415

    from chassis import temporal  # noqa: PLC0415
    from lifecycle import records  # noqa: PLC0415

    for name in DESKS:
        async with desk_of(name) as desk:
            async with desk.database.transaction() as session:
                row = await records.load(session, case_id)
            if row is None:
                continue
            try:
                client = await temporal.connect(desk.settings, desk.keys)
                described = await client.get_workflow_handle(row.workflow_id).describe()
                workflow = described.status.name.lower() if described.status else "unknown"
            except RPCError as error:
                workflow = "missing" if error.status is RPCStatusCode.NOT_FOUND else "unknown"
            except RuntimeError:
                workflow = "unknown"
            moments = ("next_due_at", "unmet_at", "opened_at", "changed_at", "closed_at", "erased_at")
            return {
                "case_id": str(case_id),
                "service": name,
                "lifecycle": row.lifecycle,
                "number": row.number,
                "state": row.state,
                "version": row.version,
                "policy": f"{row.policy_name}/{row.policy_version}",
                **{one: at.isoformat() if (at := getattr(row, one)) else None for one in moments},
                "errands": list(row.errands),
                "workflow_id": row.workflow_id,
                "workflow": workflow,
            }
    raise StackProblem(f"No desk has a case {case_id}.")


async def _explain(case_id: UUID) -> dict[str, Any]:
    from ops import case_history  # noqa: PLC0415

    async with _found(case_id) as (desk, row):
        return await case_history.explain(desk, row)


async def _replay(case_id: UUID, moment: datetime, role: str | None) -> dict[str, Any]:
    from ops import case_history  # noqa: PLC0415
    from policy.model import Role  # noqa: PLC0415

    async with _found(case_id) as (desk, row):
        found = await case_history.show_as_of(desk, row, moment, Role(role) if role else None)
    if found is None:
        raise StackProblem(f"Case {case_id} was not open at {moment.isoformat()}.")
    return found


@asynccontextmanager
async def _found(case_id: UUID) -> AsyncIterator[tuple[Desk, CaseRow]]:
    """The desk that has the case, and its row. Raises StackProblem."""
    from lifecycle import records  # noqa: PLC0415

    for name in DESKS:
        async with desk_of(name) as desk:
            async with desk.database.transaction() as session:
                row = await records.load(session, case_id)
            if row is not None:
                if row.erased_at is not None:
                    raise StackProblem(f"Case {case_id} is erased: nothing of it is left to tell.")
                yield desk, row
                return
    raise StackProblem(f"No desk has a case {case_id}.")


async def _reconcile(services: list[str] | tuple[str, ...]) -> dict[str, int]:
    from temporalio.service import RPCError  # noqa: PLC0415

    from chassis import temporal  # noqa: PLC0415
    from lifecycle import sweeper  # noqa: PLC0415

    woken = {}
    for name in services:
        async with desk_of(name) as desk:
            try:
                woken[name] = await sweeper.reconcile(desk, await temporal.connect(desk.settings, desk.keys))
            except (RPCError, RuntimeError):
                raise StackProblem(
                    f"Temporal at {desk.settings.temporal_address} does not answer: start it, then reconcile again."
                ) from None
    return woken


@asynccontextmanager
async def desk_of(name: str) -> AsyncIterator[Desk]:
    """The desk of a running stack's service, as that service itself builds it. Raises StackProblem."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from chassis.database import Database  # noqa: PLC0415
    from chassis.keys import KeyFileUnusable, ServiceKeys  # noqa: PLC0415
    from chassis.settings import Settings  # noqa: PLC0415
    from lifecycle import pinned  # noqa: PLC0415
    from lifecycle.desk import PinnedPackMissing  # noqa: PLC0415
    from lifecycle.in_force import InForce  # noqa: PLC0415

    state = load().state
    stack = stack_file.read(state)
    if stack is None:
        raise StackProblem("The stack is not running: start it with `recourse up`.")
    settings = Settings(
        service=name,
        database_dsn=service_dsn(state, "postgres", name),
        keystore_dsn=service_dsn(state, "keystore", name),
        kafka_bootstrap=stack["kafka"]["bootstrap"],
        temporal_address=stack["temporal"]["address"],
        temporal_namespace=stack["temporal"]["namespace"],
        oidc_issuer=stack["oidc"]["issuer"],
        http_port=0,
        keys_dir=Path(stack["keys_dir"]) / name,
        service_keys=Path(stack["service_keys"]),
        policy=stack["policy"],
    )
    try:
        keys = ServiceKeys.load(settings.keys_dir)
    except KeyFileUnusable as problem:
        raise StackProblem(str(problem)) from None
    desk: Desk = import_module(f"services.{name}.desk").build_desk(settings, Database(settings.database_dsn), keys)
    try:
        await InForce(desk).read()
        async with desk.database.transaction() as session:
            await pinned.learn(session, desk)
        yield desk
    except PinnedPackMissing as gone:
        raise StackProblem(gone.detail) from None
    except (SQLAlchemyError, OSError) as error:
        raise StackProblem(f"The database of {name} does not answer ({type(error).__name__}).") from None
    finally:
        await desk.database.close()
        await desk.keystore.close()
