"""Lodging a report: the list of routes is committed first, then the wraps in the key store, then the report with its
news. A crash between them leaves an orphan that a sweep removes, and the same request sent again ends what was begun.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, failpoints
from chassis.access_code import AccessCode
from chassis.desk_keys import DeskPublicKey, desk_key
from chassis.sealing import tag
from services.intake.bodies import LodgeReport
from services.intake.domain.codes import NAMED_AT
from services.intake.files.kept import File, FileKeys
from services.intake.intake import Intake, audit_actor, audit_object
from services.intake.items import SealedItem, add_items, seal_identity, seal_item
from services.intake.parties import NOBODY, Parties, keep_out
from services.intake.route_list import RouteList, add_route, begin_list, routes_of
from services.intake.routing import desk_of
from services.intake.tables import Consent, Direction, ItemKind, Report, UnsettledLodging
from services.intake.use_cases import protect
from services.intake.use_cases.announce import announce
from services.intake.use_cases.end_draft import end_draft
from services.intake.use_cases.hold_file import Draft, Held
from services.intake.use_cases.protect import ETHICS_CONTACT

HOW_IT_CAME: Final = "how_it_came"
"""Sealed with what was told: no row says where a report came from."""
_ATTEMPTS: Final = 3


class IdempotencyKeyReused(Exception):
    """The key came before with another request."""


class _LodgedMeanwhile(Exception):
    """Undoes a first commit."""


class StillBeingAnswered(Exception):
    """The same request is in hand elsewhere and did not come to its end meanwhile; nothing was done twice."""


@dataclass(frozen=True)
class Entry:
    """By whom of the registry it is entered, when it was first received, and a sentence on how it came. The first
    receipt is the day on which it was reported: every clock runs from there.
    """

    staff_id: str
    received_at: datetime
    how: str


@dataclass(frozen=True)
class Request:
    """What a request to lodge is known by. All of it is derived from its random key: nothing else needs keeping.
    `entry`: where it is somebody else who enters it, and hands the code over.
    """

    report_id: UUID
    code: AccessCode
    new_code: bool
    request_digest: bytes
    body_digest: bytes
    entry: Entry | None = None

    @classmethod
    def of(
        cls,
        intake: Intake,
        key: str,
        draft: LodgeReport,
        code: AccessCode | None,
        entry: Entry | None = None,
        held: Sequence[Held] = (),
    ) -> "Request":
        """`code` is that of a person who comes back; without one the request makes a new code. `held`: the files of
        the draft; with another file it is another request.
        """
        secret, pepper = intake.keys.secret("code"), intake.keys.secret("pepper")
        giver = code.lookup_digest(pepper) if code else b""
        return cls(
            report_id=_report_id(intake, key),
            code=code or AccessCode.from_idempotency(secret, key),
            new_code=code is None,
            request_digest=tag(pepper, "request", key, giver),
            # Keyed with the request's own key: who has the row and not the key cannot try words against it.
            body_digest=tag(
                key.encode(), "body", msgspec.json.encode(draft), giver, *(one.file_id.bytes for one in held)
            ),
            entry=entry,
        )


@dataclass(frozen=True)
class Carried:
    """What she ticked of her earlier routes, opened in memory: answers (name and text), perhaps parties; and files, of
    those routes or of the draft, which are read when they are written.
    """

    answers: Sequence[Mapping[str, str]] = ()
    parties: Parties = NOBODY
    files: Sequence[File] = ()


@dataclass(frozen=True)
class Receipt:
    """`access_code` is None when the route was added to a code that the person has already."""

    access_code: AccessCode | None
    next_date: datetime | None


async def lodge_report(
    intake: Intake,
    draft: LodgeReport,
    key: str,
    now: datetime,
    entry: Entry | None = None,
    held: Sequence[Held] = (),
    sent_in: Draft | None = None,
) -> Receipt:
    """Lodge the first report of a new access code; the same `key` with the same draft and files gets the same answer.
    `sent_in`: where its draft lies: the session alone keeps the code until it was shown, and a place that was kept
    ends with the report that it becomes.

    Raises IdempotencyKeyReused, StillBeingAnswered, and DeskKeyUnknown while the desk has not told its key; with files
    TooManyAtOnce, and SealNotOpened where one is gone; LeftMeanwhile where that session is, PlaceEnded where the place.
    """
    how = [{"name": HOW_IT_CAME, "text": entry.how}] if entry else []
    carried = Carried(how, files=[one.file(intake.database) for one in held])
    async with intake.receiving.carrying() if held else nullcontext():
        return await lodge(intake, Request.of(intake, key, draft, None, entry, held), draft, carried, now, sent_in)


async def answered(intake: Intake, request: Request) -> Receipt | None:
    """The answer that this request got before. Raises IdempotencyKeyReused for another body or another code."""
    async with intake.database.transaction() as session:
        report = await session.get(Report, request.report_id)
    if report is None:
        return None
    if not hmac.compare_digest(report.body_digest, request.body_digest):
        raise IdempotencyKeyReused
    return _receipt(request, report)


async def what_stands(intake: Intake, key: str, code: AccessCode | None) -> tuple[str, Receipt]:
    """The way and the receipt of what was lodged with this key, after IdempotencyKeyReused: whatever its words were.
    Without the code that opens it, the receipt has the code that the key made.
    """
    made = AccessCode.from_idempotency(intake.keys.secret("code"), key)
    report_id = _report_id(intake, key)
    async with intake.database.transaction() as session:
        report = await session.get_one(Report, report_id)
        hers = code is not None and report_id in await routes_of(session, intake, code)
    return report.lifecycle, Receipt(None if hers else made, report.next_date)


async def lodge(
    intake: Intake,
    request: Request,
    draft: LodgeReport,
    carried: Carried,
    now: datetime,
    sent_in: Draft | None = None,
) -> Receipt:
    """Seal, then commit to the list, the key store and the reports, in this order. Raises as `lodge_report`."""
    parties = Parties.named_in(draft).joined_with(carried.parties)
    entry = request.entry
    for _ in range(_ATTEMPTS):
        if before := await answered(intake, request):
            return before
        route = intake.policy.routes[draft.route]
        async with intake.database.transaction() as session:
            at = await desk_of(session, intake, draft.route, parties, now)
            desk = await desk_key(session, at.service, at.key)
        report = _report(intake, request, draft, desk, entry.received_at if entry else now)
        files = [(FileKeys.of(report, desk), file) for file in carried.files]
        items = _seal(report, draft, carried, parties, desk)
        who = protect.whoever_writes(parties, draft.route, draft.choices)
        if named := known_to_custodian(draft, parties, report.service):
            items.append(seal_identity(report.report_id, named, intake.keys.desk("custodian").public))
        items += [item for number, (keys, file) in enumerate(files, 1) for item in keys.items(file, number)]
        if not await _list_route(intake, request, now):
            continue
        await intake.keystore.put_wraps([wrap for item in items for wrap in item.wraps], ahead=True)
        async with intake.database.transaction() as session:
            ours = await _settle(session, request)
            if ours:
                await _store(session, intake, report, items, parties, draft, now)
                for keys, file in files:
                    await keys.write(session, file)
                await announce(session, report, items, desk, at.name, draft.choices)
                if route.protects and draft.watch_for_retaliation and who:
                    agreed = draft.consents.ethics_contact
                    await protect.start(session, intake, report, who, parties, contact=agreed, now=now)
                by = audit_actor(report, entry.staff_id) if entry else None
                act = "report_entered" if entry else "report_lodged"
                await audit_trail.record(session, act, object_ref=audit_object(report), actor=by)
                if sent_in:
                    await end_draft(session, sent_in, new_code=request.new_code)
                failpoints.hit("intake.before_commit")
        if ours:
            failpoints.hit("intake.after_commit")
            return _receipt(request, report)
        # The same request was faster elsewhere, or a sweep was: nothing will ever refer to these wraps.
        item_ids = [item.item_id for item in items]
        await intake.keystore.settle(item_ids, orphans=item_ids)
    raise StillBeingAnswered


def known_to_custodian(draft: LodgeReport, parties: Parties, service: str) -> str | None:
    """Who reports, where the custodian may give another code for it: a person who gave her number, in confidence, on a
    route of the organisation's side (invariants 8, 28, 30).
    """
    if draft.mode != "confidential" or service not in NAMED_AT:
        return None
    return protect.whoever_writes(parties, draft.route, draft.choices)


def _report_id(intake: Intake, key: str) -> UUID:
    digest = hmac.digest(intake.keys.secret("code"), b"report id|" + key.encode(), hashlib.sha256)
    return UUID(bytes=digest[:16], version=4)


def _receipt(request: Request, report: Report) -> Receipt:
    return Receipt(request.code if request.new_code else None, report.next_date)


def _report(intake: Intake, request: Request, draft: LodgeReport, desk: DeskPublicKey, now: datetime) -> Report:
    return Report(
        report_id=request.report_id,
        lifecycle=draft.route,
        service=desk.service,
        office=desk.office,
        mode=draft.mode,
        language=draft.language,
        lodged_at=now,
        next_date=intake.first_date(draft.route, now),
        route_public_key=request.code.route_key(request.report_id).public,
        body_digest=request.body_digest,
        opened_at=None,
        erased_at=None,
    )


def _seal(
    report: Report, draft: LodgeReport, carried: Carried, parties: Parties, desk: DeskPublicKey
) -> list[SealedItem]:
    assert report.route_public_key is not None
    own = ({"name": name, "text": text} for name, text in draft.answers.given().items())
    contents = [(ItemKind.ANSWERS, dict(answer)) for answer in (*own, *carried.answers)]
    if parties != NOBODY:
        contents.append((ItemKind.PARTIES, parties.content()))
    return [seal_item(report.report_id, kind, what, desk, report.route_public_key) for kind, what in contents]


async def _list_route(intake: Intake, request: Request, now: datetime) -> bool:
    """First commit; False, and nothing written, when the request was lodged meanwhile. The list says nothing of time;
    the row that does goes with the last commit or the sweep.
    """
    with suppress(_LodgedMeanwhile):
        async with intake.database.transaction() as session:
            await _begin(session, intake, request, now)
            # Asked after the row is in: while such a row stands, the report does not, and a sweep may take the code.
            if await session.get(Report, request.report_id):
                raise _LodgedMeanwhile
        return True
    return False


async def _begin(session: AsyncSession, intake: Intake, request: Request, now: datetime) -> None:
    digest = request.code.lookup_digest(intake.keys.secret("pepper"))
    hers = col(UnsettledLodging.request_digest)
    began = insert(UnsettledLodging).values(request_digest=request.request_digest, lookup_digest=None, started_at=now)
    # A row of an earlier attempt is locked by it: no sweep comes in between.
    await session.execute(
        began.on_conflict_do_update(index_elements=[hers], set_={hers: began.excluded.request_digest})
    )
    # A code that a reminder made with the same key is not this lodging's to be swept.
    first = RouteList(handed_over=request.entry is not None)
    if request.new_code and await begin_list(session, intake, request.code, first):
        swept = update(UnsettledLodging).where(hers == request.request_digest).values(lookup_digest=digest)
        await session.execute(swept)
    await add_route(session, intake, request.code, request.report_id)


async def _settle(session: AsyncSession, request: Request) -> bool:
    """Whether this attempt is the one that ends the lodging: of several at a time, the one that takes the row."""
    digest = col(UnsettledLodging.request_digest)
    row = delete(UnsettledLodging).where(digest == request.request_digest)
    return (await session.execute(row.returning(digest))).first() is not None


async def _store(
    session: AsyncSession,
    intake: Intake,
    report: Report,
    items: Sequence[SealedItem],
    parties: Parties,
    draft: LodgeReport,
    now: datetime,
) -> None:
    session.add(report)
    await session.flush()
    await add_items(session, report.report_id, items, now, Direction.PERSON)
    await keep_out(session, intake, report.report_id, parties)
    session.add(
        Consent(
            report_id=report.report_id, consent=ETHICS_CONTACT, version=1, given=draft.consents.ethics_contact, at=now
        )
    )
