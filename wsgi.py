"""What servers load: `gunicorn -k gthread wsgi:app`, `flask run`."""

from chatapp.servers import command, limits

if command.serving():
    limits.begin_without_thread_caches()

from chatapp import create_app  # only now: what is loaded before is loaded twice
from chatapp.config import ConfigError
from chatapp.servers import flask_run

command.insist_on_configuration()
try:
    app = create_app()
except ConfigError as error:
    raise SystemExit(f"chatapp: {error}") from None

flask_run.start(app)
