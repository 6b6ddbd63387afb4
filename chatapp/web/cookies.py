"""The chat's cookies: one name for each chat on a host, safe over https, and valid whatever the server's clock did."""

from __future__ import annotations

import hmac
import time

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

FORMER_NAME = "session"  # of every chat before; read once, and replaced
# Cookies are older than their time only if the clock was behind when they were signed, as a Raspberry Pi's is that has
# not reached a time server yet.
OLDEST = 1_704_067_200  # 2024-01-01, in seconds since the epoch
COOKIES_LIMIT = 8_192  # characters of all cookies of a request: gunicorn takes no longer line, but many of them
CANDIDATES = 8  # cookies of which it is tried whether they are ours: each costs some 15 µs
_TAG_BYTES = 4


class Cookie(SecureCookieSession):
    """What the cookie says, and the names under which the browser has it besides the right one."""

    former: tuple[str, ...] = ()


class Cookies(SecureCookieSessionInterface):
    """Flask's signed session in a cookie whose name is the instance's own.

    Browsers keep cookies by host and not by port: two chats on one host took each other's.
    """

    def get_cookie_name(self, app: Flask) -> str:
        given = str(app.config["SESSION_COOKIE_NAME"])
        return cookie_name("id") if given == FORMER_NAME else _hardened(given)

    def get_cookie_secure(self, app: Flask) -> bool:
        return is_secure()

    def open_session(self, app: Flask, request: Request) -> Cookie | None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        name = self.get_cookie_name(app)
        max_age = app.permanent_session_lifetime.total_seconds()
        _shorten(request)
        given = [
            (candidate, value)
            for candidate in dict.fromkeys((name, name.removeprefix("__Host-"), FORMER_NAME))
            for value in request.cookies.getlist(candidate)  # perhaps also another chat's
        ]
        for candidate, value in given[:CANDIDATES]:
            try:
                content, signed_at = serializer.loads(value, return_timestamp=True)
            except BadSignature:
                continue
            # A time in the future means that the clock was ahead and has been set back.
            if OLDEST < signed_at.timestamp() < time.time() - max_age:
                continue
            found = Cookie(content)
            found.former = () if candidate == name else (candidate,)
            return found
        return Cookie()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        serializer = self.get_signing_serializer(app)
        if serializer is None or not isinstance(session, Cookie):
            return
        if session.accessed:
            response.vary.add("Cookie")
        name = self.get_cookie_name(app)
        gone = session.former if session else ((name, *session.former) if session.modified else ())
        for each in gone:
            response.delete_cookie(each, secure=is_secure(), httponly=True, samesite="Lax")
        if session and (session.former or self.should_set_cookie(app, session)):
            # Max-Age goes over Expires (RFC 6265, 5.3), which is a time of this server's clock and may be wrong.
            response.set_cookie(
                name,
                serializer.dumps(dict(session)),
                max_age=int(app.permanent_session_lifetime.total_seconds()) if session.permanent else None,
                secure=is_secure(),
                httponly=True,
                samesite="Lax",
            )
            response.vary.add("Cookie")


def _shorten(request: Request) -> None:
    """Drops what is over COOKIES_LIMIT, before the cookies are parsed: that takes 0.2 ms a KB."""
    given = request.environ.get("HTTP_COOKIE", "")
    if len(given) > COOKIES_LIMIT:
        request.environ["HTTP_COOKIE"] = given[:COOKIES_LIMIT].rpartition(";")[0]


def forget() -> None:
    """Has the answer to this request take the person's cookie from the browser."""
    session.clear()
    session.modified = True


def cookie_name(purpose: str) -> str:
    """The name of a cookie of this chat: no other chat has it, for it hangs on the secret key."""
    secret = current_app.secret_key or b""
    key = secret.encode() if isinstance(secret, str) else secret
    tag = hmac.digest(key, b"cookie name", "sha256")[:_TAG_BYTES].hex()
    return _hardened(f"chatapp_{purpose}_{tag}")


def is_secure() -> bool:
    """Whether cookies are for https only: if the request came so, or the operator says that all of them do."""
    return request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])


def _hardened(name: str) -> str:
    """With the prefix that keeps a neighbouring host and plain http from setting the cookie (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if is_secure() and not name.startswith("__") else name
