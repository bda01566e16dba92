"""The ombuds cell's tables: its talks and what every desk keeps. No key leads from here to any other service."""

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.tables import NAMING
from lifecycle.tables import define_with_reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


define_with_reports(Base.metadata)
