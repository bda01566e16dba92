"""What is to be sent, what was sent, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations, tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, tables.define)
    op.create_table(
        "waiting",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recipient_ref", sa.Uuid, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failure", sa.Text, nullable=True),
    )
    op.create_index("ix_waiting_next_try_at", "waiting", ["next_try_at"])
    op.create_table(
        "sent",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )


def downgrade() -> None:
    op.drop_table("sent")
    op.drop_table("waiting")
    migrations.drop_tables(op, tables.define)
