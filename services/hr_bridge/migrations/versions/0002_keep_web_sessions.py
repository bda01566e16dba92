"""Sessions of pages, where the first revision has not made their table already."""

from alembic import op

from chassis import migrations
from chassis.web import session_rows

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, session_rows.define)


def downgrade() -> None:
    migrations.drop_tables(op, session_rows.define)
