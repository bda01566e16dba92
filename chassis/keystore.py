"""The key store: wrapped data keys and matter keys, in a database instance of their own. Erasing is destroying here."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, Table, Text, Uuid, func, text

from chassis.database import Database
from chassis.settings import Settings
from chassis.tables import NAMING

MIGRATIONS: Final = Path(__file__).parent / "keystore_migrations"

metadata: Final = MetaData(naming_convention=NAMING)


def define(target: MetaData) -> None:
    """Adds the key store's tables: the same in every service's schema there."""
    wraps = Table(
        "wraps",
        target,
        Column("item_id", Uuid, primary_key=True),
        Column("recipient", Text, primary_key=True),
        Column("group_id", Uuid, nullable=False),
        Column("wrapped", LargeBinary, nullable=False),
    )
    Index(None, wraps.c.group_id)
    # Items whose wraps were written ahead of their contents: a sweep settles them and forgets the time.
    Table(
        "unsettled",
        target,
        Column("item_id", Uuid, primary_key=True),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    Table(
        "matter_keys",
        target,
        Column("case_id", Uuid, primary_key=True),
        Column("wrapped", LargeBinary, nullable=False),
    )


define(metadata)


@dataclass(frozen=True)
class Wrap:
    """An item's data key for one recipient; the items of one group are destroyed together."""

    item_id: UUID
    recipient: str
    group_id: UUID
    wrapped: bytes


class Keystore:
    """Each call is a transaction of its own, and may be repeated."""

    def __init__(self, dsn: str) -> None:
        self._database = Database(dsn)

    @classmethod
    def of(cls, settings: Settings) -> "Keystore":
        """Raises ValueError when the settings name no key store."""
        if settings.keystore_dsn is None:
            raise ValueError(
                "RECOURSE_KEYSTORE_DSN is not set: give the address of this service's role in the key store"
            )
        return cls(settings.keystore_dsn)

    async def put_wraps(self, wraps: Iterable[Wrap], *, ahead: bool = False) -> None:
        """Keep them; a wrap that is there already for the same item and recipient stays as it is. With `ahead`, the
        items' contents are committed only after this: until `settle`, `unsettled` finds them.
        """
        rows = [asdict(wrap) for wrap in wraps]
        if not rows:
            return
        async with self._database.transaction() as session:
            if ahead:
                await session.execute(
                    text("insert into unsettled (item_id) select unnest(cast(:ids as uuid[])) on conflict do nothing"),
                    params={"ids": list({row["item_id"] for row in rows})},
                )
            await session.execute(
                text("""
                    insert into wraps (item_id, recipient, group_id, wrapped)
                    values (:item_id, :recipient, :group_id, :wrapped) on conflict do nothing
                """),
                params=rows,
            )

    async def replace_wraps(self, wraps: Sequence[Wrap]) -> None:
        """As `put_wraps` with `ahead`, but in place of what an earlier attempt at the same items has left there: its
        contents were never kept, and what it wrapped would not open those that are. Whoever calls this makes sure that
        nobody else does so for the same items, and that their contents are not there.
        """
        rows = [asdict(wrap) for wrap in wraps]
        async with self._database.transaction() as session:
            # First, and renewed: a sweep that was about to take the earlier attempt for an orphan leaves this one.
            await session.execute(
                text("""
                    insert into unsettled (item_id) select unnest(cast(:ids as uuid[]))
                    on conflict (item_id) do update set written_at = now()
                """),
                params={"ids": list({row["item_id"] for row in rows})},
            )
            await session.execute(
                text("""
                    insert into wraps as wrap (item_id, recipient, group_id, wrapped)
                    values (:item_id, :recipient, :group_id, :wrapped)
                    on conflict (item_id, recipient) do update set wrapped = excluded.wrapped
                    where wrap.group_id = excluded.group_id
                """),
                params=rows,
            )

    async def exchange_wraps(self, pairs: Sequence[tuple[Wrap, bytes]]) -> None:
        """Each wrap in place of the one that was there, where that is still there: what was destroyed stays so, and a
        wrap that has been exchanged already is left alone.
        """
        rows = [asdict(wrap) | {"was": was} for wrap, was in pairs]
        if not rows:
            return
        async with self._database.transaction() as session:
            await session.execute(
                text("""
                    update wraps set wrapped = :wrapped where item_id = :item_id and recipient = :recipient
                    and group_id = :group_id and wrapped = :was
                """),
                params=rows,
            )

    async def wraps_of(self, item_ids: Sequence[UUID], recipient: str) -> dict[UUID, bytes]:
        """The recipient's wraps of those items that still have one."""
        async with self._database.transaction() as session:
            found = await session.execute(
                text("select item_id, wrapped from wraps where recipient = :recipient and item_id = any(:ids)"),
                params={"recipient": recipient, "ids": list(item_ids)},
            )
            return {row.item_id: row.wrapped for row in found}

    async def destroy_group(self, group_id: UUID) -> None:
        """Destroy every wrap of the group: its contents open for nobody any more."""
        async with self._database.transaction() as session:
            await session.execute(text("delete from wraps where group_id = :group_id"), params={"group_id": group_id})

    async def destroy_wraps(self, group_id: UUID, recipient: str) -> None:
        """Destroy one recipient's wraps of a group: for that one its contents are closed, for others they stay open."""
        async with self._database.transaction() as session:
            await session.execute(
                text("delete from wraps where group_id = :group_id and recipient = :recipient"),
                params={"group_id": group_id, "recipient": recipient},
            )

    async def destroy_wraps_of(self, item_ids: Sequence[UUID], recipient: str) -> None:
        """Destroy one recipient's wraps of these items."""
        async with self._database.transaction() as session:
            await session.execute(
                text("delete from wraps where recipient = :recipient and item_id = any(:ids)"),
                params={"recipient": recipient, "ids": list(item_ids)},
            )

    async def unsettled(self, before: datetime) -> list[UUID]:
        """Items whose wraps were written ahead before that time and which nobody has settled since."""
        async with self._database.transaction() as session:
            found = await session.execute(
                text("select item_id from unsettled where written_at < :before"), params={"before": before}
            )
            return list(found.scalars())

    async def settle(
        self, item_ids: Sequence[UUID], *, orphans: Sequence[UUID], before: datetime | None = None
    ) -> None:
        """Forget when the items were written, and destroy the wraps of those among them that are `orphans`; with
        `before`, leave alone what was written again since.
        """
        async with self._database.transaction() as session:
            settled = await session.scalars(
                text("""
                    delete from unsettled where item_id = any(:ids)
                        and written_at < coalesce(cast(:before as timestamptz), 'infinity')
                    returning item_id
                """),
                params={"ids": list(item_ids), "before": before},
            )
            gone = list(set(settled).intersection(orphans))
            await session.execute(text("delete from wraps where item_id = any(:ids)"), params={"ids": gone})

    async def put_matter_key(self, case_id: UUID, wrapped: bytes) -> None:
        """Keep it; a matter key that is there already stays as it is."""
        async with self._database.transaction() as session:
            await session.execute(
                text("insert into matter_keys (case_id, wrapped) values (:case_id, :wrapped) on conflict do nothing"),
                params={"case_id": case_id, "wrapped": wrapped},
            )

    async def replace_matter_key(self, case_id: UUID, wrapped: bytes) -> None:
        """The same key for another recipient: the wrap that was there is gone. One that was destroyed stays so."""
        async with self._database.transaction() as session:
            await session.execute(
                text("update matter_keys set wrapped = :wrapped where case_id = :case_id"),
                params={"case_id": case_id, "wrapped": wrapped},
            )

    async def matter_key(self, case_id: UUID) -> bytes | None:
        async with self._database.transaction() as session:
            wrapped: bytes | None = await session.scalar(
                text("select wrapped from matter_keys where case_id = :case_id"), params={"case_id": case_id}
            )
            return wrapped

    async def destroy_matter_key(self, case_id: UUID) -> None:
        async with self._database.transaction() as session:
            await session.execute(text("delete from matter_keys where case_id = :case_id"), params={"case_id": case_id})

    async def check(self) -> None:
        """For readiness: raises when the key store does not answer."""
        async with self._database.transaction() as session:
            await session.execute(text("select 1"))

    async def close(self) -> None:
        await self._database.close()
