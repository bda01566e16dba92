"""What goes on behind a service leaves its failures to the process, which says so and begins it again."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import audit_actors, audit_trail
from chassis.database import Database
from chassis.web import sessions
from services.audit import checkpoints

AWAY = "postgresql://nobody@127.0.0.1:1/nothing"
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TASKS: dict[str, Callable[[Database], Coroutine[Any, Any, None]]] = {
    "heartbeats": lambda database: audit_trail.send_heartbeats(database, 0.01),
    "checkpoints": lambda database: checkpoints.sign_checkpoints(database, SIGNING, 0.01),
    "actors": audit_actors.forget_forever,
    "sessions": sessions.sweep_forever,
}


@pytest.mark.parametrize("task", TASKS)
async def test_a_database_that_is_away_is_told(task: str) -> None:
    with pytest.raises(ConnectionRefusedError):
        await asyncio.wait_for(TASKS[task](Database(AWAY)), 20)
