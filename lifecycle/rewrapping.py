"""`POST /internal/v1/rewraps`: a named reporter has lost her code, and the custodian gives another (invariant 8). Only
whoever can open what was sealed to her can wrap it to a new code: the desk.

Intake asks, on the custodian's own sign-in: neither alone has anything wrapped. Keys are opened in memory, contents
never are, and an anonymous reporter's key is never wrapped to anything.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from chassis import audit_trail
from chassis.sealing import ROUTE, SealNotOpened, desk_label, key_id, unwrap, wrap, wrap_context
from chassis.web.calling_service import calling_service
from chassis.web.problems import not_found, refused
from lifecycle import naming, reports
from lifecycle.custody import ASKED_BY, custodian_of, open_cases
from lifecycle.desk import Desk
from lifecycle.serial import from_json

RULE: Final = "invariant 8"
Wrapped = Annotated[bytes, msgspec.Meta(min_length=1, max_length=2_048)]


class ItemWrap(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    item_id: UUID
    wrapped_b64: Wrapped


class AskRewraps(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The desk's own wraps of everything on the route; `route_key_b64`: the public key of the code to come."""

    report_id: UUID
    office: str
    route_key_b64: Wrapped
    items: Annotated[list[ItemWrap], msgspec.Meta(max_length=10_000)]


class Rewraps(msgspec.Struct, kw_only=True):
    items: list[ItemWrap]


def rewraps_route(desk: Desk, publics: Mapping[str, Ed25519PublicKey]) -> HTTPRouteHandler:
    @post("/internal/v1/rewraps", status_code=200, include_in_schema=False, request_max_body_size=32 * 1024 * 1024)
    async def rewraps(request: Request[Any, Any, Any], data: JSONBody[AskRewraps]) -> Rewraps:
        claims = {"report_id": str(data.report_id), "office": data.office, "key_id": key_id(data.route_key_b64)}
        async with desk.database.transaction() as session:
            await calling_service(request, session, publics, allowed=ASKED_BY, claims=claims)
        staff_id = await custodian_of(desk, request)
        if data.office not in desk.keys.desks:
            raise not_found()
        await _check(desk, data.report_id, staff_id)
        return Rewraps(items=[_rewrapped(desk, data, item) for item in data.items])

    return rewraps


async def _check(desk: Desk, report_id: UUID, staff_id: str) -> None:
    """Raises Problem 404 where there is nothing or the custodian is kept from it, 409 for an anonymous reporter. What
    is done stands in the trail before anything leaves.
    """
    async with desk.database.transaction() as session:
        rows = await open_cases(session, desk, report_id, staff_id)
        anonymous = any(naming.is_anonymous(from_json(row.data)) for row in rows)
        hidden = not rows or await reports.lodged_as(session, report_id) is None
        if not hidden and not anonymous:
            await audit_trail.record(session, "code.reissued", object_ref=str(report_id), actor=staff_id, rule=RULE)
    if hidden:
        raise not_found()
    if anonymous:
        raise refused("NAMED_REPORTER_NEEDED", RULE, {})


def _rewrapped(desk: Desk, asked: AskRewraps, item: ItemWrap) -> ItemWrap:
    """Raises Problem 404 for a wrap that is not this office's of this report."""
    own = wrap_context(asked.report_id, item.item_id, desk_label(desk.service, asked.office))
    try:
        data_key = unwrap(item.wrapped_b64, desk.keys.desk(asked.office), context=own)
    except SealNotOpened:
        raise not_found() from None
    hers = wrap(data_key, asked.route_key_b64, context=wrap_context(asked.report_id, item.item_id, ROUTE))
    return ItemWrap(item_id=item.item_id, wrapped_b64=hers)
