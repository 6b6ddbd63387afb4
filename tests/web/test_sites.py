"""Another site's page reaches nothing: not under a name that leads here, and not by a request that has an effect."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chatapp.model import Refusal
from chatapp.origins import Host, parsed_host
from chatapp.vitals import Vitals
from chatapp.web.health import Health

from ..actors import Refused, Server, handshake_headers
from ..conftest import Wire

EVIL = "evil.example"
LISTED = "https://chat.example, http://lan.example:8080"
HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}


def paths(app: Flask) -> list[tuple[str, str]]:
    """A method and an address for every rule of the application."""
    values: dict[str, Any] = {"slug": "general", "seq": 1, "emoji": "x", "filename": "js/main.js"}
    urls = app.url_map.bind("localhost")
    return [
        (method, urls.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=method))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or {"GET"})
        if not rule.websocket
    ]


def test_dns_rebinding_reaches_no_address(make_app: Callable[..., Flask]) -> None:
    client = make_app(LAB=True).test_client()
    app = client.application
    asked = [*paths(app), ("GET", "/nothing"), ("POST", "/api/nothing"), ("PUT", "/")]
    assert len(asked) > 60
    for method, path in asked:
        for headers in (
            {},
            {"Origin": f"http://{EVIL}"},
            {"Origin": f"http://{EVIL}", "X-Forwarded-Host": "localhost"},
        ):
            with client.open(path, method=method, headers={"Host": EVIL, **headers}) as answer:
                assert answer.status_code == 421, (method, path, headers)


@pytest.mark.parametrize("path", ["/chat", "/chat?name=x&room=general", "/flow/socket"])
def test_dns_rebinding_gets_no_websocket(wire: Wire, path: str) -> None:
    with pytest.raises(Refused) as refused:
        wire.connect(path, Host=EVIL, Origin=f"http://{EVIL}")
    assert refused.value.status == 421
    assert b'"wrong-host"' in refused.value.body


@pytest.mark.parametrize("kind", ["gunicorn", "flask"])
def test_dns_rebinding_reaches_no_real_server(make_server: Callable[..., Server], kind: str) -> None:
    server = make_server(kind).start()
    for path in ("/", "/healthz", "/static/js/main.js", "/api/rooms/general/stream", "/flow"):
        assert server.get(path, Host=f"{EVIL}:{server.port}")[0] == 421
    for host in (f"localhost:{server.port}", f"my_pc:{server.port}", "[::1]"):
        assert server.get("/", Host=host)[0] == 200
    with pytest.raises(Refused) as refused:
        server.talk(Host=f"{EVIL}:{server.port}", Origin=f"http://{EVIL}:{server.port}")
    assert refused.value.status == 421
    server.talk(Host=f"my_pc:{server.port}", Origin=f"http://my_pc:{server.port}").close()


ANSWERED = [
    *("localhost", "LOCALHOST", "localhost.", "localhost:8000", "chat.localhost"),
    *("127.0.0.1", "127.0.0.1:8000", "192.0.2.7", "[::1]", "[::1]:8000", "[2001:DB8::1]:80", "[::ffff:127.0.0.1]"),
    *("pc.local", "PC.local:8000", "pc", "my_pc", "my_pc:8000", "raspberry-pi", "evil.local."),
    *("chat.example", "chat.example:443", "CHAT.example.", "lan.example", "lan.example:8080"),
    "lab-7.uni.example",
]
TURNED_AWAY = [
    *(EVIL, "EVIL.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "chat.example.evil.example"),
    *("xchat.example", "local.evil", "evil.local.x", ".", "..", "x" * 8_000 + ".example"),
    *("localhost, evil.example", "localhost/evil.example", "evil.example#localhost", "user@localhost", "localhost:x"),
    *("localhost:99999", "[::1", "::1", "[evil]", "[::1]x", "é.local", "127.0.0.1:", "127.1", "0x7f.1", "a b"),
]


def test_hosts_that_no_stranger_owns_are_answered_and_no_others(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.origins._machine_names", lambda: frozenset({"lab-7.uni.example"}))
    client = make_app(ORIGINS=LISTED).test_client()
    for host in ANSWERED:
        assert client.get("/api/rooms", headers={"Host": host}).status_code == 200, host
        origin = {"Host": host, "Origin": f"http://{host}"}
        assert client.post("/api/me", json={}, headers=origin).status_code == 200, host
    for host in TURNED_AWAY:
        assert client.get("/", headers={"Host": host.encode().decode("latin-1")}).status_code == 421, host


def test_who_is_turned_away_learns_of_the_setting(client: FlaskClient) -> None:
    page = client.get("/r/general", headers={"Host": f"{EVIL}:8000"})
    assert page.mimetype == "text/html"
    assert f"CHATAPP_ORIGINS=http://{EVIL}:8000" in page.text
    assert "/static/" not in page.text
    portuguese = client.get("/", headers={"Host": EVIL, "Accept-Language": "pt-BR"}).text
    assert "não responde" in portuguese
    for path in ("/api/rooms", "/chat", "/static/js/main.js", "/healthz"):
        problem = client.get(path, headers={"Host": EVIL})
        assert problem.mimetype == "application/problem+json"
        assert problem.json is not None
        assert (problem.json["status"], problem.json["code"]) == (421, "wrong-host")
        assert f"CHATAPP_ORIGINS=http://{EVIL}" in problem.json["detail"]
    strange = client.get("/", headers={"Host": "<script>alert(1)</script>"}).text
    assert "<script>" not in strange
    assert "CHATAPP_ORIGINS=http://chat.example.org" in strange


def test_a_request_without_a_host_is_no_browsers(client: FlaskClient) -> None:
    without = {"HTTP_HOST": ""}
    old = client.get("/healthz", environ_overrides={**without, "SERVER_PROTOCOL": "HTTP/1.0"})
    assert old.status_code == 200
    assert client.get("/healthz", environ_overrides={**without, **HTTP_1_1}).status_code == 400


def test_a_name_is_read_as_browsers_write_it() -> None:
    assert parsed_host(" Chat.Example.:8000 ") == Host("chat.example", 8000)
    assert parsed_host("[2001:DB8:0::1]") == Host("2001:db8::1", None)
    assert parsed_host("") is None


@pytest.mark.parametrize("given", ["https", "HTTPS", "wss", "https,http"])
def test_the_origin_is_compared_with_what_the_browser_spoke(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], given: str
) -> None:
    wire = make_wire(make_app(PROXY_HOPS=1))
    for host in ("my_pc", "my_pc:8443", "192.0.2.7"):
        wire.connect(Host=host, Origin=f"https://{host}", X_Forwarded_Proto=given).close()
        with pytest.raises(Refused) as refused:
            wire.connect(Host=host, Origin=f"http://{host}", X_Forwarded_Proto=given)
        assert refused.value.status == 403


def test_a_rejected_origin_and_host_are_logged(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    with caplog.at_level(logging.WARNING, "chatapp"):
        client.get("/r/general", headers={"Host": EVIL})
        client.post("/api/rooms", json={"name": "x"}, headers={"Origin": "https://evil.example"})
        client.get("/chat", headers=handshake_headers(Origin="null"), environ_overrides=HTTP_1_1)
    assert [record.getMessage() for record in caplog.records] == [
        f"Rejected GET /r/general from 127.0.0.1: the host {EVIL} is not in CHATAPP_ORIGINS",
        "Rejected POST /api/rooms from 127.0.0.1: Origin https://evil.example is neither http://localhost nor in"
        " CHATAPP_ORIGINS",
        "Rejected GET /chat from 127.0.0.1: Origin null is neither http://localhost nor in CHATAPP_ORIGINS",
    ]


# Requests of another site's page that are no navigations.


def fetched(client: FlaskClient, path: str, site: str, mode: str = "no-cors", **headers: str) -> TestResponse:
    return client.get(
        path, headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, **headers}, environ_overrides=HTTP_1_1
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_fetches_nothing(make_app: Callable[..., Flask], site: str) -> None:
    app = make_app(LAB=True)
    client = app.test_client()
    for method, path in paths(app):
        if method == "GET":
            with fetched(client, path, site) as answer:
                assert answer.status_code == 403, path
    assert app.extensions["chatapp"].hub.clients() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_another_sites_page_opens_the_chat_and_follows_no_room(client: FlaskClient, site: str) -> None:
    assert fetched(client, "/r/general", site, "navigate").status_code == 200
    assert fetched(client, "/api/rooms/general/stream", site, "navigate").status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_chats_own_page_and_the_address_bar_fetch(client: FlaskClient, site: str) -> None:
    assert fetched(client, "/api/rooms", site).status_code == 200


def test_a_listed_sites_page_may_connect(make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire]) -> None:
    wire = make_wire(make_app(ORIGINS=LISTED))
    headers: Any = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "websocket"}
    wire.connect(Origin="https://chat.example", **headers).close()
    with pytest.raises(Refused) as refused:
        wire.connect(Origin=f"http://{EVIL}", **headers)
    assert refused.value.status == 403


def test_every_answer_is_for_this_site_only(client: FlaskClient) -> None:
    for path in ("/", "/healthz", "/static/js/main.js", "/nothing", "/api/rooms"):
        with client.get(path) as answer:
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path


# The health check.


def test_the_health_check_writes_once_a_second_whoever_asks() -> None:
    asked, now = [], [100.0]
    ill: list[bool] = []
    health = Health(lambda: asked.append(now[0]), is_ill=lambda: bool(ill), vitals=Vitals(), clock=lambda: now[0])
    for _ in range(100):
        health.ask()
    assert asked == [100.0]
    now[0] += 1.0
    health.ask()
    assert asked == [100.0, 101.0]
    ill.append(True)  # the journal could not store something since
    health.ask()
    assert asked == [100.0, 101.0, 101.0]


def test_a_failed_health_check_is_told_to_everybody_for_a_second() -> None:
    now, faults = [100.0], [Refusal("busy", reason="full")]

    def check() -> None:
        if faults:
            raise faults[0]

    health = Health(check, is_ill=lambda: True, vitals=Vitals(), clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(Refusal):
            health.ask()
    faults.clear()
    with pytest.raises(Refusal):
        health.ask()
    now[0] += 1.0
    health.ask()
