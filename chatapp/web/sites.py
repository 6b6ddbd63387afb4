"""Turns away, before anything else, requests for a strange host and requests that another site's page sends."""

from __future__ import annotations

from flask import Flask, request

from .. import origins
from ..model import Refusal


def init_app(app: Flask, listed: tuple[str, ...]) -> None:
    """Checks every request to every address, `listed` being the origins in CHATAPP_ORIGINS."""

    @app.before_request
    def only_for_us() -> None:
        host = origins.asked_host()
        asked = request.environ.get("HTTP_HOST", "")
        if not asked and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
            return  # an old program, such as a load balancer's health check: every browser names the host
        if not asked:
            raise Refusal("bad-request")
        if host is None or not origins.accepted_host(host, listed):
            origins.log_rejected(f"the host {asked[: origins.SHOWN]} is not in CHATAPP_ORIGINS")
            name = host.name if host else asked[: origins.SHOWN]
            example = asked.lower() if host else "chat.example.org"
            raise Refusal("wrong-host", host=name, origin=f"{request.scheme}://{example}")
        if origins.is_foreign(listed) and not origins.is_navigation():
            origins.log_rejected("it comes from a page of another site (Sec-Fetch-Site)")
            raise Refusal("forbidden")
