"""A file as it is kept: two items, the cleaned copy and the original, each with chunks of its own (ADR 61)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, insert, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.desk_keys import DeskPublicKey
from chassis.keystore import Keystore, Wrap
from chassis.sealed_streams import PART, StreamSealer, open_stream
from chassis.sealing import ROUTE, DeskPrivateKey, file_context, item_context, seal_with
from contracts.ids import new_id
from services.intake.files.kinds import ENDINGS, Kind, Removed
from services.intake.files.memory import MemoryFile
from services.intake.items import SealedItem, content_of, data_key_of, plain_of, wraps_of_key
from services.intake.tables import FileChunk, Item, ItemKind, Report


class Parts(Protocol):
    """A file in clear, in parts of `PART` bytes."""

    def __call__(self, within: AsyncSession | None = None) -> AsyncIterator[bytes]:
        """Whoever has a transaction open reads within it: a second connection for each part of each file would be
        waited for by all who hold a first one.
        """


@dataclass(frozen=True)
class Content:
    """One of a file's two contents, in clear."""

    size: int
    parts: Parts


@dataclass(frozen=True)
class File:
    """A file in clear: what it is, and its two contents."""

    kind: Kind
    removed: Sequence[Removed]
    copy: Content
    original: Content


class FileKeys:
    """Ids and keys for a file that is to be kept with one report."""

    def __init__(self, report_id: UUID, desk: DeskPublicKey, route_public: bytes) -> None:
        self._report_id = report_id
        self.copy_id, self.original_id = new_id(), new_id()
        self._copy_key, self._original_key = (AESGCM.generate_key(bit_length=256) for _ in range(2))
        self.wraps: tuple[Wrap, ...] = (
            *wraps_of_key(report_id, self.copy_id, self._copy_key, desk, route_public),
            *wraps_of_key(report_id, self.original_id, self._original_key, desk, route_public),
        )

    @classmethod
    def of(cls, report: Report, desk: DeskPublicKey) -> FileKeys:
        """For a report that is not erased."""
        assert report.route_public_key is not None
        return cls(report.report_id, desk, report.route_public_key)

    def items(self, file: File, number: int) -> list[SealedItem]:
        """What is told of the `number`th file of its report; nothing of it is a name that somebody gave it."""
        ending, type_ = ENDINGS[file.kind], {"media_type": file.kind.value}
        copy = {"name": f"file-{number}.{ending}", "size": file.copy.size, **type_}
        about_copy = {**copy, "removed": list(file.removed), "original": str(self.original_id)}
        about_original = {"name": f"file-{number}-original.{ending}", "size": file.original.size, **type_}
        return [
            self._item(self.copy_id, self._copy_key, ItemKind.FILE, about_copy),
            self._item(self.original_id, self._original_key, ItemKind.ORIGINAL, about_original),
        ]

    def _item(self, item_id: UUID, data_key: bytes, kind: ItemKind, about: dict[str, Any]) -> SealedItem:
        context = item_id.bytes + item_context(self._report_id).encode()
        own = tuple(wrap for wrap in self.wraps if wrap.item_id == item_id)
        return SealedItem(item_id, kind, seal_with(data_key, plain_of(about), context=context), own)

    async def write(self, session: AsyncSession, file: File) -> None:
        """Its chunks, once its items are there."""
        await session.flush()
        for item_id, data_key, content in (
            (self.copy_id, self._copy_key, file.copy),
            (self.original_id, self._original_key, file.original),
        ):
            context = file_context(self._report_id, item_id)
            async for number, ciphertext in sealed_chunks(data_key, content.parts(session), context=context):
                row = {"item_id": item_id, "number": number, "ciphertext": ciphertext}
                await session.execute(insert(FileChunk), params=[row])


def of_memory(held: MemoryFile) -> Content:
    """What is held in memory."""

    async def parts(within: AsyncSession | None = None) -> AsyncIterator[bytes]:  # noqa: ARG001  no store is asked
        for part in held.parts(PART):
            yield part

    return Content(held.size, parts)


@dataclass(frozen=True)
class Opened:
    """An item of a file, opened with her code: what is told of it, and how its content is read."""

    about: dict[str, Any]
    content: Content


async def opened(database: Database, keystore: Keystore, item: Item, route_key: DeskPrivateKey) -> Opened | None:
    """None once its wrap is destroyed. Raises SealNotOpened."""
    wrapped = (await keystore.wraps_of([item.item_id], ROUTE)).get(item.item_id)
    if wrapped is None:
        return None
    data_key = data_key_of(item, wrapped, route_key)
    about, context = content_of(item, data_key), file_context(item.report_id, item.item_id)

    def parts(within: AsyncSession | None = None) -> AsyncIterator[bytes]:
        return open_stream(chunks_of(database, item.item_id, within), data_key, context=context)

    return Opened(about, Content(int(about["size"]), parts))


def chunks_of(database: Database, item_id: UUID, within: AsyncSession | None = None) -> AsyncIterator[bytes]:
    """The sealed chunks of an item, in order."""
    of_item = select(col(FileChunk.ciphertext)).where(col(FileChunk.item_id) == item_id)
    return in_order(database, lambda number: of_item.where(col(FileChunk.number) == number), within)


async def in_order(
    database: Database, chunk_at: Callable[[int], Select[bytes]], within: AsyncSession | None
) -> AsyncIterator[bytes]:
    """Chunks by their number; without `within` each is looked up by itself: whoever reads slowly keeps no
    connection.
    """
    number = 0
    while True:
        async with nullcontext(within) if within else database.transaction() as session:
            chunk = await session.scalar(chunk_at(number))
        if chunk is None:
            return
        yield chunk
        number += 1


async def sealed_chunks(
    data_key: bytes, parts: AsyncIterator[bytes], *, context: bytes
) -> AsyncIterator[tuple[int, bytes]]:
    """A stream as it is kept: each chunk with its number."""
    sealer, number = StreamSealer(data_key, context=context), 0
    async for part, last in _with_last(parts):
        yield number, sealer.seal(part, last=last)
        number += 1


async def _with_last(parts: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """Each part, and whether it is the last."""
    held = await anext(parts, b"")
    async for part in parts:
        yield held, False
        held = part
    yield held, True
