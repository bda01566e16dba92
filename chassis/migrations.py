"""A service's alembic chain: run, compared with the tables the code declares, and started with the chassis' own."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.connections import async_dsn
from chassis.settings import Settings
from chassis.tables import NAMING

Define = Callable[[MetaData], None]
Result = TypeVar("Result")

SERVICES: Final = Path(__file__).parents[1] / "services"
KEYSTORE_CHAIN: Final = Path(__file__).parent / "keystore_migrations"
"""One chain for all services: every service's part of the key store looks the same."""


class _HasBind(Protocol):
    """What a revision has of alembic: the module `op`."""

    def get_bind(self) -> Connection: ...


async def upgrade(settings: Settings) -> None:
    """Brings the service's schema, and its key store's where it has one, to the newest revision.

    Raises ValueError when the setting with the migrating role's address is missing.
    """
    if settings.migration_dsn is None:
        raise ValueError("RECOURSE_MIGRATION_DSN is not set: give the address of the role that owns the schema")
    await migrate(settings.migration_dsn, SERVICES / settings.service / "migrations")
    if settings.keystore_migration_dsn is not None:
        await migrate(settings.keystore_migration_dsn, KEYSTORE_CHAIN)


async def migrate(dsn: str, chain: Path, revision: str = "head") -> None:
    """Moves one chain up to `revision`, or down to it when it is an older one or `base`."""

    def move(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(chain))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision()
        behind = ScriptDirectory.from_config(config).iterate_revisions(current, "base") if current else ()
        if revision == "base" or revision in {one.revision for one in behind}:
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)

    await _with_connection(dsn, move)


async def differences(dsn: str, metadata: MetaData) -> list[object]:
    """What the schema and the declared tables do not agree on; empty when model and schema are the same."""

    def compare(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    return await _with_connection(dsn, compare)


def run_env(metadata: MetaData) -> None:
    """What a chain's env.py does; only `migrate` runs chains."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def create_tables(op: _HasBind, define: Define) -> None:
    """Creates what `define` declares, for a chain's first revision."""
    _declared(define).create_all(op.get_bind())


def drop_tables(op: _HasBind, define: Define) -> None:
    """Drops what `define` declares, for a chain's first revision."""
    _declared(define).drop_all(op.get_bind())


def _declared(define: Define) -> MetaData:
    metadata = MetaData(naming_convention=NAMING)
    define(metadata)
    return metadata


async def _with_connection(dsn: str, work: Callable[[Connection], Result]) -> Result:
    engine = create_async_engine(async_dsn(dsn), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
