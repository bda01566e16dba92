"""The webhook by which the HR system declares its personnel actions: signed, fresh, each taken down once."""

import hashlib
import hmac
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.desk_keys import DeskKeyUnknown
from chassis.web.problems import Problem, invalid, unavailable
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.personnel_actions import Declared, ReferenceReused, record
from services.hr_bridge.tables import Person

TIMESTAMP, NONCE, SIGNATURE = "x-recourse-timestamp", "x-recourse-nonce", "x-recourse-signature"
WINDOW = timedelta(minutes=5)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


_NOTED_A_MINUTE: Final = 20


class Refusals:
    """Which refusals get an entry of their own: anybody may be refused without end, and the trail is kept for ever."""

    def __init__(self) -> None:
        self._minute, self._noted, self._not_noted = 0, 0, 0

    def stands_for(self, now: datetime) -> int:
        """For how many refusals the entry about this one stands; 0 where there is none."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._noted = minute, 0
        self._not_noted += 1
        if self._noted >= _NOTED_A_MINUTE:
            return 0
        self._noted += 1
        count, self._not_noted = self._not_noted, 0
        return count


class _Replayed(Exception):
    """The nonce was used before."""


class PersonnelActionIn(msgspec.Struct, forbid_unknown_fields=True):
    """`reference` is the HR system's own, one for each action; sent again, it changes nothing."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]{2,39}$(?!\n)")]
    staff_id: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    effective_on: date
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Recorded(msgspec.Struct):
    recorded: bool = True


def signature(key: bytes, timestamp: str, nonce: str, body: bytes) -> str:
    """What the HR system sends as X-Recourse-Signature: hexadecimal HMAC-SHA256 over `timestamp.nonce.body`."""
    return hmac.new(key, f"{timestamp}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()


def routes(bridge: Bridge) -> list[ControllerRouterHandler]:
    key = bridge.settings.webhook_key()
    refusals = Refusals()

    async def note_refusal(code: str) -> None:
        if count := refusals.stands_for(datetime.now(UTC)):
            async with bridge.database.transaction() as session:
                facts: dict[str, str | int] = {"code": code, "count": count}
                await audit_trail.record(
                    session, "personnel_action_refused", object_ref="personnel-actions", actor=None, facts=facts
                )

    async def signed_by_hr(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """
        Before anything of the body is read: whoever has not signed it learns nothing of what would be taken.

        Raises Problem 401.
        """
        request: Request[Any, Any, Any] = connection  # type: ignore[assignment]
        now = datetime.now(UTC)
        timestamp, nonce, given = (request.headers.get(name, "") for name in (TIMESTAMP, NONCE, SIGNATURE))
        fresh = _TIMESTAMP.fullmatch(timestamp) and abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()
        made = signature(key, timestamp, nonce, await request.body())
        if not fresh or not _NONCE.fullmatch(nonce) or not hmac.compare_digest(made.encode(), given.encode()):
            await note_refusal("signature_refused")
            raise Problem(
                401,
                "signature_refused",
                "Sign the body with the key you were given, at most five minutes ago: see the description of this "
                "address at /schema/openapi.json.",
                headers={"WWW-Authenticate": 'Recourse-Signature realm="recourse"'},
            )

    @post(
        "/api/v1/personnel-actions",
        status_code=202,
        guards=[signed_by_hr],
        summary="Declare a personnel action",
        description=(
            "Headers: `X-Recourse-Timestamp` (seconds since 1970), `X-Recourse-Nonce` (16 to 64 URL-safe characters, "
            "fresh each time), `X-Recourse-Signature` (hexadecimal HMAC-SHA256, with the shared key, over timestamp, "
            "a full stop, nonce, a full stop, and the body as sent)."
        ),
    )
    async def declare(request: Request[Any, Any, Any], data: JSONBody[PersonnelActionIn]) -> Recorded:
        declared = Declared(data.kind, data.staff_id, data.effective_on, data.reference)
        try:
            async with bridge.database.transaction() as session:
                # Used up with what it brought: a request that came to nothing can be sent again as it was.
                await _use_up(session, request.headers[NONCE], datetime.now(UTC))
                if await session.get(Person, data.staff_id) is None:
                    raise invalid(
                        "staff_id",
                        "The directory does not know this staff id (it is read from the HR system every minute or so). "
                        "Check it, or send the action again later.",
                        status=422,
                    )
                await record(session, bridge, declared, datetime.now(UTC))
        except _Replayed:
            await note_refusal("replayed")
            raise Problem(
                409, "replayed", "This request was received before. Send a new one with a fresh nonce."
            ) from None
        except ReferenceReused:
            raise invalid(
                "reference", "This reference stands for another action. Give each action its own.", status=422
            ) from None
        except DeskKeyUnknown:
            raise unavailable("The receiving office is not ready yet. Send the action again in a moment.") from None
        return Recorded()

    return [declare]


async def _use_up(session: AsyncSession, nonce: str, now: datetime) -> None:
    """Raises _Replayed when it was used within the time in which its signature could be sent again."""
    await session.execute(text("delete from webhook_nonces where seen_at < :before"), {"before": now - 3 * WINDOW})
    added = await session.scalar(
        text("""
            insert into webhook_nonces (digest, seen_at) values (:digest, :now)
            on conflict (digest) do nothing returning true
        """),
        params={"digest": hashlib.sha256(nonce.encode()).digest(), "now": now},
    )
    if not added:
        raise _Replayed
