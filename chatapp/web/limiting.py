"""The limits per address of HTTP requests in general: their number, counted before anything else is done for a request,
and the processor time that they take."""

from __future__ import annotations

from flask import Flask, request

from ..networks import network
from ..rooms.ratelimits import RateLimits

HEALTH = "/healthz"  # never refused: a flood by others must not make a supervisor end the server
STATIC = 0.1  # of a request: what a static file counts, which costs little


def init_app(app: Flask, limits: RateLimits) -> None:
    """Refuses requests as `rate-limited` over the limit of their address."""

    @app.before_request
    def within_limit() -> None:
        if request.path != HEALTH:
            here, static = network(request.remote_addr or ""), request.path.startswith("/static/")
            limits.cpu.check(here)
            limits.requests.take(here, tokens=STATIC if static else 1)
            limits.cpu.begin()

    @app.teardown_request
    def account(_error: BaseException | None) -> None:
        limits.cpu.end(network(request.remote_addr or ""))
