"""Whether and where she is written to, sealed to the delivery key, and the references by which it is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_wishes",
        sa.Column("report_id", sa.Uuid),
        sa.Column("wish_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_mail_wishes"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name="fk_mail_wishes_report_id_reports"),
    )
    op.create_table(
        "mail_notices",
        sa.Column("recipient_ref", sa.Uuid),
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("recipient_ref", name="pk_mail_notices"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name="fk_mail_notices_report_id_reports"),
    )
    op.create_index("ix_mail_notices_report_id", "mail_notices", ["report_id"])
    op.create_index("ix_mail_notices_day", "mail_notices", ["day"])


def downgrade() -> None:
    op.drop_table("mail_notices")
    op.drop_table("mail_wishes")
