"""Wrapped data keys, those not settled yet, and matter keys."""

from alembic import op

from chassis import keystore, migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, keystore.define)


def downgrade() -> None:
    migrations.drop_tables(op, keystore.define)
