"""
Which changes in the HR system are known to us: declared by HR, or made by a task of ours.

Kept as keyed digests of (person, what changed, new value): without the key they tell nothing, and a digest goes as soon
as the change it stands for was seen.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.keys import ServiceKeys
from chassis.sealing import tag
from services.hr_bridge.bridge import Bridge

# HR may declare a change long before it takes effect.
_DECLARED_FOR: Final = timedelta(days=90)

_EXPECT: Final = text("""
    insert into declared_changes (tag, expires_at) values (:tag, :expires_at)
    on conflict (tag) do update set expires_at = excluded.expires_at
""")


class Changed(StrEnum):
    """What the comparison of two readings of the HR system looks at."""

    LINE = "reporting_line_change"
    CONTRACT_END = "contract_end_change"


# HR's own words for actions that show as one of these changes.
DECLARES: Final = {
    "reporting_line_change": Changed.LINE,
    "transfer": Changed.LINE,
    "contract_end_change": Changed.CONTRACT_END,
    "renewal": Changed.CONTRACT_END,
    "non_renewal": Changed.CONTRACT_END,
    "early_termination": Changed.CONTRACT_END,
    "dismissal": Changed.CONTRACT_END,
    "resignation": Changed.CONTRACT_END,
}


async def expect_line(session: AsyncSession, bridge: Bridge, staff_id: str, supervisor: str) -> None:
    """
    A task of ours has given this person this supervisor: the next reading of the HR system will show it.

    Forgotten soon after the comparison that it is for, so that it cannot excuse somebody else's change.
    """
    settings = bridge.settings
    soon = timedelta(hours=1, seconds=settings.undeclared_after + 2 * settings.directory_every)
    await _expect(session, _tag(bridge.keys, staff_id, Changed.LINE, supervisor), datetime.now(UTC) + soon)


async def expect_declared(session: AsyncSession, keys: ServiceKeys, staff_id: str, kind: str) -> None:
    """HR has declared an action of this kind, without the new value."""
    if (changed := DECLARES.get(kind)) is not None:
        await _expect(session, _tag(keys, staff_id, changed), datetime.now(UTC) + _DECLARED_FOR)


async def was_known(session: AsyncSession, keys: ServiceKeys, staff_id: str, changed: Changed, value: str) -> bool:
    """Whether the change to `value` was declared or ours; each declaration answers for one change."""
    await session.execute(text("delete from declared_changes where expires_at < :now"), {"now": datetime.now(UTC)})
    tags = [_tag(keys, staff_id, changed, value), _tag(keys, staff_id, changed)]
    spent = await session.execute(
        text("""
            delete from declared_changes where tag in (
                select tag from declared_changes where tag = any(:tags) order by tag = :exact desc limit 1
            )
        """),
        {"tags": tags, "exact": tags[0]},
    )
    return bool(spent.rowcount)  # type: ignore[attr-defined]


async def _expect(session: AsyncSession, change: bytes, expires_at: datetime) -> None:
    await session.execute(_EXPECT, {"tag": change, "expires_at": expires_at})


def _tag(keys: ServiceKeys, staff_id: str, changed: Changed, *value: str) -> bytes:
    return tag(keys.cell, "declared", staff_id, changed, *value)
