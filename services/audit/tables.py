"""The tables of the audit service: the one record of all services' acts, and how far each source says it has got."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, MetaData, SmallInteger, Text, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis import tables
from lifecycle import in_force

AWARE: Any = DateTime(timezone=True)
NAMES_A_PURPOSE: Final = r"position('\x22707572706f7365223a'::bytea in entry_json) > 0"
"""Of the entries of the access log: the bytes `"purpose":` stand in them. A query finds them by the index alone that
says it in the same words.
"""


class Kind(StrEnum):
    """What an entry of the record is. Stored: a value never changes its meaning."""

    ENTRY = "entry"
    HEAD = "head"
    """How far a chain goes whose entries stay with their source."""


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Entry(Base, table=True):
    """One entry of the record, numbered from 1 without gaps; `chain_hash` fixes it and everything before it.

    `source_number`, `previous_hash` and `hash` are those of its source's own chain.
    """

    __tablename__ = "entries"
    __table_args__ = (
        Index(
            "uq_entries_source",
            "source",
            "shard",
            "source_number",
            unique=True,
            postgresql_where=text("kind = 'entry'"),
        ),
        Index("ix_entries_accesses", "number", postgresql_where=text(NAMES_A_PURPOSE)),
    )
    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: Kind = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    shard: int = Field(sa_type=SmallInteger)
    source_number: int = Field(sa_type=BigInteger)
    previous_hash: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)
    entry_json: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(sa_type=AWARE)
    chain_hash: bytes = Field(sa_type=LargeBinary)


class Actor(Base, table=True):
    """Who acted in the entry of this number, until the entry's source says that it is forgotten."""

    __tablename__ = "actors"
    __table_args__ = (Index("ix_actors_source_object_ref", "source", "object_ref"),)
    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(sa_type=Text)
    object_ref: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    salt: bytes = Field(sa_type=LargeBinary)


class RecordHead(Base, table=True):
    """The record's length and last hash: the one row that appending locks."""

    __tablename__ = "record_head"
    log: str = Field(sa_type=Text, primary_key=True)
    size: int = Field(sa_type=BigInteger)
    chain_hash: bytes = Field(sa_type=LargeBinary)


class Head(Base, table=True):
    """A source's chain as far as it has arrived, and as far as its last heartbeat said it goes."""

    __tablename__ = "heads"
    source: str = Field(sa_type=Text, primary_key=True)
    shard: int = Field(sa_type=SmallInteger, primary_key=True)
    number: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    hash: bytes = Field(sa_type=LargeBinary, sa_column_kwargs={"server_default": text(r"'\x'")})
    reported_number: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    reported_at: datetime | None = Field(sa_type=AWARE)


class Source(Base, table=True):
    """When a source last gave a sign of life."""

    __tablename__ = "sources"
    source: str = Field(sa_type=Text, primary_key=True)
    heartbeat_at: datetime = Field(sa_type=AWARE)


class Checkpoint(Base, table=True):
    """A signed promise of the record's length and head, as published on audit.checkpoints.v1."""

    __tablename__ = "checkpoints"
    size: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    message: bytes = Field(sa_type=LargeBinary)


tables.define(Base.metadata)
in_force.define(Base.metadata)
tables.append_only(Base.metadata.tables["entries"])
tables.append_only(Base.metadata.tables["checkpoints"])
tables.delete_only(Base.metadata.tables["actors"])
