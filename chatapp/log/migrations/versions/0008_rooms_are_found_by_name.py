"""Rooms are found by their folded names through an index, without reading all of them."""

import sqlalchemy as sa
from alembic import op

from chatapp.spelling import bare, folded

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BATCH = 1_000  # rooms that are updated by one call of the driver
COLUMNS = ("folded", "bare", "bare_slug")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("rooms", sa.Column(column, sa.Text, nullable=False, server_default=""))
    texts = (sa.column(name, sa.Text) for name in ("slug", "name", *COLUMNS))
    rooms = sa.table("rooms", sa.column("id", sa.Integer), *texts)
    connection = op.get_bind()
    found = connection.execute(sa.select(rooms.c.id, rooms.c.slug, rooms.c.name).order_by(rooms.c.id)).all()
    change = rooms.update().where(rooms.c.id == sa.bindparam("room"))
    taken: set[str] = set()
    for start in range(0, len(found), BATCH):
        changes = []
        for room, slug, name in found[start : start + BATCH]:
            key = folded(name)
            # Older versions folded names differently, so that two rooms may share one: the older room keeps it.
            changes.append(
                {
                    "room": room,
                    "folded": f"{key}\n{room}" if key in taken else key,
                    "bare": bare(name),
                    "bare_slug": bare(slug),
                }
            )
            taken.add(key)
        connection.execute(change, changes)
    op.create_index("rooms_folded", "rooms", ["folded"], unique=True)
    op.create_index("rooms_bare", "rooms", ["bare"])
    op.create_index("rooms_bare_slug", "rooms", ["bare_slug"])


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"rooms_{column}", "rooms")
        op.drop_column("rooms", column)
