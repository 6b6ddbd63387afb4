"""The database file is taken away from a running server: nothing is acknowledged, and everybody can see why."""

from __future__ import annotations

import json

from ..actors import Server, eventually


def test_a_deleted_database_makes_busy_and_ill_until_the_server_is_started_anew(server: Server) -> None:
    ana = server.enter("Ana")
    ana.hear("message", nonce=ana.post("kept"))
    epoch = server.talk(chat=True).hear("welcome")["epoch"]
    (server.data / "chat.sqlite3").unlink()
    eventually(lambda: server.get("/healthz")[0] == 503)
    body = server.get("/healthz")[2]
    assert json.loads(body)["code"] == "busy"
    assert b"the database was deleted, moved or replaced while the server was running" in body
    for _ in range(3):
        assert ana.hear(nonce=ana.post("lost"))["code"] == "busy"
    assert server.get("/")[0] == 200
    assert not (server.data / "chat.sqlite3").exists()
    said = [line for line in server.terminal.splitlines() if "chat.sqlite3 was deleted or moved away" in line]
    assert len(said) == 1
    assert "Traceback" not in server.terminal
    assert server.stop() == 0
    server.start()
    newcomer = server.talk("/chat?name=Ana", chat=True)
    assert newcomer.hear("welcome")["epoch"] != epoch
    assert newcomer.join(after=1)["reset"]
