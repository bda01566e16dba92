"""Who must not see or handle a case (invariant 32), kept as tags that name nobody: HMAC(cell key, case ‖ staff id).

A tag differs from case to case, so two cases cannot be joined by person and a dump of the database names nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from chassis.sealing import tag
from lifecycle import directory
from lifecycle.directory import StandIn
from policy.model import Policy


class Conflict(StrEnum):
    """Why somebody is excluded. `refused`: the reporter said "not these people"; `declared`: they say so;
    `same_office`: they have an office where the one works whom it is about. `above_her`: they are whom it is about, and
    have become the affected individual's supervisor.
    """

    PARTY = "party"
    FIRST_LINE = "first_line"
    WHOLE_LINE = "whole_line"
    REFUSED = "refused"
    DECLARED = "declared"
    SAME_OFFICE = "same_office"
    ABOVE_HER = "above_her"


# Invariant 32: handlers and reviewers are outside both whole lines; deciders (administrative head, HR director) need
# not be, for at the top of a line there is nobody else.
FOR_HANDLERS = frozenset(Conflict)
FOR_DECIDERS = FOR_HANDLERS - {Conflict.WHOLE_LINE}

_COMPUTED: Final = sa.text("""
    insert into case_exclusions (case_id, directory_version, appointments_hash, computed_at)
    values (:case_id, :version, :hash, :now)
    on conflict (case_id) do update set directory_version = excluded.directory_version,
        appointments_hash = excluded.appointments_hash, computed_at = excluded.computed_at
""")
_FIND_ANEW: Final = sa.text("update case_exclusions set appointments_hash = '' where case_id = :case_id")
_ADD_TAGS: Final = sa.text("""
    insert into case_tags (case_id, tag, kind)
    select :case_id, tag, kind from unnest(cast(:tags as bytea[]), cast(:kinds as text[])) found (tag, kind)
    on conflict (case_id, tag, kind) do nothing
""")
_NEVER: Final = -1
"""In place of the directory's version: they have not been computed yet."""
KINDS: Final = f"""
    array(select kind from case_tags t where t.case_id = asked.of_case and t.tag = asked.tag) as kinds,
    exists(select from case_exclusions e
        where e.case_id = asked.of_case and e.directory_version > {_NEVER} and e.unread = 0) as computed
"""  # noqa: S608 -- our own words
"""Two columns of a statement with `asked (of_case, tag)`, for `conflicts_from`."""
_CONFLICTS_WITH: Final = sa.text(f"""
    select {KINDS}
    from unnest(cast(:case_ids as uuid[]), cast(:tags as bytea[])) with ordinality asked (of_case, tag, place)
    order by place
""")  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Parties:
    """Whom a case concerns, by staff id. It is held in memory while routing and nowhere in clear. `recipient` is the
    manager whom the person tells, or whom she asks to listen, who is no party. `about`: the offices that she says it is
    about.
    """

    affected_individual: str | None = None
    alleged_offender: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    recipient: str | None = None
    about: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Parties(…)"


def define(metadata: sa.MetaData) -> None:
    """Add `case_exclusions` to a service's metadata: that the tags of a case stand, and for which directory and which
    appointments. Without its row nobody sees the case.
    """
    sa.Table(
        "case_exclusions",
        metadata,
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("directory_version", sa.BigInteger, nullable=False),
        # Of the appointments they were computed with.
        sa.Column("appointments_hash", sa.Text, nullable=False, server_default=""),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        # How often the person has named more people since the desk last read whom she names.
        sa.Column("unread", sa.Integer, nullable=False, server_default="0"),
    )


def case_tag(cell_key: bytes, case_id: UUID, staff_id: str) -> bytes:
    """However the staff id is typed: `s0017` is S0017."""
    return tag(cell_key, "case", case_id.bytes, staff_id.strip().casefold())


async def conflicts_of(
    session: AsyncSession, parties: Parties, now: datetime, standing_in: Collection[StandIn] = ()
) -> dict[str, Conflict]:
    """Everybody in conflict with the parties, each with the strongest reason. Whoever stands in for somebody stands in
    their line.
    """
    found: dict[str, Conflict] = {}
    involved = {*parties.alleged_offender, *([parties.affected_individual] if parties.affected_individual else [])}
    lines = [await directory.line_of(session, staff_id, now, standing_in) for staff_id in sorted(involved)]
    for line in lines:
        found |= dict.fromkeys(line.whole, Conflict.WHOLE_LINE)
    for line in lines:
        found |= dict.fromkeys(line.first, Conflict.FIRST_LINE)
    found |= dict.fromkeys(parties.refused, Conflict.REFUSED)
    found |= dict.fromkeys(involved, Conflict.PARTY)
    return found


async def exclude(
    session: AsyncSession,
    cell_key: bytes,
    case_id: UUID,
    parties: Parties,
    now: datetime,
    policy: Policy | None = None,
) -> None:
    """Compute and keep the tags of a case; from here on those without a tag may see it. Called again after a change
    of lines or appointments it adds tags and takes none away: an import may add a conflict, never lift one.
    """
    version = await directory.version(session)
    standing_in = stand_ins(policy, now) if policy else ()
    await add_tags(session, cell_key, case_id, await conflicts_of(session, parties, now, standing_in))
    appointments = policy.appointments_hash if policy else ""
    await fetch(session, _COMPUTED, {"case_id": case_id, "version": version, "hash": appointments, "now": now})


async def came_above_her(
    session: AsyncSession, cell_key: bytes, case_id: UUID, parties: Parties, policy: Policy, now: datetime
) -> bool:
    """Whether somebody whom the case is about is the affected individual's supervisor, or stands in for hers, and was
    not when this was last asked.
    """
    if parties.affected_individual is None:
        return False
    standing_in = {
        StandIn(one.staff_id, one.substitute_for)
        for one in policy.appointments
        if one.substitute_for and one.holds(now)
    }
    above = await directory.supervisors_of(session, parties.affected_individual, standing_in)
    found = above.intersection(parties.alleged_offender)
    known = {one for one in found if await tagged(session, cell_key, [case_id], one, [Conflict.ABOVE_HER])}
    await add_tags(session, cell_key, case_id, dict.fromkeys(found, Conflict.ABOVE_HER))
    return found > known


def stand_ins(policy: Policy, now: datetime) -> frozenset[StandIn]:
    """Who has stood in for whom in the time that counts for conflicts."""
    since = directory.counts_since(now).date()
    return frozenset(
        StandIn(one.staff_id, one.substitute_for)
        for one in policy.appointments
        if one.substitute_for and one.from_ <= now.date() and (one.to is None or one.to >= since)
    )


def changed_at(policy: Policy, now: datetime) -> datetime:
    """The last time at which somebody's appointment began or ended."""
    days = {day for one in policy.appointments for day in (one.from_, one.to and one.to + timedelta(days=1)) if day}
    past = [day for day in days if day <= now.date()]
    return datetime.combine(max(past, default=date.min), time.min, UTC)


async def declare(session: AsyncSession, cell_key: bytes, case_id: UUID, staff_id: str) -> None:
    """Somebody says that they have a conflict: from here on they must not see the case. Why is not asked. Soon it is
    found out anew who is left for it.
    """
    await add_tags(session, cell_key, case_id, {staff_id: Conflict.DECLARED})
    await session.execute(_FIND_ANEW, {"case_id": case_id})


async def add_tags(session: AsyncSession, cell_key: bytes, case_id: UUID, found: Mapping[str, Conflict]) -> None:
    """Keeps these conflicts of a case beside those it has; none is ever taken away."""
    if found:
        tags = [case_tag(cell_key, case_id, staff_id) for staff_id in found]
        kinds = [conflict.value for conflict in found.values()]
        await fetch(session, _ADD_TAGS, {"case_id": case_id, "tags": tags, "kinds": kinds})


async def computed(session: AsyncSession, case_id: UUID) -> bool:
    """Whether it was ever known who must not see the case."""
    found = await session.scalar(
        sa.text("select directory_version from case_exclusions where case_id = :case_id"), params={"case_id": case_id}
    )
    return found is not None and found > _NEVER


async def suspend(session: AsyncSession, case_id: UUID) -> None:
    """The person has named more people: nobody sees the case until they are read."""
    await session.execute(
        sa.text(
            "insert into case_exclusions (case_id, directory_version, computed_at, unread)"
            " values (:case_id, :never, now(), 1)"
            " on conflict (case_id) do update set unread = case_exclusions.unread + 1"
        ),
        {"case_id": case_id, "never": _NEVER},
    )


async def unread(session: AsyncSession, case_id: UUID) -> int:
    """How often she has named more people than were read; asked before they are read, and then given to `have_read`."""
    found: int | None = await session.scalar(
        sa.text("select unread from case_exclusions where case_id = :case_id"), params={"case_id": case_id}
    )
    return found or 0


async def have_read(session: AsyncSession, case_id: UUID, times: int) -> None:
    await session.execute(
        sa.text("update case_exclusions set unread = unread - :times where case_id = :case_id"),
        {"case_id": case_id, "times": times},
    )


async def conflicts_with(
    session: AsyncSession, cell_key: bytes, case_ids: Sequence[UUID], staff_id: str
) -> dict[UUID, frozenset[Conflict] | None]:
    """The conflicts of `staff_id` in each of these cases; None where they are not computed yet."""
    found = await conflicts_among(session, cell_key, [(case_id, staff_id) for case_id in case_ids])
    return dict(zip(case_ids, found, strict=True))


async def conflicts_among(
    session: AsyncSession, cell_key: bytes, asked: Sequence[tuple[UUID, str]]
) -> list[frozenset[Conflict] | None]:
    """As `conflicts_with`, of each of these people (by staff id) in the case beside them."""
    if not asked:
        return []
    case_ids = [case_id for case_id, _ in asked]
    tags = [case_tag(cell_key, case_id, staff_id) for case_id, staff_id in asked]
    found = await fetch(session, _CONFLICTS_WITH, {"case_ids": case_ids, "tags": tags})
    return [conflicts_from(one["kinds"], computed=one["computed"]) for one in found]


def conflicts_from(kinds: Iterable[str], *, computed: bool) -> frozenset[Conflict] | None:
    """What the columns `KINDS` say of one person in one case; None where conflicts are not computed yet."""
    return frozenset(map(Conflict, kinds)) if computed else None


async def known_among(
    session: AsyncSession, cell_key: bytes, case_id: UUID, staff_ids: Sequence[str]
) -> dict[str, frozenset[Conflict]]:
    """Each one's conflicts in this case that are known, whether or not more is still to be found out."""
    tags = [case_tag(cell_key, case_id, staff_id) for staff_id in staff_ids]
    found = await fetch(session, _CONFLICTS_WITH, {"case_ids": [case_id] * len(tags), "tags": tags})
    return {staff_id: frozenset(map(Conflict, one["kinds"])) for staff_id, one in zip(staff_ids, found, strict=True)}


def keep_out(found: frozenset[Conflict] | None, kinds: Iterable[Conflict] = FOR_HANDLERS) -> bool:
    """Whether somebody with these conflicts must not see a case. Fails closed where they are not known."""
    return found is None or not found.isdisjoint(kinds)


async def tagged(
    session: AsyncSession, cell_key: bytes, case_ids: Sequence[UUID], staff_id: str, kinds: Iterable[Conflict]
) -> frozenset[UUID]:
    """In which of these cases `staff_id` is known to be in conflict, whether or not more is still to be found out."""
    tags = [case_tag(cell_key, case_id, staff_id) for case_id in case_ids]
    rows = await session.execute(
        sa.text(
            "select t.case_id from unnest(cast(:case_ids as uuid[]), cast(:tags as bytea[])) asked (case_id, tag)"
            " join case_tags t on t.case_id = asked.case_id and t.tag = asked.tag"
            " and t.kind = any(cast(:kinds as text[]))"
        ),
        {"case_ids": list(case_ids), "tags": tags, "kinds": [kind.value for kind in kinds]},
    )
    return frozenset(rows.scalars())


async def excluded(
    session: AsyncSession, cell_key: bytes, case_id: UUID, staff_id: str, kinds: Iterable[Conflict] = FOR_HANDLERS
) -> bool:
    """Whether `staff_id` must not see this one case."""
    return keep_out((await conflicts_with(session, cell_key, [case_id], staff_id))[case_id], kinds)


async def outdated(session: AsyncSession, policy: Policy, now: datetime, limit: int = 100) -> dict[UUID, bool]:
    """Cases that have anything left to be seen, and whose tags were computed before the last change of the directory
    or of the appointments. True: the parties have to be read anew.
    """
    rows = await session.execute(
        sa.text(
            "select e.case_id, e.unread > 0 as unread from case_exclusions e join cases c using (case_id)"
            " where c.erased_at is null and e.directory_version > :never and (e.unread > 0"
            "  or e.directory_version < coalesce((select version from directory_version), 0)"
            "  or e.computed_at < :since or e.appointments_hash <> :hash)"
            " order by unread desc, c.closed_at is not null, e.computed_at limit :limit"
        ),
        {
            "limit": limit,
            "never": _NEVER,
            "since": changed_at(policy, now),
            "hash": policy.appointments_hash,
        },
    )
    return {row.case_id: row.unread for row in rows}
