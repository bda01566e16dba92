"""Another code for a named reporter who has lost hers: the custodian's alone, one route at a time (invariant 8).

Intake cannot open what was sealed to the lost code. The desk that has the report wraps its keys to the new one, on the
custodian's own sign-in; the lost code opens that route no more, and tells its holder so. The new code has been seen by
the custodian: it is replaced at its first use, as any code that is handed over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.keystore import Wrap
from chassis.sealing import ROUTE, desk_label, is_for, key_id, unwrap, wrap_context
from chassis.web.sign_in import SignedIn
from services.intake.asked_desks import DeskUnreachable, ask_desk, open_to_custodian
from services.intake.domain.codes import ABOUT, NAMED_AT, meant
from services.intake.intake import Intake, NothingHere, audit_object, lock_report, utc_now
from services.intake.items import CUSTODIAN, content_of, items_of
from services.intake.route_list import RouteList, begin_list, list_of
from services.intake.tables import Item, ItemKind, Passing, Report, RouteCase
from services.intake.use_cases.choose_mails import take_mails_back
from services.intake.use_cases.lodge_report import IdempotencyKeyReused
from services.intake.use_cases.replace_code import tell_desks

RULE: Final = "invariant 8"
MOST: Final = 12
"""Searches of one custodian within `WITHIN`: who has lost a code is looked for by name, and a list of names is not."""
WITHIN: Final = timedelta(days=1)
_SEARCHED, _REFUSED, _IDENTITIES = "identity_searched", "identity_search_refused", "identities"
_ATTEMPTS: Final = 3
# By what stands in the trail. One at a time, so that a search that is under way counts.
_ONE_AT_A_TIME: Final = text("select pg_advisory_xact_lock(hashtext('recourse search ' || current_schema()))")
_LATELY: Final = text("""
    select count(*) from audit_trail join audit_actors using (shard, number),
        lateral (select convert_from(entry_json, 'UTF8')::jsonb as said) entry
    where audit_trail.object_ref = :identities and actor = :actor
        and said ->> 'act' = :searched and cast(said ->> 'at' as timestamptz) > :since
""")


class TooManySearches(Exception):
    """The custodian has looked for as many as may be looked for in a day."""


@dataclass(frozen=True)
class Lost:
    """Whose code, of which way, and the day on which it was sent as she remembers it."""

    staff_id: str
    way: str
    day: date


async def find_report(intake: Intake, peers: Mapping[str, str], lost: Lost, acting: SignedIn) -> UUID:
    """The report that is meant. Raises SeveralMatch, and NothingHere alike for none, for an anonymous one, for one of
    the person's side, and for one that the custodian is kept from, by intake or by the desk. Raises DeskUnreachable,
    and TooManySearches. Each search stands in the trail, without a person, and each that is refused.
    """
    await _note_search(intake, lost, acting)
    first, last = lost.day - ABOUT, lost.day + ABOUT
    asked = select(Item, Report).join(Report, col(Report.report_id) == col(Item.report_id))
    asked = asked.where(
        col(Item.kind) == ItemKind.IDENTITY,
        col(Report.lifecycle) == lost.way,
        col(Report.mode) == "confidential",
        col(Report.service).in_(NAMED_AT),
        col(Report.erased_at).is_(None),
        col(Report.lodged_at).between(datetime.combine(first, time(), UTC), datetime.combine(last, time.max, UTC)),
    )
    async with intake.database.transaction() as session:
        found = [(item, report) for item, report in (await session.execute(asked)).all()]
        own = [
            (item, report)
            for item, report in found
            if not await intake.excludes(session, report.report_id, acting.staff_id)
        ]
    clear = await _clear(intake, peers, acting, [report for _, report in own], {report.service for _, report in found})
    open_to = [(item, report) for item, report in own if report.report_id in clear]
    wraps = await intake.keystore.wraps_of([item.item_id for item, _ in open_to], CUSTODIAN)
    hers = {
        report.report_id: report.lodged_at.date()
        for item, report in open_to
        if item.item_id in wraps and _names(intake, item, wraps[item.item_id], lost.staff_id)
    }
    report_id = meant(hers, lost.day)
    if report_id is None:
        raise NothingHere
    return report_id


async def _note_search(intake: Intake, lost: Lost, acting: SignedIn) -> None:
    async with intake.database.transaction() as session:
        await session.execute(_ONE_AT_A_TIME)
        of_custodian = {"identities": _IDENTITIES, "actor": acting.staff_id, "searched": _SEARCHED}
        lately = await session.scalar(_LATELY, params={**of_custodian, "since": utc_now() - WITHIN})
        full = (lately or 0) >= MOST
        await audit_trail.record(
            session,
            _REFUSED if full else _SEARCHED,
            object_ref=_IDENTITIES,
            actor=acting.staff_id,
            rule=RULE if full else None,
            facts={"way": lost.way},
        )
    # Only now: that it was refused stays in the trail.
    if full:
        raise TooManySearches


async def _clear(
    intake: Intake, peers: Mapping[str, str], acting: SignedIn, reports: Sequence[Report], services: Collection[str]
) -> frozenset[UUID]:
    """Those that their desk does not keep the custodian from. Every report of those days is asked for, whoever wrote
    it: that a desk is silent must not tell that there is one of this person. Raises DeskUnreachable.
    """
    clear = frozenset[UUID]()
    for service in sorted(services):
        asked = [report.report_id for report in reports if report.service == service]
        try:
            clear |= await open_to_custodian(intake, peers, acting, service, asked)
        except NothingHere:
            continue
    return clear


def _names(intake: Intake, item: Item, wrapped: bytes, staff_id: str) -> bool:
    context = wrap_context(item.report_id, item.item_id, CUSTODIAN)
    data_key = unwrap(wrapped, intake.keys.desk("custodian"), context=context)
    return str(content_of(item, data_key)["staff_id"]).casefold() == staff_id.casefold()


async def reissue_code(
    intake: Intake, peers: Mapping[str, str], acting: SignedIn, report_id: UUID, new: AccessCode
) -> None:
    """From here on `new` opens this one route, once it was replaced; the same again ends what was cut off.

    Raises NothingHere, also where the desk refuses, AlreadyErased, IdempotencyKeyReused where `new` is a code of
    something else, and DeskUnreachable: also while the report is passed on, and where more was written each time.
    """
    public = new.route_key(report_id).public
    for _ in range(_ATTEMPTS):
        async with intake.database.transaction() as session:
            begun = await list_of(session, intake, new)
            if begun is not None and report_id not in begun.report_ids:
                raise IdempotencyKeyReused
            report = await session.get(Report, report_id)
            if (
                report is None
                or report.erased_at is not None
                or await intake.excludes(session, report_id, acting.staff_id)
            ):
                raise NothingHere
            ids = [item.item_id for item in await items_of(session, [report_id])]
            if begun is not None and await _is_given(intake, report, public, ids):
                return
            await _check_at_rest(session, report_id)
        own = await intake.keystore.wraps_of(ids, desk_label(report.service, report.office))
        wrapped = await _wrapped_by_desk(intake, peers, acting, report, own, new)
        if await _give(intake, acting, report, new, ids):
            await _wrap_anew(intake, report_id, public, ids, wrapped)
            return
    raise DeskUnreachable


async def _is_given(intake: Intake, report: Report, public: bytes, ids: list[UUID]) -> bool:
    """Whether nothing is left to do for this code, or another one was given since."""
    if report.route_public_key != public:
        return True
    return all(is_for(public, wrapped) for wrapped in (await intake.keystore.wraps_of(ids, ROUTE)).values())


async def _wrapped_by_desk(
    intake: Intake,
    peers: Mapping[str, str],
    acting: SignedIn,
    report: Report,
    own: Mapping[UUID, bytes],
    new: AccessCode,
) -> dict[UUID, bytes]:
    public = new.route_key(report.report_id).public
    claims = {"report_id": str(report.report_id), "office": report.office, "key_id": key_id(public)}
    body = {
        "report_id": report.report_id,
        "office": report.office,
        "route_key_b64": public,
        "items": [{"item_id": item_id, "wrapped_b64": wrapped} for item_id, wrapped in own.items()],
    }
    answer = await ask_desk(intake, peers, acting, report.service, "/internal/v1/rewraps", claims, body)
    given = msgspec.json.decode(answer, type=_Rewraps)
    return {item.item_id: item.wrapped_b64 for item in given.items}


class _Rewrap(msgspec.Struct):
    item_id: UUID
    wrapped_b64: bytes


class _Rewraps(msgspec.Struct):
    items: list[_Rewrap]


async def _give(intake: Intake, acting: SignedIn, seen: Report, new: AccessCode, ids: list[UUID]) -> bool:
    """False, and nothing done, where something was written or the report went on meanwhile."""
    report_id, public = seen.report_id, new.route_key(seen.report_id).public
    async with intake.database.transaction() as session:
        report = await lock_report(session, report_id)
        now_there = [item.item_id for item in await items_of(session, [report_id])]
        if now_there != ids or (report.service, report.office) != (seen.service, seen.office):
            return False
        await _check_at_rest(session, report_id)
        if not await begin_list(session, intake, new, RouteList((report_id,), handed_over=True)):
            return report.route_public_key == public  # cut off before, or pressed twice at once
        report.route_public_key = public
        await _forget_told(session, report_id)
        # Whoever has found the lost code may have chosen the address.
        await take_mails_back(session, report_id, utc_now())
        await tell_desks(session, report)
        await audit_trail.record(
            session, "code_reissued", object_ref=audit_object(report), actor=acting.staff_id, rule=RULE
        )
    return True


async def _wrap_anew(
    intake: Intake, report_id: UUID, public: bytes, ids: list[UUID], wrapped: Mapping[UUID, bytes]
) -> None:
    """What was sealed to the lost code, once that opens nothing: until then nothing of it is touched, and what is cut
    off here the same request ends.
    """
    async with intake.database.transaction() as session:
        # Locked, and looked at again: another code, given meanwhile, keeps what it has.
        report = await session.get_one(Report, report_id, with_for_update=True)
        if report.route_public_key != public:
            return
        found = await intake.keystore.wraps_of(ids, ROUTE)
        before = {item_id: was for item_id, was in found.items() if not is_for(public, was)}
        pairs = [
            (Wrap(item_id, ROUTE, report_id, wrapped[item_id]), was)
            for item_id, was in before.items()
            if item_id in wrapped
        ]
        await intake.keystore.exchange_wraps(pairs)
        # What this desk cannot open, an earlier one had alone: nobody can wrap it to her new code.
        await intake.keystore.destroy_wraps_of([one for one in before if one not in wrapped], ROUTE)


async def _check_at_rest(session: AsyncSession, report_id: UUID) -> None:
    """Until a desk has wrapped the keys to the next one, neither opens everything for her. Raises DeskUnreachable."""
    under_way = select(Passing).where(col(Passing.report_id) == report_id, col(Passing.done_at).is_(None))
    if (await session.scalars(under_way)).first() is not None:
        raise DeskUnreachable


async def _forget_told(session: AsyncSession, report_id: UUID) -> None:
    """What desks told her alone is sealed to the lost code; they tell it again when they hear of the new key."""
    of_report = update(RouteCase).where(col(RouteCase.report_id) == report_id)
    await session.execute(of_report.values(sealed_facts=None))
