"""The handshake: the example of the RFC, and an answer that names what was chosen."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.live.handshake import SPOKEN, Upgraded, accept_key, malformed, switching_protocols

# RFC 6455, section 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
GOOD: dict[str, Any] = {
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REQUEST_METHOD": "GET",
    "HTTP_HOST": "chat.example",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": KEY,
}


class Sent:
    """A socket that only sends, as the outbox that stands there."""

    def __init__(self) -> None:
        self.sent = b""

    def send(self, frames: bytes) -> int:
        self.sent += frames
        return len(frames)


def test_the_key_of_the_rfc_gets_the_answer_of_the_rfc() -> None:
    assert accept_key(KEY) == ACCEPT


def test_the_answer_has_the_lines_of_the_rfc() -> None:
    assert switching_protocols(KEY, None).decode().split("\r\n") == [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {ACCEPT}",
        "",
        "",
    ]
    assert b"\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n" in switching_protocols(KEY, "chat.v1")


@pytest.mark.parametrize("server", ["gunicorn", "werkzeug"])
@pytest.mark.parametrize("chosen", [None, "chat.v1"])
def test_the_answer_goes_out_through_what_stands_in_the_sockets_place(server: str, chosen: str | None) -> None:
    sock = Sent()
    offered = {"HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate", "HTTP_SEC_WEBSOCKET_PROTOCOL": "mqtt, chat.v1"}
    assert Upgraded({**GOOD, **offered, f"{server}.socket": sock, SPOKEN: chosen}).mode == server
    assert sock.sent == switching_protocols(KEY, chosen)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"SERVER_PROTOCOL": "HTTP/1.0"}, "HTTP/1.1"),
        ({"REQUEST_METHOD": "POST"}, "GET"),
        ({"HTTP_HOST": ""}, "Host"),
        ({"CONTENT_LENGTH": "5"}, "body"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "body"),
        ({"HTTP_SEC_WEBSOCKET_VERSION": "8"}, "13"),
        ({"HTTP_SEC_WEBSOCKET_KEY": ""}, "16 bytes"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "c2hvcnQ="}, "16 bytes"),
        ({"HTTP_SEC_WEBSOCKET_KEY": "!" * 24}, "16 bytes"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, str], complaint: str) -> None:
    assert malformed(GOOD) is None
    assert complaint in (malformed({**GOOD, **changed}) or "")
