"""Which handler has asked the custodian who it is that reports, and the key that it is sealed to."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_requests",
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("request_id", name="pk_identity_requests"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_identity_requests_case_id_cases"),
        sa.UniqueConstraint("case_id", "staff_id", "purpose", name="uq_identity_requests_case_id_staff_id_purpose"),
    )


def downgrade() -> None:
    op.drop_table("identity_requests")
