"""What is in force beside the packs: appointments."""

from alembic import op

from chassis import migrations
from lifecycle import in_force

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, in_force.define)


def downgrade() -> None:
    migrations.drop_tables(op, in_force.define)
