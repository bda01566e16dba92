"""Who is protected, what was seen about whom, queries, holds, and the tables of cases and of the chassis."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations
from lifecycle.tables import define_with_reports

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, define_with_reports)
    op.create_table(
        "protected",
        sa.Column("protection_id", sa.Uuid, primary_key=True),
        sa.Column("sealed_person", sa.LargeBinary, nullable=False),
        sa.Column("person_tag", sa.LargeBinary, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_agreed", sa.Boolean, nullable=False),
    )
    op.create_index("ix_protected_person_tag", "protected", ["person_tag"])
    op.create_table(
        "ended_early",
        sa.Column("protection_id", sa.Uuid, primary_key=True),
        sa.Column("ended_on", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "contract_ends",
        sa.Column("person_tag", sa.LargeBinary, primary_key=True),
        sa.Column("ends_on", sa.Date, nullable=False),
    )
    op.create_table(
        "watched_ends",
        sa.Column("person_tag", sa.LargeBinary, primary_key=True),
        sa.Column("ends_on", sa.Date, primary_key=True),
        sa.Column("days", sa.Integer, primary_key=True),
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id"), nullable=False),
    )
    op.create_index("ix_holds_case_id", "holds", ["case_id"])
    op.create_table(
        "seen_actions",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("about", sa.Text, nullable=False, server_default=sa.text("'personnel_action'")),
        sa.Column("person_tag", sa.LargeBinary, nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("case_id", sa.Uuid, nullable=True),
    )
    op.create_index("ix_seen_actions_person_tag_told_at", "seen_actions", ["person_tag", "told_at"])
    op.create_index("ix_seen_actions_kept", "seen_actions", ["seen_at"], postgresql_where=sa.text("sealed is not null"))
    op.create_table(
        "query_facts",
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id"), primary_key=True),
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "action_numbers",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("highest", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "missing_numbers",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "sentinel",
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one", name="one"), primary_key=True),
        sa.Column("works_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in (
        "sentinel",
        "missing_numbers",
        "action_numbers",
        "query_facts",
        "seen_actions",
        "holds",
        "watched_ends",
        "contract_ends",
        "ended_early",
        "protected",
    ):
        op.drop_table(table)
    migrations.drop_tables(op, define_with_reports)
