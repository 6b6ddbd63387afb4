"""Messages can be searched: each has a number that grows with time, and an index knows which words are in which.

What is in the log already is indexed here: 1,000,000 messages in half a minute on a quiet machine.
"""

import sqlalchemy as sa
from alembic import op

from chatapp.log.fts5 import create
from chatapp.log.index import index_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# How many rows each index has in a log of some size, in all, for a room or a person, and for what it is asked with
# (https://www.sqlite.org/optoverview.html#manual_control_of_query_plans_using_sqlite_stat_tables). Without this SQLite
# takes a room for short, and goes through all of it to see what happened to one message.
ROWS = {"events": "1000000 50000 1", "events_target": "100000 5000 2", "events_nonce": "1000000 5000 1"}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        op.execute("ANALYZE meta")  # makes the table of these figures
        op.execute("DELETE FROM sqlite_stat1")
        for index, rows in ROWS.items():
            op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('events', '{index}', '{rows}')")  # noqa: S608
        op.execute("ANALYZE sqlite_master")  # reads them
    op.create_table(
        "documents",
        sa.Column("doc", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    # The clock may have been put back: a message came no earlier than the one before it in its room.
    op.execute(
        "INSERT INTO documents (doc, room_id, seq, at)"
        " SELECT row_number() OVER (ORDER BY came, room_id, seq), room_id, seq, came FROM ("
        " SELECT room_id, seq, max(at) OVER (PARTITION BY room_id ORDER BY seq) AS came FROM events"
        " WHERE type = 'message' AND text <> '') AS messages"
    )
    op.create_index("documents_message", "documents", ["room_id", "seq"], unique=True)
    op.create_index("documents_at", "documents", ["at", "doc"])
    if connection.dialect.name == "sqlite":
        create(connection)
        op.execute("INSERT INTO meta (key, value) VALUES ('index_residue', '')")
    else:
        op.execute("CREATE TABLE message_index (doc BIGINT PRIMARY KEY, words tsvector NOT NULL)")
    index_of(connection).add(connection, after=0)
    if connection.dialect.name != "sqlite":
        op.execute("CREATE INDEX message_index_words ON message_index USING gin (words)")
        op.execute("ANALYZE message_index")  # which words are common


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1")
    op.execute("DELETE FROM meta WHERE key = 'index_residue'")
    op.drop_table("message_index")
    op.drop_table("documents")
