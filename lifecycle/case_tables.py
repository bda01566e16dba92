"""The tables that cases are kept in, and the one clock of the schema."""

from typing import Final, Protocol

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

BY_DATE: Final = "coalesce(unmet_at, '9999-01-01 00:00:00+00'::timestamp with time zone)"
"""Where a case stands in the order of dates: what has none comes last."""
_BY_DATE_INDEX: Final = "ix_cases_unmet_at"
# Of a clock that has rung more than once the row alone tells the last time; the case's next step puts in the first.
_UNMET: Final = """
    update cases set unmet_at = (
        select min(cast(case when cast(clock ->> 'rounds' as integer) > 0
            then clock ->> 'started_at' else clock ->> 'due_at' end as timestamptz))
        from jsonb_each(data -> 'clocks') clocks (key, clock)
        where clock ->> 'met_at' is null and clock ->> 'paused_at' is null)
    where erased_at is null
"""


class HasExecute(Protocol):
    """What a revision has of alembic: the module `op`."""

    def execute(self, sqltext: str) -> None: ...


def define(metadata: MetaData) -> None:
    """Adds the tables of cases, and the schema's clock, to a service's metadata."""
    _cases(metadata)
    _actions(metadata)
    _clock(metadata)


def add_unmet_dates(op: HasExecute) -> None:
    """For the revision that brings them, where the first has not made them already."""
    op.execute("alter table cases add column if not exists unmet_at timestamptz")
    op.execute(_UNMET)
    op.execute(
        f"create index if not exists {_BY_DATE_INDEX} on cases (({BY_DATE}), case_id)"
        " where erased_at is null and closed_at is null"
    )


def drop_unmet_dates(op: HasExecute) -> None:
    op.execute(f"drop index {_BY_DATE_INDEX}")
    op.execute("alter table cases drop column unmet_at")


def _cases(metadata: MetaData) -> None:
    cases = Table(
        "cases",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("report_id", Uuid, nullable=False),
        Column("lifecycle", Text, nullable=False),
        Column("number", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("data", JSONB, nullable=False),
        Column("policy_name", Text, nullable=False),
        Column("policy_version", Text, nullable=False),
        Column("policy_hash", Text, nullable=False),
        # Random and its own, so that Temporal's list of workflows names no report and no case.
        Column("workflow_id", Text, nullable=False, unique=True),
        Column("next_due_at", DateTime(timezone=True)),
        Column("unmet_at", DateTime(timezone=True)),
        Column("errands", ARRAY(Text), nullable=False, server_default="{}"),
        Column("handlers", ARRAY(Text), nullable=False, server_default="{}"),
        Column("placed_version", Integer, nullable=False, server_default="0"),
        Column("desk", Text),
        Column("office", Text),
        Column("opened_at", DateTime(timezone=True), nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        Column("closed_at", DateTime(timezone=True)),
        Column("erased_at", DateTime(timezone=True)),
        # Bookkeeping of the sweeper, on the database's own clock.
        Column("started_at", DateTime(timezone=True)),
        Column("swept_at", DateTime(timezone=True)),
        UniqueConstraint("report_id", "lifecycle", "number"),
    )
    alive = text("erased_at is null")
    Index("ix_cases_next_due_at", cases.c.next_due_at, postgresql_where=alive)
    still_open = text("erased_at is null and closed_at is null")
    Index(_BY_DATE_INDEX, text(BY_DATE), cases.c.case_id, postgresql_where=still_open)
    Index("ix_cases_unstarted", cases.c.changed_at, postgresql_where=text("started_at is null and erased_at is null"))
    Index("ix_cases_errands", cases.c.changed_at, postgresql_where=text("errands <> '{}' and erased_at is null"))
    Index("ix_cases_handlers", cases.c.handlers, postgresql_using="gin")
    Index("ix_cases_opened_at_case_id", cases.c.opened_at, cases.c.case_id, postgresql_where=alive)
    elsewhere = text("desk is not null and erased_at is null")
    Index("ix_cases_elsewhere", cases.c.desk, cases.c.opened_at, cases.c.case_id, postgresql_where=elsewhere)
    Table(
        "case_steps",
        metadata,
        Column("case_id", Uuid, ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("step", Text, nullable=False),
    )
    Table(
        "case_tags",
        metadata,
        Column("case_id", Uuid, ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
        Column("tag", LargeBinary, primary_key=True),
        Column("kind", Text, primary_key=True),
    )


def _actions(metadata: MetaData) -> None:
    Table(
        "case_actions",
        metadata,
        Column("action_id", Uuid, primary_key=True),
        Column("case_id", Uuid, ForeignKey("cases.case_id"), nullable=False, index=True),
        Column("version", Integer, nullable=False),
        Column("action", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("roles", ARRAY(Text), nullable=False),
        Column("bodies", JSONB, nullable=False),
        Column("body_hash", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("answer", JSONB, nullable=False),
    )
    Table(
        "action_bodies",
        metadata,
        Column("body_id", Uuid, primary_key=True),
        Column("case_id", Uuid, ForeignKey("cases.case_id"), nullable=False, index=True),
        Column("action_id", Uuid, nullable=False, index=True),
        Column("name", Text, nullable=False),
        Column("ciphertext", LargeBinary, nullable=False),
        # The data key under the case's key, which the key store holds: destroyed there, this opens nothing.
        Column("wrapped", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )


# Owned by the migrating role, and read by others through the function alone: a service cannot move its own clock.
_KEEP_FROM_OTHERS: Final = """
    do $$ declare grantee_name text; begin
        for grantee_name in
            select distinct grantee from information_schema.role_table_grants
            where table_schema = current_schema() and table_name = 'clock_shift' and grantee <> current_user
        loop
            execute format('revoke all on clock_shift from %%I', grantee_name);
        end loop;
    end $$
"""
_CLOCK: Final = """
    create function clock_now() returns timestamptz language sql stable security definer set search_path from current
    as 'select now() + coalesce((select moved_by from clock_shift), interval ''0'')'
"""


def _clock(metadata: MetaData) -> None:
    shift = Table(
        "clock_shift",
        metadata,
        Column("single", Boolean, CheckConstraint("single", name="single"), primary_key=True),
        Column("moved_by", Interval, nullable=False),
    )
    event.listen(shift, "after_create", DDL(_KEEP_FROM_OTHERS))  # type: ignore[no-untyped-call]
    event.listen(shift, "after_create", DDL(_CLOCK))  # type: ignore[no-untyped-call]
    event.listen(shift, "before_drop", DDL("drop function clock_now()"))  # type: ignore[no-untyped-call]
