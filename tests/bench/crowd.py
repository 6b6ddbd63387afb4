"""Connects many clients at once, each through its handshake, as fast as the server lets them in."""

from __future__ import annotations

import errno
import json
import select
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable

from .ear import RECEIVE_BUFFER, Client, Ear
from .wire import DIALECTS, Dialect, Frames, frame

PATIENCE = 20.0  # seconds without an answer to any of them, after which those that wait are given up
ATTEND = 5.0  # seconds after which those that are in are read while others still wait: servers ping, and cut the deaf
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, as when a network goes away

Steps = Generator[int, None, None]


class NotIn(Exception):
    """A client was refused, or cut before it was in."""


class Crowd:
    """How clients of one server get in, and are cut. `reasons` counts why some did not get in."""

    def __init__(self, port: int, dialect: Dialect, rooms: list[str], ear: Ear):
        self._port = port
        self._rooms = rooms
        self._requests = [dialect.request(port, room) for room in rooms]
        self._resumes = [DIALECTS["chat.v1"].request(port, room) for room in rooms]
        self._dialect = dialect
        self._ear = ear
        self.reasons: Counter[str] = Counter()

    def connect(self, clients: Iterable[Client], *, at_once: int = 64, receive_buffer: int = RECEIVE_BUFFER) -> float:
        """Seconds until all are in; of those that are not, `open` is False."""
        return self._run([(client, receive_buffer, self._enter(client)) for client in clients], at_once)

    def resume(self, clients: Iterable[Client], after: int | None, answers: list[bytes]) -> float:
        """Seconds until all have joined in chat.v1, all at once; their `joined` frames are put into `answers`."""
        joining = [(client, RECEIVE_BUFFER, self._join(client, after, answers)) for client in clients]
        return self._run(joining, len(joining))

    def cut(self, clients: Iterable[Client]) -> None:
        for client in clients:
            if client.open:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.sock.close()
                client.open = False

    def _run(self, todo: list[tuple[Client, int, Steps]], at_once: int) -> float:
        waiting = deque(todo)
        under_way: dict[int, tuple[Client, Steps]] = {}
        started = moved = attended = time.perf_counter()
        with select.epoll() as poll:
            while (waiting or under_way) and time.perf_counter() - moved < PATIENCE:
                while waiting and len(under_way) < at_once:
                    client, receive_buffer, steps = waiting.popleft()
                    client.plug(self._dial(receive_buffer))
                    under_way[client.sock.fileno()] = (client, steps)
                    poll.register(client.sock, next(steps))
                for number, _ in poll.poll(1.0):
                    moved = time.perf_counter()
                    wanted = self._step(*under_way[number])
                    if wanted is not None:
                        poll.modify(number, wanted)
                        continue
                    poll.unregister(number)
                    client, _ = under_way.pop(number)
                    if not client.open:
                        client.sock.close()
                if time.perf_counter() - attended > ATTEND:
                    attended = time.perf_counter()
                    self._attend(client for client, _, _ in todo)
        for client, _ in under_way.values():
            client.sock.close()
        self.reasons["no answer"] += len(under_way) + len(waiting)
        return time.perf_counter() - started

    def _step(self, client: Client, steps: Steps) -> int | None:
        """What the client waits for now; None if it is in, or never will be."""
        try:
            return next(steps)
        except StopIteration:
            client.open = True
        except (NotIn, OSError) as error:
            self.reasons[str(error)] += 1
        return None

    def _attend(self, clients: Iterable[Client]) -> None:
        for client in clients:
            if client.open:
                self._ear.read(client)

    def _dial(self, receive_buffer: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        code = sock.connect_ex(("127.0.0.1", self._port))
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            raise OSError(code, "connect")
        return sock

    def _enter(self, client: Client) -> Steps:
        frames = Frames()
        texts = yield from self._upgrade(client, self._requests[client.room], frames)
        if self._dialect.engine:  # Engine.IO opens, then Socket.IO: packets 0, then 40 asked and answered
            yield from _until(client, frames, texts, b"0")
            client.sock.send(frame(b"40"))
            yield from _until(client, frames, texts, b"40")

    def _join(self, client: Client, after: int | None, answers: list[bytes]) -> Steps:
        frames = Frames()
        texts = yield from self._upgrade(client, self._resumes[client.room], frames)
        asked = {"type": "join", "room": self._rooms[client.room]} | ({} if after is None else {"after": after})
        yield from _until(client, frames, texts, b'{"type":"welcome"')
        client.sock.send(frame(json.dumps(asked).encode()))
        answers.append((yield from _until(client, frames, texts, b'{"type":"joined"')))

    def _upgrade(self, client: Client, request: bytes, frames: Frames) -> Generator[int, None, deque[bytes]]:
        yield select.EPOLLOUT
        client.sock.send(request)
        head = b""
        while b"\r\n\r\n" not in head:
            yield select.EPOLLIN
            head += _received(client)
        head, _, rest = head.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise NotIn(head.split(b"\r\n")[0].decode(errors="replace"))
        return deque(frames.feed(rest))


def _until(client: Client, frames: Frames, texts: deque[bytes], start: bytes) -> Generator[int, None, bytes]:
    """The next text that begins so."""
    while True:
        while texts:
            text = texts.popleft()
            if text.startswith(start):
                return text
        yield select.EPOLLIN
        texts += frames.feed(_received(client))


def _received(client: Client) -> bytes:
    received = client.sock.recv(262_144)
    if not received:
        raise NotIn("the connection ended")
    return received
