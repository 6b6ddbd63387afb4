"""The soak: hundreds of clients that come, talk, stall, break and go for an hour; then nothing may have grown.

    .venv/bin/python -m tests.bench.soak [--minutes 60] [--clients 500]

Starts the chat as shipped, with data of its own, and prints once every ten seconds what the process that serves uses.
At the end every acknowledged message is in the log once, every client has heard every seq once, and memory, threads,
open files and the WAL are compared between the second quarter of the time and the last. By hand: no test runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.actors import NO_RATE_LIMITS, Server

SAMPLE_EVERY = 10.0  # seconds
FAULT_EVERY = 45.0  # seconds between two times that somebody else locks the database
LOCKED = 3.0  # seconds that it stays locked
GROWTH = 1.10  # how much more the last quarter may use than the second one
SLACK = {"memory": 8_192, "threads": 40, "files": 40, "wal": 4_096}  # KiB, threads, files, KiB: noise of a small soak


class Sample(NamedTuple):
    """What the process that serves uses: KiB, threads, open files, KiB."""

    memory: int
    threads: int
    files: int
    wal: int

    @classmethod
    def of(cls, server: Server) -> Sample:
        worker = Path(f"/proc/{server.worker()}")
        status = dict(line.split(":", 1) for line in (worker / "status").read_text().splitlines())
        wal = server.data / "chat.sqlite3-wal"
        return cls(
            memory=int(status["VmRSS"].split()[0]),
            threads=int(status["Threads"]),
            files=len(os.listdir(worker / "fd")),
            wal=wal.stat().st_size // 1_024 if wal.exists() else 0,
        )


class Visitor:
    """Somebody who comes again and again, each time behind the last event that they heard."""

    def __init__(self, url: str, name: str, pause: float):
        self._url = f"{url}/chat?name={name}"
        self._name = name
        self._pause = pause
        self._said = 0
        self._open: dict[str, str] = {}  # nonce -> text, in the order of sending
        self.last = 0
        self.acknowledged: set[str] = set()

    async def live(self, until: float) -> None:
        """Visits until then; the last visit lasts until all is acknowledged."""
        while time.monotonic() < until or self._open:
            try:
                async with connect(self._url, subprotocols=[Subprotocol("chat.v1")], compression=None) as chat:
                    await self._visit(chat, until)
            except (ConnectionClosed, InvalidStatus, OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0.1, 1))

    async def _visit(self, chat: ClientConnection, until: float) -> None:
        await chat.send(json.dumps({"type": "join", "room": "general", "after": self.last}))
        for nonce, text in self._open.items():
            await self._post(chat, nonce, text)
        leave_at = min(time.monotonic() + random.expovariate(1 / 30), max(until, time.monotonic() + 5))
        speak_at = time.monotonic() + random.expovariate(1 / self._pause)
        while (now := time.monotonic()) < leave_at:
            if now >= speak_at and now < until:
                self._said += 1
                nonce = f"{self._name}-{self._said}"
                self._open[nonce] = f"{self._name} says {self._said} " + "." * random.randrange(200)
                await self._post(chat, nonce, self._open[nonce])
                speak_at = now + random.expovariate(1 / self._pause)
            try:
                self._hear(json.loads(await asyncio.wait_for(chat.recv(), max(0.01, min(speak_at, leave_at) - now))))
            except TimeoutError:
                continue
        how = random.random()
        if how < 0.2:
            chat.transport.abort()  # without a word
        elif how < 0.3:
            chat.transport.pause_reading()  # deaf, and still there
            await asyncio.sleep(random.uniform(1, 20))
            chat.transport.abort()

    async def _post(self, chat: ClientConnection, nonce: str, text: str) -> None:
        await chat.send(json.dumps({"type": "post", "room": "general", "text": text, "nonce": nonce}))

    def _hear(self, event: dict[str, object]) -> None:
        if event["type"] == "joined":
            events = event["events"]
            assert isinstance(events, list)
            if event["gap"]:  # away for so long that the server gives only the newest
                self.last = events[0]["seq"] - 1
            for missed in events:
                self._hear(missed)
        elif event["type"] == "message":
            seq = event["seq"]
            assert isinstance(seq, int)
            nonce = event.get("nonce")
            if isinstance(nonce, str) and self._open.pop(nonce, ""):
                self.acknowledged.add(nonce)
            if seq <= self.last:
                return  # the answer to a post that was sent again
            assert seq == self.last + 1, f"{self._name} heard {seq} behind {self.last}"
            self.last = seq


def locked(data: Path) -> None:
    """Somebody else writes to the database for a while."""
    with closing(sqlite3.connect(data / "chat.sqlite3", timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED)
        connection.execute("ROLLBACK")


async def soak(server: Server, clients: int, seconds: float) -> tuple[list[Visitor], list[Sample]]:
    begun = time.monotonic()
    url = f"ws://127.0.0.1:{server.port}"
    visitors = [Visitor(url, f"visitor{number}", pause=clients / 20) for number in range(clients)]
    living = [asyncio.create_task(visitor.live(begun + seconds)) for visitor in visitors]
    samples: list[Sample] = []
    fault_at = begun + FAULT_EVERY
    while time.monotonic() < begun + seconds:
        await asyncio.sleep(SAMPLE_EVERY)
        samples.append(Sample.of(server))
        messages = sum(len(visitor.acknowledged) for visitor in visitors)
        print(f"{time.monotonic() - begun:6.0f} s  {messages:7} messages  {samples[-1]}", flush=True)
        for task in living:
            if task.done():
                task.result()
        if time.monotonic() >= fault_at:
            fault_at += FAULT_EVERY
            await asyncio.to_thread(locked, server.data)
    await asyncio.wait_for(asyncio.gather(*living), 120)
    return visitors, samples


def grown(samples: list[Sample]) -> list[str]:
    """What the last quarter uses more of than the second, in words."""
    quarter = len(samples) // 4
    complaints = []
    for name in Sample._fields:
        before = median(getattr(sample, name) for sample in samples[quarter : 2 * quarter])
        after = median(getattr(sample, name) for sample in samples[-quarter:])
        if after > before * GROWTH + SLACK[name]:
            complaints.append(f"{name} grew from {before:g} to {after:g}")
    return complaints


def lost(data: Path, visitors: list[Visitor]) -> list[str]:
    """What is acknowledged and not in the log, or in it twice of one author.

    A guest who is back before the server has missed them gets a number behind their name, and is another author.
    """
    with closing(sqlite3.connect(data / "chat.sqlite3")) as connection:
        stored = connection.execute("SELECT author_id, nonce FROM events").fetchall()
    acknowledged = set().union(*(visitor.acknowledged for visitor in visitors))
    nonces = {nonce for _, nonce in stored}
    complaints = [f"{nonce} was acknowledged and is not in the log" for nonce in acknowledged - nonces]
    if len(set(stored)) != len(stored):
        complaints.append("a message is in the log twice")
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--clients", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = {**NO_RATE_LIMITS, "RATE_LIMIT": 5}  # one address, but as many people as clients
        server = Server(Path(folder) / "data", MAX_CLIENTS_PER_ADDRESS=100_000, **settings).start()
        try:
            visitors, samples = asyncio.run(soak(server, options.clients, options.minutes * 60))
        finally:
            server.stop()
        complaints = grown(samples) + lost(server.data, visitors)
        if "Traceback" in server.terminal:
            complaints.append("there is a traceback in the terminal")
    messages = sum(len(visitor.acknowledged) for visitor in visitors)
    print(f"{messages} messages acknowledged. " + ("; ".join(complaints) or "Nothing was lost, nothing has grown."))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
