"""What only the person is told of her case: sealed to her route, so that her access code alone opens it."""

import json
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from chassis.sealing import TOLD_BYTES, seal_to, told_context
from lifecycle.model import Case, Fact
from lifecycle.table import Lifecycle
from policy.model import Policy

_ROUTE_KEY: Final = sa.text("select route_public_key from reports where report_id = :report_id")


async def route_key(session: AsyncSession, report_id: UUID) -> bytes | None:
    """The public key whose private half the access code alone gives; None for what did not come from intake."""
    found = await fetch(session, _ROUTE_KEY, {"report_id": report_id})
    return bytes(found[0]["route_public_key"]) if found else None


async def sealed(session: AsyncSession, lifecycle: Lifecycle, case: Case, policy: Policy) -> bytes:
    """Who of the staff deals with her case and what she is to know of it, where the procedure tells her; empty where
    there is nothing to tell.
    """
    told: dict[str, Fact] = {role.value: case.assigned[role] for role in lifecycle.tells if role in case.assigned}
    if lifecycle.explains is not None:
        told |= lifecycle.explains(case, policy)
    key = await route_key(session, case.report_id) if told else None
    if key is None:
        return b""
    context = told_context(case.report_id, case.lifecycle, case.number, case.version)
    return seal_to(key, json.dumps(told).encode(), context=context, size=TOLD_BYTES)
