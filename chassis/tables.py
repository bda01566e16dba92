"""The tables that every service's schema has: events going out and coming in, the audit trail, sessions of pages."""

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    func,
    text,
)

from chassis import audit_trail, desk_keys, service_tokens
from chassis.web import session_rows

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""For every service's metadata: constraints that have names can be migrated."""

_CHANGES: Final = "update, delete, truncate"
EXCHANGES: Final = "update, truncate"
"""What is forbidden where a row may go but never be another."""

# The trail as it is read: with those actors who are still kept. One who is not whom the chain says is not shown.
_READABLE: Final = f"""
    create or replace view audit_readable as
    select shard, number, object_ref, object_number, coalesce((
        select convert_to(replace(convert_from(entry_json, 'UTF8'),
            '"actor":"{audit_trail.COMMITTED}' || encode(
                sha256(convert_to('{audit_trail.ACTOR_LABEL}', 'UTF8') || salt || convert_to(actor, 'UTF8')), 'hex')
            || '"',
            '"actor":' || cast(to_json(actor) as text)), 'UTF8')
        from audit_actors named where named.shard = trail.shard and named.number = trail.number
    ), entry_json) as entry_json
    from audit_trail trail
"""  # noqa: S608 -- our own words

# Taken from whoever was granted it, which is the login role: the owner only migrates.
_FORBID: Final = """
    do $$ declare holder text; begin
        for holder in
            select distinct grantee from information_schema.role_table_grants
            where table_schema = current_schema() and table_name = '{table}' and grantee <> current_user
        loop
            execute format('revoke {what} on {table} from %I', holder);
        end loop;
    end $$
"""


def append_only(table: Table) -> None:
    """Has the table created so that the service's login role can neither change nor remove a row."""
    _forbid(table, _CHANGES)


def forbid_changes(table: str, what: str = _CHANGES) -> str:
    """The statement that makes an existing table of the schema append-only, for a migration; or that forbids less."""
    return _FORBID.format(what=what, table=table)


ADD_NEWEST: Final = "alter table inbox_sequences add column if not exists newest timestamp with time zone"
DROP_NEWEST: Final = "alter table inbox_sequences drop column newest"
"""For the migration of a schema whose first revision had not made the column."""


def delete_only(table: Table) -> None:
    """Has the table created so that the service's login role can remove rows and never change one."""
    _forbid(table, EXCHANGES)


def _forbid(table: Table, what: str) -> None:
    statement = forbid_changes(table.name, what).replace("%", "%%")
    event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


def define(metadata: MetaData) -> None:
    """Adds the chassis' tables to a service's metadata."""
    _outgoing(metadata)
    _incoming(metadata)
    _audit_trail(metadata)
    actors(metadata)
    desk_keys.define(metadata)
    service_tokens.define(metadata)
    session_rows.define(metadata)


def _outgoing(metadata: MetaData) -> None:
    Table(
        "outbox_sequences",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("last", BigInteger, nullable=False),
    )
    outbox = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("traceparent", Text),  # always empty: no trace goes over a wall (chassis.telemetry)
        Column("shard", SmallInteger, nullable=False),
        # Set once sent, on acknowledged topics alone: other rows go when they are sent.
        Column("sent_at", DateTime(timezone=True)),
        Column("sends", Integer, nullable=False, server_default=text("0")),
        # Why the row cannot be sent; the relay leaves it aside until somebody requeues it.
        Column("parked", Text),
        UniqueConstraint("topic", "key", "sequence"),
    )
    Index("ix_outbox_unsent", outbox.c.id, postgresql_where=text("sent_at is null and parked is null"))
    Index("ix_outbox_unapplied", outbox.c.sent_at, postgresql_where=text("sent_at is not null"))


def _incoming(metadata: MetaData) -> None:
    Table(
        "inbox_offsets",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next_offset", BigInteger, nullable=False),
        # Shows that the inbox wrote this place itself; one that somebody moved is not believed.
        Column("checksum", LargeBinary),
    )
    Table(
        "inbox_sequences",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("last", BigInteger, nullable=False),
        # The latest time of those applied: a number that comes again with a later one was used twice.
        Column("newest", DateTime(timezone=True)),
    )
    # Events whose predecessor has not been applied yet.
    Table(
        "inbox_held",
        metadata,
        *_event_columns(),
        Column("held_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    # Events from their source that can never be applied as they are: each holds the later ones of its key.
    Table(
        "dead_letters",
        metadata,
        *_event_columns(),
        Column("code", Text, nullable=False),
        Column("buried_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    # Records not provably from their source. Nothing that stands in them is kept: a stranger wrote it.
    Table(
        "refused_records",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("offset", BigInteger, primary_key=True),
        # In the key, since another log may have another record in the same place.
        Column("value_hash", LargeBinary, primary_key=True),
        Column("code", Text, nullable=False),
        Column("refused_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


def _event_columns() -> list[Column[Any]]:
    return [
        Column("topic", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("sequence", BigInteger, primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("traceparent", Text),  # always empty: no trace goes over a wall (chassis.telemetry)
    ]


def _audit_trail(metadata: MetaData) -> None:
    Table(
        "audit_heads",
        metadata,
        Column("shard", SmallInteger, primary_key=True),
        Column("number", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    )
    trail = Table(
        "audit_trail",
        metadata,
        Column("shard", SmallInteger, primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("object_ref", Text, nullable=False),
        Column("object_number", BigInteger, nullable=False),
        Column("entry_json", LargeBinary, nullable=False),
        Column("previous_hash", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        UniqueConstraint("object_ref", "object_number"),
    )
    append_only(trail)


def actors(metadata: MetaData) -> None:
    """Adds who acted, beside the trail, and the trail as it is read."""
    named = Table(
        "audit_actors",
        metadata,
        Column("shard", SmallInteger, primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("object_ref", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("salt", LargeBinary, nullable=False),
    )
    Index("ix_audit_actors_object_ref", named.c.object_ref)
    delete_only(named)
    # Until when actors are kept of what has ended; of what is not here, for as long as the record.
    Table(
        "actors_kept",
        metadata,
        Column("object_ref", Text, primary_key=True),
        Column("until", DateTime(timezone=True), nullable=False),
    )
    event.listen(metadata, "after_create", DDL(_READABLE))  # type: ignore[no-untyped-call]
    event.listen(metadata, "before_drop", DDL("drop view if exists audit_readable"))  # type: ignore[no-untyped-call]
