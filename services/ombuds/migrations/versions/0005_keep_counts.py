"""How many talks were asked for in a half-year, by region."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "talks_counted",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_talks_counted"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_talks_counted_case_id"),
    )
    op.create_table(
        "talk_counts",
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("talks", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("period", "region", name="pk_talk_counts"),
    )
    op.create_table(
        "told_periods",
        sa.Column("period", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("period", name="pk_told_periods"),
    )


def downgrade() -> None:
    for name in ("told_periods", "talk_counts", "talks_counted"):
        op.drop_table(name)
