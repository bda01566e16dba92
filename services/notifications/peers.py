"""Asks the other services what a mail needs: who is meant, and where they read their mail. Neither is kept."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import service_tokens

_SECONDS: Final = 10.0
_DIRECTORY: Final = "hr_bridge"
_INTAKE: Final = "intake"


class Unknown(Exception):
    """The service that was asked knows nobody to tell."""


class NotAnswered(Exception):
    """The service that was asked gave no answer that can be used; it may later. The message says why in one word."""


@dataclass(frozen=True)
class Meant:
    """`item`: by which a desk's notices about one case are counted as one; None for what is over. `before`: when it
    needs somebody.
    """

    staff_id: str
    item: str | None
    before: datetime | None


class Peers:
    """`addresses`: where each service answers. Every question carries a token for that one question."""

    def __init__(self, addresses: Mapping[str, str], service: str, signing: Ed25519PrivateKey) -> None:
        self._addresses, self._service, self._signing = addresses, service, signing
        self._client = httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def recipient(self, source: str, recipient_ref: UUID) -> Meant:
        """Whom `source` means by a reference, and what has become of the item. Raises Unknown, NotAnswered."""
        answer = await self._ask(source, "/internal/v1/recipient", {"recipient_ref": str(recipient_ref)})
        staff_id = _text(answer, "staff_id")
        try:
            before = answer.get("before")
            return Meant(staff_id, answer.get("item"), datetime.fromisoformat(before) if before else None)
        except (ValueError, TypeError):
            raise NotAnswered("peer_not_understood") from None

    async def wish(self, recipient_ref: UUID) -> tuple[UUID, bytes]:
        """What the person chose who is meant by intake's reference: its id, and sealed to us where to write. Raises
        Unknown, also once she has taken it back, and NotAnswered.
        """
        answer = await self._ask(_INTAKE, "/internal/v1/delivery", {"recipient_ref": str(recipient_ref)})
        try:
            return UUID(answer["wish_id"]), base64.b64decode(answer["sealed_b64"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise NotAnswered("peer_not_understood") from None

    async def mail_address(self, staff_id: str) -> str:
        """Raises NotAnswered, also for somebody HR does not know: the directory may not be read in yet."""
        try:
            return _text(await self._ask(_DIRECTORY, "/internal/v1/mail-address", {"staff_id": staff_id}), "address")
        except Unknown:
            raise NotAnswered("address_unknown") from None

    async def _ask(self, service: str, path: str, question: Mapping[str, str]) -> Any:
        if service not in self._addresses:
            raise NotAnswered("peer_not_configured")
        token = service_tokens.mint(self._signing, self._service, service, question, datetime.now(UTC))
        try:
            answer = await self._client.post(
                self._addresses[service].rstrip("/") + path,
                json=dict(question),
                headers={"Authorization": f"Service {token}"},
            )
        except httpx.HTTPError:
            raise NotAnswered("peer_unreachable") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Unknown
        if answer.status_code != httpx.codes.OK:
            raise NotAnswered("peer_refused")
        try:
            return answer.json()
        except ValueError:
            raise NotAnswered("peer_not_understood") from None


def _text(answer: Any, wanted: str) -> str:
    found = answer.get(wanted) if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise NotAnswered("peer_not_understood")
    return found
