"""How Alembic runs our migrations: on the connection, and with the callback, that `Database.migrate` hands in."""

from alembic import context

from chatapp.log.schema import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    on_version_apply=given.get("applied"),
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
