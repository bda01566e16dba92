"""Of which clock the date is that her inbox shows of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of cases told earlier nobody said it; their next change does.
    op.add_column("route_cases", sa.Column("next_clock", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("route_cases", "next_clock")
