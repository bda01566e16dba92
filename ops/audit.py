"""`recourse audit …`: is the record of what everybody did still as it was written?"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ops.local_stack import stack_file
from ops.local_stack.problem import StackProblem
from ops.local_stack.settings import load

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from services.audit.verify import Verification

app = typer.Typer(no_args_is_help=True, help="The record of what everybody did.")


@app.callback()
def audit() -> None:
    """The record of what everybody did."""


@app.command(name="verify")
def verify_command(
    *,
    dsn: Annotated[
        str | None, typer.Option(help="A database, or a copy of one; else that of the running stack.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print data as JSON.")] = False,
) -> None:
    """Read the whole record again. Exit code 1 when it is not as it was written."""
    try:
        found = asyncio.run(_verify(dsn))
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        _print(found)
    if not found.ok:
        raise typer.Exit(1)


async def _verify(dsn: str | None) -> Verification:
    # Here, so that every other command starts without the services' libraries.
    import asyncpg  # noqa: PLC0415

    from services.audit.verify import verify  # noqa: PLC0415

    there = None
    stack = stack_file.read(load().state)
    if dsn is None:
        if stack is None:
            raise StackProblem("The stack is not running: start it with `recourse up`, or name a database with --dsn.")
        secret = json.loads(Path(stack["credentials"]).read_bytes())
        dsn, there = secret["postgres"]["admin_dsn"], await _published(secret["kafka"])
    try:
        return await verify(dsn, _public_key(stack["service_keys"]) if stack else None, published=there)
    except (asyncpg.PostgresError, OSError, ValueError) as error:
        raise StackProblem(
            f"The record cannot be read ({type(error).__name__}): check that the address after --dsn is that of a "
            "database with the schema `audit`, and that its server answers."
        ) from None


async def _published(kafka: dict[str, str]) -> Collection[bytes] | None:
    """For the record that runs: a copy of it may be older than what was published since."""
    from contracts.topics import AUDIT_CHECKPOINTS  # noqa: PLC0415
    from ops.local_stack.kafka import client_options  # noqa: PLC0415
    from services.audit.published import published  # noqa: PLC0415

    found = await published(client_options(kafka), AUDIT_CHECKPOINTS.name)
    if found is None:
        print("Kafka does not answer: nothing was compared with the checkpoints that were published.", file=sys.stderr)
    return found


def _public_key(service_keys: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    text = json.loads(Path(service_keys).read_bytes())["audit"]
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text))


def _print(found: Verification) -> None:
    for finding in found.findings:
        print(finding.sentence)
    for name, state in found.sources.items():
        heard = state.heartbeat_at.isoformat(timespec="seconds") if state.heartbeat_at else "never"
        print(f"{name:<14} {sum(state.arrived.values()):>8} entries, last sign of life {heard}", file=sys.stderr)
    verdict = "all as they were written" if found.ok else f"{len(found.findings)} findings"
    print(f"{found.entries} entries, {found.checkpoints} checkpoints: {verdict}", file=sys.stderr)
