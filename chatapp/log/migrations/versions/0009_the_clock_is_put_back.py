"""A searchable message has its own time, also after the clock was put back; it had the latest one of all before it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = "SELECT at FROM events WHERE events.room_id = documents.room_id AND events.seq = documents.seq"
STEPS = (
    "INSERT INTO clock_steps (doc) SELECT doc FROM"
    " (SELECT doc, at, lag(at) OVER (ORDER BY doc) AS earlier FROM documents) AS each WHERE at < earlier"
)


def upgrade() -> None:
    op.create_table(
        "clock_steps",
        sa.Column("doc", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    )
    op.execute(f"UPDATE documents SET at = ({TIME}) WHERE at <> ({TIME})")  # noqa: S608
    op.execute(STEPS)


def downgrade() -> None:
    latest = "SELECT doc, max(at) OVER (ORDER BY doc) AS at FROM documents"
    op.execute(f"UPDATE documents SET at = o.at FROM ({latest}) AS o WHERE o.doc = documents.doc")  # noqa: S608
    op.drop_table("clock_steps")
