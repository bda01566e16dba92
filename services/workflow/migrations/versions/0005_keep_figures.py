"""Figures of half-years as they were published."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_periods",
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("period", name="pk_figure_periods"),
    )
    op.create_table(
        "figures",
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("about", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("period", "kind", "outcome", "region", name="pk_figures"),
    )


def downgrade() -> None:
    op.drop_table("figures")
    op.drop_table("figure_periods")
