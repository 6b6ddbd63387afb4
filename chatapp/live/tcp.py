"""What is asked of TCP besides bytes: how fast a peer answers, and an end that loses nothing."""

from __future__ import annotations

import select
import socket
import sys
import time


def round_trip(sock: socket.socket) -> int | None:
    """µs that a segment and its acknowledgement take, as the kernel measured it; None where it does not say."""
    try:
        return int.from_bytes(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 72)[68:72], sys.byteorder)
    except (OSError, AttributeError):
        return None


def finish(sock: socket.socket, deadline: float) -> None:
    """Says that nothing more comes, and waits for the peer's FIN until `deadline` (monotonic seconds)."""
    try:
        sock.shutdown(socket.SHUT_WR)
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0 and poller.poll(left * 1000):
            if not sock.recv(65_536):
                break
    except OSError:
        pass  # the peer was faster
