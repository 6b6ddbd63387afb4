"""Who may look inside, and who may not: the attacker tries the page's three addresses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from chatapp.flow.collector import STRANGERS, WATCHERS

from ..actors import Refused
from ..conftest import Wire
from .conftest import Look

FAR = {"REMOTE_ADDR": "192.0.2.7"}
FROM_AFAR: list[dict[str, Any]] = [
    {"environ_overrides": FAR},
    {"headers": {"X-Forwarded-For": "192.0.2.7"}},
    {"headers": {"Forwarded": "for=192.0.2.7"}},
    {"headers": {"X-Forwarded-Proto": "https"}},
    {"headers": {"Via": "1.1 proxy"}},
    {"headers": {"X-Real-IP": "192.0.2.7"}},
    {"headers": {"CF-Connecting-IP": "192.0.2.7"}},
    {"headers": {"True-Client-IP": "192.0.2.7"}},
    {"headers": {"Host": "192.0.2.1"}},
    {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}},  # as nginx asks, without any configuration
    {"headers": {"Host": "pc.local"}},
    {"environ_overrides": {"REMOTE_ADDR": ""}},
]


def key_of(app: Flask) -> str:
    path: str = app.extensions["chatapp"].look_inside
    return path.partition("#key=")[2]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])  # the last one under -b '[::]:8000'
@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:8000", "[::1]:8000", "chat.localhost"])
def test_who_sits_at_the_machine_may_look(app: Flask, host: str, peer: str) -> None:
    answer = app.test_client().get("/api/flow", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == 200


@pytest.mark.parametrize("request_", FROM_AFAR, ids=str)
def test_who_comes_from_somewhere_else_may_not(app: Flask, request_: dict[str, Any]) -> None:
    answer = app.test_client().get("/api/flow", **request_)
    assert (answer.status_code, json.loads(answer.data)["code"]) == (403, "forbidden")


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("request_", FROM_AFAR, ids=str)
def test_who_has_the_key_may_from_anywhere(app: Flask, request_: dict[str, Any]) -> None:
    headers = {**request_.get("headers", {}), **bearing(key_of(app))}
    assert app.test_client().get("/api/flow", **{**request_, "headers": headers}).status_code == 200


@pytest.mark.parametrize("path", ["/api/flow", "/flow"])
def test_a_key_in_the_address_does_not_count_and_need_never_be_in_a_log(app: Flask, path: str) -> None:
    client = app.test_client()
    answer = client.get(path, query_string={"key": key_of(app)}, environ_overrides=FAR)
    assert "Set-Cookie" not in answer.headers
    assert client.get("/api/flow", environ_overrides=FAR).status_code == 403


@pytest.mark.parametrize("key", ["", "wrong", "é", "x" * 64])
def test_a_wrong_key_opens_nothing(app: Flask, key: str) -> None:
    client = app.test_client()
    assert client.post("/flow/key", json={"key": key}, environ_overrides=FAR).status_code == 403
    for name in ("flow_key", right_cookie(app)):
        client.set_cookie(name, key)
    assert client.get("/api/flow", environ_overrides=FAR).status_code == 403


@pytest.mark.parametrize("body", [{}, {"key": 7}, {"key": "x" * 65}, [], None])
def test_what_is_no_key_is_refused(app: Flask, body: object) -> None:
    assert app.test_client().post("/flow/key", json=body).status_code == 400


def right_cookie(app: Flask) -> str:
    client = app.test_client()
    client.post("/flow/key", json={"key": key_of(app)})
    [cookie] = client._cookies.values()  # type: ignore[union-attr]
    return str(cookie.key)


def test_the_page_gets_a_cookie_for_the_key(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/flow/key", json={"key": key_of(app)}, environ_overrides=FAR)
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/api/flow", environ_overrides=FAR).status_code == 200
    secure = app.test_client().post("/flow/key", json={"key": key_of(app)}, base_url="https://localhost")
    assert secure.headers["Set-Cookie"].startswith("__Host-chatapp_flow_")
    assert "Secure" in secure.headers["Set-Cookie"]


def test_another_sites_page_hands_in_no_key(app: Flask) -> None:
    answer = app.test_client().post("/flow/key", json={"key": key_of(app)}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_the_key_is_another_one_at_each_start(make_app: Callable[..., Flask]) -> None:
    assert key_of(make_app()) != key_of(make_app())


def test_from_afar_the_stream_is_closed_and_the_page_only_replays(app: Flask, wire: Wire, look: Look) -> None:
    with pytest.raises(Refused) as refused:
        look(environ=FAR)
    assert refused.value.status == 403
    page = app.test_client().get("/flow", environ_overrides=FAR)
    assert page.status_code == 200
    assert '"replay": true' in page.text
    assert '"replay": false' in app.test_client().get("/flow").text


def test_a_page_of_another_site_gets_no_stream(look: Look) -> None:
    with pytest.raises(Refused) as refused:
        look(Origin="https://evil.example")
    assert refused.value.status == 403


def test_another_subprotocol_or_a_malformed_handshake_is_refused(look: Look) -> None:
    for wrong in ({"Sec_WebSocket_Protocol": "chat.v1"}, {"Sec_WebSocket_Version": "12"}):
        with pytest.raises(Refused) as refused:
            look(**wrong)
        assert refused.value.status == 400


def test_without_an_upgrade_the_streams_address_says_what_is_missing(app: Flask) -> None:
    answer = app.test_client().get("/flow/socket")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_one_too_many_is_sent_away_and_a_place_that_is_freed_can_be_taken(wire: Wire, look: Look) -> None:
    lookers = [look() for _ in range(WATCHERS)]
    with pytest.raises(Refused) as refused:
        look()
    assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "5")
    lookers[0].talker.close()
    lookers[1].snapshot(lambda word: word["watchers"] == WATCHERS - 1)
    assert look().greeting["mode"] == "local"


def test_strangers_leave_places_for_the_operator(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], look: Look
) -> None:
    app = make_app(FLOW="open")
    wire = make_wire(app)
    for _ in range(STRANGERS):
        look(on=wire, environ=FAR)
    with pytest.raises(Refused) as refused:
        look(on=wire, environ=FAR)
    assert refused.value.status == 503
    assert look(on=wire).greeting["mode"] == "open"


@pytest.mark.parametrize("path", ["/flow", "/api/flow", "/flow/socket"])
def test_off_there_is_nothing_to_see(make_app: Callable[..., Flask], path: str) -> None:
    app = make_app(FLOW="off")
    assert app.extensions["chatapp"].look_inside is None
    assert app.test_client().get(path).status_code == 404


@pytest.mark.parametrize("setting", [{"ORIGINS": "https://chat.example"}, {"PROXY_HOPS": 1}])
def test_behind_a_proxy_that_rewrites_the_name_nobody_sits_at_the_machine(
    make_app: Callable[..., Flask], setting: dict[str, Any]
) -> None:
    app = make_app(**setting)
    assert app.test_client().get("/api/flow").status_code == 403
    assert app.test_client().get("/api/flow", headers=bearing(key_of(app))).status_code == 200


def test_with_key_the_machine_itself_needs_it_too(make_app: Callable[..., Flask]) -> None:
    app = make_app(FLOW="key")
    assert app.test_client().get("/api/flow").status_code == 403
    assert app.test_client().get("/api/flow", headers=bearing(key_of(app))).status_code == 200


def test_open_shows_everything_to_everybody(
    make_app: Callable[..., Flask], make_wire: Callable[[Flask], Wire], look: Look
) -> None:
    app = make_app(FLOW="open")
    wire = make_wire(app)
    looker = look(on=wire, environ=FAR)
    assert app.extensions["chatapp"].look_inside == "/flow"
    wire.enter("bia").post("for all to see", nonce="n1")
    flow = looker.flow()
    assert (flow["text"], flow["author"], flow["own"]) == ("for all to see", "bia", False)
