"""Which desk has passed a report on, and to which."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passings",
        sa.Column("report_id", sa.Uuid),
        sa.Column("service", sa.Text),
        sa.Column("office", sa.Text),
        sa.Column("to_service", sa.Text, nullable=False),
        sa.Column("to_office", sa.Text, nullable=False),
        sa.Column("to_desk", sa.Text, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("report_id", "service", "office", name="pk_passings"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name="fk_passings_report_id_reports"),
    )


def downgrade() -> None:
    op.drop_table("passings")
