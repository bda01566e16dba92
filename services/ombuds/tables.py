"""The ombuds cell's tables: its talks and what every desk keeps. No key leads from here to any other service."""

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis import tables
from lifecycle import directory, exclusions, notices, parties, records, reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


def define(metadata: MetaData) -> None:
    """Everything that the cell keeps is of the kinds that every desk keeps."""
    tables.define(metadata)
    records.define(metadata)
    directory.define(metadata)
    exclusions.define(metadata)
    parties.define(metadata)
    reports.define(metadata)
    notices.define(metadata)


define(Base.metadata)
