"""A network of its own in which the cable is pulled: nobody says goodbye, no FIN, no reset.

    unshare --net python -m tests.races.unplugged DATA

Starts the chat on the loopback of that network, lets some clients in, takes the loopback down until the server has
missed them, and brings it up again. Prints as JSON how many seconds that took, and what the server says afterwards.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
import time
from pathlib import Path

from ..actors import NO_RATE_LIMITS, Server, eventually

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1  # netdevice(7)
CLIENTS = 3
PATIENCE = 30.0


def plug(*, up: bool) -> None:
    """Loopback, up or down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def main() -> None:
    plug(up=True)
    server = Server(Path(sys.argv[1]), PING_INTERVAL=0.5, PING_TIMEOUT=2, **NO_RATE_LIMITS).start()
    try:
        clients = [server.enter(f"client{n}") for n in range(CLIENTS)]
        clients[0].post("is everybody here?")
        for client in clients:
            client.hear("message")
        plug(up=False)
        pulled = time.monotonic()
        eventually(lambda: server.terminal.count("Client Disconnected") == CLIENTS, PATIENCE)
        took = time.monotonic() - pulled
        plug(up=True)
        eventually(server.answers, PATIENCE)
        late = server.enter("late", after=0)
        late.post("and now?")
        answer = late.hear("message", text="and now?")
    finally:
        server.kill()
    print(json.dumps({"seconds": took, "seq": answer["seq"], "terminal": server.terminal}))


if __name__ == "__main__":
    main()
