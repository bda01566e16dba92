"""Real parts for tests: each is started when a test first asks for it, at most once, and stopped at the end."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import TypeVar

import pytest
from httpx._transports import default
from hypothesis import settings
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from xdist.scheduler import LoadFileScheduling

from chassis.web.pages import page
from ops.local_stack import roles, topics
from ops.local_stack.guardian import Guardian
from ops.local_stack.kafka import ADMIN, Kafka
from ops.local_stack.oidc import Oidc
from ops.local_stack.part import Part
from ops.local_stack.people import organisation
from ops.local_stack.ports import free_port
from ops.local_stack.postgres import SHORT_LIVED_LOG, Postgres
from ops.local_stack.smtp import Smtp
from ops.local_stack.temporal import Temporal
from ops.local_stack.tryton import Tryton
from tests.real_parts import Database, KafkaServer, PostgresServer, TemporalServer, password

# A slow machine is no counter-example.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

AnyPart = TypeVar("AnyPart", bound=Part)
# Tests need no protection from a power cut; the process may be killed all the same.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


PARTS = frozenset({"postgres", "keystore", "kafka", "temporal", "tryton", "oidc", "smtp"})


class ByFile(LoadFileScheduling):
    """Each file to one worker, and all end-to-end tests to the same: they share a whole stack."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/e2e" if nodeid.startswith("tests/e2e/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a real part is marked as one: `make test-fast` leaves it out."""
    for item in items:
        if isinstance(item, pytest.Function) and PARTS.intersection(item.fixturenames):
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test talks to another machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0]) if isinstance(address, tuple) else ""
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        real(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


class OneMemory(BytecodeCache):
    """What was made of a template once serves every application that a test builds."""

    def __init__(self) -> None:
        self.made: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.made.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.made[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def built_once() -> Iterator[None]:
    """Templates and whom to trust: a process of ours reads them once in its life, and tests build hundreds of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "Environment", partial(Environment, bytecode_cache=OneMemory()))
        patch.setattr(default, "create_ssl_context", cache(default.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def guardian() -> Iterator[Guardian]:
    """Ends the parts also when pytest itself is killed."""
    guardian = Guardian()
    yield guardian
    guardian.dismiss()


@pytest.fixture(scope="session")
def parts_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


async def _started(part: AnyPart, guardian: Guardian) -> AnyPart:
    process = await part.start()
    guardian.watch(process.id)
    await part.ready()
    return part


@pytest.fixture(scope="session")
async def postgres(parts_dir: Path, guardian: Guardian) -> AsyncIterator[PostgresServer]:
    part = Postgres(
        parts_dir / "postgres", free_port(), parts_dir / "postgres.log", password=password("admin"), settings=FAST
    )
    try:
        yield PostgresServer(await _started(part, guardian), roles.plans()["postgres"])
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def keystore(parts_dir: Path, guardian: Guardian) -> AsyncIterator[PostgresServer]:
    part = Postgres(
        parts_dir / "keystore",
        free_port(),
        parts_dir / "keystore.log",
        password=password("admin"),
        name="keystore",
        settings={**SHORT_LIVED_LOG, **FAST},
    )
    try:
        yield PostgresServer(await _started(part, guardian), roles.plans()["keystore"])
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def kafka(parts_dir: Path, guardian: Guardian) -> AsyncIterator[KafkaServer]:
    part = Kafka(parts_dir / "kafka", free_port(), free_port(), parts_dir / "kafka.log", password=password("admin"))
    try:
        server = KafkaServer(await _started(part, guardian), topics.plan())
        await topics.create_users(server.bootstrap, ADMIN, part.password, server.plan.principals, password)
        yield server
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def temporal(parts_dir: Path, guardian: Guardian) -> AsyncIterator[TemporalServer]:
    part = Temporal(parts_dir / "temporal", free_port(), parts_dir / "temporal.log")
    try:
        yield TemporalServer(await _started(part, guardian))
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def tryton(parts_dir: Path, guardian: Guardian) -> AsyncIterator[Tryton]:
    """The HR system with the invented people in it: `.url`, users `admin` and `hr_bridge`; put back what you change."""
    part = Tryton(
        parts_dir / "tryton",
        free_port(),
        parts_dir / "tryton.log",
        organisation(),
        password=password("admin"),
        hr_bridge_password=password("hr_bridge"),
    )
    try:
        yield await _started(part, guardian)
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def oidc(parts_dir: Path, guardian: Guardian) -> AsyncIterator[Oidc]:
    """The identity provider: `.issuer`; a token comes from `ops.demo.sign_in.access_token(oidc.issuer, "S0018")`."""
    part = Oidc(free_port(), parts_dir / "oidc.log")
    try:
        yield await _started(part, guardian)
    finally:
        await part.stop()


@pytest.fixture(scope="session")
async def smtp(parts_dir: Path, guardian: Guardian) -> AsyncIterator[Smtp]:
    """The mail sink: `.port` on 127.0.0.1; what came is in `.maildir / "new"`."""
    part = Smtp(parts_dir / "mail", free_port(), parts_dir / "smtp.log")
    try:
        yield await _started(part, guardian)
    finally:
        await part.stop()


@pytest.fixture
async def fresh_database(postgres: PostgresServer) -> AsyncIterator[Callable[..., Awaitable[Database]]]:
    """A maker of databases of one's own, with the tables of the services named; each is dropped after the test."""
    made: list[Database] = []

    async def fresh(*migrated: str) -> Database:
        made.append(await postgres.fresh(*migrated))
        return made[-1]

    yield fresh
    for database in made:
        await postgres.drop(database)


@pytest.fixture
async def fresh_keystore(keystore: PostgresServer) -> AsyncIterator[Callable[..., Awaitable[Database]]]:
    """The same on the key store instance."""
    made: list[Database] = []

    async def fresh(*migrated: str) -> Database:
        made.append(await keystore.fresh(*migrated))
        return made[-1]

    yield fresh
    for database in made:
        await keystore.drop(database)


@pytest.fixture
async def kafka_prefix(kafka: KafkaServer) -> str:
    """All topics, with their rules, under a prefix that only this test uses."""
    return await kafka.fresh_topics()
