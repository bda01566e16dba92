"""The people directory as a service of ours sees it: who reports to whom, now and in the last 24 months. No names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from chassis.inbox import Event
from contracts.people.v1.people_pb2 import Person as PersonMessage

HISTORY_MONTHS = 24  # invariant 32: conflicts of the past two years count


class DirectoryNotHere(Exception):
    """No people directory has come yet, so that nobody's line can be told. Tried again."""


_GONE = sa.text("select staff_id from people where not active and staff_id = any(:staff_ids)")
_VERSION = sa.text("select coalesce(max(version), 0) from directory_version")
_STATE = ("unit", "station", "line_staff_id", "contract", "active", "contract_ends_on")
_COUNTS = ("line_staff_id", "unit", "station", "active")
"""What decides who must not see what, and which desk has it: a change of it has every case looked at again."""


@dataclass(frozen=True)
class Person:
    staff_id: str
    unit: str
    station: str
    line_staff_id: str | None
    contract: str
    active: bool
    contract_ends_on: str


@dataclass(frozen=True)
class Line:
    """Around one person: `first` are direct supervisors and subordinates, `whole` everybody above and below."""

    first: frozenset[str]
    whole: frozenset[str]


@dataclass(frozen=True)
class StandIn:
    """Somebody who has another's place, as `substitute` for whoever is `absent`."""

    substitute: str
    absent: str


def define(metadata: sa.MetaData) -> None:
    """Add the directory's tables to a service's metadata."""

    def state() -> list[sa.Column[Any]]:
        return [
            sa.Column("unit", sa.Text, nullable=False),
            sa.Column("station", sa.Text, nullable=False),
            sa.Column("line_staff_id", sa.Text, index=True),
            sa.Column("contract", sa.Text, nullable=False),
            sa.Column("active", sa.Boolean, nullable=False),
            # As in 2026-03-31; empty where none is set.
            sa.Column("contract_ends_on", sa.Text, nullable=False, server_default=""),
            sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        ]

    sa.Table("people", metadata, sa.Column("staff_id", sa.Text, primary_key=True), *state())
    sa.Table(
        "people_history",
        metadata,
        sa.Column("staff_id", sa.Text, primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), primary_key=True),
        *state(),
    )
    # One row: counts changes of lines and places, so that exclusions computed before the last one are computed again.
    sa.Table(
        "directory_version",
        metadata,
        sa.Column("single", sa.Boolean, sa.CheckConstraint("single", name="single"), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


async def record_person(session: AsyncSession, event: Event) -> None:
    """Consumer of hr.people.v1: keep the new state, move the old one to the history, count a change that matters.
    The history ends when the person's state was replaced, by the directory's own dates.
    """
    message = event.message
    assert isinstance(message, PersonMessage)
    new = {name: getattr(message, name) for name in _STATE} | {"line_staff_id": message.line_staff_id or None}
    since = message.valid_from.ToDatetime(tzinfo=UTC)
    key = {"staff_id": message.staff_id}
    found = (
        (await session.execute(sa.text("select * from people where staff_id = :staff_id for update"), key))
        .mappings()
        .one_or_none()
    )
    if found is not None and all(found[name] == new[name] for name in _STATE):
        return
    if found is not None:
        await session.execute(
            sa.text(
                "insert into people_history (staff_id, ended_at, unit, station, line_staff_id, contract, active,"
                " contract_ends_on, valid_from) select staff_id, greatest(:since, valid_from), unit, station,"
                " line_staff_id, contract, active, contract_ends_on, valid_from from people where staff_id = :staff_id"
                " on conflict (staff_id, ended_at) do update set line_staff_id = excluded.line_staff_id"
            ),
            key | {"since": since},
        )
    await session.execute(
        sa.text(
            "insert into people (staff_id, unit, station, line_staff_id, contract, active, contract_ends_on,"
            " valid_from)"
            " values (:staff_id, :unit, :station, :line_staff_id, :contract, :active, :contract_ends_on, :since)"
            " on conflict (staff_id) do update set unit = excluded.unit, station = excluded.station,"
            " line_staff_id = excluded.line_staff_id, contract = excluded.contract, active = excluded.active,"
            " contract_ends_on = excluded.contract_ends_on, valid_from = excluded.valid_from"
        ),
        key | new | {"since": since},
    )
    await session.execute(
        sa.text("delete from people_history where ended_at < :before"), {"before": counts_since(datetime.now(UTC))}
    )
    if found is None or any(found[name] != new[name] for name in _COUNTS):
        await session.execute(
            sa.text(
                "insert into directory_version (single, version) values (true, 1)"
                " on conflict (single) do update set version = directory_version.version + 1"
            )
        )


async def version(session: AsyncSession) -> int:
    """How many changes of line or place this directory has seen."""
    [(found,)] = await fetch(session, _VERSION, {})
    return int(found)


async def need(session: AsyncSession) -> None:
    """Raises DirectoryNotHere while nothing is known: without lines a case would be open to those who stand in them."""
    if await version(session) == 0:
        raise DirectoryNotHere


async def person(session: AsyncSession, staff_id: str) -> Person | None:
    row = (
        await session.execute(
            sa.text(f"select staff_id, {', '.join(_STATE)} from people where staff_id = :staff_id"),  # noqa: S608
            {"staff_id": staff_id},
        )
    ).one_or_none()
    return None if row is None else Person(*row)


async def gone(session: AsyncSession, staff_ids: Collection[str]) -> frozenset[str]:
    """Who of them has left. Members of a committee and people from outside are in no directory, and leave elsewhere."""
    if not staff_ids:
        return frozenset()
    return frozenset(await session.scalars(_GONE, params={"staff_ids": list(staff_ids)}))


async def spelled(session: AsyncSession, staff_ids: Collection[str]) -> dict[str, str]:
    """The directory's own spelling of staff ids as people type them; those that it does not know stay as they are."""
    typed = {staff_id.strip(): staff_id.strip().casefold() for staff_id in staff_ids}
    rows = await session.execute(
        sa.text("select staff_id from people where lower(staff_id) = any(:folded)"), {"folded": list(typed.values())}
    )
    known = {str(staff_id).casefold(): str(staff_id) for staff_id in rows.scalars()}
    return {staff_id: known.get(staff_id.strip().casefold(), staff_id.strip()) for staff_id in staff_ids}


async def line_of(session: AsyncSession, staff_id: str, now: datetime, standing_in: Collection[StandIn] = ()) -> Line:
    """Everybody above and below `staff_id`, by the lines of today and of the 24 months before `now`; whoever stands in
    for somebody has their place, too. Empty for somebody the directory does not know.
    """
    rows = await session.execute(
        sa.text(
            """
            with recursive own as (
              select staff_id, line_staff_id from people where line_staff_id is not null
              union
              select staff_id, line_staff_id from people_history
               where line_staff_id is not null and ended_at > :since
            ), acting (staff_id, absent) as (
              select * from unnest(cast(:substitutes as text[]), cast(:absent as text[]))
            ), edges as (
              select staff_id, line_staff_id from own
              union
              select own.staff_id, acting.staff_id from own join acting on own.line_staff_id = acting.absent
              union
              select acting.staff_id, own.line_staff_id from own join acting on own.staff_id = acting.absent
            ), above as (
              select line_staff_id as staff_id from edges where staff_id = :staff_id
              union
              select e.line_staff_id from edges e join above on e.staff_id = above.staff_id
            ), below as (
              select staff_id from edges where line_staff_id = :staff_id
              union
              select e.staff_id from edges e join below on e.line_staff_id = below.staff_id
            )
            select found.staff_id, exists (
                select from edges e
                 where (e.staff_id, e.line_staff_id) in ((:staff_id, found.staff_id), (found.staff_id, :staff_id)))
              from (select staff_id from above union select staff_id from below) found
             where found.staff_id <> :staff_id
            """
        ),
        {
            "staff_id": staff_id,
            "since": counts_since(now),
            "substitutes": [one.substitute for one in standing_in],
            "absent": [one.absent for one in standing_in],
        },
    )
    found = [(str(other), bool(first)) for other, first in rows]
    return Line(first=frozenset(other for other, first in found if first), whole=frozenset(other for other, _ in found))


async def supervisors_of(session: AsyncSession, staff_id: str, standing_in: Collection[StandIn] = ()) -> frozenset[str]:
    """Whom somebody reports to today, and who stands in for them."""
    line = await session.scalar(
        sa.text("select line_staff_id from people where staff_id = :staff_id"), params={"staff_id": staff_id}
    )
    return frozenset({line, *(one.substitute for one in standing_in if one.absent == line)}) if line else frozenset()


def counts_since(now: datetime) -> datetime:
    """From when on somebody's line still counts."""
    month = now.year * 12 + now.month - 1 - HISTORY_MONTHS
    return now.replace(year=month // 12, month=month % 12 + 1, day=min(now.day, 28))
