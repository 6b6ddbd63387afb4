"""What a proxy says about a request counts exactly as far as CHATAPP_PROXY_HOPS says."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request, url_for

from chatapp.networks import is_loopback, is_this_machine
from chatapp.proxies import Proxies

from .actors import PATIENCE, Server, eventually, read_head

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask() -> Ask:
    """What an application behind `hops` proxies sees of a request."""

    def ask(hops: int, *, peer: str = "192.0.2.1", script: str = "", **headers: str) -> dict[str, Any]:
        app = Flask(__name__)
        app.wsgi_app = Proxies(app.wsgi_app, hops=hops)  # type: ignore[method-assign]

        @app.get("/seen")
        def seen() -> dict[str, Any]:
            return {
                "address": request.remote_addr,
                "port": request.environ["REMOTE_PORT"],
                "scheme": request.scheme,
                "host": request.host,
                "root": request.root_path,
                "path": url_for("seen"),
            }

        answer = app.test_client().get(
            "/seen",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            environ_overrides={"REMOTE_ADDR": peer, "REMOTE_PORT": "4711", "SCRIPT_NAME": script},
        )
        assert answer.status_code == 200
        return dict(answer.get_json())

    return ask


@pytest.mark.parametrize(
    ("hops", "forwarded_for", "address"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),  # the first one is what the client claimed
        (2, "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "192.0.2.1"),  # fewer than there should be: it did not come through all of them
        (1, "198.51.100.7:51234", "198.51.100.7"),
        (1, "[2001:db8::7]:51234", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "unknown", "192.0.2.1"),
        (1, "_hidden", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, ",,,", "192.0.2.1"),
        (1, "x" * 8_000, "192.0.2.1"),
        (1, '"', "192.0.2.1"),
        (1, "999.1.1.1:80", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_outermost_proxy_of_ours_saw(
    ask: Ask, hops: int, forwarded_for: str, address: str
) -> None:
    assert ask(hops, X_Forwarded_For=forwarded_for)["address"] == address


def test_the_port_is_the_clients_or_none(ask: Ask) -> None:
    assert ask(1, X_Forwarded_For="198.51.100.7:51234")["port"] == "51234"
    assert ask(1, X_Forwarded_For="198.51.100.7")["port"] == ""
    assert ask(1)["port"] == "4711"


@pytest.mark.parametrize(("peer", "address"), [("::ffff:192.0.2.1", "192.0.2.1"), ("<local>", ""), ("", "")])
def test_an_address_has_one_spelling_whatever_the_listening_socket_is(ask: Ask, peer: str, address: str) -> None:
    for hops in (0, 1):
        assert ask(hops, peer=peer)["address"] == address


@pytest.mark.parametrize(
    ("given", "scheme"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("wss", "https"),
        ("ws", "http"),
        ("http", "http"),
        ("https,http", "https"),
        (" https , http", "https"),
        ("http,https", "http"),
        ("", "http"),
        ("javascript", "http"),
        ("https\t", "https"),
    ],
)
def test_the_scheme_is_the_one_that_the_browser_spoke(ask: Ask, given: str, scheme: str) -> None:
    for hops, peer in ((1, "192.0.2.1"), (2, "192.0.2.1"), (0, "127.0.0.1"), (0, "::ffff:127.0.0.1"), (0, "")):
        assert ask(hops, peer=peer, X_Forwarded_Proto=given)["scheme"] == scheme


def test_without_a_proxy_a_client_from_elsewhere_names_no_scheme(ask: Ask) -> None:
    assert ask(0, X_Forwarded_Proto="https")["scheme"] == "http"


def test_no_proxy_names_the_host(ask: Ask) -> None:
    for hops in (0, 1):
        assert ask(hops, Host="chat.example", X_Forwarded_Host="localhost")["host"] == "chat.example"


@pytest.mark.parametrize(
    ("hops", "prefix", "root"),
    [
        (0, "/chat-app", ""),
        (1, "/chat-app", "/chat-app"),
        (1, "/chat-app/", "/chat-app"),
        (1, "/a/b_c.d~e", "/a/b_c.d~e"),
        (1, "/", ""),
        (1, "//evil.example", ""),
        (1, "/a//evil.example", ""),
        (1, "evil", ""),
        (1, "/<script>", ""),
        (1, '/a"b', ""),
        (1, "/" + "x" * 300, ""),
    ],
)
def test_a_prefix_counts_from_a_proxy_and_is_a_plain_path(ask: Ask, hops: int, prefix: str, root: str) -> None:
    seen = ask(hops, X_Forwarded_Prefix=prefix)
    assert (seen["root"].rstrip("/"), seen["path"]) == (root, f"{root}/seen")


def test_the_servers_own_prefix_stays(ask: Ask) -> None:
    for hops in (0, 1):
        assert ask(hops, script="/served")["path"] == "/served/seen"
        assert ask(hops, script="/served", X_Forwarded_Prefix="//evil.example")["path"] == "/served/seen"


def test_a_proxy_that_no_setting_tells_of_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def app(_environ: object, _start_response: object) -> list[bytes]:
        return []

    proxies = Proxies(app, hops=0)
    with caplog.at_level(logging.WARNING, "chatapp"):
        for _ in range(3):
            proxies({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "x", "wsgi.url_scheme": "http"}, print)
    assert [record.getMessage() for record in caplog.records] == [
        "A request came through a proxy (X-Forwarded-For): set CHATAPP_PROXY_HOPS=1,"
        " or all people behind that proxy count as one address"
    ]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_the_loopback_is_this_machine(address: str) -> None:
    assert is_loopback(address)
    assert is_this_machine(address)


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "localhost", "127.0.0.1.evil", "x"]
)
def test_anything_else_is_another_machine(address: str) -> None:
    assert not is_loopback(address)
    assert not is_this_machine(address)
    assert not is_loopback("")
    assert is_this_machine("")  # a Unix socket


@pytest.mark.parametrize("kind", ["gunicorn", "flask"])
def test_real_servers_take_what_the_proxy_says_and_no_path_from_a_client(
    make_server: Callable[..., Server], kind: str
) -> None:
    server = make_server(kind, PROXY_HOPS=1).start()
    talker = server.talk("/chat", X_Forwarded_For="198.51.100.7:51234")
    talker.send("hello")
    talker.receive()
    talker.close()
    eventually(lambda: "Sending message to ('198.51.100.7', 51234)" in server.terminal)
    for header in ("SCRIPT_NAME: /api", "SCRIPT-NAME: /api", "PATH_INFO: /nowhere"):
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
            sock.sendall(f"GET /chat HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
            assert read_head(sock)[0] == 426, header
