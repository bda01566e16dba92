"""Notices that may wait for a digest, the desk that is late, and who holds an appointment."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations
from lifecycle import in_force

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting", sa.Column("may_wait", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("waiting", sa.Column("late_office", sa.Text, nullable=False, server_default=""))
    migrations.create_tables(op, in_force.define)


def downgrade() -> None:
    migrations.drop_tables(op, in_force.define)
    # What stands for a person alone is of no desk that could be asked.
    op.execute("delete from waiting where source = 'notifications'")
    op.drop_column("waiting", "late_office")
    op.drop_column("waiting", "may_wait")
