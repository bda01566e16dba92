"""Where notifications may write to a member of staff; the address contains no name and is asked for at each mail."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request, post
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from chassis.web.calling_service import calling_service
from chassis.web.problems import not_found
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.tables import Person


class MailAddressWanted(msgspec.Struct, forbid_unknown_fields=True):
    staff_id: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class MailAddress(msgspec.Struct):
    address: str


def routes(bridge: Bridge, publics: Mapping[str, Ed25519PublicKey]) -> list[ControllerRouterHandler]:
    @post("/internal/v1/mail-address", status_code=200, summary="For notifications alone: where to write to one person")
    async def mail_address(request: Request[Any, Any, Any], data: JSONBody[MailAddressWanted]) -> MailAddress:
        async with bridge.database.transaction() as session:
            claims = {"staff_id": data.staff_id}
            await calling_service(request, session, publics, allowed={"notifications"}, claims=claims)
            person = await session.get(Person, data.staff_id)
        # Raised after the commit: the token is used up all the same.
        if person is None or not person.active or not person.mail_address:
            raise not_found()
        return MailAddress(person.mail_address)

    return [mail_address]
