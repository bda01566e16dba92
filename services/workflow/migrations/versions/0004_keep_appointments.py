"""What is in force beside the packs, where the first revision has not made its table already, and what is drafted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from chassis import migrations
from lifecycle import in_force

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, in_force.define)
    op.create_table(
        "appointment_drafts",
        sa.Column("draft_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("appointment", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("to_day", sa.Date),
        sa.Column("substitute_for", sa.Text),
        sa.Column("languages", ARRAY(sa.Text), nullable=False),
        sa.Column("gender", sa.Text),
        sa.Column("drafted_by", sa.Text, nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("approved", sa.Boolean),
        sa.PrimaryKeyConstraint("draft_id", name="pk_appointment_drafts"),
    )


def downgrade() -> None:
    op.drop_table("appointment_drafts")
    migrations.drop_tables(op, in_force.define)
