"""The search: its page, and the same for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, Response, make_response, render_template, request

from ..config import Settings
from ..identity import language
from ..limits import QUERY_LIMIT, Query, Zone
from ..live.protocol import Seq
from ..log.search import Search
from ..networks import network
from ..query import parse
from ..rooms.ratelimits import RateLimits
from .exchange import as_json, check_origin, query
from .search_strings import examples, note, search_strings

PAGE = 50  # messages in one answer


def search(settings: Settings, index: Search, limits: RateLimits, *, clock: Callable[[], float]) -> Blueprint:
    """`/search` and `/api/search`."""
    blueprint = Blueprint("search", __name__)

    @blueprint.before_request
    def only_from_here() -> None:
        check_origin(settings.ORIGINS)

    @blueprint.get("/search")
    def page() -> Response:
        boot = {"locale": language(), "limit": QUERY_LIMIT, "strings": search_strings()}
        shown = render_template("search.html", boot=boot, locale=language(), examples=examples())
        response = make_response(shown)
        response.headers["Cache-Control"] = "no-store"  # in the reader's language
        return response

    @blueprint.get("/api/search")
    def find() -> Response:
        limits.searches.take(network(request.remote_addr or ""))
        line: str = query("q", Query, "")
        zone = _zone(query("zone", Zone, ""))
        wanted = parse(line, zone, datetime.fromtimestamp(clock(), zone).date())
        found = index.find(wanted, before=query("before", Seq, None), limit=PAGE)
        notes = [{"term": each.term, "code": each.code, "detail": note(each)} for each in found.notes]
        return as_json({"results": found.hits, "next": found.next, "notes": notes})

    return blueprint


def _zone(name: str) -> tzinfo:
    """Where the reader's days begin: a name such as America/Sao_Paulo; UTC for one that is not known here."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # what is no name may be a path, a folder, a device
        return UTC
