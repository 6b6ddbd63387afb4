"""Rooms have a topic and can be archived. What happened to a message is found by kind and person, pins by room."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("topic", sa.Text, nullable=False, server_default=""))
    op.add_column("rooms", sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()))
    _about(["room_id", "target", "type", "author_id"])
    pinned = sa.text("type = 'pinned'")
    columns = ["room_id", "type", "seq"]
    op.create_index("events_pinned", "events", columns, sqlite_where=pinned, postgresql_where=pinned)


def downgrade() -> None:
    op.drop_index("events_pinned", "events")
    _about(["room_id", "target"])
    for column in ("archived", "topic"):
        op.drop_column("rooms", column)


def _about(columns: list[str]) -> None:
    """Makes the index of what happened to messages anew."""
    with_target = sa.text("target IS NOT NULL")
    op.drop_index("events_target", "events")
    op.create_index("events_target", "events", columns, sqlite_where=with_target, postgresql_where=with_target)
