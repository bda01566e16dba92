"""The tables that every service's schema has: events going out, events coming in, and the service's audit trail."""

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
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
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis import desk_keys, service_tokens

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""For every service's metadata: constraints that have names can be migrated."""


# Taken from whoever was granted it, which is the login role: the owner only migrates.
_APPEND_ONLY: Final = DDL(  # type: ignore[no-untyped-call]
    """
    do $$ declare holder text; begin
        for holder in
            select distinct grantee from information_schema.role_table_grants
            where table_schema = current_schema() and table_name = '%(table)s' and grantee <> current_user
        loop
            execute format('revoke update, delete, truncate on %(table)s from %%I', holder);
        end loop;
    end $$
"""
)


def append_only(table: Table) -> None:
    """Has the table created so that the service's login role can neither change nor remove a row."""
    event.listen(table, "after_create", _APPEND_ONLY)


def define(metadata: MetaData) -> None:
    """Adds the chassis' tables to a service's metadata."""
    _outgoing(metadata)
    _incoming(metadata)
    _audit_trail(metadata)
    desk_keys.define(metadata)
    service_tokens.define(metadata)


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
        Column("traceparent", Text),
        Column("shard", SmallInteger, nullable=False),
        # Set once sent, on acknowledged topics alone: other rows go when they are sent.
        Column("sent_at", DateTime(timezone=True)),
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
    )
    Table(
        "inbox_sequences",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("last", BigInteger, nullable=False),
    )
    Table(
        "inbox_held",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("sequence", BigInteger, primary_key=True),
        *_envelope_columns(),
        Column("held_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    Table(
        "dead_letters",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("code", Text, nullable=False),
        # A refused record (not provably from its source) blocks nobody; an invalid one holds its key.
        Column("refused", Boolean, nullable=False, server_default=false()),
        Column("source", Text),
        Column("key", Text),
        Column("sequence", BigInteger),
        Column("header_names", ARRAY(Text), nullable=False),
        Column("header_values", ARRAY(LargeBinary), nullable=False),
        Column("record_key", LargeBinary),
        Column("record_value", LargeBinary),
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("requeued_at", DateTime(timezone=True)),
    )


def _envelope_columns() -> list[Column[object]]:
    return [
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("traceparent", Text),
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
