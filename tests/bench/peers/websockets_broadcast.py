"""`websockets.broadcast`, as the library's documentation recommends for many clients, on asyncio. Stores nothing."""

import asyncio
import sys
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import broadcast, serve

rooms = defaultdict(set)


async def chat(websocket):
    query = parse_qs(urlsplit(websocket.request.path).query)
    clients = rooms[query.get("room", ["general"])[0]]
    clients.add(websocket)
    try:
        async for text in websocket:
            broadcast(clients, text)
    finally:
        clients.remove(websocket)


async def main(port):
    async with serve(chat, "127.0.0.1", port, compression=None, backlog=2048) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
