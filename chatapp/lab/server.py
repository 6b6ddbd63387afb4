"""The laboratory's chat server: one room, its clients' connections, and the places where each bug can be let in."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock, Thread

from ..live.frames import ping_frame
from ..live.outbox import Outbox
from .bugs import Bug, Switches
from .members import Members
from .meters import Window
from .wire import CountedSocket, Joined, Message, encoded, here, message

TICK = 0.25  # seconds between two bursts: people answer at the same time
BURST = 5  # messages of a burst: 20 a second
LONG_EVERY = 8  # bursts until somebody pastes something long, while the room is told who is here
LONG_TEXT = "A long text, as of a pasted file. " * 240  # 8 KB: several times what the socket takes at once
SHORT_TEXT = "Did you see that? The build is green again, and nobody knows why."
NAMES = "Ana, Bia, Caio, Davi, Eva, Fábio, Gil, Hugo; " * 140  # 6 KB
LOG_LIMIT = 400  # messages kept for those who come back: 20 seconds
OUTBOX_LIMIT = 65_536  # bytes that wait for one client; over it the client is cut off
SOCKET_BUFFER = 4_096  # bytes asked of the kernel for each socket: small, so that what a full one does is soon seen
CONNECTIONS_LIMIT = 32  # at once, the dead ones included
BEAT = 0.25  # seconds between two looks at every client
PING_INTERVAL = 1.0  # seconds of silence until a client is pinged
PING_TIMEOUT = 2.5  # seconds that it may take to answer
STEP = 0.02  # seconds that a thread waits for a socket until it looks around again


class Connection:
    """One client's connection, as the server sees it."""

    def __init__(self, number: int, sock: CountedSocket, now: float):
        self.number = number
        self.sock = sock
        # The first one is the chat's own way. The second is another thread's own, with TWO_WRITERS.
        self.outboxes = [Outbox(sock, limit=OUTBOX_LIMIT, stalled=lambda outbox: None) for _ in range(2)]
        self.heard_at = now
        self.pinged_at: float | None = None  # of the oldest ping that was not answered
        self._turn = 1
        self.abandoned_at: float | None = None  # when its client vanished: for the measurement, the server cannot know

    @property
    def waiting(self) -> int:
        return sum(outbox.waiting for outbox in self.outboxes)

    def cut(self) -> None:
        for outbox in self.outboxes:
            outbox.cut()

    def flush(self) -> None:
        """Writes what the socket takes. Whose turn it is changes, as with two threads that wait for one socket."""
        self._turn = -self._turn
        for outbox in self.outboxes[:: self._turn]:
            outbox.flush()


class Server:
    """Owns the room's log and its connections; four threads, named `lab-…`."""

    def __init__(self, switches: Switches, members: Members, *, stopped: Event, clock: Callable[[], float]):
        self._switches = switches
        self._members = members
        self._stopped = stopped
        self._clock = clock
        self._lock = Lock()  # guards which connections are open
        self._open: dict[Connection, None] = {}
        self._joining: deque[tuple[Connection, int | None]] = deque()
        self._ended: deque[Connection] = deque()
        self._log: deque[Message] = deque(maxlen=LOG_LIMIT)  # the sender's thread alone
        self._seq = 0
        self._bursts = 0
        self._tell = Event()  # the other writer shall tell who is here
        self._encodings = 0
        self._encoding_time = 0  # nanoseconds of the sender's processor time
        self.calls = Window(clock)  # system calls that write
        self.cpu = Window(clock)  # µs of the sender's processor time a message
        self.encoding = Window(clock)  # µs of it for encoding
        self.encodings = Window(clock)  # how often a message was encoded
        loops = {"sender": self._send, "teller": self._tell_who_is_here, "sockets": self._watch, "heart": self._beat}
        self.threads = [Thread(target=loop, name=f"lab-{name}", daemon=True) for name, loop in loops.items()]

    # What others call.

    def connect(self, number: int, last: int | None) -> tuple[socket.socket, Connection] | None:
        """A connection for a client that knows the messages up to `last`; None if there is no place for it."""
        with self._lock:
            if len(self._open) >= CONNECTIONS_LIMIT or self._stopped.is_set():
                return None
            try:
                theirs, ours = socket.socketpair()
            except OSError:
                return None  # no descriptor is left: it comes back
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
            connection = Connection(number, CountedSocket(ours, self.calls.add), self._clock())
            self._open[connection] = None
        self._joining.append((connection, last))
        return theirs, connection

    @property
    def crowded(self) -> bool:
        """Hardly a place is free."""
        return len(self._open) > CONNECTIONS_LIMIT * 3 // 4

    def dead(self) -> list[float]:
        """For how many seconds each vanished client has been gone that is still listed."""
        now = self._clock()
        gone = [member.abandoned_at for member in self._members.listed if isinstance(member, Connection)]
        return [now - at for at in gone if at is not None]

    # The sender.

    def _send(self) -> None:
        due = self._clock()
        while not self._stopped.wait(max(0.0, due - self._clock())):
            due = max(due + TICK, self._clock())  # who was held up does not make up for it
            self._burst()

    def _burst(self) -> None:
        began = time.thread_time_ns()
        while self._joining:
            self._join(*self._joining.popleft())
        self._bursts += 1
        long = self._bursts % LONG_EVERY == 0
        messages = [self._said(LONG_TEXT if long and not number else SHORT_TEXT) for number in range(BURST)]
        self._log.extend(messages)
        if long:
            self._tell.set()
        self._encodings = self._encoding_time = 0
        self._fan_out(messages)
        self.encoding.add(self._encoding_time / 1_000 / BURST)
        self.encodings.add(self._encodings / BURST)
        self.cpu.add((time.thread_time_ns() - began) / 1_000 / BURST)

    def _said(self, text: str) -> Message:
        self._seq += 1
        return message(self._seq, time.monotonic_ns(), text)

    def _join(self, connection: Connection, last: int | None) -> None:
        """Lists it, and sends what it missed. Nothing is said meanwhile: this thread is the one that says it."""
        self._members.join(connection)
        if Bug.NO_RESUME in self._switches:
            answer = [encoded(Joined(None))]
        else:
            oldest = self._log[0].seq if self._log else self._seq + 1
            after = self._seq if last is None else max(last, oldest - 1)
            answer = [encoded(Joined(after)), *(encoded(event) for event in self._log if event.seq > after)]
        self._offer(connection, b"".join(answer))

    def _fan_out(self, messages: list[Message]) -> None:
        if Bug.UNDER_LOCK in self._switches:
            with self._members.lock:
                self._write(messages, self._members.listed, self._push)
        else:
            self._write(messages, self._members.everyone(), self._offer)

    def _write(
        self, messages: list[Message], members: list[object], write: Callable[[Connection, bytes], None]
    ) -> None:
        frames: list[bytes] = []
        for member in members:
            if isinstance(member, Connection):
                if not frames or Bug.ENCODE_EACH in self._switches:
                    frames = self._encode(messages)
                for piece in frames if Bug.CALL_EACH in self._switches else [b"".join(frames)]:
                    write(member, piece)

    def _encode(self, messages: list[Message]) -> list[bytes]:
        began = time.thread_time_ns()
        frames = [encoded(event) for event in messages]
        self._encoding_time += time.thread_time_ns() - began
        self._encodings += len(messages)
        return frames

    def _offer(self, connection: Connection, piece: bytes) -> None:
        """The right way: never waits. Over its bound the client is cut off, and comes back for the rest."""
        own, other = connection.outboxes
        # What two writers have left half written between them cannot be repaired: only a new connection helps.
        damaged = other.waiting and Bug.TWO_WRITERS not in self._switches
        if damaged or own.closing or not own.offer(piece):
            self._end(connection)

    def _push(self, connection: Connection, piece: bytes) -> None:
        """As `sendall` does it: returns when the socket has taken everything, however long its client sleeps."""
        self._settle(connection)
        connection.outboxes[0].offer(piece)
        self._settle(connection)

    def _settle(self, connection: Connection) -> None:
        while connection.waiting and Bug.UNDER_LOCK in self._switches and not self._stopped.is_set():
            for outbox in connection.outboxes:
                outbox.drain(STEP)

    # The other writer.

    def _tell_who_is_here(self) -> None:
        while not self._stopped.is_set():
            if not self._tell.wait(STEP * 5):
                continue
            self._tell.clear()
            frame = encoded(here(NAMES))
            for member in self._members.everyone():
                if isinstance(member, Connection):
                    outbox = member.outboxes[1 if Bug.TWO_WRITERS in self._switches else 0]
                    if not outbox.offer(frame):
                        self._end(member)

    # The sockets: what clients send, and what waits for them.

    def _watch(self) -> None:
        try:
            while not self._stopped.is_set():
                self._look()
        finally:
            with self._lock:
                left = list(self._open)
                self._open.clear()
            for connection in left:
                connection.cut()
                connection.sock.close()
            self._close_ended()

    def _look(self) -> None:
        self._close_ended()
        poller = select.poll()
        watched: dict[int, Connection] = {}
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            watched[connection.sock.fileno()] = connection
            poller.register(connection.sock, select.POLLIN | (select.POLLOUT if connection.waiting else 0))
        for descriptor, happened in poller.poll(STEP * 1_000):
            if happened & select.POLLOUT:
                watched[descriptor].flush()
            if happened & ~select.POLLOUT:
                self._hear(watched[descriptor])

    def _close_ended(self) -> None:
        """On the one thread that reads: after the cut nobody writes any more, so that nobody can meet another's
        socket under the same number."""
        while self._ended:
            self._ended.popleft().sock.close()

    def _hear(self, connection: Connection) -> None:
        try:
            heard = connection.sock.recv(4_096, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if heard:
            connection.heard_at = self._clock()
            connection.pinged_at = None
        else:
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        with self._lock:
            if connection not in self._open:
                return
            del self._open[connection]
            connection.cut()
            self._ended.append(connection)
        self._members.leave(connection)

    # The heart.

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT):
            if Bug.NO_HEARTBEAT in self._switches:
                continue
            now = self._clock()
            for member in self._members.everyone():
                if isinstance(member, Connection):
                    self._look_after(member, now)

    def _look_after(self, connection: Connection, now: float) -> None:
        if connection.pinged_at is not None:
            if now - connection.pinged_at > PING_TIMEOUT:
                self._end(connection)
        elif now - connection.heard_at > PING_INTERVAL:
            connection.pinged_at = now
            connection.outboxes[0].offer(ping_frame())
