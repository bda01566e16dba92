"""Until when a file of a draft counts as on its way: from every process, also one that did not take it in."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those that earlier code writes are not on their way: it tells of none.
    coming = sa.Column("coming_until", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    op.add_column("draft_files", coming)


def downgrade() -> None:
    op.drop_column("draft_files", "coming_until")
