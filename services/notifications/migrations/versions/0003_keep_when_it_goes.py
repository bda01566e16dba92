"""Notices that do not go at once: when, and with which others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting", sa.Column("goes_with", sa.Uuid, nullable=True))
    now = sa.func.now()
    op.add_column("waiting", sa.Column("goes_at", sa.DateTime(timezone=True), nullable=False, server_default=now))
    op.create_index("ix_waiting_goes_with", "waiting", ["goes_with"])


def downgrade() -> None:
    op.drop_index("ix_waiting_goes_with", "waiting")
    op.drop_column("waiting", "goes_at")
    op.drop_column("waiting", "goes_with")
