"""Files, in chunks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_chunks",
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "number", name="pk_file_chunks"),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name="fk_file_chunks_item_id", ondelete="CASCADE"),
    )
    # Ciphertext cannot be made shorter: nobody is to try.
    op.execute("alter table file_chunks alter column ciphertext set storage external")


def downgrade() -> None:
    op.drop_table("file_chunks")
    # What is told of a file without its chunks is of no use, and earlier code does not know the kind.
    op.execute("delete from items where kind in ('file', 'original')")
