"""Cases, the directory, exclusions, parties, reports, notices, and the chassis' own tables."""

from alembic import op
from sqlalchemy import MetaData

from chassis import migrations, tables
from lifecycle import directory, exclusions, notices, parties, records, reports

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _of_the_house(metadata: MetaData) -> None:
    tables.define(metadata)
    records.define(metadata)
    directory.define(metadata)
    exclusions.define(metadata)
    parties.define(metadata)
    reports.define(metadata)
    notices.define(metadata)


def upgrade() -> None:
    migrations.create_tables(op, _of_the_house)


def downgrade() -> None:
    migrations.drop_tables(op, _of_the_house)
