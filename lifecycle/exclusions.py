"""Who must not see or handle a case (invariant 32), kept as tags that name nobody: HMAC(cell key, case ‖ staff id).

A tag differs from case to case, so two cases cannot be joined by person and a dump of the database names nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import tag
from lifecycle import directory


class Conflict(StrEnum):
    """Why somebody is excluded. `refused`: the reporter said "not these people"; `declared`: they say so."""

    PARTY = "party"
    FIRST_LINE = "first_line"
    WHOLE_LINE = "whole_line"
    REFUSED = "refused"
    DECLARED = "declared"


# Invariant 32: handlers and reviewers are outside both whole lines; deciders (administrative head, HR director) need
# not be, for at the top of a line there is nobody else.
FOR_HANDLERS = frozenset(Conflict)
FOR_DECIDERS = FOR_HANDLERS - {Conflict.WHOLE_LINE}


@dataclass(frozen=True)
class Parties:
    """Whom a case concerns, by staff id. It is held in memory while routing and nowhere in clear. `recipient` is the
    manager whom the person tells, who is no party.
    """

    affected_individual: str | None = None
    alleged_offender: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    recipient: str | None = None

    def __repr__(self) -> str:
        return "Parties(…)"


def define(metadata: sa.MetaData) -> None:
    """Add `case_exclusions` to a service's metadata: that the tags of a case stand, and for which directory. Without
    its row nobody sees the case.
    """
    sa.Table(
        "case_exclusions",
        metadata,
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("directory_version", sa.BigInteger, nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
    )


def case_tag(cell_key: bytes, case_id: UUID, staff_id: str) -> bytes:
    """However the staff id is typed: `s0017` is S0017."""
    return tag(cell_key, "case", case_id.bytes, staff_id.strip().casefold())


async def conflicts_of(session: AsyncSession, parties: Parties, now: datetime) -> dict[str, Conflict]:
    """Everybody in conflict with the parties, each with the strongest reason."""
    found: dict[str, Conflict] = {}
    involved = {*parties.alleged_offender, *([parties.affected_individual] if parties.affected_individual else [])}
    lines = [await directory.line_of(session, staff_id, now) for staff_id in sorted(involved)]
    for line in lines:
        found |= dict.fromkeys(line.whole, Conflict.WHOLE_LINE)
    for line in lines:
        found |= dict.fromkeys(line.first, Conflict.FIRST_LINE)
    found |= dict.fromkeys(parties.refused, Conflict.REFUSED)
    found |= dict.fromkeys(involved, Conflict.PARTY)
    return found


async def exclude(session: AsyncSession, cell_key: bytes, case_id: UUID, parties: Parties, now: datetime) -> None:
    """Compute and keep the tags of a case; from here on those without a tag may see it. Called again after a change
    of lines it adds tags and takes none away: an import may add a conflict, never lift one.
    """
    version = await directory.version(session)
    rows = [
        {"case_id": case_id, "tag": case_tag(cell_key, case_id, staff_id), "kind": conflict.value}
        for staff_id, conflict in (await conflicts_of(session, parties, now)).items()
    ]
    if rows:
        await session.execute(
            sa.text(
                "insert into case_tags (case_id, tag, kind) values (:case_id, :tag, :kind)"
                " on conflict (case_id, tag, kind) do nothing"
            ),
            rows,
        )
    await session.execute(
        sa.text(
            "insert into case_exclusions (case_id, directory_version, computed_at) values (:case_id, :version, :now)"
            " on conflict (case_id) do update set directory_version = excluded.directory_version,"
            " computed_at = excluded.computed_at"
        ),
        {"case_id": case_id, "version": version, "now": now},
    )


async def declare(session: AsyncSession, cell_key: bytes, case_id: UUID, staff_id: str) -> None:
    """Somebody says that they have a conflict: from here on they must not see the case. Why is not asked."""
    await session.execute(
        sa.text(
            "insert into case_tags (case_id, tag, kind) values (:case_id, :tag, :kind)"
            " on conflict (case_id, tag, kind) do nothing"
        ),
        {"case_id": case_id, "tag": case_tag(cell_key, case_id, staff_id), "kind": Conflict.DECLARED.value},
    )


async def excluded_from(
    session: AsyncSession,
    cell_key: bytes,
    case_ids: Sequence[UUID],
    staff_id: str,
    kinds: Iterable[Conflict] = FOR_HANDLERS,
) -> frozenset[UUID]:
    """Which of these cases `staff_id` must not see: those with a tag of one of `kinds`, and those whose tags are not
    computed yet (fails closed).
    """
    if not case_ids:
        return frozenset()
    tags = [case_tag(cell_key, case_id, staff_id) for case_id in case_ids]
    rows = await session.execute(
        sa.text(
            "select asked.case_id from unnest(cast(:case_ids as uuid[]), cast(:tags as bytea[])) asked (case_id, tag)"
            " where not exists (select from case_exclusions e where e.case_id = asked.case_id)"
            " or exists (select from case_tags t where t.case_id = asked.case_id and t.tag = asked.tag"
            " and t.kind = any(cast(:kinds as text[])))"
        ),
        {"case_ids": list(case_ids), "tags": tags, "kinds": [kind.value for kind in kinds]},
    )
    return frozenset(rows.scalars())


async def excluded(
    session: AsyncSession, cell_key: bytes, case_id: UUID, staff_id: str, kinds: Iterable[Conflict] = FOR_HANDLERS
) -> bool:
    """Whether `staff_id` must not see this one case."""
    return case_id in await excluded_from(session, cell_key, [case_id], staff_id, kinds)


async def outdated(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Open cases whose tags were computed before the last change of lines."""
    rows = await session.execute(
        sa.text(
            "select e.case_id from case_exclusions e join cases c using (case_id)"
            " where c.closed_at is null and e.directory_version < (select version from directory_version)"
            " order by e.computed_at limit :limit"
        ),
        {"limit": limit},
    )
    return list(rows.scalars())
