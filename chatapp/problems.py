"""Errors over HTTP as problem documents (RFC 9457), with the protocol's codes."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

from flask import Response, jsonify, request

from .details import sentence
from .identity import language
from .model import Refusal

STATUS = {
    "bad-json": 400,
    "bad-field": 400,
    "bad-name": 400,
    "bad-request": 400,
    "text-empty": 400,
    "text-too-long": 400,
    "bad-topic": 400,
    "bad-poll": 400,
    "forbidden": 403,
    "read-only": 403,
    "no-such-room": 404,
    "no-such-message": 404,
    "not-found": 404,
    "no-name": 404,
    "method": 405,
    "name-taken": 409,
    "confirm-all": 409,
    "too-late": 409,
    "too-many": 409,
    "closed": 409,
    "too-large": 413,
    "wrong-host": 421,
    "rate-limited": 429,
    "server-error": 500,
    "too-slow": 503,
    "busy": 503,
}
_SHOWN = ("field", "retry_after", "slug", "count")  # what of a refusal's values a program can use


def problem(refusal: Refusal, *, status: int | None = None, detail: str | None = None) -> Response:
    """The answer to a refused request; `detail` stands in for the code's own sentence."""
    status = status or STATUS[refusal.code]
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or sentence(refusal, language()),
        "code": refusal.code,
    }
    more = {"field": refusal.field, "retry_after": refusal.retry_after, "count": refusal.count, **refusal.values}
    body |= {name: more[name] for name in _SHOWN if more.get(name) is not None}
    if request.path == "/healthz":  # for the operator: it may name hosts and files
        body["reason"] = more.get("reason", refusal.code)
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, ceil(refusal.retry_after)))
    return response
