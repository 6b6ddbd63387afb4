"""The ground we build on: these fail when a library changes under what we replace in it or rely on.

After an upgrade, read the replaced code again, and only then put the new version here.
"""

from __future__ import annotations

import inspect
import re
import socket
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from socketserver import BaseServer, StreamRequestHandler, ThreadingMixIn, _SocketWriter  # type: ignore[attr-defined]
from typing import Any

import flask_sock
import pytest
import simple_websocket
from flask import Flask
from gunicorn import util
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config, NumWorkersChanged
from gunicorn.http import message as http_message
from gunicorn.http import parser as http_parser
from gunicorn.http import wsgi as http_wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker
from werkzeug import serving
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from chatapp.live.handshake import SOCKETS, SPOKEN, Upgraded
from chatapp.servers import command
from chatapp.servers.connection import Connection
from chatapp.servers.worker import Worker as OurWorker

from ..actors import ROOT, handshake_headers

WERKZEUG = (ThreadedWSGIServer, BaseWSGIServer)
PINNED = {
    "gunicorn": "27.0.1",
    "simple-websocket": "1.1.0",
    "Flask-Sock": "0.7.0",
    "wsproto": "1.3.2",
    "Werkzeug": "3.1.9",
}


def names_in(function: Callable[..., Any]) -> set[str]:
    """Every global and attribute that a function's code uses, its inner functions' too."""
    found: set[str] = set()
    codes = [inspect.unwrap(function).__code__]
    while codes:
        code = codes.pop()
        found |= {*code.co_names, *code.co_freevars}
        codes += [constant for constant in code.co_consts if inspect.iscode(constant)]
    return found


@pytest.mark.parametrize(("library", "pinned"), PINNED.items())
def test_the_library_is_the_version_that_was_read(library: str, pinned: str) -> None:
    assert version(library) == pinned


def test_the_requirements_pin_the_same_versions() -> None:
    required = {
        name.strip().lower(): pinned.strip(" \\")
        for name, is_pin, pinned in (
            line.partition("#")[0].partition(";")[0].partition("==")
            for line in (ROOT / "requirements.txt").read_text().splitlines()
        )
        if is_pin
    }
    assert {library: required.get(library.lower()) for library in PINNED} == PINNED


class TestGunicorn:
    def test_a_worker_accepts_in_the_method_that_we_replace(self) -> None:
        assert {"accept", "nr_conns", "TConn", "enqueue_req"} <= names_in(gthread.ThreadWorker.accept)
        assert {"accept", "_accepting"} <= names_in(gthread.ThreadWorker.set_accept_enabled)
        assert issubclass(Connection, gthread.TConn)
        assert list(inspect.signature(gthread.TConn).parameters) == ["cfg", "sock", "client", "server"]

    @pytest.mark.parametrize(
        "method",
        [
            *("accept", "set_accept_enabled", "finish_request", "murder_pending", "handle_request"),
            "_keepalive_after",
        ],
    )
    def test_a_method_of_the_worker_that_we_override_takes_what_we_take(self, method: str) -> None:
        theirs = inspect.signature(getattr(gthread.ThreadWorker, method))
        assert inspect.signature(getattr(OurWorker, method)).parameters.keys() == theirs.parameters.keys()

    def test_the_loop_calls_what_we_override_and_keeps_no_connection_elsewhere(self) -> None:
        """Else connections would wait in gunicorn's lists, which ours never looks at."""
        called = names_in(gthread.ThreadWorker.run)
        assert {"murder_pending", "set_accept_enabled", "worker_connections", "nr_conns"} <= called
        assert {"submit", "handle", "defer", "finish_request"} <= names_in(gthread.ThreadWorker.enqueue_req)
        lists = {"keepalived_conns", "pending_conns"}
        filling = {
            name
            for name, method in vars(gthread.ThreadWorker).items()
            if inspect.isfunction(method) and lists & names_in(method) and "append" in names_in(method)
        }
        assert filling == {"finish_request"}

    def test_a_handler_waits_for_no_data_of_a_connection_that_has_some(self) -> None:
        source = inspect.getsource(gthread.ThreadWorker.handle)
        assert "if not conn.initialized and not conn.data_ready:" in source
        assert source.index("conn.init()") < source.index("req = next(conn.parser)")
        assert "self.handle_request(req, conn)" in source

    def test_an_answer_is_written_by_the_methods_that_we_override(self) -> None:
        """`sendall`, `sendfile`, and `send` for the word to go on (100 Continue)."""
        assert "sendall" in names_in(util.write)
        assert "sendall" in names_in(util.write_chunk)
        assert {"sendall", "sendfile"} <= names_in(http_wsgi.Response.sendfile)
        assert "force_close" in dir(http_message.Request)

    @pytest.mark.parametrize("method", ["init", "close"])
    def test_a_method_that_we_override_takes_what_we_take(self, method: str) -> None:
        theirs = inspect.signature(getattr(gthread.TConn, method))
        assert inspect.signature(getattr(Connection, method)).parameters.keys() == theirs.parameters.keys()

    def test_a_connection_gets_its_parser_in_init_and_only_once(self) -> None:
        assert {"initialized", "parser", "get_parser"} <= names_in(gthread.TConn.init)
        one, other = socket.socketpair()
        with one, other:
            connection = gthread.TConn(Config(), one, ("127.0.0.1", 1), ("127.0.0.1", 2))
            assert (connection.initialized, connection.parser) == (False, None)
            connection.init()
            parser = connection.parser
            assert type(parser.unreader) is SocketUnreader
            assert parser.unreader.sock is one
            connection.init()
            assert connection.parser is parser

    def test_a_finished_request_is_closed_gracefully_in_the_accept_loop(self) -> None:
        """What our `close` moves to the pool: without it, up to 2 s in the loop for each connection."""
        assert {"result", "cancelled", "close"} <= names_in(gthread.ThreadWorker.finish_request)
        assert {"submit", "add_done_callback", "defer", "finish_request"} <= names_in(gthread.ThreadWorker.enqueue_req)
        assert "close_graceful" in names_in(gthread.TConn.close)
        assert inspect.signature(util.close_graceful).parameters["timeout"].default == 2.0

    def test_a_graceful_close_makes_the_socket_block_again_first(self) -> None:
        source = inspect.getsource(gthread.TConn.close)
        assert (
            source.index("setblocking(True)") < source.index("close_graceful") < source.index("util.close(self.sock)")
        )

    def test_a_request_is_read_through_chunk(self) -> None:
        assert list(inspect.signature(SocketUnreader.chunk).parameters) == ["self", "size_hint"]
        assert "chunk" in names_in(SocketUnreader.read)
        assert {"recv", "sock"} <= names_in(SocketUnreader.chunk)
        assert {"unread", "take_buffered"} <= set(dir(SocketUnreader))
        assert "unreader" in names_in(http_parser.Parser.__next__)

    def test_a_body_is_invited_where_we_keep_it_from_being_invited_twice(self) -> None:
        assert "_expected_100_continue" in names_in(http_wsgi.create)
        assert {"body", "_expected_100_continue"} <= names_in(http_message.Request.__init__) | names_in(
            http_message.Message.__init__
        ) | set(vars(http_message.Message))

    def test_the_pool_is_made_before_the_application_is_loaded_and_used_only_after(self) -> None:
        """So that it can be replaced in between, in `post_worker_init`."""
        source = inspect.getsource(gthread.ThreadWorker.init_process)
        assert source.index("tpool") < source.index("super().init_process")
        source = inspect.getsource(Worker.init_process)
        assert source.index("init_signals()") < source.index("load_wsgi()") < source.index("post_worker_init")
        assert source.index("post_worker_init") < source.index("self.run()")
        assert {"tpool", "shutdown"} <= names_in(gthread.ThreadWorker.handle_quit)

    def test_the_worker_has_what_we_ask_it_for(self) -> None:
        assert {"sockets", "ppid", "age"} <= names_in(Worker.__init__)
        assert "app" in names_in(Worker.__init__)
        assert {"ppid", "getppid"} <= names_in(gthread.ThreadWorker.is_parent_alive)

    def test_the_master_counts_its_workers_where_we_correct_it(self) -> None:
        assert "_num_workers" in names_in(Arbiter._set_num_workers)
        assert "_num_workers" in names_in(Arbiter._get_num_workers)
        source = inspect.getsource(Arbiter._set_num_workers)
        assert source.index("self._num_workers = value") < source.index("nworkers_changed(self, value, old_value)")
        source = inspect.getsource(Arbiter.handle_ttin)
        assert source.index("num_workers += 1") < source.index("manage_workers")
        assert list(inspect.signature(NumWorkersChanged.default).parameters) == ["server", "new_value", "old_value"]

    def test_the_master_starts_nothing_before_on_starting_and_gives_up_on_our_exit_status(self) -> None:
        source = inspect.getsource(Arbiter.start)
        assert source.index("on_starting") < source.index("create_sockets")
        assert Arbiter.APP_LOAD_ERROR == command.BOOT_FAILED
        assert {"APP_LOAD_ERROR", "HaltServer"} <= names_in(Arbiter.reap_workers)

    def test_an_application_looks_at_its_settings_and_becomes_a_daemon_in_run(self) -> None:
        source = inspect.getsource(Application.run)
        assert source.index("self.cfg.check_config") < source.index("sys.exit(0)") < source.index("util.daemonize(")

    def test_every_setting_of_ours_is_one_of_gunicorns(self) -> None:
        names = {"threads", "worker_connections", "backlog", "keepalive", "control_socket_disable", "worker_class"}
        hooks = {"on_starting", "nworkers_changed", "post_fork", "post_worker_init", "worker_exit"}
        assert names | hooks <= Config().settings.keys()
        written = {line.partition(" = ")[0] for line in (ROOT / "gunicorn.conf.py").read_text().splitlines()}
        assert names | hooks <= written

    def test_the_socket_is_in_the_environ(self) -> None:
        source = Path(inspect.getfile(gthread)).parent.parent / "http" / "wsgi.py"
        assert '"gunicorn.socket": sock' in source.read_text()


class TestSimpleWebSocket:
    def test_its_own_handshake_gives_the_answer_that_ours_gives(self) -> None:
        """Its class is what ours stands in the place of."""
        ours, theirs = socket.socketpair()
        fields = handshake_headers(Host="chat", Sec_WebSocket_Protocol="chat.v1")
        headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields.items()}
        with ours, theirs:
            simple_websocket.Server(
                {**headers, "werkzeug.socket": theirs}, subprotocols=["chat.v1"], thread_class=_NoThread
            )
            library = ours.recv(4_096)
            Upgraded({**headers, "werkzeug.socket": theirs, SPOKEN: "chat.v1"})
            answer = ours.recv(4_096)
        assert _head(answer) == _head(library)

    def test_it_knows_the_servers_by_the_names_that_we_know(self) -> None:
        source = inspect.getsource(simple_websocket.Server.__init__)
        assert [name for name in SOCKETS if f"environ.get('{name}')" in source] == list(SOCKETS)


class _NoThread:
    """Its reader, which would wait for frames."""

    name = ""

    def __init__(self, *, target: Callable[[], None]):
        pass

    def start(self) -> None:
        pass


def _head(answer: bytes) -> tuple[str, set[str]]:
    """Status and headers; their names in lower case, for the case of names does not count."""
    status, *lines = answer.decode().strip().split("\r\n")
    fields = (line.partition(":") for line in lines)
    return " ".join(status.split(" ")[:2]), {f"{name.lower()}: {value.strip()}" for name, _, value in fields}


class TestFlaskSock:
    def test_the_handler_runs_inside_the_request(self) -> None:
        assert "Server" in names_in(flask_sock.Sock.route)

    def test_it_asks_what_we_put_in_the_place_of_its_server_for_nothing_else(self) -> None:
        source = inspect.getsource(flask_sock.Sock.route)
        used = set(re.findall(r"\bws\.(\w+)", source.rpartition("def websocket_route")[2]))
        assert used == {"close", "mode"}
        assert flask_sock.Server in (Upgraded, simple_websocket.Server)

    def test_under_gunicorn_nothing_is_written_behind_the_websocket(self) -> None:
        """It ends the response with StopIteration, which the worker takes for the end of the connection."""
        assert "raise StopIteration" in inspect.getsource(flask_sock.Sock.route)
        source = inspect.getsource(gthread.ThreadWorker.handle)
        assert "except StopIteration" in source

    def test_a_route_on_a_blueprint_is_a_websocket_route_of_it(self) -> None:
        app = Flask(__name__)
        blueprint = flask_sock.Blueprint("live", __name__)
        flask_sock.Sock(app).route("/ws", blueprint)(lambda ws: None)
        app.register_blueprint(blueprint)
        rule = next(rule for rule in app.url_map.iter_rules() if rule.rule == "/ws")
        assert rule.websocket


class TestWerkzeug:
    def test_a_request_handler_sets_no_time_out_of_its_own(self) -> None:
        assert issubclass(WSGIRequestHandler, StreamRequestHandler)
        assert WSGIRequestHandler.timeout is None  # with one, each `send` would wait
        assert "timeout" in names_in(StreamRequestHandler.setup)

    def test_a_connection_is_accepted_and_closed_by_the_methods_that_we_replace(self) -> None:
        assert not {"get_request", "verify_request"} & {name for cls in WERKZEUG for name in vars(cls)}
        source = inspect.getsource(BaseServer._handle_request_noblock)  # type: ignore[attr-defined]
        assert "request, client_address = self.get_request()" in source
        assert "except OSError" in source
        assert source.index("if self.verify_request(request, client_address)") < source.index("self.process_request")
        assert source.count("self.shutdown_request(request)") == 3
        assert "close" in names_in(ThreadedWSGIServer.close_request)
        assert "self._sock.sendall" in inspect.getsource(_SocketWriter.write)

    def test_what_a_request_is_read_from_is_made_in_the_method_that_we_replace_once_a_connection(self) -> None:
        assert "setup" not in vars(WSGIRequestHandler)
        assert "self.rfile = self.connection.makefile('rb'" in inspect.getsource(StreamRequestHandler.setup)
        assert 'self.send_header("Connection", "close")' in inspect.getsource(WSGIRequestHandler.run_wsgi)

    def test_a_request_is_run_and_its_chunks_are_read_by_what_we_replace(self) -> None:
        assert "run_wsgi" in names_in(WSGIRequestHandler.__getattr__)
        assert "handle_error" in names_in(ThreadingMixIn.process_request_thread)
        assert "DechunkedInput" in names_in(WSGIRequestHandler.make_environ)
        assert "read_chunk_len" in names_in(serving.DechunkedInput.readinto)

    def test_its_threads_do_not_keep_the_process(self) -> None:
        assert ThreadedWSGIServer.daemon_threads is True
        assert "werkzeug.socket" in inspect.getsource(WSGIRequestHandler.make_environ)

    def test_a_request_needs_these_two_of_the_selectors(self) -> None:
        used = set(re.findall(r"\bselectors\.(\w+)", inspect.getsource(serving)))
        assert used == {"DefaultSelector", "EVENT_READ"}
