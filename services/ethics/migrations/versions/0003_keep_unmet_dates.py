"""The earliest date that nobody has met, for the order of the queue."""

from alembic import op

from lifecycle.case_tables import add_unmet_dates, drop_unmet_dates

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_unmet_dates(op)


def downgrade() -> None:
    drop_unmet_dates(op)
