"""Events may be about a message: edits, deletions, reactions, replies. `body`: what only some kinds have, as JSON."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("target", sa.BigInteger))
    op.add_column("events", sa.Column("html", sa.Text))
    op.add_column("events", sa.Column("body", sa.Text))
    op.create_index(
        "events_target",
        "events",
        ["room_id", "target"],
        sqlite_where=sa.text("target IS NOT NULL"),
        postgresql_where=sa.text("target IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("events_target", "events")
    for column in ("target", "html", "body"):
        op.drop_column("events", column)
