"""One request and its whole answer, of which neither the size nor the time is the server's choice."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from threading import Event, Timer
from typing import NamedTuple

from .address import Address

TIMEOUT = 15.0  # seconds for an answer, however many bytes of it come meanwhile
ANSWER_LIMIT = 1_048_576  # bytes of an answer's body; a page of rooms has a tenth of it


class Answer(NamedTuple):
    status: int
    reason: str
    cookies: list[str]  # the values of Set-Cookie
    content: bytes


def fetch(
    address: Address,
    method: str,
    path: str,
    *,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Answer:
    """Asks for a path below the server's prefix. Raises OSError or HTTPException, also for an answer that is too long
    or takes too long."""
    connection = address.http(timeout)
    try:
        connection.connect()
        over = Event()
        end = Timer(timeout, _end, (connection.sock, over))
        end.daemon = True
        end.start()
        try:
            connection.request(method, address.prefix + path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read(ANSWER_LIMIT + 1)
        except (OSError, HTTPException):
            if over.is_set():
                raise TimeoutError("the server takes too long to answer") from None
            raise
        finally:
            end.cancel()
        if over.is_set():  # what has come may be a part
            raise TimeoutError("the server takes too long to answer")
        if len(content) > ANSWER_LIMIT:
            raise HTTPException("the server's answer is too long")
        return Answer(answer.status, answer.reason, answer.headers.get_all("Set-Cookie", []), content)
    finally:
        connection.close()


def _end(sock: socket.socket, over: Event) -> None:
    """Wakes the thread that reads. Called on the timer's thread: TLS has a `shutdown` that is for the reader alone."""
    over.set()
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
