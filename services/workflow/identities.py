"""Who reports, for the one handler of a case who needs it for a purpose of the policy: asked of the custodian, opened
for that handler alone, each look in the trail (policy 1; invariant 2).

For each request there is a key pair of its own, whose private half lies here sealed under the key of the case. It is
destroyed in the transaction in which the handler loses the part or the case is closed: from then on nothing opens what
was sealed to it, whatever intake still has.
"""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.database import fetch
from chassis.inbox import Event, InvalidMessage
from chassis.outbox import add_event
from chassis.sealing import (
    SEED_BYTES,
    DeskPrivateKey,
    Sealed,
    handler_label,
    item_context,
    key_id,
    open_sealed,
    unwrap,
    wrap_context,
)
from chassis.web.problems import not_found, refused, unavailable
from chassis.web.sign_in import SignedIn
from contracts.cases.v1.cases_pb2 import IdentityReleaseEnded
from contracts.intake.v1.reports_pb2 import IdentityAnswered, IdentityAsked
from contracts.topics import WORKFLOW_CASES
from lifecycle import access, at_desk, contents, naming, notices, records
from lifecycle.bodies import case_key, open_under, seal_under
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.decisions import IdentityPurpose
from policy.model import Role
from services.workflow.tables import IdentityRequest

RULE: Final = "invariant 2"
ASKED: Final = "identity.asked"
ANSWERED: Final = "identity.answered"
# Asked whenever somebody loses a part, and nearly always there is none.
_ANY_OF: Final = text("select from identity_requests where case_id = :case_id limit 1")


def purposes_for(desk: Desk, row: CaseRow, staff_id: str) -> Mapping[str, tuple[Role, IdentityPurpose]]:
    """For what this person may ask in this case: as whom, by the part they have in it."""
    if row.closed_at is not None or not at_desk.keeps_reporter(desk, row):
        return {}
    held = access.assigned_to(row, staff_id)
    known = desk.policy_of(row).identity_purposes.items()
    return {key: (next(role for role in one.roles if role in held), one) for key, one in known if held & set(one.roles)}


async def requests_of(desk: Desk, case_id: UUID, staff_id: str) -> Sequence[IdentityRequest]:
    """Theirs in this case, oldest first: what is asked, and what is given and not over."""
    own = select(IdentityRequest).where(col(IdentityRequest.case_id) == case_id)
    own = own.where(col(IdentityRequest.staff_id) == staff_id).order_by(col(IdentityRequest.asked_at))
    async with desk.database.transaction() as session:
        return list(await session.scalars(own))


async def ask(desk: Desk, case_id: UUID, handler: SignedIn, purpose: str) -> None:
    """The same again changes nothing. Raises Problem 404 for who may not see the case, 409 for who has no part in it by
    which the policy lets them ask, where no name was given, and while a no to the same holds; 503 while intake does
    not answer.
    """
    row, _ = await at_desk.show_case(desk, case_id, handler.staff_id)
    _role_for(desk, row, handler.staff_id, purpose)
    if naming.is_anonymous(from_json(row.data)):
        raise refused("NAMED_REPORTER_NEEDED", "invariant 8", {})
    request, private, new = await _begun(desk, row, handler.staff_id, purpose)
    claims = {
        "report_id": str(row.report_id), "request_id": str(request.request_id), "purpose": purpose,
        "role": request.role, "key_id": key_id(private.public),
    }  # fmt: skip
    body = {name: claims[name] for name in ("report_id", "request_id", "purpose", "role")}
    body |= {"lifecycle": row.lifecycle, "public_key_b64": base64.b64encode(private.public).decode()}
    try:
        await contents.ask(desk, "PUT", "/internal/v1/identity-requests", body, claims, handler)
    except contents.NotHandedOut:
        async with desk.database.transaction() as session:
            await _forget(session, request.request_id)
        raise refused("NAMED_REPORTER_NEEDED", "invariant 8", {}) from None
    except contents.Refused:
        async with desk.database.transaction() as session:
            await _forget(session, request.request_id)
        raise refused("REFUSED_LATELY", RULE, {"purpose": purpose}) from None
    except contents.IntakeUnreachable:
        if new:
            # It may have arrived all the same: that it is over clears it there too.
            async with desk.database.transaction() as session:
                await _end(session, row, request)
        raise unavailable() from None


async def look(desk: Desk, case_id: UUID, request_id: UUID, handler: SignedIn) -> tuple[IdentityRequest, str]:
    """The staff id, for the purpose of the request; that it was looked at is in the trail first. Raises Problem 404 for
    what is not theirs, not given, or over; 503 while intake does not answer.
    """
    row, _ = await at_desk.show_case(desk, case_id, handler.staff_id)
    async with desk.database.transaction() as session:
        request = await session.get(IdentityRequest, request_id)
        if request is None or not _is_open(desk, row, request, handler.staff_id):
            raise not_found()
        await _record(session, row, "identity.looked_at", handler.staff_id, request)
    claims = {"report_id": str(row.report_id), "request_id": str(request_id)}
    try:
        item = await contents.ask(desk, "POST", "/internal/v1/identities", claims, claims, handler)
    except contents.NotHandedOut:
        raise not_found() from None
    except contents.IntakeUnreachable:
        raise unavailable() from None
    # The part may be lost, or the case closed, while intake answers: then nothing is opened.
    row, _ = await at_desk.show_case(desk, case_id, handler.staff_id)
    async with desk.database.transaction() as session:
        still = await session.get(IdentityRequest, request_id)
    if still is None or not _is_open(desk, row, still, handler.staff_id):
        raise not_found()
    return still, await _opened(desk, row, still, item)


async def end(desk: Desk, case_id: UUID, request_id: UUID, handler: SignedIn) -> None:
    """They need it no longer, or do not ask any more. Raises Problem 404 for what is not theirs."""
    row, _ = await at_desk.show_case(desk, case_id, handler.staff_id)
    async with desk.database.transaction() as session:
        request = await session.get(IdentityRequest, request_id, with_for_update=True)
        if request is None or (request.case_id, request.staff_id) != (case_id, handler.staff_id):
            raise not_found()
        await _end(session, row, request)


async def end_lost(session: AsyncSession, row: CaseRow) -> None:
    """What nobody may have any more, as the case is now: by a part that went to somebody else, or because the case is
    closed.
    """
    if not await fetch(session, _ANY_OF, {"case_id": row.case_id}):
        return
    assigned = from_json(row.data).assigned
    of_case = select(IdentityRequest).where(col(IdentityRequest.case_id) == row.case_id).with_for_update()
    for request in list(await session.scalars(of_case)):
        if row.closed_at is not None or assigned.get(Role(request.role)) != request.staff_id:
            await _end(session, row, request)


async def forget(session: AsyncSession, case_id: UUID) -> None:
    """With a case that is erased: what opens an identity went with the key of the case."""
    await session.execute(delete(IdentityRequest).where(col(IdentityRequest.case_id) == case_id))


async def note_asked(session: AsyncSession, event: Event, *, desk: Desk) -> None:
    """Intake has the request: whoever keeps identities hears that there is one. Of one that is over, nobody does."""
    message = event.message
    assert isinstance(message, IdentityAsked)  # this handler's only message
    request, row = await _meant(session, message)
    if request is not None and row is not None:
        await notices.tell_role(session, desk, row, Role.CUSTODIAN, ASKED, datetime.now(UTC))


async def note_answered(session: AsyncSession, event: Event, *, desk: Desk) -> None:
    """The custodian's answer, or that it is over: who has asked hears that there is something to see."""
    message = event.message
    assert isinstance(message, IdentityAnswered)  # this handler's only message
    request, row = await _meant(session, message)
    if request is None or row is None:
        return
    if message.HasField("until"):
        request.until = message.until.ToDatetime(tzinfo=UTC)
    else:
        await session.delete(request)
    await notices.add(session, desk, row, request.staff_id, ANSWERED)


async def _meant(
    session: AsyncSession, message: IdentityAsked | IdentityAnswered
) -> tuple[IdentityRequest | None, CaseRow | None]:
    """The request, locked, and its case; none for one that is over, or not of that report. Raises InvalidMessage."""
    try:
        request_id = UUID(message.request_id)
    except ValueError:
        raise InvalidMessage("id_unreadable") from None
    request = await session.get(IdentityRequest, request_id, with_for_update=True)
    row = await records.load(session, request.case_id) if request else None
    if row is None or str(row.report_id) != message.report_id:
        return None, None
    return request, row


def _role_for(desk: Desk, row: CaseRow, staff_id: str, purpose: str) -> Role:
    known = purposes_for(desk, row, staff_id)
    if purpose not in known:
        raise refused("NO_PART_IN_IT", RULE, {"purpose": purpose})
    return known[purpose][0]


def _is_open(desk: Desk, row: CaseRow, request: IdentityRequest, staff_id: str) -> bool:
    theirs = (request.case_id, request.staff_id) == (row.case_id, staff_id)
    given = request.until is not None and request.until > datetime.now(UTC)
    return theirs and given and request.purpose in purposes_for(desk, row, staff_id)


async def _begun(
    desk: Desk, seen: CaseRow, staff_id: str, purpose: str
) -> tuple[IdentityRequest, DeskPrivateKey, bool]:
    """The request, made once for each purpose, its key pair, and whether it was made now. By the case as it is under
    its lock: whoever loses the part after this, loses the request with it.
    """
    async with desk.database.transaction() as session:
        row = await records.lock(session, seen.case_id)
        if row is None:
            raise not_found()
        role = _role_for(desk, row, staff_id, purpose)
        request_id, seed = UUID(bytes=os.urandom(16), version=4), os.urandom(SEED_BYTES)
        key = await case_key(desk, row)
        ciphertext, wrapped = seal_under(key, seed, item_id=request_id, context=_context(row.case_id))
        made = insert(IdentityRequest).values(
            request_id=request_id,
            case_id=row.case_id,
            staff_id=staff_id,
            role=role.value,
            purpose=purpose,
            ciphertext=ciphertext,
            wrapped=wrapped,
            asked_at=datetime.now(UTC),
        )
        new = await session.scalar(made.on_conflict_do_nothing().returning(col(IdentityRequest.request_id)))
        theirs = col(IdentityRequest.case_id) == row.case_id, col(IdentityRequest.staff_id) == staff_id
        asked = select(IdentityRequest).where(*theirs, col(IdentityRequest.purpose) == purpose)
        request: IdentityRequest = (await session.scalars(asked)).one()
        if new is not None:
            await _record(session, row, "identity.asked", staff_id, request)
    return request, await _private(desk, row, request), new is not None


async def _private(desk: Desk, row: CaseRow, request: IdentityRequest) -> DeskPrivateKey:
    key, context = await case_key(desk, row), _context(row.case_id)
    seed = open_under(key, request.ciphertext, request.wrapped, item_id=request.request_id, context=context)
    return DeskPrivateKey.from_seed(seed)


async def _opened(desk: Desk, row: CaseRow, request: IdentityRequest, item: Mapping[str, Any]) -> str:
    item_id = UUID(item["item_id"])
    context = wrap_context(row.report_id, item_id, handler_label(request.request_id))
    data_key = unwrap(base64.b64decode(item["wrapped_b64"]), await _private(desk, row, request), context=context)
    sealed = Sealed(item_id, base64.b64decode(item["ciphertext_b64"]))
    return str(json.loads(open_sealed(sealed, data_key, context=item_context(row.report_id)))["staff_id"])


async def _end(session: AsyncSession, row: CaseRow, request: IdentityRequest) -> None:
    await _forget(session, request.request_id)
    told = IdentityReleaseEnded(report_id=str(row.report_id), request_id=str(request.request_id))
    await add_event(session, WORKFLOW_CASES, str(row.report_id), told)
    await _record(session, row, "identity.ended", None, request)


async def _forget(session: AsyncSession, request_id: UUID) -> None:
    await session.execute(delete(IdentityRequest).where(col(IdentityRequest.request_id) == request_id))


async def _record(session: AsyncSession, row: CaseRow, act: str, actor: str | None, request: IdentityRequest) -> None:
    facts = {"purpose": request.purpose, "role": request.role}
    await audit_trail.record(session, act, object_ref=str(row.case_id), actor=actor, rule=RULE, facts=facts)


def _context(case_id: UUID) -> str:
    return f"identity|{case_id}"
