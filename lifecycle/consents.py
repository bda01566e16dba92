"""What the person says at this moment on something that rests on her consent: asked of intake, which signs it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from chassis import service_tokens
from chassis.keys import public_keys
from chassis.service_tokens import TokenRefused
from lifecycle import contents
from lifecycle.contents import INTAKE, IntakeUnreachable
from lifecycle.desk import Desk
from lifecycle.records import CaseRow

_PATH: Final = "/internal/v1/consent-proofs"


@dataclass(frozen=True)
class Proof:
    """Whether she agrees, by which act of hers and since when; `digest` recognises what intake has signed."""

    given: bool
    action_id: UUID | None = None
    at: datetime | None = None
    digest: str = ""


async def proof_of(desk: Desk, row: CaseRow, to: str = "") -> Proof:
    """Her word on this case, `to` one of several things where it rests on more than one consent. Intake has none of a
    report that is not this desk's any more. Raises IntakeUnreachable, also for an answer that intake has not signed for
    this case and this minute.
    """
    asked: dict[str, Any] = {"report_id": str(row.report_id), "lifecycle": row.lifecycle, "number": row.number}
    asked |= {"to": to} if to else {}
    try:
        answer = await contents.ask(desk, "POST", _PATH, asked, asked)
    except contents.NotHandedOut:
        return Proof(given=False)
    try:
        signed = str(answer["proof"])
        token = service_tokens.verify(signed, public_keys(desk.settings), desk.service, datetime.now(UTC))
        said = token.claims
        proof = Proof(
            given=said["given"] is True,
            action_id=UUID(said["action_id"]) if said["action_id"] else None,
            at=datetime.fromisoformat(said["at"]) if said["at"] else None,
            digest=hashlib.sha256(signed.encode()).hexdigest(),
        )
    except (TokenRefused, KeyError, TypeError, ValueError) as error:
        raise IntakeUnreachable(type(error).__name__) from None
    if token.source != INTAKE or {name: said.get(name) for name in asked} != asked:
        raise IntakeUnreachable("of another case")
    return proof
