"""Who asks the custodian who it is that reports, and to whom it was given."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_releases",
        sa.Column("release_id", sa.Uuid, nullable=False),
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("lifecycle", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agrees", sa.Boolean),
        sa.Column("given_at", sa.DateTime(timezone=True)),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("release_id", name="pk_identity_releases"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name="fk_identity_releases_report_id_reports"),
    )
    op.create_index("ix_identity_releases_report_id", "identity_releases", ["report_id"])


def downgrade() -> None:
    op.drop_table("identity_releases")
