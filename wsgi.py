"""What servers load: `gunicorn -k gthread wsgi:app`, `flask run`."""

from chatapp import create_app
from chatapp.config import ConfigError
from chatapp.servers import flask_run

try:
    app = create_app()
except ConfigError as error:
    raise SystemExit(f"chatapp: {error}") from None

flask_run.start(app)
