"""The support cell's tables: its cases, what every desk keeps, and what it has shown the person."""

from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING
from lifecycle.tables import define_with_reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Shown(Base, table=True):
    """A message of the cell's that intake has placed in the person's inbox: what she can be asked to agree to."""

    __tablename__ = "shown"
    item_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(index=True)


define_with_reports(Base.metadata)
