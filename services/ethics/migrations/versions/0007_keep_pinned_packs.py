"""The packs that cases are pinned to, where the first revision has not made their table already."""

from alembic import op

from chassis import migrations
from lifecycle import pinned

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, pinned.define)


def downgrade() -> None:
    migrations.drop_tables(op, pinned.define)
