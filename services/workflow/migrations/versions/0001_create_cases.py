"""Cases, the directory, exclusions, parties, notices, measures, and the chassis' own tables."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations
from lifecycle.tables import define_with_reports

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_tables(op, define_with_reports)
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
    migrations.drop_tables(op, define_with_reports)
