"""`POST /internal/v1/custody`: which of these reports the custodian who is signed in may decide on. Intake knows whom a
report names; lines, declared conflicts and people who were found later are known at the desk alone (invariant 32).

Intake asks, on the custodian's own sign-in. A case whose conflicts are not known yet is open to no custodian.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.calling_service import calling_service
from chassis.web.problems import not_found, sign_in_needed
from lifecycle import exclusions, records
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from policy.model import Role

ASKED_BY: Final = frozenset({"intake"})


class AskCustody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    report_ids: Annotated[list[UUID], msgspec.Meta(max_length=10_000)]


class Custody(msgspec.Struct, kw_only=True):
    """Those of the reports that the custodian is not kept from."""

    report_ids: list[UUID]


def custody_route(desk: Desk, publics: Mapping[str, Ed25519PublicKey]) -> HTTPRouteHandler:
    @post("/internal/v1/custody", status_code=200, include_in_schema=False)
    async def custody(request: Request[Any, Any, Any], data: JSONBody[AskCustody]) -> Custody:
        claims = {"reports": hashlib.sha256(b"".join(one.bytes for one in data.report_ids)).hexdigest()}
        async with desk.database.transaction() as session:
            await calling_service(request, session, publics, allowed=ASKED_BY, claims=claims)
        staff_id = await custodian_of(desk, request)
        async with desk.database.transaction() as session:
            return Custody(
                report_ids=[one for one in data.report_ids if await open_cases(session, desk, one, staff_id)]
            )

    return custody


async def custodian_of(desk: Desk, request: Request[Any, Any, Any]) -> str:
    """The custodian for whom intake asks, by staff id. Raises Problem 401 without a sign-in, 404 for anybody else."""
    if not (token := request.headers.get("x-acting-token", "")):
        raise sign_in_needed()
    staff_id = str(await request.app.state.sign_in.staff_id_of(token))
    if Role.CUSTODIAN not in desk.policy.roles_of(staff_id, datetime.now(UTC)):
        raise not_found()
    return staff_id


async def open_cases(session: AsyncSession, desk: Desk, report_id: UUID, staff_id: str) -> Sequence[CaseRow]:
    """The cases of the report that are not erased; none where the person is kept from any one of them."""
    rows = [row for row in await records.of_report(session, report_id) if row.erased_at is None]
    found = await exclusions.conflicts_with(session, desk.keys.cell, [row.case_id for row in rows], staff_id)
    return [] if any(exclusions.keep_out(found[row.case_id]) for row in rows) else rows
