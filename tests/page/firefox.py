#!/usr/bin/env python3
"""Starts Debian's firefox-esr for Playwright and stands between the two for one command.

Playwright drives a stock Firefox over WebDriver BiDi, but expects the newest one: for each context it sends
`emulation.setMediaFeaturesOverride`, which the ESR does not know, and gives up when that fails. This program starts
Firefox with the arguments that Playwright gives, announces an endpoint of its own, forwards every message as it is, and
answers that one command itself. When the ESR knows the command, Firefox can be started directly.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

UNKNOWN = '"emulation.setMediaFeaturesOverride"'
ANNOUNCED = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def answer(message: str) -> str | None:
    """The answer to a command that Firefox does not know; None if the message is for Firefox."""
    if UNKNOWN not in message:
        return None
    command = json.loads(message)
    if json.dumps(command["method"]) != UNKNOWN:
        return None
    return json.dumps({"type": "success", "id": command["id"], "result": {}})


async def to_firefox(playwright: ServerConnection, firefox: ClientConnection) -> None:
    async for message in playwright:
        answered = answer(str(message))
        if answered is None:
            await firefox.send(message)
        else:
            await playwright.send(answered)


async def to_playwright(playwright: ServerConnection, firefox: ClientConnection) -> None:
    async for message in firefox:
        await playwright.send(message)


async def main() -> int:
    program = os.environ["FIREFOX"]
    process = await asyncio.create_subprocess_exec(program, *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    assert process.stderr
    async for line in process.stderr:
        if announced := ANNOUNCED.search(line.decode(errors="replace")):
            break
        sys.stderr.buffer.write(line)
    else:
        return await process.wait()

    async def between(playwright: ServerConnection) -> None:
        path = playwright.request.path if playwright.request else ""
        async with connect(announced[1] + path, max_size=None, compression=None, ping_interval=None) as firefox:
            ways = [asyncio.create_task(way(playwright, firefox)) for way in (to_firefox, to_playwright)]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if process.returncode is None:  # Playwright is gone, or has asked Firefox to close
            process.terminate()

    async with serve(between, "127.0.0.1", 0, max_size=None, compression=None, ping_interval=None) as server:
        host, port = next(iter(server.sockets)).getsockname()
        print(f"WebDriver BiDi listening on ws://{host}:{port}", file=sys.stderr, flush=True)
        async for line in process.stderr:
            sys.stderr.buffer.write(line)
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
