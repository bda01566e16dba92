"""The whole way of an entry: trail, outbox, relay, Kafka, consumer, record, checkpoint."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from chassis import audit_trail
from chassis.consumer import Consumer
from chassis.kafka import client_options, full_name
from chassis.relay import Relay
from contracts.topics import AUDIT_CHECKPOINTS
from services.audit.checkpoints import sign_checkpoints
from services.audit.published import published
from services.audit.service import HANDLERS
from services.audit.verify import Fault, Verification, verify
from tests.integration.audit.sources import World
from tests.integration.chassis.house import PUBLICS, SIGNING, House, eventually
from tests.real_parts import KafkaServer

pytestmark = pytest.mark.stack


async def test_entries_of_every_source_reach_the_record_and_a_checkpoint_is_published(
    world: World, kafka: KafkaServer, kafka_prefix: str, tmp_path: Path
) -> None:
    house = House(world.test_database, kafka.bootstrap, kafka_prefix, tmp_path)
    running = [
        *(Relay(house.settings(service), SIGNING[service]).run for service in ("workflow", "ombuds", "audit")),
        Consumer(house.settings("audit"), world.databases["audit"], HANDLERS, PUBLICS).run,
        *(partial(audit_trail.send_heartbeats, world.databases[name], 0.5) for name in ("workflow", "ombuds")),
        partial(sign_checkpoints, world.databases["audit"], SIGNING["audit"], 0.2),
    ]
    tasks = [asyncio.create_task(start()) for start in running]
    try:
        await asyncio.gather(
            world.act("workflow", *(f"case-{number}" for number in range(10))), world.act("ombuds", "talk-1")
        )

        async def whole() -> bool:
            found = await verify(world.test_database.dsn("audit"), PUBLICS["audit"])
            assert found.ok, found.findings
            arrived = {name: sum(state.arrived.values()) for name, state in found.sources.items()}
            return arrived == {"workflow": 10, "ombuds": 1} and found.checkpoints > 0

        await eventually(whole)

        settings = house.settings("audit")

        async def compared() -> Verification:
            there = await published(client_options(settings), full_name(settings, AUDIT_CHECKPOINTS))
            return await verify(world.test_database.dsn("audit"), PUBLICS["audit"], published=there)

        async def all_published() -> bool:
            found = await compared()
            assert found.ok, found.findings
            return found.published == found.checkpoints

        await eventually(all_published)
        await world.as_owner("delete from checkpoints")
        found = await compared()
        assert {one.fault for one in found.findings} == {Fault.CHECKPOINT}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
