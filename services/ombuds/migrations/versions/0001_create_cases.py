"""Cases, the directory, exclusions, parties, reports, notices, and the chassis' own tables."""

from alembic import op

from chassis import migrations
from lifecycle.tables import define_with_reports

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, define_with_reports)


def downgrade() -> None:
    migrations.drop_tables(op, define_with_reports)
