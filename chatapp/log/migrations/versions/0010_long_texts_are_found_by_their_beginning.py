"""Of a long text only the beginning is in the index: where there are longer ones, SQLite's is made anew.

FTS5 is told what was put in when a message is taken out. PostgreSQL takes it out by its number.
"""

from alembic import op

from chatapp.log.fts5 import create
from chatapp.log.index import index_of

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    longer = "SELECT 1 FROM events WHERE length(text) > 20000 LIMIT 1"  # as `documents.SEARCHABLE`
    if connection.exec_driver_sql(longer).first() is None:
        return
    op.drop_table("message_index")
    create(connection)
    index_of(connection).add(connection, after=0)


def downgrade() -> None:
    pass  # an older version takes a long message out incompletely; the next upgrade makes the index anew
