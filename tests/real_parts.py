"""The real parts as tests see them: who may sign in where, and how to get a database or topics of one's own."""

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg

from chassis.migrations import KEYSTORE_CHAIN, SERVICES, migrate
from contracts.topics import Topic
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
    _templates: dict[frozenset[str], str] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)  # roles are shared by all databases

    @property
    def admin_dsn(self) -> str:
        return self.part.admin_dsn

    async def fresh(self, *migrated: str) -> Database:
        """A copy of a database that was made once: with all roles, and with the tables of these services."""
        made = self._database()
        async with self._one_at_a_time:
            await self._copy(await self._template(frozenset(migrated)), made)
        return made

    async def _template(self, migrated: frozenset[str]) -> str:
        if migrated not in self._templates:
            made = self._database()
            await roles.apply(self.admin_dsn, self.plan, password, database=made.name)
            for service in migrated:
                await migrate(made.migration_dsn(service), self._chain(service))
            self._templates[migrated] = made.name
        return self._templates[migrated]

    def _chain(self, service: str) -> Path:
        return KEYSTORE_CHAIN if self.plan.instance == "keystore" else SERVICES / service / "migrations"

    def _database(self) -> Database:
        name = f"{self.plan.name}_{next(_numbers)}"
        return Database(
            roles.dsn_for(self.admin_dsn, user="postgres", password=self.part.password, database=name), name
        )

    async def _copy(self, template: str, made: Database) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(f'create database "{made.name}" template "{template}" strategy file_copy')
            # Who may connect is the one right that a copy does not have of its template.
            who = ", ".join(f'"{role}"' for one in self.plan.services for role in (one, roles.owner(one)))
            await connection.execute(f'revoke all on database "{made.name}" from public')
            await connection.execute(f'grant connect on database "{made.name}" to {who}')
        finally:
            await connection.close()

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

    async def fresh_topics(self, *only: Topic) -> str:
        """Create all topics, or `only` some, with their rules under a prefix of their own; give it as
        RECOURSE_KAFKA_PREFIX. The broker has work with every topic for as long as it runs.
        """
        prefix, names = f"t{next(_numbers)}.", {topic.name for topic in only}
        wanted = tuple(topic for topic in self.plan.topics if not names or topic.name in names)
        plan = replace(self.plan, topics=wanted)
        await topics.create_topics(self.bootstrap, ADMIN, self.part.password, plan, prefix=prefix)
        return prefix


@dataclass
class TemporalServer:
    part: Temporal
    namespace: str = NAMESPACE

    @property
    def address(self) -> str:
        return self.part.address
