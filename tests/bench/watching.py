"""What it costs to be watched: the chat's latency without and with a browser on `/flow`, and that page's frame rate.

    .venv/bin/python -m tests.bench.watching [--rounds 3] [--clients 500] [--rate 200]

Side by side, on one server for each pair: 500 clients, 200 messages a second in all, first with nobody looking, then
with Chromium on the live view. Prints the medians. By hand: no test runs it. The browser, the server and the load
generator share the machine, so that on two cores a browser alone takes from the chat what it needs to draw.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.actors import NO_RATE_LIMITS, ROOT, Server

from . import machine

SECONDS = 12.0
COUNT_FRAMES = """seconds => new Promise(done => {
    const began = performance.now();
    let frames = 0;
    const count = () => {
        frames += 1;
        if (performance.now() - began < seconds * 1000) requestAnimationFrame(count);
        else done(frames / seconds);
    };
    requestAnimationFrame(count);
})"""


def load(server: Server, clients: int, rate: int) -> subprocess.Popen[str]:
    """The load generator, at work in a process of its own."""
    spec = {
        "mode": "steady",
        "port": server.port,
        "pids": machine.family(server.process.pid),
        "rooms": ["general"],
        "clients": clients,
        "senders": 20,
        "rate": rate,
        "seconds": SECONDS,
        "warmup": 2.0,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    process.stdin.write(json.dumps(spec))
    process.stdin.close()
    return process


def outcome(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    found: dict[str, Any] = json.loads(process.stdout.read())
    process.wait()
    return found


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def watched(server: Server, clients: int, rate: int) -> tuple[dict[str, Any], float]:
    """A run with somebody who looks; gives it and the page's frames a second."""
    with browser_page() as page:
        page.goto(f"{server.url}/flow")
        process = load(server, clients, rate)
        page.locator(".dot-of-message").first.wait_for(timeout=60_000)
        frames = float(page.evaluate(COUNT_FRAMES, SECONDS - 4))
        return outcome(process), frames


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--rate", type=int, default=200)
    options = parser.parse_args()
    alone, looked_at, fluency = [], [], []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder) / "data", MAX_CLIENTS_PER_ADDRESS=100_000, **NO_RATE_LIMITS).start()
            try:
                alone.append(outcome(load(server, options.clients, options.rate)))
                run, frames = watched(server, options.clients, options.rate)
            finally:
                server.stop()
        looked_at.append(run)
        fluency.append(frames)
        print(f"{number + 1}: p99 {alone[-1]['p99_ms']:.2f} ms, watched {run['p99_ms']:.2f} ms, {frames:.0f} frames/s")
        for fault in (*alone[-1]["faults"], *run["faults"]):
            print(f"   {fault}")
    for key in ("p50_ms", "p99_ms"):
        before, after = (median(run[key] for run in runs) for runs in (alone, looked_at))
        print(f"{key}: {before:.2f} alone, {after:.2f} watched: {after / before:.2f} times")
    print(f"frames a second: {median(fluency):.0f}")


if __name__ == "__main__":
    main()
