"""The real parts as tests see them: who may sign in where, and how to get a database or topics of one's own."""

import asyncio
import itertools
from dataclasses import dataclass, field

import asyncpg

from ops.local_stack import roles, topics
from ops.local_stack.kafka import ADMIN, Kafka
from ops.local_stack.postgres import Postgres
from ops.local_stack.temporal import NAMESPACE, Temporal

_numbers = itertools.count(1)


def password(name: str) -> str:
    """The password of a database role or a Kafka principal in tests."""
    return f"password-of-{name}"


@dataclass(frozen=True)
class Database:
    """A database of one's own, with every role, schema and right of `deploy/database.toml`."""

    admin_dsn: str  # the superuser, in this database
    name: str

    def dsn(self, service: str) -> str:
        """For the role that reads and writes rows: RECOURSE_DATABASE_DSN or RECOURSE_KEYSTORE_DSN."""
        return roles.dsn_for(self.admin_dsn, user=service, password=password(service), database=self.name)

    def migration_dsn(self, service: str) -> str:
        """For the role that owns the schema: RECOURSE_MIGRATION_DSN or RECOURSE_KEYSTORE_MIGRATION_DSN."""
        return self.dsn(roles.owner(service))


@dataclass
class PostgresServer:
    part: Postgres
    plan: roles.DatabasePlan
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)  # roles are shared by all databases

    @property
    def admin_dsn(self) -> str:
        return self.part.admin_dsn

    async def fresh(self) -> Database:
        name = f"{self.plan.name}_{next(_numbers)}"
        async with self._one_at_a_time:
            await roles.apply(self.admin_dsn, self.plan, password, database=name)
        admin = roles.dsn_for(self.admin_dsn, user="postgres", password=self.part.password, database=name)
        return Database(admin, name)

    async def drop(self, database: Database) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(f'drop database "{database.name}" with (force)')
        finally:
            await connection.close()


@dataclass
class KafkaServer:
    part: Kafka
    plan: topics.TopicsPlan

    @property
    def bootstrap(self) -> str:
        return self.part.bootstrap

    def username(self, principal: str) -> str:
        """RECOURSE_KAFKA_USERNAME of a service (or of "sentinel")."""
        return principal

    def password(self, principal: str) -> str:
        """RECOURSE_KAFKA_PASSWORD of a service (or of "sentinel")."""
        return password(principal)

    async def fresh_topics(self) -> str:
        """Create all topics and rules under a prefix of their own; give it as RECOURSE_KAFKA_PREFIX."""
        prefix = f"t{next(_numbers)}."
        await topics.create_topics(self.bootstrap, ADMIN, self.part.password, self.plan, prefix=prefix)
        return prefix


@dataclass
class TemporalServer:
    part: Temporal
    namespace: str = NAMESPACE

    @property
    def address(self) -> str:
        return self.part.address
