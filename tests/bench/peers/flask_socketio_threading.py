"""Flask-SocketIO in its threading mode, rooms and all. Stores nothing.

Run by gunicorn's gthread worker with a thread for each client, as its documentation says. Its clients speak Socket.IO.
"""

from flask import Flask, request
from flask_socketio import SocketIO, join_room, send

app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading", http_compression=False)


@socketio.on("connect")
def connect():
    join_room(request.args.get("room", "general"))


@socketio.on("message")
def message(text):
    send(text, to=request.args.get("room", "general"))
