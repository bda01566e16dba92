"""A file that somebody adds before she sends: cleaned when it comes, and sealed under a key that lies in her draft and
nowhere else (ADR 81). It goes with her session or, once she has kept her place, with that (invariant 26).
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.sealed_streams import open_stream
from chassis.web.run import keep_running
from services.intake.files.kept import Content, File, Parts, in_order, sealed_chunks
from services.intake.files.kinds import FileRefused, Kind, Refusal, Removed
from services.intake.files.receiving import TooManyAtOnce
from services.intake.intake import Intake, NothingHere
from services.intake.room import NoRoom
from services.intake.tables import DraftChunk, DraftFile

ROOM: Final = 32_768
"""Chunks of all drafts together, 8 GiB: nobody needs a code to fill it."""
_MOVED_EVERY: Final = 10.0
_SOON: Final = func.clock_timestamp() + timedelta(seconds=30)
"""Until then a file is on its way that is not told of again: its process has died."""
# What begins within one session waits for another that does; sending and leaving are not held up.
_LOCK: Final = text("select true from web_sessions where digest = :digest for no key update")
# While its row is there, and holding that until the commit: what leaving has let go comes in no more.
_KEEP_CHUNK: Final = text("""
    insert into draft_chunks (file_id, original, number, ciphertext)
    select file_id, cast(:original as boolean), cast(:number as integer), cast(:ciphertext as bytea)
    from draft_files where file_id = :file_id for key share
    returning number
""")


@dataclass(frozen=True)
class Draft:
    """Where a draft lies: the digest of its session, and that of the place which was kept of it. `has`: the files whose
    keys it has.
    """

    session: bytes
    place: bytes | None = None
    has: frozenset[UUID] = frozenset()

    @property
    def files(self) -> ColumnElement[bool]:
        """Which rows are its files."""
        of_session = col(DraftFile.of_session) == self.session
        return of_session if self.place is None else or_(of_session, col(DraftFile.of_place) == self.place)


@dataclass(frozen=True)
class Held:
    """A file of a draft, as the draft alone knows it. Sizes in bytes."""

    file_id: UUID
    key: bytes
    kind: Kind
    removed: tuple[Removed, ...]
    size: int
    size_of_original: int

    def noted(self) -> dict[str, Any]:
        """As it lies in the draft."""
        sizes = [self.size, self.size_of_original]
        return {"key": self.key.hex(), "kind": self.kind, "removed": list(self.removed), "sizes": sizes}

    @classmethod
    def read(cls, file_id: UUID, noted: dict[str, Any]) -> "Held":
        removed = tuple(Removed(one) for one in noted["removed"])
        return cls(file_id, bytes.fromhex(noted["key"]), Kind(noted["kind"]), removed, *noted["sizes"])

    def file(self, database: Database) -> File:
        """What is sent. Whoever reads it gets SealNotOpened where it is gone."""
        copy = Content(self.size, self._parts(database, original=False))
        original = Content(self.size_of_original, self._parts(database, original=True))
        return File(self.kind, self.removed, copy, original)

    def context(self, *, original: bool) -> bytes:
        """Of its two streams."""
        return b"draft file|" + self.file_id.bytes + (b"original" if original else b"copy")

    def _parts(self, database: Database, *, original: bool) -> Parts:
        # By its row, which goes first: what is still there of it afterwards is read by nobody.
        of_file = select(col(DraftChunk.ciphertext)).join(DraftFile, col(DraftFile.file_id) == self.file_id)
        of_file = of_file.where(col(DraftChunk.file_id) == self.file_id, col(DraftChunk.original).is_(original))

        def parts(within: AsyncSession | None = None) -> AsyncIterator[bytes]:
            chunks = in_order(database, lambda number: of_file.where(col(DraftChunk.number) == number), within)
            return open_stream(chunks, self.key, context=self.context(original=original))

        return parts


async def hold_file(intake: Intake, draft: Draft, file_id: UUID, parts: AsyncIterator[bytes]) -> Held | None:
    """Clean, seal and keep it; None where this id is another draft's, or with the place. What is there under it of this
    session broke off: no draft has its key. Nothing of `parts` is read before it is known that there is room.

    Raises FileRefused, TooManyAtOnce, NoRoom, TimeoutError, and NothingHere where the session has ended meanwhile, or
    has sent its draft without it.
    """
    if not await _begun(intake, draft, file_id):
        return None
    async with _on_its_way(intake, file_id), intake.receiving.received(draft.session, parts) as file:
        key = AESGCM.generate_key(bit_length=256)
        held = Held(file_id, key, file.kind, tuple(file.removed), file.copy.size, file.original.size)
        await _write(intake, held, file)
        # From here until the draft has its key, it is still on its way.
        if not await _still_coming(intake, file_id):
            raise NothingHere
        return held


async def _begun(intake: Intake, draft: Draft, file_id: UUID) -> bool:
    """Its row, which every process sees from here on. False where the id is taken; raises as `hold_file`."""
    async with intake.database.transaction() as session:
        # One after the other; whoever leaves waits for no more than this.
        if (await session.execute(_LOCK, params={"digest": draft.session})).first() is None:
            raise NothingHere
        if await on_the_way(session, draft):
            raise TooManyAtOnce
        await _check_room(session, intake, draft, file_id)
        broke_off = col(DraftFile.file_id) == file_id, col(DraftFile.of_session) == draft.session
        await session.execute(delete(DraftFile).where(*broke_off))
        row = insert(DraftFile).values(file_id=file_id, of_session=draft.session, coming_until=_SOON)
        row = row.on_conflict_do_nothing()
        if (await session.execute(row.returning(col(DraftFile.file_id)))).first() is None:
            return False
        # Of one under this id that broke off, or that she has removed, and that is not swept yet.
        await session.execute(delete(DraftChunk).where(col(DraftChunk.file_id) == file_id))
    return True


@asynccontextmanager
async def _on_its_way(intake: Intake, file_id: UUID) -> AsyncIterator[None]:
    """Moves its time while this lasts. What breaks off is on its way no more; where its process dies, soon."""
    moving = asyncio.create_task(keep_running(partial(_keep_coming, intake, file_id)))
    try:
        yield
    except Exception:
        await let_go(intake, [file_id])
        raise
    finally:
        moving.cancel()


async def _keep_coming(intake: Intake, file_id: UUID) -> None:
    there = True
    while there:
        await asyncio.sleep(_MOVED_EVERY)
        there = await _still_coming(intake, file_id)


async def _still_coming(intake: Intake, file_id: UUID) -> bool:
    """Moves its time; False where it has no row any more."""
    async with intake.database.transaction() as session:
        moved = update(DraftFile).where(col(DraftFile.file_id) == file_id).values(coming_until=_SOON)
        return (await session.execute(moved.returning(col(DraftFile.file_id)))).first() is not None


async def on_the_way(session: AsyncSession, draft: Draft) -> bool:
    """Whether a file is coming in that this draft does not have yet, in whichever process and window."""
    coming = col(DraftFile.coming_until) > func.clock_timestamp(), col(DraftFile.file_id).not_in(list(draft.has))
    found = select(col(DraftFile.file_id)).where(col(DraftFile.of_session) == draft.session, *coming)
    return (await session.execute(found.limit(1))).first() is not None


async def _write(intake: Intake, held: Held, file: File) -> None:
    """Chunk by chunk, each in a transaction of its own: leaving never waits for a file. Raises NothingHere once the row
    is gone, with the session or because the draft was sent.
    """
    for original, content in ((False, file.copy), (True, file.original)):
        context = held.context(original=original)
        async for number, ciphertext in sealed_chunks(held.key, content.parts(), context=context):
            chunk = {"file_id": held.file_id, "original": original, "number": number, "ciphertext": ciphertext}
            async with intake.database.transaction() as session:
                if (await session.execute(_KEEP_CHUNK, params=chunk)).first() is None:
                    raise NothingHere


async def _check_room(session: AsyncSession, intake: Intake, draft: Draft, file_id: UUID) -> None:
    """Raises FileRefused for one too many of this draft, beside that one, and NoRoom."""
    of_draft = select(func.count()).select_from(DraftFile).where(draft.files, col(DraftFile.file_id) != file_id)
    if (await session.scalar(of_draft) or 0) >= intake.receiving.most:
        raise FileRefused(Refusal.TOO_MANY)
    if (await session.scalar(select(func.count()).select_from(DraftChunk)) or 0) >= ROOM:
        raise NoRoom


async def still_there(intake: Intake, file_ids: Collection[UUID]) -> set[UUID]:
    """Which of them are: what is removed or sent in one window is gone in the others."""
    async with intake.database.transaction() as session:
        found = select(col(DraftFile.file_id)).where(col(DraftFile.file_id).in_(file_ids))
        return set(await session.scalars(found)) if file_ids else set()


async def let_go(intake: Intake, file_ids: Iterable[UUID]) -> None:
    """She has removed them: from a place that was kept too. Nothing opens them from here on; their bytes are swept."""
    async with intake.database.transaction() as session:
        await session.execute(delete(DraftFile).where(col(DraftFile.file_id).in_(list(file_ids))))


async def let_all_go(intake: Intake, draft: Draft) -> bool:
    """It was sent, or is to be gone, and the session goes on. Whether one went that the draft did not have yet."""
    async with intake.database.transaction() as session:
        gone = delete(DraftFile).where(draft.files).returning(col(DraftFile.file_id))
        return any(file_id not in draft.has for file_id in await session.scalars(gone))
