"""How long it takes to open the page: far from the server, for the first time and again; and for a class at once.

    .venv/bin/python -m tests.bench.visiting [--rounds 7] [--latency 300] [--students 30]

Far away: Chromium and the server have a relay between them that delays what it passes on by half the latency each way,
and a new connection by one round trip more. Each round is a new browser profile: a first visit, and later ones, of a
person who has a name. Counted are the seconds until one can write (the page's module has run) and until the page is
connected, and the requests that the server got, the WebSocket's included.

At once: in the same moment so many open the page for the first time, on the machine that also runs the server: one of
them with Chromium, the others as programs that ask for the same files and connect, but draw nothing. (With 30 Chromiums
one would measure what they need of the processor, which students bring along.)

By hand: no test runs it in full. It needs a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import http.client
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.actors import NO_RATE_LIMITS, Server, free_port, talk
from tests.page.browsers import ARGUMENTS, CHROMIUM

LATER = 3  # visits after the first one, in each round
NOTE_START = """
new MutationObserver(() => { globalThis.startedAt ??= Date.now(); })
    .observe(document, { attributes: true, subtree: true, attributeFilter: ["data-started"] });
"""
CONNECTED = "() => document.querySelector('#me-status')?.textContent === 'Connected'"
WORKER_READY = "async () => { await navigator.serviceWorker.ready; }"


class Visit(NamedTuple):
    """Seconds until one can write, and until the page is connected; and the requests that reached the server."""

    usable: float
    connected: float
    requests: int


class Relay:
    """A line to a server that is `latency` seconds long, there and back."""

    def __init__(self, port: int, latency: float):
        self.port = free_port()
        self._target = port
        self._latency = latency

    async def open(self) -> asyncio.Server:
        return await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._latency)  # the handshake of TCP, which the kernel did without us
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each piece goes on half the latency after it came, whatever comes behind it."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, piece = await waiting.get()
                await asyncio.sleep(due - loop.time())
                if not piece:
                    writer.close()
                    return
                writer.write(piece)

        delivery = asyncio.create_task(deliver())
        try:
            while True:
                piece = await reader.read(65_536)
                waiting.put_nowait((loop.time() + self._latency / 2, piece))
                if not piece:
                    break
        except ConnectionError:
            waiting.put_nowait((loop.time(), b""))
        await delivery


@contextmanager
def serving() -> Iterator[Server]:
    """The chat with the settings it is shipped with, but for limits that one machine's many visits would meet."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", arguments=("--access-logfile", "-"), **NO_RATE_LIMITS).start()
        try:
            yield server
        finally:
            server.stop()


def requests(terminal: str) -> int:
    """The requests that a log tells of; gunicorn logs no WebSocket, the chat does."""
    return len(re.findall(r'"GET \S+ HTTP', terminal)) + terminal.count("Client connected: ")


async def profile(browser: Browser, server: Server, url: str, name: str) -> BrowserContext:
    """A browser that has never been here, of a person who has a name."""
    context = await browser.new_context(locale="en-US")
    cookie, _, value = server.member(name)["Cookie"].partition("=")
    await context.add_cookies([{"name": cookie, "value": value, "url": url}])
    await context.add_init_script(NOTE_START)
    return context


async def visit(context: BrowserContext, url: str, begun: float | None = None) -> tuple[float, float]:
    """Opens a tab; gives the seconds until one can write and until it is connected, since `begun` (Unix time)."""
    page = await context.new_page()
    begun = begun or time.time()
    await page.goto(url, wait_until="commit")
    await page.wait_for_function(CONNECTED, timeout=120_000)
    connected = time.time() - begun
    usable = await page.evaluate("() => startedAt") / 1000 - begun
    await page.evaluate(WORKER_READY)
    await page.close()
    return usable, connected


async def far_away(browser: Browser, server: Server, latency: float, rounds: int) -> dict[str, list[Visit]]:
    """Visits one after the other, by what they are."""
    relay = Relay(server.port, latency)
    found: dict[str, list[Visit]] = {"first": [], "later": []}
    async with await relay.open():
        url = f"http://127.0.0.1:{relay.port}"
        for number in range(rounds):
            context = await profile(browser, server, url, f"Ana {number}")
            for kind in ["first"] + ["later"] * LATER:
                before = len(server.terminal)
                usable, connected = await visit(context, url)
                await asyncio.sleep(latency + 0.5)  # what the page asks for afterwards has reached the server's log
                found[kind].append(Visit(usable, connected, requests(server.terminal[before:])))
            await context.close()
    return found


async def at_once(browser: Browser, server: Server, names: Sequence[str]) -> tuple[tuple[float, float], list[float]]:
    """First visits of so many, that begin in the same moment: what `visit` gives, and the seconds of the programs."""
    context = await profile(browser, server, server.url, names[0])
    people = [server.member(name) for name in names[1:]]
    begun = time.time()
    others = asyncio.create_task(asyncio.to_thread(programs, server, people))
    found = await visit(context, server.url, begun)
    taken = await others
    await context.close()
    return found, taken


def programs(server: Server, people: Sequence[dict[str, str]]) -> list[float]:
    """Seconds that programs take for what a first visit asks for: the page, its files, a connection and its welcome."""
    together = threading.Barrier(len(people))

    def one(headers: dict[str, str]) -> float:
        together.wait()
        begun = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        asked = {**headers, "Accept-Encoding": "gzip"}

        def fetch(path: str) -> bytes:
            line.request("GET", path, headers=asked)
            answer = line.getresponse()
            content = answer.read()
            assert answer.status == 200, path
            return content

        page = gzip.decompress(fetch("/")).decode()
        for path in sorted(set(re.findall(r'(?:src|href)="(/static/[0-9a-f]{12}/[^"]+)"', page))):
            fetch(path)
        line.close()
        client = talk(server.port, chat=True, Cookie=headers["Cookie"])
        client.hear("welcome")
        taken = time.monotonic() - begun
        client.close()
        return taken

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, people))


def row(name: str, seconds: Sequence[float], more: str = "") -> str:
    low, high = min(seconds), max(seconds)
    return f"| {name} | {statistics.median(seconds):.2f} | {low:.2f} to {high:.2f} | {more}".rstrip()


async def measure(server: Server, latency: float, rounds: int, students: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"## {latency * 1e3:.0f} ms away, {rounds} rounds\n")
        print("| visit | seconds, median | from, to | requests |\n| --- | ---: | ---: | ---: |")
        for kind, visits in (await far_away(browser, server, latency, rounds)).items():
            most = max(each.requests for each in visits)
            print(row(f"{kind}: one can write", [each.usable for each in visits], f"{most} |"))
            print(row(f"{kind}: connected", [each.connected for each in visits], "|"))
        print(f"\n## {students} at once\n\n| who | seconds, median | from, to |\n| --- | ---: | ---: |")
        found: list[tuple[float, float]] = []
        taken: list[float] = []
        for number in range(rounds):
            one, others = await at_once(browser, server, [f"Student {number} {each}" for each in range(students)])
            found.append(one)
            taken += others
        print(row("Chromium: one can write", [usable for usable, _ in found]))
        print(row("Chromium: connected", [connected for _, connected in found]))
        print(row("programs: connected", taken))
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="of everything (default: 7)")
    parser.add_argument("--latency", type=float, default=300, help="milliseconds there and back (default: 300)")
    parser.add_argument("--students", type=int, default=30, help="who open the page at once (default: 30)")
    options = parser.parse_args()
    with serving() as server:
        asyncio.run(measure(server, options.latency / 1e3, options.rounds, options.students))


if __name__ == "__main__":
    main()
