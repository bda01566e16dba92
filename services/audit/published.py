"""The checkpoints as they were published: a record that was taken back or rewritten cannot take these back with it."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

# Also where a broker takes a connection and never answers.
_WITHIN: Final = 30.0


async def published(options: Mapping[str, Any], topic: str) -> Collection[bytes] | None:
    """What lies on the topic of checkpoints, from its beginning, as bytes that nobody has verified yet; None when the
    broker does not answer. `options`: as `chassis.kafka.client_options` gives them.
    """
    consumer = AIOKafkaConsumer(topic, **options, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        async with asyncio.timeout(_WITHIN):
            await consumer.start()
            return await _all(consumer)
    except (KafkaError, OSError):
        return None
    finally:
        await consumer.stop()


async def _all(consumer: AIOKafkaConsumer) -> Collection[bytes]:
    found = set()
    ends = await consumer.end_offsets(consumer.assignment())
    while any([await consumer.position(one) < end for one, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            found |= {record.value for record in records if record.value is not None}
    return found
