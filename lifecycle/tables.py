"""The tables that every desk keeps, for its metadata and for the first of its migrations."""

from sqlalchemy import MetaData

from chassis import tables
from lifecycle import case_tables, directory, exclusions, in_force, notices, parties, pinned, reports


def define(metadata: MetaData) -> None:
    """Those of any desk, the chassis' own among them."""
    tables.define(metadata)
    case_tables.define(metadata)
    directory.define(metadata)
    exclusions.define(metadata)
    parties.define(metadata)
    notices.define(metadata)
    in_force.define(metadata)
    pinned.define(metadata)


def define_with_reports(metadata: MetaData) -> None:
    """Those of a desk that takes reports from intake."""
    define(metadata)
    reports.define(metadata)
