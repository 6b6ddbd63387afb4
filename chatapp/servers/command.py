"""Which command loads us; for that nothing else of the chat is loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from flask.cli import run_command

BOOT_FAILED = 4  # a worker's exit status on which gunicorn gives up instead of trying for ever
CONFIGURATION = Path(__file__).resolve().parents[2] / "gunicorn.conf.py"


def insist_on_configuration() -> None:
    """Ends a gunicorn that has not read `gunicorn.conf.py`, with one line: it would have one thread, and the first open
    chat would block all others.

    gunicorn looks for the file in the folder in which it is started, whatever `--chdir` and `--pythonpath` say.
    """
    under_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")  # its master says so
    if under_gunicorn and "chatapp.servers.gthread" not in sys.modules:
        print(f"chatapp: gunicorn has not read its configuration: add -c {CONFIGURATION}", file=sys.stderr, flush=True)
        raise SystemExit(BOOT_FAILED)


def serving() -> click.Context | None:
    """The context of `flask run`, if that is what loads us; None for gunicorn, for other commands, and for the process
    that only watches the files."""
    context = click.get_current_context(silent=True)
    if context is None or context.command is not run_command or _is_watcher(context):
        return None
    return context


def _is_watcher(context: click.Context) -> bool:
    """With the reloader there are two processes; the first only watches the files."""
    reload = context.params.get("reload")
    if reload is None:
        reload = os.environ.get("FLASK_DEBUG", "0") not in ("", "0", "false", "no")
    return bool(reload) and os.environ.get("WERKZEUG_RUN_MAIN") != "true"
