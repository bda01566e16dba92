"""How a service signs in to Kafka, what its topics are called there, and how it reads what cannot be decoded."""

import logging
from collections.abc import Iterator
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

from chassis.settings import Settings
from contracts.topics import Topic

logger = logging.getLogger(__name__)


class Records(fetcher.PartitionRecords):  # type: ignore[misc]
    """What aiokafka makes of a fetch, also where the broker took a batch that aiokafka cannot decode.

    The broker does not read header names, compressed frames and attributes as aiokafka does. Of its own, aiokafka
    raises at such a record each time it is fetched, or takes an offset from it that leads past the log's later ones.
    Here one empty record stands for the rest of that batch, in its last place: the inbox refuses it. A batch has one
    writer, and ours write none like that. A wrong checksum is no writer's doing: it is fetched again.
    """

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        while self._records.has_next():
            batch = self._records.next_batch()
            if not batch.validate_crc():
                raise CorruptRecordException
            try:
                for record in () if batch.is_control_batch else batch:
                    if record.offset >= batch.next_offset:
                        raise CorruptRecordException  # noqa: TRY301 -- found here, dealt with as what decoding finds
                    if record.offset >= self.next_fetch_offset:
                        self.next_fetch_offset = record.offset + 1
                        yield self._consumer_record(self._tp, record)
            except Exception as error:  # noqa: BLE001 -- whatever the bytes make of the decoder
                place = {"topic": self._tp.topic, "partition": self._tp.partition, "offset": batch.next_offset - 1}
                logger.warning("records cannot be decoded", extra={**place, "error": type(error).__name__})
                self.next_fetch_offset = batch.next_offset
                yield ConsumerRecord(
                    *place.values(), batch.max_timestamp, batch.timestamp_type, None, None, None, -1, -1, ()
                )
            self.next_fetch_offset = batch.next_offset


# It has no setting for this. Faust reads through the same fetcher.
fetcher.PartitionRecords = Records


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of every aiokafka client; without a user name the broker asks for none."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka_bootstrap, "client_id": settings.service}
    if settings.kafka_username is not None:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    return options


def full_name(settings: Settings, topic: Topic) -> str:
    """The topic's name on a broker that several stacks share."""
    return settings.kafka_prefix + topic.name


def group(settings: Settings) -> str:
    """The consumer group, the only one the service may read in."""
    return f"{settings.kafka_prefix}recourse.{settings.service}"
