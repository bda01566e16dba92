"""Batches that a broker takes and aiokafka cannot decode, as nobody writes them by accident."""

import struct
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

_CHECKSUM, _CHECKED = 17, 21
_FIRST_ATTRIBUTES: Final = 62


def header_name_that_is_no_text() -> bytes:
    return _batch(b"key", [("name", b"")], lambda batch: batch.replace(b"name", b"\xff\xfe\xff\xfe"))


def offset_that_leaps() -> bytes:
    """The broker reads one byte of attributes, aiokafka a number: all that follows moves by a byte, and the length of
    the key becomes the offset. What the key then begins with has the record end where the broker sees it end.
    """

    def change(batch: bytes) -> bytes:
        return batch[:_FIRST_ATTRIBUTES] + b"\x80" + batch[_FIRST_ATTRIBUTES + 1 :]

    return _batch(b"\x01\x01\x02\x00\x4c".ljust(40), [], change)


BATCHES: Final = (header_name_that_is_no_text, offset_that_leaps)


async def send(producer: AIOKafkaProducer, topic: str, partition: int, batch: bytes) -> None:
    """Puts the bytes on the topic as they are. Raises KafkaError when the broker does not take them."""
    builder = producer.create_batch()
    builder.append(timestamp=None, key=b"", value=b"")
    builder.close()
    builder._buffer = batch
    await (await producer.send_batch(builder, topic, partition=partition))


def _batch(key: bytes, headers: list[tuple[str, bytes]], change: Callable[[bytes], bytes]) -> bytes:
    """One record, changed, with the checksum of what it is now."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1000)
    builder.append(0, 0, key, b"v", headers)
    batch = bytearray(change(bytes(builder.build())))
    struct.pack_into(">I", batch, _CHECKSUM, calc_crc32c(bytes(batch[_CHECKED:])))
    return bytes(batch)
