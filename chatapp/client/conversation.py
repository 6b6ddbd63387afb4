"""A conversation in one room: one thread that owns the connection, resumes after each failure, and loses nothing."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from http.client import HTTPException
from threading import Condition, Thread
from typing import NamedTuple, Protocol

from ..limits import NAME_MOST
from ..live import protocol
from ..terminal import escaped
from .address import Address
from .heard import Heard, NotNow, heard, waited
from .patience import Patience
from .people import People
from .person import NotSo, give_back, introduce
from .show import Telling, brief, resumed
from .wire import Closed, Refused, Wire

PING_AFTER = 25.0  # seconds of silence after which we ask whether the server is there
KEPT = 1_000  # messages that wait for the server: more than a person writes, a program has to wait
DEAD_AFTER = 60.0  # seconds of silence after which it is not
EVICTED = 1008  # the one close code after which one does not come back
JOINING, RENAMING = "join", "rename"  # nonces of what is no message
RETRY = ("rate-limited", "busy")  # codes of refusals that a moment mends


class Listener(Protocol):
    """Who hears what becomes of a conversation, on its thread."""

    def tell(self, line: str) -> None:
        """Something happened in the room, or to oneself."""

    def warn(self, line: str) -> None:
        """Something went wrong."""

    def refused(self, text: str, why: Heard) -> None:
        """That message was not stored, and is not sent again."""

    def ended(self) -> None:
        """It is over, by itself."""


class _Said(NamedTuple):
    """A message on its way."""

    nonce: str
    text: str
    to_all: bool


class Conversation:
    """Says what it is told to, in order and once, and tells what is said, line by line, from its own thread."""

    def __init__(
        self,
        address: Address,
        room: str,
        name: str,
        cookie: str,
        *,
        listener: Listener,
        new_nonce: Callable[[], str],
        random: Callable[[], float],
    ):
        self._address = address
        self._room = room
        self._name = name
        self._cookie = cookie  # what introduced us as `name`; "" if the server does not know it any more
        self._listener = listener
        self._new_nonce = new_nonce
        self._patience = Patience(random)
        self._changed = Condition()  # guards the four below
        self._unsent: deque[_Said] = deque()  # the first is on its way, if one is
        self._commands: deque[protocol.Command] = deque()
        self._over = False
        self._people = People()
        # Of the thread alone.
        self._telling = Telling()
        self._you = self._epoch = ""
        self._last: int | None = None  # the newest seq that was told
        self._joined = False
        self._sent = ""  # the nonce of what is on its way on this connection
        self._again_at = 0.0  # monotonic seconds: not before, says the server
        self._heard_at = self._asked_at = 0.0
        self._bell, self._rings = socket.socketpair()
        self._bell.setblocking(False)
        self._thread = Thread(target=self._run, name="conversation", daemon=True)

    # Called from any thread.

    def start(self) -> None:
        self._thread.start()

    def say(self, text: str, *, to_all: bool = False) -> None:
        """Keeps a message until the server has it; waits while too many are kept already. `to_all`: it may call
        everybody."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._unsent) < KEPT or self._over)
            self._unsent.append(_Said(self._new_nonce(), _valid(text), to_all))
        self._ring()

    def rename(self, name: str) -> None:
        """Asks for another name, if there is a connection."""
        with self._changed:
            self._commands.append(protocol.Rename(_valid(name), RENAMING))
        self._ring()

    @property
    def name(self) -> str:
        """The name one goes by."""
        with self._changed:
            return self._people.name(self._you, self._name)

    @property
    def people(self) -> tuple[list[str], int]:
        """As `People.listed`."""
        with self._changed:
            return self._people.listed()

    def wait_sent(self, timeout: float) -> int:
        """Waits until the server has everything; gives how many messages it has not."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unsent or self._over, timeout)
            return len(self._unsent)

    def stop(self, timeout: float) -> None:
        """Ends the connection and the thread."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._ring()
        self._thread.join(timeout)

    def _ring(self) -> None:
        try:
            self._rings.sendall(b"\0")
        except OSError:
            pass  # the thread has ended by itself

    # The thread.

    def _run(self) -> None:
        while not self._over:
            wait, why = 0.0, "the connection ended"
            try:
                self._connect()
            except (Refused, NotNow) as refused:
                wait, why = refused.retry_after, str(refused)
            except Closed as closed:
                why = closed.reason or why
                if closed.code == EVICTED:
                    self._end(why)
            except NotSo as refusal:
                self._end(str(refusal))
            except (OSError, HTTPException) as error:
                why = str(error) or type(error).__name__
            self._joined, self._sent = False, ""
            if not self._over:
                self._pause(wait, why)
        give_back(self._address, self._cookie)
        self._bell.close()
        self._rings.close()

    def _end(self, why: str) -> None:
        self._listener.warn(brief(why))
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._listener.ended()

    def _pause(self, at_least: float, why: str) -> None:
        if not self._patience.tried:
            self._listener.warn(f"{brief(why)}; trying again, what you write is kept")
        until = time.monotonic() + self._patience.wait(at_least)
        while not self._over and (left := until - time.monotonic()) > 0:
            if select.select([self._bell], [], [], left)[0]:
                self._bell.recv(4_096)

    def _connect(self) -> None:
        """One connection, from its handshake to its end. Raises what ended it."""
        if not self._cookie:
            self._cookie = introduce(self._address, self.name)
        wire = Wire(self._address, "/chat", subprotocol=protocol.SUBPROTOCOL, headers={"Cookie": self._cookie})
        try:
            self._heard_at = self._asked_at = time.monotonic()
            while not self._over:
                for text in wire.texts():
                    self._heard_at = time.monotonic()
                    word = heard(text)
                    if word:
                        self._hear(wire, word)
                self._speak(wire)
                self._look_after(wire)
                if select.select([wire.fileno(), self._bell.fileno()], [], [], self._until_due())[0]:
                    self._quiet()
            wire.leave()
        finally:
            wire.close()

    def _quiet(self) -> None:
        try:
            self._bell.recv(4_096)
        except BlockingIOError:
            pass  # it was not the bell

    def _until_due(self) -> float:
        now = time.monotonic()
        due = max(self._heard_at, self._asked_at) + PING_AFTER
        if self._again_at > now:
            due = min(due, self._again_at)
        return max(0.0, due - now)

    def _look_after(self, wire: Wire) -> None:
        now = time.monotonic()
        if now - self._heard_at > DEAD_AFTER:
            raise Closed(None, "the server is silent")
        if now - max(self._heard_at, self._asked_at) >= PING_AFTER:
            self._asked_at = now
            _send(wire, protocol.Ping())

    def _speak(self, wire: Wire) -> None:
        """Sends what is to be sent: one message at a time, so that their order stays."""
        with self._changed:
            commands = list(self._commands)
            self._commands.clear()
            first = self._unsent[0] if self._unsent else None
        for command in commands:
            _send(wire, command)
        if first and self._joined and not self._sent and time.monotonic() >= self._again_at:
            self._sent = first.nonce
            _send(wire, protocol.PostMessage(self._room, first.text, first.nonce, all=first.to_all))

    def _hear(self, wire: Wire, word: Heard) -> None:
        match word.type:
            case "welcome":
                self._welcome(wire, word)
            case "joined":
                self._begin(word)
            case "presence" if word.room == self._room:
                self._presence(word)
            case "error":
                self._refused(word)
            case _ if word.seq and word.room == self._room:
                self._event(word)

    def _welcome(self, wire: Wire, word: Heard) -> None:
        if self._epoch and word.epoch != self._epoch:
            self._listener.tell("-- the log was replaced by another: from here on it is that one")
            self._last = None
        if word.you.role != "member":
            self._cookie = ""
            raise Closed(None, "the server does not know us any more")
        self._epoch, self._you = word.epoch, word.you.id
        _send(wire, protocol.Join(self._room, self._last, nonce=JOINING))

    def _begin(self, word: Heard) -> None:
        self._patience.rewarded()
        if self._last is None:
            self._listener.tell(f"-- you are in {escaped(self._room)}")
        else:
            self._listener.tell(resumed(word))
        with self._changed:
            self._people.take(word)
        for event in word.events:
            self._event(event)
        self._last = word.head if word.reset else max(self._last or 0, word.head)
        self._joined = True

    def _event(self, event: Heard) -> None:
        if event.nonce and event.author.id == self._you:
            self._acknowledged(event.nonce)
        if event.seq > (self._last or 0):
            self._last = event.seq
            for line in self._telling.lines(event):
                self._listener.tell(line)

    def _acknowledged(self, nonce: str) -> None:
        with self._changed:
            if self._unsent and self._unsent[0].nonce == nonce:
                self._unsent.popleft()
                self._changed.notify_all()
        if nonce == self._sent:
            self._sent = ""

    def _presence(self, word: Heard) -> None:
        for person in word.joined:
            if person.id == self._you and person.name[:NAME_MOST] != self.name:
                self._listener.tell(f"-- you are {escaped(person.name[:NAME_MOST])} now")
        with self._changed:
            self._people.take(word)

    def _refused(self, word: Heard) -> None:
        if word.nonce == JOINING or word.code == "not-joined":
            raise Closed(EVICTED if word.code == "no-such-room" else None, word.detail)
        if word.nonce and word.nonce == self._sent and word.code in RETRY:
            self._again_at = time.monotonic() + waited(word.retry_after or 1.0)
            self._sent = ""
            return
        with self._changed:
            said = self._unsent[0] if self._unsent and self._unsent[0].nonce == word.nonce else None
        if said is None:
            self._listener.warn(brief(word.detail))
            return
        self._listener.refused(said.text, word)
        self._acknowledged(said.nonce)


def _send(wire: Wire, command: protocol.Command) -> None:
    wire.send(protocol.encode(command).decode())


def _valid(text: str) -> str:
    """Valid Unicode: a terminal may give bytes that are none."""
    return text.encode("utf-8", "replace").decode()
