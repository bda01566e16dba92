"""Whom a case concerns: fetched from intake once, kept sealed under the case's key, opened for routing alone.

Nobody of the staff reads it here: the process opens it to find out who must not see the case (invariant 32), and whom
a decision of the case has to reach.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.sealing import SealNotOpened
from contracts.ids import CaseId
from lifecycle import contents, directory, exclusions, handover, notices, records, routing
from lifecycle.bodies import case_key, open_under, seal_under
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.figures import UNKNOWN
from lifecycle.records import CaseRow

Source = Callable[[Desk, CaseRow], Awaitable[Parties]]

PURPOSE: Final = "routing"
_LOOK_EVERY: Final = 5.0


class PartiesNotHere(Exception):
    """Intake did not hand them out; the errand is tried again."""


def define(metadata: sa.MetaData) -> None:
    """Adds `case_parties` to a service's metadata."""
    sa.Table(
        "case_parties",
        metadata,
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id"), primary_key=True),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        # The data key under the case's key: it goes when that goes.
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )


async def fetch(desk: Desk, row: CaseRow) -> Parties:
    """From intake, which has them sealed to the office's desk. Raises PartiesNotHere, SealNotOpened."""
    asked = {"report_id": str(row.report_id)}
    try:
        answer = await contents.ask(desk, "POST", "/internal/v1/parties", asked, {**asked, "purpose": PURPOSE})
    except (contents.IntakeUnreachable, contents.NotHandedOut) as error:
        raise PartiesNotHere(type(error).__name__) from None
    return read([contents.open_item(desk, row, item) for item in answer["items"]])


def read(opened: Sequence[bytes]) -> Parties:
    """The parties of a report's items of that kind (an added one adds people)."""
    affected: str | None = None
    offenders: dict[str, None] = {}
    refused: dict[str, None] = {}
    recipient: str | None = None
    about: dict[str, None] = {}
    for one in opened:
        named = json.loads(one)
        affected = named.get("affected_individual") or affected
        offenders |= dict.fromkeys(named.get("alleged_offender", ()))
        refused |= dict.fromkeys(named.get("not_these_people", ()))
        # Whoever reports for somebody else handles none of it (invariant 32).
        refused |= dict.fromkeys([reporter] if (reporter := named.get("reporter")) else ())
        recipient = named.get("recipient") or recipient
        about |= dict.fromkeys(named.get("about_offices", ()))
    return Parties(affected, tuple(offenders), tuple(refused), recipient, tuple(about))


async def keep(session: AsyncSession, desk: Desk, row: CaseRow, parties: Parties) -> None:
    """Under the key of this case. Whoever was named before stays so."""
    known = await parties_of(session, desk, row)
    parties = joined(known, parties) if known else parties
    named = [
        parties.affected_individual,
        parties.alleged_offender,
        parties.refused,
        parties.recipient,
        parties.about,
    ]
    plaintext = json.dumps(named).encode()
    ciphertext, wrapped = seal_under(
        await case_key(desk, row), plaintext, item_id=row.case_id, context=_context(row.case_id)
    )
    await session.execute(
        sa.text(
            "insert into case_parties (case_id, ciphertext, wrapped) values (:case_id, :ciphertext, :wrapped)"
            " on conflict (case_id) do update set ciphertext = excluded.ciphertext, wrapped = excluded.wrapped"
        ),
        {"case_id": row.case_id, "ciphertext": ciphertext, "wrapped": wrapped},
    )


async def bring(session: AsyncSession, desk: Desk, row: CaseRow, parties: Parties) -> None:
    """Whom a new case concerns that no errand routes: from here on those in conflict do not see it, and others may."""
    await keep(session, desk, row, parties)
    await settle(session, desk, row, parties)


async def parties_of(session: AsyncSession, desk: Desk, row: CaseRow) -> Parties | None:
    """None before the case was routed. Whoever calls this audits what for."""
    found = (
        await session.execute(
            sa.text("select ciphertext, wrapped from case_parties where case_id = :case_id"), {"case_id": row.case_id}
        )
    ).one_or_none()
    if found is None:
        return None
    key = await case_key(desk, row)
    opened = open_under(key, found.ciphertext, found.wrapped, item_id=row.case_id, context=_context(row.case_id))
    affected, offenders, refused, recipient, about = json.loads(opened)
    return await _spelled(session, Parties(affected, tuple(offenders), tuple(refused), recipient, tuple(about)))


async def region_of(session: AsyncSession, desk: Desk, row: CaseRow) -> str:
    """Where the person works whom it happened to, as figures count it: nobody reads it, it ends in a sum."""
    try:
        named = await parties_of(session, desk, row) if row.erased_at is None else None
    except SealNotOpened:
        return UNKNOWN  # it is being erased at this moment
    who = await directory.person(session, named.affected_individual) if named and named.affected_individual else None
    return desk.policy.region_of(who.station) if who else UNKNOWN


def joined(earlier: Parties, later: Parties) -> Parties:
    """Nobody is left out who was named once."""

    def both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*first, *second)))

    return Parties(
        later.affected_individual or earlier.affected_individual,
        both(earlier.alleged_offender, later.alleged_offender),
        both(earlier.refused, later.refused),
        later.recipient or earlier.recipient,
        both(earlier.about, later.about),
    )


async def forget(session: AsyncSession, case_id: UUID) -> None:
    await session.execute(sa.text("delete from case_parties where case_id = :case_id"), {"case_id": case_id})


async def find_exclusions(desk: Desk, case_id: CaseId, source: Source = fetch) -> None:
    """The first half of every desk's errand `route`: afterwards those who may see the case do, and nobody before.
    Bears being done twice. `source` says where the parties are to be had. Raises PartiesNotHere while they are not.
    """
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        if row is None or row.erased_at is not None:
            return
        parties = await parties_of(session, desk, row)
        unread = await exclusions.unread(session, case_id)
    if parties is None or unread:
        parties = await source(desk, row)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is not None and row.erased_at is None:
            await keep(session, desk, row, parties)
            await settle(session, desk, row, await _spelled(session, parties))
            await exclusions.have_read(session, case_id, unread)


async def retag(desk: Desk, source: Source = fetch) -> int:
    """Compute again the exclusions of cases that were found before the directory or the appointments changed, and
    which desk has them; how many there were. Raises PartiesNotHere when the person named more people and intake, where
    `source` has them from, does not hand them out: the case stays closed to everybody till then.
    """
    async with desk.database.transaction() as session:
        found = await exclusions.outdated(session, desk.policy, datetime.now(UTC))
        unread = {case_id: await exclusions.unread(session, case_id) for case_id, more in found.items() if more}
    for case_id in found:
        added = await _of_report(desk, case_id, source) if case_id in unread else None
        async with desk.database.transaction() as session:
            row = await records.lock(session, case_id)
            if row is None or row.erased_at is not None:
                continue
            if added is not None:
                await keep(session, desk, row, added)
            parties = await parties_of(session, desk, row)
            if parties is None:
                await exclusions.exclude(session, desk.keys.cell, case_id, Parties(), datetime.now(UTC), desk.policy)
            else:
                await settle(session, desk, row, parties)
            await exclusions.have_read(session, case_id, unread.get(case_id, 0))
    return len(found)


async def _of_report(desk: Desk, case_id: UUID, source: Source) -> Parties | None:
    """As intake has them now, by that case of the report which has them from there."""
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        cases = await records.of_report(session, row.report_id) if row else []
    talking = [one for one in cases if one.lifecycle in desk.talks and one.erased_at is None]
    return await source(desk, talking[0]) if talking else None


async def retag_forever(desk: Desk) -> None:
    """Part of a desk's background. An import changes many lines at once: they are taken together."""
    while True:
        with suppress(PartiesNotHere):
            await retag(desk)
        await asyncio.sleep(_LOOK_EVERY)


async def _spelled(session: AsyncSession, parties: Parties) -> Parties:
    """As the directory spells them: they were typed by a person."""
    affected, recipient = parties.affected_individual, parties.recipient
    typed = [*parties.alleged_offender, *parties.refused, *(one for one in (affected, recipient) if one)]
    spelling = await directory.spelled(session, typed)
    return Parties(
        spelling[affected] if affected else None,
        tuple(dict.fromkeys(spelling[one] for one in parties.alleged_offender)),
        tuple(dict.fromkeys(spelling[one] for one in parties.refused)),
        spelling[recipient] if recipient else None,
        parties.about,
    )


async def settle(session: AsyncSession, desk: Desk, row: CaseRow, parties: Parties) -> None:
    """Who must not see a case, and which desk has it, now that it is known whom it concerns. Bears being done again."""
    now = datetime.now(UTC)
    routed = await exclusions.computed(session, row.case_id)
    await exclusions.exclude(session, desk.keys.cell, row.case_id, parties, now, desk.policy)
    moved = await routing.move_on(session, desk, row, parties, now)
    above_her = await exclusions.came_above_her(session, desk.keys.cell, row.case_id, parties, desk.policy, now)
    if routed and above_her and row.closed_at is None:
        await notices.tell_assigned(session, desk, row, handover.LINE_CHANGED, now)
        await desk.came_above_her(session, row)
    await _audit_opened(session, row.case_id)
    if routed and moved != row.desk:
        for role in routing.handlers_of(desk, row):
            await notices.tell_role(session, desk, replace(row, desk=moved), role, handover.WAITING, now)


async def _audit_opened(session: AsyncSession, case_id: UUID) -> None:
    await audit_trail.record(session, "parties.opened", object_ref=str(case_id), actor=None, facts={"purpose": PURPOSE})


def _context(case_id: UUID) -> str:
    return f"parties|{case_id}"
