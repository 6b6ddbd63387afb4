"""picows, a WebSocket library in Cython, on uvloop, after the broadcast server among its examples. Stores nothing."""

import sys
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

rooms = defaultdict(set)


class Chat(WSListener):
    def __init__(self, request):
        query = parse_qs(urlsplit(request.path.decode()).query)
        self.clients = rooms[query.get("room", ["general"])[0]]

    def on_ws_connected(self, transport):
        self.clients.add(transport)

    def on_ws_disconnected(self, transport):
        self.clients.discard(transport)

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.TEXT:
            text = frame.get_payload_as_bytes()
            for client in self.clients:
                client.send(WSMsgType.TEXT, text)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()


async def main(port):
    server = await ws_create_server(Chat, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


uvloop.run(main(int(sys.argv[1])))
