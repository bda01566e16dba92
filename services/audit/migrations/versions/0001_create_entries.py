"""The record, how far each source has got, the checkpoints, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations, tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, tables.define)
    entries = op.create_table(
        "entries",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("shard", sa.SmallInteger, nullable=False),
        sa.Column("source_number", sa.BigInteger, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("entry_json", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "uq_entries_source",
        "entries",
        ["source", "shard", "source_number"],
        unique=True,
        postgresql_where=sa.text("kind = 'entry'"),
    )
    op.create_table(
        "record_head",
        sa.Column("log", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("chain_hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "heads",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("shard", sa.SmallInteger, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("hash", sa.LargeBinary, nullable=False, server_default=sa.text(r"'\x'")),
        sa.Column("reported_number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reported_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "sources",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
    )
    checkpoints = op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    for table in (entries, checkpoints):
        op.execute(tables.forbid_changes(table.name))


def downgrade() -> None:
    for table in ("checkpoints", "sources", "heads", "record_head", "entries"):
        op.drop_table(table)
    migrations.drop_tables(op, tables.define)
