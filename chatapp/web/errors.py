"""What goes wrong over HTTP: problem documents for programs, a page for people; and the headers of safety."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from ..details import sentence
from ..exhaustion import OUT_OF_RESOURCES
from ..identity import language
from ..model import Refusal
from ..problems import STATUS, problem

RETRY_AFTER = 5.0  # seconds
_CODES = {400: "bad-request", 404: "not-found", 405: "method", 413: "too-large", 500: "server-error"}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sanitised worker",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def init_app(app: Flask) -> None:
    """Adds the error handlers and the headers to every answer."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _out_of_resources)
    app.after_request(_safe)


def _refused(refusal: Refusal) -> Response:
    if _for_people():
        answer = problem(refusal)
        if refusal.code == "wrong-host":
            return _misdirected(refusal)
        page = _page(answer.status_code, sentence(refusal, language()))
        if "Retry-After" in answer.headers:
            page.headers["Retry-After"] = answer.headers["Retry-After"]
        return page
    return problem(refusal)


def _out_of_resources(error: OSError) -> Response:
    """503 when the machine has no file or memory left for this request. Raises every other OSError again: a bug."""
    if error.errno not in OUT_OF_RESOURCES:
        raise error
    refusal = Refusal("busy", retry_after=RETRY_AFTER)
    return problem(refusal, detail="The server has run out of open files or memory. Try again soon.")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    if status == 404 and (right := _without_slash()):
        return make_response(redirect(right, 308))
    refusal = Refusal(_CODES.get(status, "bad-request" if status < 500 else "server-error"))
    answer = _page(status, sentence(refusal, language())) if _for_people() else problem(refusal, status=status)
    if "Allow" in (original := error.get_response()).headers:
        answer.headers["Allow"] = original.headers["Allow"]
    return answer


def _without_slash() -> str | None:
    """The address without the slash at its end, if there is something at that one and nothing at this."""
    path = "/" + request.path.strip("/")
    if request.method not in ("GET", "HEAD") or not request.path.endswith("/"):
        return None
    if not current_app.url_map.bind_to_environ(request.environ).test(path, request.method):
        return None
    query = request.query_string.decode("latin-1")
    return request.script_root + quote(path) + (f"?{query}" if query else "")


def _for_people() -> bool:
    return not request.path.startswith(("/api/", "/chat", "/flow/socket", "/healthz", "/lab/", "/static/"))


def _misdirected(refusal: Refusal) -> Response:
    title, detail = gettext("This address is not this chat's"), sentence(refusal, language())
    shown = render_template("misdirected.html", title=title, detail=detail, locale=language())
    return make_response(shown, STATUS[refusal.code])


def _page(status: int, detail: str) -> Response:
    title = gettext("Not found") if status == 404 else gettext("Something went wrong")
    shown = render_template("error.html", status=status, title=title, detail=detail, locale=language())
    return make_response(shown, status)


def _safe(response: Response) -> Response:
    if "client" in g:  # its connection was a WebSocket, and is over: nobody gets this answer
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
