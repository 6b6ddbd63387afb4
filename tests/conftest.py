"""What tests find ready: an application with its own data, `/chat` over a socket pair, real servers."""

from __future__ import annotations

import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from chatapp import create_app
from chatapp.log.people import note_seen

from .actors import NO_RATE_LIMITS, PATIENCE, Closed, InThread, Refused, Server, Talker, handshake_headers, read_head
from .launching import Launch, cold

# What a property test looks at is never how long an example took: that is the machine's affair.
# The machine may be busy, and a random text is seldom a name.
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("chatapp", deadline=None, suppress_health_check=HEALTH)
settings.load_profile("chatapp")

SETTINGS = {**NO_RATE_LIMITS, "PRESENCE_LINGER": 0.2}


def pytest_configure() -> None:
    """What a shell starts in its background is deaf to Ctrl-C, and what that starts inherits it: programs that tests
    end as a terminal does would not end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes started applications; all on the same data folder, one at a time."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        for app in made:
            app.extensions["chatapp"].stop()
        app = create_app({"DATA": str(tmp_path / "data"), **SETTINGS, **settings})
        app.extensions["chatapp"].start()
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["chatapp"].stop()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A started application without rate limits."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An HTTP client on it, with cookies."""
    return app.test_client()


def open_room(app: Flask, name: str) -> str:
    """Makes a room, as somebody; gives its slug."""
    founder = app.test_client()
    assert founder.post("/api/me", json={"name": f"Founder {secrets.token_hex(4)}"}).status_code == 200
    answer = founder.post("/api/rooms", json={"name": name}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 201, answer.text
    slug: str = answer.get_json()["slug"]
    return slug


class Wire:
    """Drives `/chat` through Flask's test client over socket pairs: no port, no server."""

    def __init__(self, app: Flask):
        self.app = app
        self._open: list[tuple[socket.socket, socket.socket, InThread]] = []

    def connect(
        self,
        path: str = "/chat",
        *,
        chat: bool = False,
        client: FlaskClient | None = None,
        environ: dict[str, Any] | None = None,
        **headers: str,
    ) -> Talker:
        """A client in the plain dialect, or in chat.v1 with `chat=True`. Raises Refused."""
        ours, theirs = socket.socketpair()
        if chat:
            headers.setdefault("Sec_WebSocket_Protocol", "chat.v1")
        overrides = {"werkzeug.socket": theirs, "SERVER_PROTOCOL": "HTTP/1.1", **(environ or {})}
        used = client or self.app.test_client()
        request = InThread(lambda: used.get(path, headers=handshake_headers(**headers), environ_overrides=overrides))
        self._open.append((ours, theirs, request))
        ours.settimeout(0.01)
        for _ in range(int(PATIENCE / 0.01)):
            under_way = request.is_alive()  # before the look: what a request does to the socket comes before its end
            try:
                status, _, rest = read_head(ours)
            except TimeoutError:
                if under_way:
                    continue
                response = request.outcome()
                raise Refused(
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    response.get_data(),
                ) from None
            except Closed:
                request.outcome()
                raise
            assert status == 101
            return Talker(ours, rest)
        raise AssertionError("no answer to the handshake")

    def enter(self, name: str, room: str = "general", **fields: Any) -> Talker:
        """A chat.v1 client of that name, in a room."""
        talker = self.connect(f"/chat?name={name}", chat=True)
        talker.hear("welcome")
        talker.join(room, **fields)
        return talker

    def end(self) -> None:
        """Cuts all clients and waits for their handlers; what a handler raised is raised here."""
        for ours, _, _ in self._open:
            ours.close()
        for _, theirs, request in self._open:
            request.outcome()
            theirs.close()


def been_away_for_long(app: Flask, client: FlaskClient) -> str:
    """Makes as if the person of that browser was here long ago for the last time; gives their id."""
    person = str(client.get("/api/me").get_json()["id"])
    app.extensions["chatapp"]._parts.journal.write(partial(note_seen, ids=[person], at=1_000))
    return person


@pytest.fixture
def wire(app: Flask) -> Iterator[Wire]:
    """`/chat` of `app`, over socket pairs."""
    wire = Wire(app)
    yield wire
    wire.end()


@pytest.fixture
def make_wire() -> Iterator[Callable[[Flask], Wire]]:
    """`/chat` of any application, over socket pairs."""
    wires: list[Wire] = []

    def make(app: Flask) -> Wire:
        wires.append(Wire(app))
        return wires[-1]

    yield make
    for wire in wires:
        wire.end()


@pytest.fixture
def launch() -> Launch:
    """How servers are started: as users do."""
    return cold


@pytest.fixture
def make_server(tmp_path: Path, launch: Launch) -> Iterator[Callable[..., Server]]:
    """Makes real servers, not started yet; all are stopped at the end."""
    made: list[Server] = []

    def make(kind: str = "gunicorn", **settings: Any) -> Server:
        made.append(Server(tmp_path / f"data{len(made)}", kind=kind, launch=launch, **{**SETTINGS, **settings}))
        return made[-1]

    yield make
    for server in made:
        server.hang_up()
        if server.launched:
            server.stop()


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    """The chat under gunicorn, as users start it, without rate limits."""
    return make_server().start()
