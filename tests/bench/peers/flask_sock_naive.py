"""flask-sock as one writes it first: a set of clients a room, a lock, `ws.send` to each under it. Stores nothing.

Run by gunicorn's gthread worker with a thread for each client, as flask-sock's documentation says.
"""

from collections import defaultdict
from threading import Lock

from flask import Flask, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed

app = Flask(__name__)
sock = Sock(app)
lock = Lock()  # guards rooms
rooms = defaultdict(set)


@sock.route("/<path:anything>")
def chat(ws, anything):
    clients = rooms[request.args.get("room", "general")]
    with lock:
        clients.add(ws)
    try:
        while True:
            text = ws.receive()
            with lock:
                for client in list(clients):
                    try:
                        client.send(text)
                    except (ConnectionClosed, OSError):
                        clients.discard(client)
    finally:
        with lock:
            clients.discard(ws)
