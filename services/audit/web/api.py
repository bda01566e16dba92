"""What an auditor may ask: is the record whole?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from chassis import audit_trail
from chassis.database import Database
from chassis.kafka import client_options, full_name
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from contracts.topics import AUDIT_CHECKPOINTS
from policy.model import Policy, Role
from services.audit.published import published
from services.audit.settings import AuditSettings
from services.audit.verify import Verification, verify


@dataclass(eq=False)
class Record:
    """Where the record is kept, and who may read it: whoever is appointed to it at that moment. `public`: of the key
    that signs checkpoints.
    """

    settings: AuditSettings
    database: Database
    policy: Policy
    public: Ed25519PublicKey

    async def read_again(self, read: Callable[[int], None] = lambda _: None) -> Verification:
        """All of it, also against the checkpoints that were published. Raises what `verify` raises."""
        settings = self.settings
        there = await published(client_options(settings), full_name(settings, AUDIT_CHECKPOINTS))
        return await verify(settings.database_dsn, self.public, read, there)


def verification_route(record: Record) -> HTTPRouteHandler:
    """`GET /api/v1/verification`."""

    @get("/api/v1/verification", summary="Read the whole record again and say what is not as it was written")
    async def verification(signed_in: NamedDependency[SignedIn]) -> dict[str, Any]:
        check_role(record.policy, signed_in)
        await note_verification(record.database, signed_in)
        return (await record.read_again()).as_json()

    return verification


def check_role(policy: Policy, signed_in: SignedIn) -> None:
    """Whoever is no auditor finds nothing here."""
    if Role.AUDITOR not in policy.roles_of(signed_in.staff_id, datetime.now(UTC)):
        raise not_found()


async def note_verification(database: Database, signed_in: SignedIn) -> None:
    """That somebody had the record read stands in it too."""
    async with database.transaction() as session:
        await audit_trail.record(session, "verify_record", object_ref="record", actor=signed_in.staff_id)
