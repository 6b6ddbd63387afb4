"""Whom a message means, by person; how much of a room a person wants to hear; people are found by their bare names."""

import sqlalchemy as sa
from alembic import op

from chatapp.spelling import bare

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "levels",
        sa.Column("person_id", sa.String(64), primary_key=True),
        sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id"), primary_key=True),
        sa.Column("level", sa.String(16), nullable=False),
    )
    op.create_table(
        "mentions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_index("mentions_person", "mentions", ["person_id", "id"])
    op.create_index("mentions_count", "mentions", ["person_id", "room_id", "seq"], unique=True)
    op.create_index("mentions_message", "mentions", ["room_id", "seq"])
    op.create_index("markers_room", "markers", ["room_id", "person_id"])
    op.add_column("people", sa.Column("bare", sa.Text, nullable=False, server_default=""))
    people = sa.table("people", sa.column("id"), sa.column("name"), sa.column("bare"))
    connection = op.get_bind()
    for person, name in connection.execute(sa.select(people.c.id, people.c.name)).all():
        connection.execute(people.update().where(people.c.id == person).values(bare=bare(name)))
    op.create_index("people_bare", "people", ["bare"])


def downgrade() -> None:
    op.drop_index("people_bare", "people")
    op.drop_column("people", "bare")
    op.drop_index("markers_room", "markers")
    op.drop_table("mentions")
    op.drop_table("levels")
