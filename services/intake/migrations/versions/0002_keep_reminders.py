"""Reminders under an access code, and what only the person is told of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("route_cases", sa.Column("sealed_facts", sa.LargeBinary))
    op.create_table(
        "reminders",
        sa.Column("reminder_id", sa.Uuid),
        sa.Column("owner", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("forget_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("reminder_id", name="pk_reminders"),
    )
    op.create_index("ix_reminders_owner", "reminders", ["owner"])
    op.create_index("ix_reminders_forget_on", "reminders", ["forget_on"])


def downgrade() -> None:
    op.drop_table("reminders")
    op.drop_column("route_cases", "sealed_facts")
