"""A poll is found by what it offers: where there are polls, the index is made anew, which takes as long as in 0004."""

from alembic import op

from chatapp.log.fts5 import create
from chatapp.log.index import index_of

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    poll = "SELECT 1 FROM documents JOIN events USING (room_id, seq) WHERE strpos(body, '\"poll\":') > 0 LIMIT 1"
    if connection.dialect.name == "sqlite":
        poll = poll.replace("strpos", "instr")
    if connection.exec_driver_sql(poll).first() is None:
        return
    if connection.dialect.name == "sqlite":
        op.drop_table("message_index")
        create(connection)
    else:
        op.execute("TRUNCATE message_index")
    index_of(connection).add(connection, after=0)


def downgrade() -> None:
    pass  # who reads it need not know that more is in it
