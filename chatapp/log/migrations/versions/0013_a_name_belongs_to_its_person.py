"""A name belongs to its person, also while they are away, and names that look alike are found by their skeletons.

Nobody knows when those who are here already were last seen: it counts as today.
"""

import time

import sqlalchemy as sa
from alembic import op

from chatapp.spelling import skeletons

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 1_000  # rows that are read, and written, at a time

people = sa.table("people", sa.column("id", sa.String), sa.column("name", sa.String), sa.column("last_seen"))
rooms = sa.table("rooms", sa.column("id", sa.Integer), *(sa.column(c, sa.Text) for c in ("name", "small", "written")))


def upgrade() -> None:
    op.add_column("people", sa.Column("last_seen", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "names",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("until", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    for column in ("small", "written"):
        op.add_column("rooms", sa.Column(column, sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    connection.execute(people.update().values(last_seen=int(time.time() * 1000)))
    _fill_names(connection)
    _fill_rooms(connection)
    op.create_index("names_person", "names", ["person_id"])
    for column in ("small", "written"):
        op.create_index(f"rooms_{column}", "rooms", [column])


def _fill_names(connection: sa.Connection) -> None:
    # Of people whose names are the same or look alike the first keeps it; the others go by it as before.
    insert = sa.text("INSERT INTO names (key, person_id) VALUES (:key, :person) ON CONFLICT DO NOTHING")
    wanted = sa.select(people.c.id, people.c.name).order_by(people.c.id).limit(BATCH)
    rows = connection.execute(wanted).all()
    while rows:
        keys = [{"key": key, "person": person} for person, name in rows for key in set(skeletons(name))]
        connection.execute(insert, keys)
        rows = connection.execute(wanted.where(people.c.id > rows[-1].id)).all()


def _fill_rooms(connection: sa.Connection) -> None:
    change = rooms.update().where(rooms.c.id == sa.bindparam("room"))
    wanted = sa.select(rooms.c.id, rooms.c.name).order_by(rooms.c.id).limit(BATCH)
    rows = connection.execute(wanted).all()
    while rows:
        connection.execute(change, [{"room": room, **skeletons(name)._asdict()} for room, name in rows])
        rows = connection.execute(wanted.where(rooms.c.id > rows[-1].id)).all()


def downgrade() -> None:
    for column in ("small", "written"):
        op.drop_index(f"rooms_{column}", "rooms")
        op.drop_column("rooms", column)
    op.drop_table("names")
    op.drop_column("people", "last_seen")
