"""Cases, the directory, exclusions, parties, reports, notices, what was shown, and the chassis' own tables."""

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
        "shown",
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_shown"),
    )
    op.create_index("ix_shown_report_id", "shown", ["report_id"])


def downgrade() -> None:
    op.drop_table("shown")
    migrations.drop_tables(op, define_with_reports)
