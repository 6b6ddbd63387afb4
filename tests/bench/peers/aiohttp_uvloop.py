"""aiohttp's WebSocket handler on uvloop; a message is awaited to one client after another. Stores nothing."""

import sys
from collections import defaultdict

import uvloop
from aiohttp import WSMsgType, web

rooms = defaultdict(set)


async def chat(request):
    websocket = web.WebSocketResponse(compress=False)
    await websocket.prepare(request)
    clients = rooms[request.query.get("room", "general")]
    clients.add(websocket)
    try:
        async for message in websocket:
            if message.type == WSMsgType.TEXT:
                for client in list(clients):
                    try:
                        await client.send_str(message.data)
                    except ConnectionError:  # it is leaving, and its own handler removes it
                        pass
    finally:
        clients.discard(websocket)
    return websocket


app = web.Application()
app.router.add_get("/{anything:.*}", chat)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), loop=uvloop.new_event_loop(), access_log=None, backlog=2048)
