"""`POST /internal/v1/recipient`: who is meant by a notice's reference, for the notifications service alone."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from chassis.database import Database
from chassis.sealing import DeskPrivateKey
from chassis.web.calling_service import calling_service
from chassis.web.problems import not_found
from lifecycle import notices

_ASKED_BY: Final = frozenset({"notifications"})


class Recipient(msgspec.Struct, forbid_unknown_fields=True):
    recipient_ref: UUID


def recipient_route(
    database: Database, desk_key: DeskPrivateKey, publics: Mapping[str, Ed25519PublicKey]
) -> HTTPRouteHandler:
    """`desk_key` is the one that `notices.add_notice` sealed to."""

    @post("/internal/v1/recipient", status_code=200, include_in_schema=False)
    async def recipient(request: Request[Any, Any, Any], data: JSONBody[Recipient]) -> dict[str, str | None]:
        async with database.transaction() as session:
            claims = {"recipient_ref": str(data.recipient_ref)}
            await calling_service(request, session, publics, allowed=_ASKED_BY, claims=claims)
            meant = await notices.recipient(session, data.recipient_ref, desk_key=desk_key)
        if meant is None:
            raise not_found()
        before = meant.before.isoformat() if meant.before else None
        return {"staff_id": meant.staff_id, "item": meant.item, "before": before}

    return recipient
