"""Find the entries that name a purpose: the access log."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_entries_accesses",
        "entries",
        ["number"],
        postgresql_where=sa.text(r"position('\x22707572706f7365223a'::bytea in entry_json) > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_entries_accesses", "entries")
