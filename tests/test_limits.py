"""No input costs work that grows with it: every field has a limit, and 60,000 hostile characters in it cost next to
nothing. The fields are those of the structs that are decoded, and the parameters those of the described addresses."""

from __future__ import annotations

import ast
import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from msgspec import inspect

from chatapp import create_app
from chatapp.complaints import rejection
from chatapp.flow.door import GivenKey
from chatapp.flow.words import AskHandshake, Watch
from chatapp.limits import LANGUAGE_LIMIT, NAME_MOST, OPTION_MOST, ROOM_NAME_MOST, TOPIC_MOST
from chatapp.live import protocol
from chatapp.web.lab import Suffer, Throw
from chatapp.web.openapi import IN_THE_PATH
from chatapp.web.operations import Operation, operations

from .actors import ROOT, Closed, Refused, frame
from .conftest import Wire

LENGTH = 60_000  # characters of a hostile value
REQUEST_LINE = 60_000  # characters of an encoded query: `flask run` reads no longer line, and gunicorn a tenth
HEADER = 8_000  # characters of a hostile header: no server here reads much longer ones
CPU_MOST = 0.05  # seconds of a thread's processor time for one of them; on a quiet machine it is a tenth
HOSTILE = [
    *("\u0301\u0316", "\u0344", "\ufdfa", "\U0001f468\u200d", "\u200b", " ", "\n"),
    *("*", "$", "[", ":", "@", "`", "\\", "9", "%", "-"),
]
UNDESCRIBED = {"room", "v"}  # parameters of `/chat` and `/service-worker.js`, which are in no description

COMMANDS = [*protocol.Command.__args__]
OTHERS = [Throw, Suffer, GivenKey, Watch, AskHandshake]  # decoded, and in no description


def hostile(sign: str) -> str:
    return (sign * LENGTH)[:LENGTH]


def unlimited(known: inspect.Type, where: str) -> Iterator[str]:
    """The strings and lists in a type that may be as long as anybody likes."""
    match known:
        case inspect.Metadata():
            yield from unlimited(known.type, where)
        case inspect.StructType():
            for field in known.fields:
                yield from unlimited(field.type, f"{where}.{field.encode_name}")
        case inspect.UnionType():
            for one in known.types:
                yield from unlimited(one, where)
        case inspect.ListType():
            if known.max_length is None:
                yield where
            yield from unlimited(known.item_type, f"{where}[]")
        case inspect.StrType():
            if known.max_length is None:
                yield where
        case inspect.IntType() | inspect.BoolType() | inspect.NoneType() | inspect.LiteralType() | inspect.EnumType():
            pass
        case _:
            yield f"{where}: {type(known).__name__} is new here"


def test_every_field_that_is_sent_and_every_parameter_has_a_limit() -> None:
    taken = [operation.takes for operation in operations() if operation.takes]
    found = [
        place for kind in (*COMMANDS, *taken, *OTHERS) for place in unlimited(inspect.type_info(kind), kind.__name__)
    ]
    for operation in operations():
        for name, kind in operation.query.items():
            found += unlimited(inspect.type_info(kind), f"{operation.method} {operation.path}?{name}")
    for name, kind in IN_THE_PATH.items():
        found += unlimited(inspect.type_info(kind), name)
    assert found == []


def test_a_field_without_a_limit_would_be_noticed() -> None:
    assert list(unlimited(inspect.type_info(protocol.Welcome), "w"))[:2] == ["w.page_version", "w.epoch"]


def test_no_parameter_or_body_is_read_that_is_not_among_those_that_are_tried_here() -> None:
    read: set[str] = set()
    bodies: set[str] = set()
    for path in (ROOT / "chatapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func)
                if called.endswith("request.args.get") or called == "query":
                    read.add(str(node.args[0].value))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "body":
                bodies.add(ast.unparse(node.args[0]))
            elif isinstance(node, ast.Subscript):
                assert ast.unparse(node.value) != "request.args", path
    described = {name for operation in operations() for name in operation.query}
    assert read - described == UNDESCRIBED
    taken = {operation.takes.__name__ for operation in operations() if operation.takes}
    assert bodies == taken | {kind.__name__ for kind in OTHERS if kind not in (Watch, AskHandshake)}


@pytest.mark.parametrize(
    ("kind", "sent", "code", "field"),
    [
        (protocol.Rename, {"name": "x" * (NAME_MOST + 1)}, "bad-name", "name"),
        (protocol.Configure, {"name": "x" * (ROOM_NAME_MOST + 1)}, "bad-name", "name"),
        (protocol.Configure, {"topic": "x" * (TOPIC_MOST + 1)}, "bad-topic", "topic"),
        (protocol.PostMessage, {"poll": {"options": ["x" * (OPTION_MOST + 1)]}}, "bad-poll", "options"),
        (protocol.PostMessage, {"poll": {"options": ["x"] * 41}}, "bad-poll", "options"),
        (protocol.React, {"emoji": "x" * 33}, "bad-field", "emoji"),
        (protocol.Vote, {"choices": [1] * 101}, "bad-field", "choices"),
        (protocol.Vote, {"room": "x" * 65}, "bad-field", "room"),
        (protocol.Rename, {"name": 7}, "bad-field", "name"),
        (protocol.PostMessage, {"poll": {"options": 7}}, "bad-field", "poll"),
    ],
)
def test_what_is_too_long_is_rejected_with_the_code_of_its_rule(
    kind: Any, sent: dict[str, Any], code: str, field: str
) -> None:
    fitting = {"room": "general", "target": 1, "text": "x", "nonce": "n", "emoji": "x", "on": True, "choices": []}
    with pytest.raises(protocol.BadCommand) as rejected:
        protocol.parse(json.dumps({**fitting, "type": kind.__struct_config__.tag, **sent}))
    assert (rejected.value.code, rejected.value.field, rejected.value.nonce) == (code, field, "n")


def test_a_type_that_says_nothing_of_its_limit_is_rejected_as_bad_field() -> None:
    wrong = rejection("Expected `str` of length <= 16 - at `$.lang`", list[str])
    assert (wrong.code, wrong.field, wrong.values) == ("bad-field", "lang", {})


# What the limits are for.


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A chat that would read as much as anybody sends, with a message of Ana's."""
    folder = str(tmp_path_factory.mktemp("limits"))
    app = create_app({"DATA": folder, "RATE_LIMIT": 0, "FRAME_LIMIT": 1_000_000, "LOG_LEVEL": "ERROR", "LAB": True})
    app.config["MAX_CONTENT_LENGTH"] = None
    app.extensions["chatapp"].start()
    said = {"text": "hello", "nonce": "n"}
    assert app.test_client().post("/api/rooms/general/messages?name=ana", json=said).status_code == 201
    # As a server does once all is loaded: a full collection takes some 100 ms of whichever thread is at work.
    gc.collect()
    gc.freeze()
    yield app
    gc.unfreeze()
    app.extensions["chatapp"].stop()


class Watched:
    """The processor time that each thread takes, by its name."""

    def __init__(self) -> None:
        self._clocks = {each: time.pthread_getcpuclockid(each.ident or 0) for each in threading.enumerate()}
        self._begun = self._now()

    def took(self) -> dict[str, float]:
        now = self._now()
        return {each.name: now[each] - self._begun[each] for each in now}

    def _now(self) -> dict[threading.Thread, float]:
        return {each: time.clock_gettime(clock) for each, clock in self._clocks.items() if each.is_alive()}


def values(known: inspect.Type, sign: str) -> Iterator[Any]:
    """Hostile values for a field of that type: a text, whatever it takes; in a list, as many as there are; and in a
    struct one in each field."""
    text = hostile(sign)
    yield text
    match known:
        case inspect.Metadata():
            yield from list(values(known.type, sign))[1:]
        case inspect.UnionType():
            for one in known.types:
                yield from list(values(one, sign))[1:]
        case inspect.ListType():
            yield [text] * 2
            yield [text[:100] for _ in range(LENGTH // 100)]
        case inspect.StructType():
            for field in known.fields:
                for value in values(field.type, sign):
                    yield {"options": ["a", "b"], field.encode_name: value}


def bodies(kind: Any, fitting: dict[str, Any], sign: str) -> Iterator[dict[str, Any]]:
    """What is sent as that struct, with something hostile in each of its fields, and as the name of a field."""
    known = inspect.type_info(kind)
    assert isinstance(known, inspect.StructType)
    for field in known.fields:
        for value in values(field.type, sign):
            yield {**fitting, field.encode_name: value}
    yield {**fitting, hostile(sign): 1}


FITTING = {
    "room": "general",
    "target": 1,
    "text": "x",
    "nonce": "n1",
    "emoji": "👍",
    "on": True,
    "choices": [],
    "seq": 1,
    "level": "all",
    "name": "Ana",
    "topic": "",
    "lang": "en",
    "number": 1,
    "do": "join",
}


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_a_hostile_value_in_any_field_of_a_command_costs_next_to_nothing(served: Flask, kind: Any) -> None:
    wire = Wire(served)
    fitting = {name: value for name, value in FITTING.items() if name in kind.__struct_fields__}
    try:
        client = wire.enter("Bia")
        for sign in HOSTILE:
            for number, sent in enumerate(bodies(kind, fitting, sign)):
                watched = Watched()
                said = {**sent, "type": kind.__struct_config__.tag}
                client.put(frame(0x1, json.dumps(said, ensure_ascii=False).encode()))
                client.say("ping", nonce=f"{number}")
                client.hear("pong", nonce=f"{number}")
                dear = {name: took for name, took in watched.took().items() if took > CPU_MOST}
                assert dear == {}, (sign, [name for name, value in sent.items() if fitting.get(name) != value])
    finally:
        wire.end()


def ask(app: Flask, method: str, path: str, query: str = "", body: Any = None, **headers: str) -> tuple[int, float]:
    """Sends a request as a server passes it on. Gives the status and the seconds of processor time."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    environ = {
        "REQUEST_METHOD": method.upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        **headers,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **({} if body is None else {"CONTENT_LENGTH": str(len(content)), "CONTENT_TYPE": "application/json"}),
    }
    told: list[str] = []

    def start_response(status: str, *_: Any) -> Callable[[bytes], None]:
        told.append(status)
        return lambda _: None

    begun = time.thread_time()
    answer = app(environ, start_response)
    b"".join(answer)
    took = time.thread_time() - begun
    return int(told[0].split()[0]), took


@cache
def quoted(sign: str) -> str:
    return quote(hostile(sign), safe="")[:REQUEST_LINE]


def requests(operation: Operation, sign: str) -> Iterator[tuple[str, str, Any]]:
    """Paths, queries and bodies with something hostile in each parameter, and in each field."""
    fitting = {"slug": "general", "seq": "1", "emoji": "👍"}
    path = operation.path.format(**fitting)
    for name in IN_THE_PATH:
        if f"{{{name}}}" in operation.path:
            yield operation.path.format(**{**fitting, name: hostile(sign)}), "", None
    for name in operation.query:
        yield path, f"{name}={quoted(sign)}", None
    if operation.takes:
        fields = operation.takes.__struct_fields__
        for body in bodies(operation.takes, {name: FITTING[name] for name in fields if name in FITTING}, sign):
            yield path, "name=ana", body


@pytest.mark.parametrize("operation", [*operations()], ids=lambda operation: f"{operation.method} {operation.path}")
def test_a_hostile_value_in_any_part_of_a_request_costs_next_to_nothing(served: Flask, operation: Operation) -> None:
    for sign in HOSTILE:
        for path, query, body in requests(operation, sign):
            watched = Watched()
            status, took = ask(served, operation.method, path, query, body)
            where = (sign, path[:80], query[:20], body and [*body])
            assert status < 500, where
            assert took < CPU_MOST, where
            dear = {name: each for name, each in watched.took().items() if each > CPU_MOST and name != "MainThread"}
            assert dear == {}, where


@pytest.mark.parametrize(
    ("method", "path", "query", "kind"),
    [
        ("post", "/lab/switch", "", Throw),
        ("post", "/lab/client", "", Suffer),
        ("get", "/r/{}", "", None),
        ("get", "/r/general/{}", "", None),
        ("post", "/flow/key", "", GivenKey),
        ("get", "/static/{}", "", None),
        ("get", "/{}", "", None),
    ],
)
def test_a_hostile_value_for_a_page_costs_next_to_nothing(
    served: Flask, method: str, path: str, query: str, kind: Any
) -> None:
    for sign in HOSTILE:
        for body in bodies(kind, {}, sign) if kind else (None,):
            status, took = ask(served, method, path.format(hostile(sign)), query.format(quoted(sign)), body)
            assert status < 500, sign
            assert took < CPU_MOST, sign


@pytest.mark.parametrize("header", ["COOKIE", "ACCEPT_LANGUAGE", "ORIGIN", "USER_AGENT", "FORWARDED", "RANGE"])
def test_a_hostile_header_costs_next_to_nothing(served: Flask, header: str) -> None:
    ask(served, "get", "/")  # loads the templates
    for sign in (";", ",", "a=b;", "en,", "en;q=1,", ".", "=", '"', "\\", " ", "a", "é", "-", "1-,"):
        for before in ("", "session=", "flow_key=", "bytes="):
            given = before + (sign * LENGTH)[:HEADER]
            status, took = ask(served, "get", "/", **{f"HTTP_{header}": given})
            assert status < 500, (header, sign)
            assert took < CPU_MOST, (header, sign)


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_hostile_text_in_the_plain_dialect_costs_next_to_nothing_and_ends_it(served: Flask, sign: str) -> None:
    wire = Wire(served)
    try:
        for asked in ("name", "room"):
            watched = Watched()
            with pytest.raises(Refused) as refused:
                wire.connect(f"/chat?{asked}={quote(hostile(sign), safe='')}")
            assert refused.value.status in (400, 404)
            assert {name: took for name, took in watched.took().items() if took > CPU_MOST} == {}
        client = wire.connect("/chat")
        watched = Watched()
        client.send(hostile(sign))
        with pytest.raises(Closed) as closed:
            client.receive()
        assert closed.value.code == 1009
        assert {name: took for name, took in watched.took().items() if took > CPU_MOST} == {}
    finally:
        wire.end()


def test_a_language_is_one_of_ours(served: Flask) -> None:
    answer = served.test_client().post(
        "/api/me", json={"lang": "x" * (LANGUAGE_LIMIT + 1)}, headers={"Origin": "http://localhost"}
    )
    assert (answer.status_code, (answer.get_json() or {}).get("field")) == (400, "lang")
