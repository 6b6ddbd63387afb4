"""Those who play in the tests: a WebSocket client with verbs, and a real server with a life and a death."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from flask.testing import FlaskClient
from werkzeug.test import Cookie
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

from chatapp.config import Settings
from chatapp.log.history import History
from chatapp.model import RoomState, Standing

from .launching import Launch, Process, cold

ROOT = Path(__file__).resolve().parent.parent
# For servers whose tests are a crowd at one address, or type faster than a person.
NO_RATE_LIMITS: dict[str, Any] = dict.fromkeys(
    ("RATE_LIMIT", *(each.name for each in fields(Settings) if each.name.startswith("ADDRESS_"))), 0
)
PATIENCE = 10.0  # seconds until a test says that something did not happen

T = TypeVar("T")


class Clock:
    """A clock that the test turns: seconds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Closed(Exception):
    """The connection ended; `code` is the close frame's, or 1006 if there was none."""

    def __init__(self, code: int, reason: str = ""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The handshake was answered with plain HTTP."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        super().__init__(status, body)
        self.status = status
        self.headers = headers
        self.body = body


def eventually(condition: Callable[[], T], timeout: float = PATIENCE) -> T:
    """Waits until `condition` is true and gives what it gives; fails with what it was last."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found!r} after {timeout} s")
        time.sleep(0.01)


class Talker:
    """One client on an open WebSocket. Everything it gets is kept in `heard`."""

    def __init__(self, sock: socket.socket, rest: bytes = b""):
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self.heard: list[str] = []
        self.pings = 0
        self.pongs: list[bytes] = []
        self._connection = Connection(ConnectionType.CLIENT, trailing_data=rest)
        self._text = ""  # of a message that has not ended yet
        self._deadline = 0.0
        self._messages = self._read()

    def put(self, raw: bytes) -> None:
        """Sends bytes as they are, such as a `frame`; waits for a server that reads slowly."""
        self.sock.settimeout(PATIENCE)
        self.sock.sendall(raw)

    def send(self, text: str) -> None:
        self.put(self._connection.send(Message(data=text)))

    def send_bytes(self, content: bytes) -> None:
        self.put(self._connection.send(Message(data=content)))

    def ping(self, content: bytes = b"") -> None:
        self.put(self._connection.send(Ping(payload=content)))

    def say(self, type: str, **fields: Any) -> None:
        """A chat.v1 command."""
        self.send(json.dumps({"type": type, **fields}, ensure_ascii=False))

    def receive(self, timeout: float = PATIENCE) -> str:
        """The next text. Raises Closed, or TimeoutError."""
        self._deadline = time.monotonic() + timeout
        try:
            return next(self._messages)
        except TimeoutError:
            self._messages = self._read()  # a generator that raised is over
            raise

    def hear(self, type: str | None = None, timeout: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        """The next chat.v1 event of that type and with those fields; others on the way are skipped."""
        deadline = time.monotonic() + timeout
        while True:
            event: dict[str, Any] = json.loads(self.receive(max(0.001, deadline - time.monotonic())))
            if type in (None, event["type"]) and fields.items() <= event.items():
                return event

    def hears_nothing(self, timeout: float = 0.3) -> bool:
        """True if nothing came for so long."""
        try:
            self.receive(timeout)
        except TimeoutError:
            return True
        return False

    def join(self, room: str = "general", **fields: Any) -> dict[str, Any]:
        self.say("join", room=room, **fields)
        return self.hear("joined", room=room)

    def post(self, text: str, room: str = "general", nonce: str | None = None) -> str:
        """Posts without waiting; gives the nonce."""
        nonce = nonce or secrets.token_hex(8)
        self.say("post", room=room, text=text, nonce=nonce)
        return nonce

    def closed(self, timeout: float = PATIENCE) -> int:
        """Reads to the end and gives the close code; answers the close as RFC 6455 wants."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.receive(max(0.001, deadline - time.monotonic()))
            except Closed as closed:
                return closed.code

    def close(self, code: int = 1000) -> None:
        """Closes politely and waits for the answer."""
        try:
            self.sock.sendall(self._connection.send(CloseConnection(code=code)))
            self.closed()
        except (OSError, Closed):
            pass
        finally:
            self.sock.close()

    def vanish(self) -> None:
        """Goes without a word."""
        self.sock.close()

    def _read(self) -> Iterator[str]:
        while True:
            for event in self._connection.events():
                if isinstance(event, TextMessage):
                    self._text += event.data
                    if event.message_finished:
                        message, self._text = self._text, ""
                        self.heard.append(message)
                        yield message
                elif isinstance(event, Ping):
                    self.pings += 1
                    try:
                        self.sock.sendall(self._connection.send(event.response()))
                    except ConnectionError:  # the end of the connection is still to be read
                        pass
                elif isinstance(event, Pong):
                    self.pongs.append(bytes(event.payload))
                elif isinstance(event, CloseConnection):
                    try:
                        self.sock.sendall(self._connection.send(event.response()))
                    except (OSError, LocalProtocolError):  # the closing handshake is over, or the peer is gone
                        pass
                    raise Closed(int(event.code), event.reason or "")
                elif isinstance(event, BytesMessage):
                    raise AssertionError("a binary frame from the server")
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            try:
                received = self.sock.recv(65_536)
            except ConnectionError:
                received = b""
            if not received:
                raise Closed(1006)
            self._connection.receive_data(received)


def frame(
    opcode: int,
    content: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    announced: int | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """A client's frame as given, right or wrong (RFC 6455, section 5.2).

    `announced` is the length in the header if it is not the content's; `length_bytes` (0, 2 or 8) how it is written.
    """
    size = len(content) if announced is None else announced
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 65_536 else 8
    short = {0: size, 2: 126, 8: 127}[length_bytes]
    head = bytes((fin << 7 | reserved << 4 | opcode, masked << 7 | short)) + size.to_bytes(8)[8 - length_bytes :]
    if not masked:
        return head + content
    mask = secrets.token_bytes(4)
    stream = (mask * (len(content) // 4 + 1))[: len(content)]
    hidden = int.from_bytes(content) ^ int.from_bytes(stream)
    return head + mask + hidden.to_bytes(len(content))


def identity_of(client: FlaskClient) -> Cookie:
    """The cookie by which the chat knows this browser; its name is each chat's own."""
    [kept] = [cookie for cookie in client._cookies.values() if "chatapp_id" in cookie.key]  # type: ignore[union-attr]
    return kept


def handshake_headers(**more: str) -> dict[str, str]:
    """The headers of a proper handshake; `more` adds or replaces, underscores standing for hyphens."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
    }
    headers.update({name.replace("_", "-"): value for name, value in more.items()})
    return headers


def talk(port: int, path: str = "/chat", *, chat: bool = False, receive_buffer: int = 0, **headers: str) -> Talker:
    """Connects to a real server. Raises Refused."""
    if chat:
        headers.setdefault("Sec_WebSocket_Protocol", "chat.v1")
    fields = {"Host": f"127.0.0.1:{port}", **handshake_headers(**headers)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    sock = socket.socket()
    try:
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", port))
        sock.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        status, answered, rest = read_head(sock)
        if status != 101:
            length = int(answered.get("content-length", 0))
            while len(rest) < length and (more := sock.recv(65_536)):
                rest += more
            raise Refused(status, answered, rest)
    except BaseException:
        sock.close()
        raise
    return Talker(sock, rest)


def read_head(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """An HTTP answer's status, its headers by lower-case name, and the bytes that came behind them."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = sock.recv(65_536)
        if not more:
            raise Closed(1006, received.decode(errors="replace"))
        received += more
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, rest


class Server:
    """The chat as a user starts it, on a free port, with data of its own; its terminal is kept in a file."""

    COMMANDS: Mapping[str, tuple[str, ...]] = {
        "gunicorn": (sys.executable, "-m", "gunicorn", "-k", "gthread", "wsgi:app"),
        "flask": (sys.executable, "-m", "flask", "run"),
    }

    def __init__(
        self,
        data: Path,
        *,
        kind: str = "gunicorn",
        arguments: tuple[str, ...] = (),
        under: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        launch: Launch = cold,
        **settings: object,
    ):
        """`under` is a command that starts the server as its own, `environ` goes over the environment, `folder` is
        where the command is given."""
        self.data = data
        self.kind = kind
        self.arguments = arguments
        self.under = under
        self.environ = environ or {}
        self._folder = folder
        self._launch = launch
        self.settings = settings
        self.port = 0
        self._talkers: list[Talker] = []
        self._terminal = data.parent / f"{data.name}.terminal"
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def launched(self) -> bool:
        return self._process is not None

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def terminal(self) -> str:
        """What the terminal shows so far."""
        return self._terminal.read_text(errors="replace")

    def start(self) -> Server:
        """Starts, and waits for the line with the address. A restart keeps the port."""
        process = self.launch()
        eventually(lambda: "chatapp: open" in self.terminal or process.poll() is not None, 30)
        assert process.poll() is None, self.terminal
        if not self.port:
            found = re.search(r"chatapp: open http://127\.0\.0\.1:(\d+)", self.terminal)
            assert found, self.terminal
            self.port = int(found[1])
        eventually(self.answers, 30)
        return self

    def launch(self) -> Process:
        """Starts without waiting for anything."""
        self.port = self.port or free_port()
        where = ("-b", f"127.0.0.1:{self.port}") if self.kind == "gunicorn" else ("-p", str(self.port))
        strange = ("CHATAPP_", "FLASK_", "GUNICORN_", "WEB_CONCURRENCY")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        environ |= {f"CHATAPP_{name}": str(value) for name, value in self.settings.items()}
        environ |= {"CHATAPP_DATA": str(self.data), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environ |= self.environ
        command = [*self.under, *self.COMMANDS[self.kind], *where, *self.arguments]
        self._process = self._launch(command, self._folder, environ, self._terminal)
        return self._process

    def answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str, timeout: float = PATIENCE, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case name, body."""
        return self._fetch(urllib.request.Request(self.url + path, headers=_hyphens(headers)), timeout)

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """As `get`, with a JSON body."""
        fields = {"Content-Type": "application/json", **_hyphens(headers)}
        return self._fetch(urllib.request.Request(self.url + path, json.dumps(body).encode(), fields), PATIENCE)

    def member(self, name: str) -> dict[str, str]:
        """Has somebody choose that name; gives the headers with which a program is that person."""
        status, headers, body = self.post("/api/me", {"name": name})
        assert status == 200, body
        return {"Cookie": headers["set-cookie"].partition(";")[0], "Origin": self.url}

    def open_room(self, name: str) -> str:
        """Makes a room, as somebody; gives its slug."""
        status, _, body = self.post("/api/rooms", {"name": name}, **self.member(f"Founder {secrets.token_hex(4)}"))
        assert status == 201, body
        slug: str = json.loads(body)["slug"]
        return slug

    def talk(self, path: str = "/chat", **options: Any) -> Talker:
        """A client in the plain dialect, or in chat.v1 with `chat=True`."""
        self._talkers.append(talk(self.port, path, **options))
        return self._talkers[-1]

    def hang_up(self) -> None:
        """Closes the sockets of all who talked."""
        for talker in self._talkers:
            talker.vanish()

    def enter(self, name: str, room: str = "general", **fields: Any) -> Talker:
        """A chat.v1 client of that name, in a room."""
        talker = self.talk(f"/chat?name={name}", chat=True)
        talker.hear("welcome")
        talker.join(room, **fields)
        return talker

    def worker(self) -> int:
        """The process that serves: gunicorn's worker, or Flask's only one."""
        if self.kind == "flask":
            return self.process.pid
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def kill(self) -> None:
        """`kill -9`, the whole family at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout: float = PATIENCE) -> int:
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @staticmethod
    def _fetch(request: urllib.request.Request, timeout: float) -> tuple[int, dict[str, str], bytes]:
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def free_port() -> int:
    """A port outside the range from which the kernel takes the clients' own.

    In it, who tries to reconnect to a server that is away sooner or later connects to itself.
    """
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _hyphens(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class InThread(Thread):
    """Runs a call beside the test; `outcome` waits for it and gives or raises what it did."""

    def __init__(self, call: Callable[[], Any]):
        super().__init__(daemon=True)
        self._call = call
        self._result: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error

    def outcome(self, timeout: float = PATIENCE) -> Any:
        self.join(timeout)
        assert not self.is_alive(), "still running"
        if self._error:
            raise self._error
        return self._result


def all_rooms(history: History) -> list[RoomState]:
    """All rooms, in the order in which they were made."""
    return [listed.room for listed in history.listed("nobody", after=0, limit=100_000)]


def standings(history: History, person: str) -> dict[int, Standing]:
    """How the person stands in their own rooms, by room id."""
    return {room.id: standing for room, _, standing in history.own(person, most=200, others=0)}
