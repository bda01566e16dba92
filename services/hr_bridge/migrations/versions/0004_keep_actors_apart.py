"""Who acted stands beside the trail, where the first revision has not made its place already."""

from alembic import op

from chassis import migrations, tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, tables.actors)


def downgrade() -> None:
    migrations.drop_tables(op, tables.actors)
