"""Drafts that somebody asked to keep, each under a code of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_places",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("forget_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_kept_places"),
    )
    op.create_index("ix_kept_places_forget_on", "kept_places", ["forget_on"])


def downgrade() -> None:
    op.drop_table("kept_places")
