"""Which command loads us; for that nothing else of the chat is loaded."""

from __future__ import annotations

import os

import click
from flask.cli import run_command


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
