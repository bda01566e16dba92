"""By which act a consent was given or taken back, and how often it was proven to the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("action_id", sa.Uuid))
    op.add_column("consents", sa.Column("proven", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("consents", "proven")
    op.drop_column("consents", "action_id")
