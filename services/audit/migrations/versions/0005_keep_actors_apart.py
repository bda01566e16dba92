"""Who acted stands beside the entries, and can be forgotten."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations, tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, tables.actors)
    op.create_table(
        "actors",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("object_ref", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_actors_source_object_ref", "actors", ["source", "object_ref"])
    op.execute(tables.forbid_changes("actors", tables.EXCHANGES))


def downgrade() -> None:
    op.drop_table("actors")
    migrations.drop_tables(op, tables.actors)
