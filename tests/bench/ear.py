"""Hears for all clients: one large buffer into which every socket is read, where messages are counted, not parsed."""

from __future__ import annotations

import socket

from .wire import MARK, OWN_LENGTH, PING, PONG, TOKEN, TOKEN_LENGTH, Dialect, frame, own

BUFFER = 524_288  # bytes; read at once, from one socket
LEAD = 256  # bytes before them, for what a former read left: a token (14) or a ping (at most 127) that is not whole
RECEIVE_BUFFER = 1_048_576  # bytes asked of the kernel for a client, so that sweeping never pushes back on a server

_PING = bytes((PING,))
_ENGINE_PING, _ENGINE_PONG = b"\x81\x012", frame(b"3")  # Engine.IO protocol, revision 4


class Client:
    """One connection of the load, and what came through it."""

    __slots__ = (
        *("number", "room", "sock", "recv_into", "open"),
        *("count", "echoes", "numbers", "own", "keep", "tail", "unsent"),
    )

    def __init__(self, number: int, room: int):
        self.number = number
        self.room = room
        self.count = 0  # messages received
        self.echoes = 0  # those of them that are its own; only if it listens for them
        self.numbers: list[tuple[int, int]] = []  # sender and number of each; only if it listens for them
        self.open = False
        self.keep = 0  # bytes kept from a read, so that what it listens for is found when two reads split it
        self.own = b""
        self.tail = b""
        self.unsent = b""

    def listen_for_echoes(self) -> None:
        self.own, self.keep = own(self.number), OWN_LENGTH - 1

    def listen_for_numbers(self) -> None:
        self.keep = TOKEN_LENGTH - 1

    def plug(self, sock: socket.socket) -> None:
        """A new connection; what was counted stays."""
        self.sock = sock
        self.recv_into = sock.recv_into
        self.tail = self.unsent = b""

    def send(self, raw: bytes) -> None:
        """Never waits: what a server that reads slowly leaves is sent first the next time."""
        raw = self.unsent + raw
        try:
            self.unsent = raw[self.sock.send(raw) :]
        except BlockingIOError:
            self.unsent = raw
        except OSError:
            self.open = False


class Ear:
    """Owns the buffer. Every read starts at LEAD; what the client's last read left is laid right before it."""

    def __init__(self, dialect: Dialect):
        self._buffer = bytearray(LEAD + BUFFER)
        self._view = memoryview(self._buffer)[LEAD:]
        self._engine = dialect.engine

    def read(self, client: Client) -> bool:
        """Reads once and counts. False if there was nothing, or if that was the end."""
        try:
            received = client.recv_into(self._view)
        except BlockingIOError:
            return False
        except OSError:
            received = 0
        if not received:
            client.open = False
            return False
        buffer = self._buffer
        start, end = LEAD - len(client.tail), LEAD + received
        if client.tail:
            buffer[start:LEAD] = client.tail
        tail_from = end - client.keep
        if buffer.find(_PING, start, end) >= 0:
            end = self._answer_pings(client, start, end)
            tail_from = end - client.keep if end == LEAD + received else end
        client.count += buffer.count(MARK, LEAD, end)
        if client.own:
            client.echoes += buffer.count(client.own, start, end)
        elif client.keep:
            client.numbers += [(int(s), int(n)) for s, n in TOKEN.findall(buffer[start:end])]
        if self._engine:
            self._answer_engine(client, max(start, LEAD - 2), end)
            tail_from = min(tail_from, end - 2)
        client.tail = bytes(buffer[max(start, tail_from) : LEAD + received])
        return True

    def _answer_pings(self, client: Client, start: int, end: int) -> int:
        """Answers and blanks the pings, so that nothing in them counts; gives where one begins that is not whole."""
        buffer = self._buffer
        found = buffer.find(_PING, start, end)
        while found >= 0:
            behind = found + 2 + (buffer[found + 1] if found + 1 < end else 0)
            if found + 2 > end or behind > end:
                return found
            client.send(frame(bytes(buffer[found + 2 : behind]), PONG))
            buffer[found:behind] = bytes(behind - found)
            found = buffer.find(_PING, behind, end)
        return end

    def _answer_engine(self, client: Client, start: int, end: int) -> None:
        for _ in range(self._buffer.count(_ENGINE_PING, start, end)):
            client.send(_ENGINE_PONG)
