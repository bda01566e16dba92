"""The time of the newest event applied under each key, where the first revision has not made its place already."""

from alembic import op

from chassis import tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(tables.ADD_NEWEST)


def downgrade() -> None:
    op.execute(tables.DROP_NEWEST)
