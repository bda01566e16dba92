"""How often promises about time were kept in a half-year."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promise_rates",
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("lifecycle", sa.Text, nullable=False),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("tenths", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("period", "lifecycle", "clock", name="pk_promise_rates"),
    )


def downgrade() -> None:
    op.drop_table("promise_rates")
