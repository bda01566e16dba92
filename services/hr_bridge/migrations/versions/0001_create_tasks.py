"""People, tasks, what HR has declared, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op

from chassis import migrations, tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def _person_state() -> list[sa.Column[object]]:
    return [
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("line_staff_id", sa.Text, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("contract_end", sa.Date, nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("mail_address", sa.Text, nullable=False),
        _moment("valid_from"),
    ]


def upgrade() -> None:
    migrations.create_tables(op, tables.define)
    op.create_table("people", sa.Column("staff_id", sa.Text, primary_key=True), *_person_state())
    op.create_table(
        "people_history",
        sa.Column("staff_id", sa.Text, primary_key=True),
        _moment("ended_at", primary_key=True),
        *_person_state(),
        sa.Column("compared", sa.Boolean, nullable=False, server_default=sa.text("false")),
    )
    op.create_index(
        "ix_people_history_not_compared", "people_history", ["ended_at"], postgresql_where=sa.text("not compared")
    )
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        sa.Column("measure_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=True),
        _moment("due_at"),
        sa.Column("decision_id", sa.Text, nullable=False, server_default=""),
        sa.Column("type", sa.Text, nullable=False, server_default="reporting_line_change"),
        _moment("until_at", nullable=True),
        sa.Column("sealed_persons", sa.LargeBinary, nullable=False),
        sa.Column("before_image", sa.LargeBinary, nullable=True),
        sa.Column("proof_hash", sa.LargeBinary, nullable=True),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        sa.UniqueConstraint("measure_id", "number", name="uq_tasks_measure_id_number"),
    )
    op.create_index("ix_tasks_open", "tasks", ["due_at"], postgresql_where=sa.text("state in ('waiting', 'running')"))
    op.create_index("ix_tasks_created", "tasks", ["created_at", "task_id"])
    op.create_table(
        "task_actions",
        sa.Column("action_id", sa.Uuid, primary_key=True),
        sa.Column("task_id", sa.Uuid, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _moment("at"),
    )
    op.create_table(
        "personnel_actions",
        sa.Column("reference_tag", sa.LargeBinary, primary_key=True),
        sa.Column("content_tag", sa.LargeBinary, nullable=False),
        _moment("recorded_at"),
    )
    op.create_table(
        "personnel_counters",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table("declared_changes", sa.Column("tag", sa.LargeBinary, primary_key=True), _moment("expires_at"))
    op.create_table("webhook_nonces", sa.Column("digest", sa.LargeBinary, primary_key=True), _moment("seen_at"))


def downgrade() -> None:
    for name in (
        "webhook_nonces", "declared_changes", "personnel_counters", "personnel_actions", "task_actions", "tasks",
        "people_history", "people",
    ):  # fmt: skip
        op.drop_table(name)
    migrations.drop_tables(op, tables.define)
