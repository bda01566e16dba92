from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ops.local_stack.guardian import Guardian
from ops.local_stack.ports import free_port
from ops.local_stack.smtp import Smtp
from tests.integration.notifications.post import HOUSE, Post
from tests.real_parts import Database, KafkaServer

Fresh = Callable[..., Awaitable[Database]]


@pytest.fixture
async def sink(guardian: Guardian, tmp_path: Path) -> AsyncIterator[Smtp]:
    """A mail server that the test may stop and start."""
    part = Smtp(tmp_path / "maildir", free_port(), tmp_path / "smtp.log")
    guardian.watch((await part.start()).id)
    await part.ready()
    yield part
    await part.stop()


@pytest.fixture
async def post(fresh_database: Fresh, sink: Smtp, tmp_path: Path) -> AsyncIterator[Post]:
    made = Post(await fresh_database(*HOUSE), {"kafka_bootstrap": "127.0.0.1:1"}, tmp_path, sink.port)
    await made.prepare()
    yield made
    await made.close()


@pytest.fixture
async def wired_post(
    fresh_database: Fresh, sink: Smtp, kafka: KafkaServer, kafka_prefix: str, tmp_path: Path
) -> AsyncIterator[Post]:
    """With a broker between the desks and notifications."""
    broker = {"kafka_bootstrap": kafka.bootstrap, "kafka_prefix": kafka_prefix}
    made = Post(await fresh_database(*HOUSE), broker, tmp_path, sink.port)
    await made.prepare()
    yield made
    await made.close()
