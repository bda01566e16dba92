"""Cases, the directory, exclusions, parties, notices, measures, and the chassis' own tables."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations, tables
from lifecycle import directory, exclusions, notices, parties, records, reports

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _of_the_house(metadata: sa.MetaData) -> None:
    tables.define(metadata)
    records.define(metadata)
    directory.define(metadata)
    exclusions.define(metadata)
    parties.define(metadata)
    reports.define(metadata)
    notices.define(metadata)


def upgrade() -> None:
    migrations.create_tables(op, _of_the_house)
    op.create_table(
        "measures",
        sa.Column("measure_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("measure_id", name="pk_measures"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_measures_case_id"),
        sa.UniqueConstraint("case_id", name="uq_measures_case_id"),
    )


def downgrade() -> None:
    op.drop_table("measures")
    migrations.drop_tables(op, _of_the_house)
