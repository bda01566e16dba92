"""Each task names the decision that asked for it, and its kind of measure."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("decision_id", sa.Text, nullable=False, server_default=""))
    op.add_column("tasks", sa.Column("type", sa.Text, nullable=False, server_default="reporting_line_change"))
    op.add_column("tasks", sa.Column("until_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("until_at", "type", "decision_id"):
        op.drop_column("tasks", name)
