"""What is left of a draft's files is swept, and no longer deleted by whoever leaves."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Earlier code that runs on leaves chunks behind, too: whatever has no row is swept.
    op.drop_constraint("fk_draft_chunks_file_id", "draft_chunks", type_="foreignkey")


def downgrade() -> None:
    # Earlier code sweeps none.
    op.execute("delete from draft_chunks where file_id not in (select file_id from draft_files)")
    op.create_foreign_key(
        "fk_draft_chunks_file_id", "draft_chunks", "draft_files", ["file_id"], ["file_id"], ondelete="CASCADE"
    )
