"""Which site's pages may speak to us (RFC 6454): this one's, and those the operator listed."""

from __future__ import annotations

from flask import request

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def allowed_origin(listed: tuple[str, ...]) -> bool:
    """Whether this request's `Origin`, if it bears one, is this site's own or a listed one."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    given = _normal(origin)
    return given in map(_normal, (*listed, f"{request.scheme}://{request.host}"))


def _normal(origin: str) -> str:
    origin = origin.lower()
    scheme = origin.partition(":")[0].replace("ws", "http")
    port = _DEFAULT_PORTS.get(scheme, "")
    rest = origin.partition("://")[2]
    return f"{scheme}://{rest.removesuffix(port) if port else rest}"
