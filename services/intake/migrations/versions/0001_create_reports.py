"""Access codes, reports and what belongs to them, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import migrations, tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_report(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name=f"fk_{table}_report_id")
    return sa.Column("report_id", sa.Uuid, nullable=False), key


def upgrade() -> None:
    migrations.create_tables(op, tables.define)
    op.create_table(
        "access_codes",
        sa.Column("lookup_digest", sa.LargeBinary),
        sa.Column("sealed_routes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("lookup_digest", name="pk_access_codes"),
    )
    op.create_table(
        "unsettled_lodgings",
        sa.Column("request_digest", sa.LargeBinary),
        sa.Column("lookup_digest", sa.LargeBinary),
        _moment("started_at"),
        sa.PrimaryKeyConstraint("request_digest", name="pk_unsettled_lodgings"),
    )
    op.create_index("ix_unsettled_lodgings_started_at", "unsettled_lodgings", ["started_at"])
    op.create_table(
        "reports",
        sa.Column("report_id", sa.Uuid),
        sa.Column("lifecycle", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        _moment("lodged_at"),
        _moment("next_date", nullable=True),
        sa.Column("route_public_key", sa.LargeBinary),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        _moment("opened_at", nullable=True),
        _moment("erased_at", nullable=True),
        sa.PrimaryKeyConstraint("report_id", name="pk_reports"),
    )
    op.create_table(
        "items",
        sa.Column("item_id", sa.Uuid),
        *_of_report("items"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_items"),
        sa.UniqueConstraint("report_id", "number", name="uq_items_report_id_number"),
    )
    op.create_table(
        "exclusions",
        *_of_report("exclusions"),
        sa.Column("tag", sa.LargeBinary),
        sa.PrimaryKeyConstraint("report_id", "tag", name="pk_exclusions"),
    )
    op.create_table(
        "people",
        sa.Column("staff_id", sa.Text),
        sa.Column("unit", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name="pk_people"),
    )
    op.create_table(
        "consents",
        *_of_report("consents"),
        sa.Column("consent", sa.Text),
        sa.Column("version", sa.Integer),
        sa.Column("given", sa.Boolean, nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("report_id", "consent", "version", name="pk_consents"),
    )
    op.create_table(
        "route_cases",
        *_of_report("route_cases"),
        sa.Column("lifecycle", sa.Text),
        sa.Column("number", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _moment("next_date", nullable=True),
        sa.Column("offers", postgresql.JSONB, nullable=False),
        sa.Column("wording_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("report_id", "lifecycle", "number", name="pk_route_cases"),
    )
    op.create_table(
        "person_actions",
        *_of_report("person_actions"),
        sa.Column("action_id", sa.Uuid),
        sa.Column("refused", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("report_id", "action_id", name="pk_person_actions"),
    )


def downgrade() -> None:
    names = (
        "person_actions",
        "route_cases",
        "consents",
        "people",
        "exclusions",
        "items",
        "reports",
        "unsettled_lodgings",
    )
    for name in (*names, "access_codes"):
        op.drop_table(name)
    migrations.drop_tables(op, tables.define)
