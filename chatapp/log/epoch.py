"""The epoch: a random text that changes when the log is replaced by another, or goes back to what it was before.

Clients that see another one forget what they know of the log.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete, func, insert, select, text, update

from .schema import events, markers, mentions, meta


def renew_epoch(connection: Connection) -> None:
    """Makes a new epoch, and takes back what points behind the end of the log."""
    connection.execute(update(meta).where(meta.c.key == "epoch").values(value=secrets.token_hex(8)))
    for table in (markers, mentions):
        newest = select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.room_id == table.c.room_id)
        beyond = table.c.seq > newest.scalar_subquery()
        if table is markers:
            connection.execute(update(markers).where(beyond).values(seq=newest.scalar_subquery()))
        else:
            connection.execute(delete(mentions).where(beyond))


def recognise_tables(connection: Connection) -> bool:
    """On PostgreSQL: whether these are the tables that the last server used. A dump that was loaded has others, and the
    note of those that it was made of."""
    now = identity_of_tables(connection)
    row = meta.c.key == "tables"
    before = connection.execute(select(meta.c.value).where(row)).scalar()
    if before is None:
        connection.execute(insert(meta).values(key="tables", value=now))
    elif before != now:
        connection.execute(update(meta).where(row).values(value=now))
    return before in (None, now)


def identity_of_tables(connection: Connection) -> str:
    """The numbers under which PostgreSQL knows this database and the table `meta`: others have others."""
    wanted = (
        "SELECT CAST(d.oid AS text) || '.' || CAST(CAST(CAST('meta' AS regclass) AS oid) AS text)"
        " FROM pg_database AS d WHERE d.datname = current_database()"
    )
    return str(connection.execute(text(wanted)).scalar_one())
