"""How many messages of a person nobody has read, where the first revision has not made its place already."""

from alembic import op

from lifecycle import unread

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(unread.ADD)


def downgrade() -> None:
    op.execute(unread.DROP)
