"""How Alembic runs our migrations: on the connection that `Database.migrate` hands in."""

from alembic import context

from chatapp.log.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
