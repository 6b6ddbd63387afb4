"""chatapp: a self-hosted group chat on plain threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application: see `app.create_app`, which is loaded only now. gunicorn's configuration starts the process anew
    before anything else, and would load all of the chat twice."""
    from .app import create_app as create

    return create(overrides)
