"""The bridge on a database alone: no broker, no HR system."""

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis import desk_keys
from chassis.database import Database
from chassis.inbox import Event
from chassis.keys import ServiceKeys
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.topics import DESK_KEYS
from policy.load import load
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.settings import HrBridgeSettings
from tests import real_parts


@asynccontextmanager
async def open_bridge(made: real_parts.Database, folder: Path, **changes: Any) -> AsyncIterator[Bridge]:
    """`folder` holds the keys of each service; `changes` are settings."""
    (folder / "webhook.key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    given: dict[str, Any] = {
        "database_dsn": made.dsn("hr_bridge"),
        "kafka_bootstrap": "127.0.0.1:1",
        "temporal_address": "127.0.0.1:1",
        "oidc_issuer": "http://127.0.0.1:1",
        "http_port": 0,
        "keys_dir": folder / "hr_bridge",
        "service_keys": folder / "services.json",
        "tryton_url": "http://127.0.0.1:1/hris",
        "tryton_username": "hr_bridge",
        "tryton_password": "unused",
        "webhook_key_file": folder / "webhook.key",
    }
    settings = HrBridgeSettings(**(given | changes))
    database = Database(settings.database_dsn)
    tryton = Tryton(settings.tryton_url, settings.tryton_username, settings.tryton_password)
    yield Bridge(settings, database, ServiceKeys.load(settings.keys_dir), tryton, load(settings.policy))
    await tryton.close()
    await database.close()


async def ethics_is_known(bridge: Bridge) -> None:
    private = ServiceKeys.load(bridge.settings.keys_dir.parent / "ethics").desk("ethics")
    key = DeskKey(service="ethics", office="ethics", key_id=private.key_id, public_key=private.public)
    async with bridge.database.transaction() as session:
        event = Event(DESK_KEYS, "ethics/ethics", uuid4(), "ethics", 1, datetime.now(UTC), key)
        await desk_keys.remember(session, event)
