"""Files of drafts, which go with the session or the place that the draft lies in."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft_files",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("of_session", sa.LargeBinary),
        sa.Column("of_place", sa.LargeBinary),
        sa.PrimaryKeyConstraint("file_id", name="pk_draft_files"),
        sa.ForeignKeyConstraint(
            ["of_session"], ["web_sessions.digest"], name="fk_draft_files_of_session", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["of_place"], ["kept_places.digest"], name="fk_draft_files_of_place", ondelete="CASCADE"
        ),
        sa.CheckConstraint("num_nonnulls(of_session, of_place) = 1", name="ck_draft_files_one_holder"),
    )
    for column in ("of_session", "of_place"):
        op.create_index(f"ix_draft_files_{column}", "draft_files", [column])
    op.create_table(
        "draft_chunks",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("original", sa.Boolean, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "original", "number", name="pk_draft_chunks"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["draft_files.file_id"], name="fk_draft_chunks_file_id", ondelete="CASCADE"
        ),
    )
    # Ciphertext cannot be made shorter: nobody is to try.
    op.execute("alter table draft_chunks alter column ciphertext set storage external")


def downgrade() -> None:
    # A draft that goes on under earlier code goes on without them.
    op.drop_table("draft_chunks")
    op.drop_table("draft_files")
