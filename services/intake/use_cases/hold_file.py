"""A file that somebody adds before she sends: cleaned when it comes, and sealed under a key that lies in her draft and
nowhere else (ADR 81). It goes with her session or, once she has kept her place, with that (invariant 26).
"""

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.sealed_streams import open_stream
from services.intake.files.kept import Content, File, Parts, in_order, sealed_chunks
from services.intake.files.kinds import FileRefused, Kind, Refusal, Removed
from services.intake.intake import Intake, NothingHere
from services.intake.tables import DraftChunk, DraftFile

ROOM: Final = 32_768
"""Chunks of all drafts together, 8 GiB: nobody needs a code to fill it."""
# While its row is there, and holding that until the commit: what leaving has let go comes in no more.
_KEEP_CHUNK: Final = text("""
    insert into draft_chunks (file_id, original, number, ciphertext)
    select file_id, cast(:original as boolean), cast(:number as integer), cast(:ciphertext as bytea)
    from draft_files where file_id = :file_id for key share
    returning number
""")


class NoRoom(Exception):
    """All drafts together hold as much as they may. Once it is sent, there is room for a file."""


@dataclass(frozen=True)
class Draft:
    """Where a draft lies: the digest of its session, and that of the place which was kept of it."""

    session: bytes
    place: bytes | None = None

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

    Raises FileRefused, TooManyAtOnce, NoRoom, TimeoutError, and NothingHere where the session has ended meanwhile.
    """
    async with intake.database.transaction() as session:
        await _check_room(session, intake, draft, file_id)
    async with intake.receiving.received(draft.session, parts) as file:
        key = AESGCM.generate_key(bit_length=256)
        held = Held(file_id, key, file.kind, tuple(file.removed), file.copy.size, file.original.size)
        return held if await _written(intake, draft, held, file) else None


async def _written(intake: Intake, draft: Draft, held: Held, file: File) -> bool:
    """Chunk by chunk, each in a transaction of its own: leaving never waits for a file. False where the id is taken.
    Raises NothingHere once the row is gone, with the session.
    """
    broke_off = col(DraftFile.file_id) == held.file_id, col(DraftFile.of_session) == draft.session
    try:
        async with intake.database.transaction() as session:
            await _check_room(session, intake, draft, held.file_id)
            await session.execute(delete(DraftFile).where(*broke_off))
            row = insert(DraftFile).values(file_id=held.file_id, of_session=draft.session).on_conflict_do_nothing()
            if (await session.execute(row.returning(col(DraftFile.file_id)))).first() is None:
                return False
            # Of one under this id that broke off, or that she has removed, and that is not swept yet.
            await session.execute(delete(DraftChunk).where(col(DraftChunk.file_id) == held.file_id))
    except IntegrityError:
        raise NothingHere from None
    for original, content in ((False, file.copy), (True, file.original)):
        context = held.context(original=original)
        async for number, ciphertext in sealed_chunks(held.key, content.parts(), context=context):
            chunk = {"file_id": held.file_id, "original": original, "number": number, "ciphertext": ciphertext}
            async with intake.database.transaction() as session:
                if (await session.execute(_KEEP_CHUNK, params=chunk)).first() is None:
                    raise NothingHere
    return True


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


async def let_all_go(intake: Intake, draft: Draft) -> None:
    """It was sent, or is to be gone, and the session goes on."""
    async with intake.database.transaction() as session:
        await session.execute(delete(DraftFile).where(draft.files))
