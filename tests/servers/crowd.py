"""A thousand clients in one thread: they read, answer what the protocol wants answered, and count how they ended."""

from __future__ import annotations

import resource
import selectors
import time
from collections import Counter
from threading import Thread

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, TextMessage

from ..actors import PATIENCE, Server, Talker


class Crowd:
    """Plain clients of one server. They are deaf until `listen`, and then answer a close as browsers do."""

    def __init__(self, server: Server, count: int):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1_000)), hard))
        self.codes: Counter[int] = Counter()
        self.texts = 0
        self._talkers = [server.talk() for _ in range(count)]
        self._thread = Thread(target=self._run, daemon=True)

    def listen(self) -> None:
        """From now on they read and answer."""
        self._thread.start()

    def ended(self) -> Counter[int]:
        """How many ended with which code, once all have; 1006 is an end without a close frame."""
        if not self._thread.is_alive() and not self.codes:
            self.listen()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"not all ended: {self.codes} of {len(self._talkers)}"
        return self.codes

    def _run(self) -> None:
        deadline = time.monotonic() + PATIENCE * 3
        with selectors.DefaultSelector() as selector:
            for talker in self._talkers:
                talker.sock.setblocking(False)
                selector.register(talker.sock, selectors.EVENT_READ, (talker, Connection(ConnectionType.CLIENT)))
            while selector.get_map() and time.monotonic() < deadline:
                for key, _ in selector.select(1):
                    talker, connection = key.data
                    code = self._read(talker, connection)
                    if code is not None:
                        self.codes[code] += 1
                        selector.unregister(talker.sock)
                        talker.sock.close()

    def _read(self, talker: Talker, connection: Connection) -> int | None:
        """The code with which the connection ended, or None while it lives."""
        try:
            received = talker.sock.recv(65_536)
        except ConnectionError:
            received = b""
        if not received:
            return 1006
        connection.receive_data(received)
        for event in connection.events():
            if isinstance(event, TextMessage) and event.message_finished:
                self.texts += 1
            elif isinstance(event, CloseConnection):
                try:
                    talker.sock.sendall(connection.send(event.response()))
                except ConnectionError:
                    pass  # the server did not wait for it: what it said counts
                return int(event.code)
        return None
