"""The laboratory over HTTP: its page, what it measures, and its switches."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, make_response, render_template

from ..config import Settings
from ..identity import language
from ..lab.bugs import Act, Bug
from ..lab.lab import Lab
from ..lab.room import CLIENTS
from .exchange import as_json, body, check_origin
from .lab_strings import cards, lab_strings


class Throw(msgspec.Struct):
    name: Bug
    on: bool


class Suffer(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(ge=1, le=len(CLIENTS))]
    do: Act


def lab(settings: Settings, laboratory: Lab) -> Blueprint:
    """`/lab` and `/lab/…`. A change answers with the state after it."""
    blueprint = Blueprint("lab", __name__)

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.get("/lab")
    def page() -> Response:
        boot = {"locale": language(), "strings": lab_strings()}
        shown = render_template("lab.html", boot=boot, locale=language(), cards=cards(), clients=CLIENTS)
        response = make_response(shown)
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/lab/state")
    def state() -> Response:
        return as_json(laboratory.state())

    @blueprint.post("/lab/switch")
    def throw() -> Response:
        wanted = body(Throw)
        laboratory.throw(wanted.name, on=wanted.on)
        return as_json(laboratory.state())

    @blueprint.post("/lab/client")
    def suffer() -> Response:
        wanted = body(Suffer)
        laboratory.suffer(wanted.number, wanted.do)
        return as_json(laboratory.state())

    @blueprint.post("/lab/reset")
    def reset() -> Response:
        laboratory.reset()
        return as_json(laboratory.state())

    return blueprint
