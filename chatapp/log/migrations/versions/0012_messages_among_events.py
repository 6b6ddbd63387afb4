"""The messages of a room are found among its other events, of which there may be tens of thousands in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    messages = sa.text("type = 'message'")
    op.create_index(
        "events_messages", "events", ["room_id", "type", "seq"], sqlite_where=messages, postgresql_where=messages
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('events', 'events_messages', '900000 45000 45000 1')"
        )
        op.execute("ANALYZE sqlite_master")  # reads it


def downgrade() -> None:
    op.drop_index("events_messages", "events")
