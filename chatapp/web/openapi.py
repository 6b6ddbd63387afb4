"""The HTTP interface in OpenAPI's words: served to programs at `/api/openapi.json`, made of the operations' structs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request

from ..limits import Emoji, Slug
from ..live.protocol import Seq
from ..problems import STATUS
from .operations import Operation, Problem, operations

OPENAPI = "3.1.0"
VERSION = "1"  # of the interface, as the `1` of chat.v1
ABOUT = (
    "Rooms and messages for programs. Refusals are problem documents (RFC 9457); unknown fields are ignored."
    " A request without a cookie comes from a guest: it posts, previews and reads what is public, and nothing else."
)
IN_THE_PATH: dict[str, Any] = {"slug": Slug, "seq": Seq, "emoji": Emoji}


def openapi() -> Blueprint:
    """`/api/openapi.json`."""
    blueprint = Blueprint("openapi", __name__)

    @lru_cache(maxsize=4)  # made of the same addresses each time: it takes 9 ms
    def document(prefix: str) -> tuple[bytes, str]:
        rules = current_app.url_map.iter_rules()
        here = {(rule.rule, method.lower()) for rule in rules for method in rule.methods or ()}
        # As far as this application has it: its operator may have shut `/flow`.
        content = msgspec.json.encode(
            described([each for each in operations() if (each.rule, each.method) in here], prefix)
        )
        return content, sha256(content).hexdigest()[:16]

    @blueprint.get("/api/openapi.json")
    def description() -> Response:
        content, tag = document(request.script_root)
        answer = Response(content, mimetype="application/json")
        answer.headers["Cache-Control"] = "no-cache"
        answer.set_etag(tag)
        answer.make_conditional(request)
        return answer

    return blueprint


def described(told: list[Operation], prefix: str = "") -> dict[str, Any]:
    """The document that describes these operations, whose paths a proxy may put a prefix in front of."""
    types = [Problem, *(kind for operation in told for kind in (operation.gives, operation.takes) if kind)]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    found = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in told:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, found)
    return {
        "openapi": OPENAPI,
        "info": {"title": "chatapp", "version": VERSION, "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(operation: Operation, found: dict[str, Any]) -> dict[str, Any]:
    answer = {operation.mime: {"schema": found[repr(operation.gives)]}}
    responses = {str(operation.status): {"description": operation.summary, "content": answer}}
    for code in operation.codes:
        status = STATUS[code]
        told = responses.setdefault(
            str(status),
            {
                "description": HTTPStatus(status).phrase + ":",
                "content": {"application/problem+json": {"schema": found[repr(Problem)]}},
            },
        )
        told["description"] = f"{told['description']} {code}"
    content: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": re.sub(r"\W+", "_", f"{operation.method} {operation.rule}").strip("_"),
        "parameters": [*_parameters(operation)],
        "responses": responses,
    }
    if operation.takes:
        body = {"application/json": {"schema": found[repr(operation.takes)]}}
        content["requestBody"] = {"required": True, "content": body}
    return content


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(IN_THE_PATH[name])}
    for name, kind in operation.query.items():
        yield {"name": name, "in": "query", "required": False, "schema": msgspec.json.schema(kind)}
