"""Requests for protection, look-aheads that begin with an end, contract ends, holds, complaints among what was seen."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations
from lifecycle import reports

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, reports.define)
    # Counted from the start until now: it runs for as long as nobody has said that what it rests on is closed.
    op.alter_column("protected", "until", nullable=True)
    op.execute("update protected set until = null")
    # The answers lie sealed in the rows; who is not known to have agreed is not contacted.
    op.add_column("protected", sa.Column("contact_agreed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("protected", "contact_agreed", server_default=None)
    op.add_column(
        "seen_actions", sa.Column("about", sa.Text, nullable=False, server_default=sa.text("'personnel_action'"))
    )
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


def downgrade() -> None:
    for table in ("holds", "watched_ends", "contract_ends", "ended_early"):
        op.drop_table(table)
    op.execute("delete from seen_actions where about <> 'personnel_action'")
    op.drop_column("seen_actions", "about")
    op.drop_column("protected", "contact_agreed")
    # As it was counted then.
    op.execute("update protected set until = started_at + interval '24 months' where until is null")
    op.alter_column("protected", "until", nullable=False)
    migrations.drop_tables(op, reports.define)
