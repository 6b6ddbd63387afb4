"""chat.v1's parser: any text is a command or a refusal with a code, and nothing else ever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp.live import protocol
from chatapp.live.protocol import BadCommand, Command, Deed, Join, MarkRead, Ping, PostMessage, parse
from chatapp.model import Author, Message, Poll

from ..actors import ROOT

CODES = {"bad-json", "unknown-type", "bad-field"}
TYPES = [variant.__struct_config__.tag for variant in Command.__args__]

# A client's text comes out of a UTF-8 decoder: it has no lone surrogate, but JSON can escape one.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SHORT = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
NONCES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
SEQS = st.integers(0, 2**53 - 1)
SLUGS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from([*TYPES, "general"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([*TYPES, "explode", "POST", ""]) | JSON,
        "room": SLUGS | JSON,
        "text": TEXT | JSON,
        "nonce": NONCES | JSON,
        "seq": SEQS | JSON,
        "after": SEQS | JSON,
        "limit": st.integers(-1, 501) | JSON,
        "name": TEXT | JSON,
        "unknown": JSON,
    },
)


def outcome(text: str) -> Command | BadCommand:
    try:
        return parse(text)
    except BadCommand as refusal:
        return refusal


def bad(text: str) -> BadCommand:
    refusal = outcome(text)
    assert isinstance(refusal, BadCommand)
    return refusal


@given(
    TEXT | JSON.map(json.dumps) | NEARLY.map(json.dumps) | NEARLY.map(lambda said: json.dumps(said, ensure_ascii=False))
)
@example("[" * 100_000)
@example('{"type":"post","room":"general","nonce":"n","text":' + "[" * 30_000)
@example('{"a":' * 30_000)
@example('{"type":"ping","x":NaN}')
@example('{"type":"ping","x":1e999}')
@example('{"type":"ping","x":' + "9" * 5_000 + "}")
@example('{"type":"post","room":"general","text":"\\ud800","nonce":"n"}')
@example('{"type":"post","room":"general","text":"\\udc00 x","nonce":"n"}')
@example('{"type":"post","room":"general","text":"\\ud800\\u0041","nonce":"n"}')
@example('{"type":"post","room":"general","text":"x","nonce":"\\udfff"}')
@example('{"type":"ping","type":"post"}')
@example('{"type":"ping"} {"type":"ping"}')
@example("\ufeff{}")
def test_any_text_is_a_command_or_refused_with_one_of_the_codes(text: str) -> None:
    found = outcome(text)
    if isinstance(found, BadCommand):
        assert found.code in CODES
    else:
        protocol.encode(found).decode()  # it holds nothing that cannot be sent


@given(NEARLY)
@example({"type": "join", "nonce": "n" * 64})
@example({"type": "join", "nonce": "n" * 65})
@example({"type": "join", "nonce": ""})
@example({"type": "edit", "nonce": "n1"})
@example({"type": "explode", "nonce": "n1"})
@example({"nonce": "n1"})
def test_a_refusal_repeats_the_nonce_where_it_can_be_used(said: dict[str, Any]) -> None:
    found = outcome(json.dumps(said))
    if isinstance(found, BadCommand):
        nonce = said.get("nonce")
        usable = isinstance(nonce, str) and 1 <= len(nonce) <= 64
        assert found.nonce == (nonce if usable else None)
        known = said.get("type") in TYPES or not isinstance(said.get("type"), str)
        assert found.code == ("bad-field" if known else "unknown-type")


@given(st.data())
def test_every_proper_command_is_understood_as_it_was_meant(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(Command.__args__)))
    strategies = {
        "room": SLUGS,
        "text": TEXT,
        "name": SHORT,
        "seq": SEQS,
        "after": st.none() | SEQS,
        "limit": st.none() | st.integers(1, 500),
        "target": SEQS,
        "reply_to": st.none() | SEQS,
        "emoji": st.text(max_size=32),
        "on": st.booleans(),
        "all": st.booleans(),
        "level": st.sampled_from(["all", "mentions", "none"]),
        "choices": st.lists(st.integers(0, 99), max_size=100),
        "poll": st.none() | st.builds(Poll, st.lists(SHORT, max_size=10)),
        "topic": st.none() | SHORT,
        "archived": st.none() | st.booleans(),
        "nonce": NONCES if kind in Deed.__args__ else st.none() | NONCES,
    }
    command = kind(**{name: data.draw(strategies[name]) for name in kind.__struct_fields__})
    assert parse(protocol.encode(command).decode()) == command
    said = json.loads(protocol.encode(command))
    assert parse(json.dumps({**said, "unknown": [1], "later": None})) == command


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ({"type": "ping"}, Ping()),
        ({"type": "join", "room": "general"}, Join("general")),
        ({"type": "join", "room": "general", "after": None, "nonce": None}, Join("general")),
        ({"nonce": "n", "text": "t", "room": "r", "type": "post"}, PostMessage("r", "t", "n")),
        ({"type": "read", "room": "r", "seq": 2**53 - 1}, MarkRead("r", 2**53 - 1)),
    ],
)
def test_a_command_is_its_fields_in_any_order(said: dict[str, Any], command: Command) -> None:
    assert parse(json.dumps(said)) == command


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("", "bad-json", None),
        ("hello", "bad-json", None),
        ("[]", "bad-json", None),
        ('"ping"', "bad-json", None),
        ("null", "bad-json", None),
        ('{"type":"ping"', "bad-json", None),
        ("{'type':'ping'}", "bad-json", None),
        ('{"type":"ping"}{"type":"ping"}', "bad-json", None),
        ("{}", "bad-field", "type"),
        ('{"type":7}', "bad-field", "type"),
        ('{"type":null}', "bad-field", "type"),
        ('{"type":"explode","room":"r","target":1,"text":"t","nonce":"n"}', "unknown-type", "type"),
        ('{"type":"PING"}', "unknown-type", "type"),
        ('{"type":"join"}', "bad-field", "room"),
        ('{"type":"join","room":""}', "bad-field", "room"),
        ('{"type":"join","room":"%s"}' % ("r" * 65), "bad-field", "room"),
        ('{"type":"join","room":7}', "bad-field", "room"),
        ('{"type":"join","room":"r","after":-1}', "bad-field", "after"),
        ('{"type":"join","room":"r","after":9007199254740992}', "bad-field", "after"),
        ('{"type":"join","room":"r","after":"1"}', "bad-field", "after"),
        ('{"type":"join","room":"r","after":true}', "bad-field", "after"),
        ('{"type":"join","room":"r","after":1.5}', "bad-field", "after"),
        ('{"type":"join","room":"r","limit":0}', "bad-field", "limit"),
        ('{"type":"join","room":"r","limit":501}', "bad-field", "limit"),
        ('{"type":"post","room":"r","text":"t"}', "bad-field", "nonce"),
        ('{"type":"post","room":"r","text":"t","nonce":""}', "bad-field", "nonce"),
        ('{"type":"post","room":"r","text":"t","nonce":null}', "bad-field", "nonce"),
        ('{"type":"post","room":"r","text":"t","nonce":"%s"}' % ("n" * 65), "bad-field", "nonce"),
        ('{"type":"post","room":"r","text":null,"nonce":"n"}', "bad-field", "text"),
        ('{"type":"post","room":"r","text":{"type":"ping"},"nonce":"n"}', "bad-field", "text"),
        ('{"type":"post","room":"r","text":"t","nonce":"n","reply_to":-1}', "bad-field", "reply_to"),
        ('{"type":"post","room":"r","text":"t","nonce":"n","reply_to":"1"}', "bad-field", "reply_to"),
        ('{"type":"edit","room":"r","target":1,"text":"t"}', "bad-field", "nonce"),
        ('{"type":"edit","room":"r","text":"t","nonce":"n"}', "bad-field", "target"),
        ('{"type":"edit","room":"r","target":1,"nonce":"n"}', "bad-field", "text"),
        ('{"type":"edit","room":"r","target":9007199254740992,"text":"t","nonce":"n"}', "bad-field", "target"),
        ('{"type":"delete","room":"r","nonce":"n"}', "bad-field", "target"),
        ('{"type":"delete","room":"r","target":1.5,"nonce":"n"}', "bad-field", "target"),
        ('{"type":"react","room":"r","target":1,"emoji":"x","nonce":"n"}', "bad-field", "on"),
        ('{"type":"react","room":"r","target":1,"emoji":"x","on":1,"nonce":"n"}', "bad-field", "on"),
        ('{"type":"react","room":"r","target":1,"emoji":7,"on":true,"nonce":"n"}', "bad-field", "emoji"),
        ('{"type":"read","room":"r"}', "bad-field", "seq"),
        ('{"type":"rename"}', "bad-field", "name"),
        ('{"type":"rename","name":["a"]}', "bad-field", "name"),
    ],
)
def test_what_is_wrong_is_said(text: str, code: str, field: str | None) -> None:
    refusal = bad(text)
    assert (refusal.code, refusal.field) == (code, field)


def test_no_text_ends_the_process_on_a_handlers_small_stack() -> None:
    """The decoder goes down the C stack bracket by bracket; in a process of its own, for a failure kills it."""
    program = """
import sys, threading
from chatapp.live.protocol import BadCommand, parse

def hear():
    for text in ('[' * 60_000, '{"a":' * 12_000, '{"type":"ping","x":' + '[' * 60_000, '{"type":' + '{"a":' * 12_000):
        try:
            parse(text)
        except BadCommand as refusal:
            print(refusal.code)

threading.stack_size(262_144)
thread = threading.Thread(target=hear)
thread.start()
thread.join()
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout.split()) == (0, ["bad-json"] * 4), ended.stderr


def test_a_nonce_is_counted_in_characters() -> None:
    for nonce in ("n" * 64, "😀" * 64):
        assert parse(json.dumps({"type": "ping", "nonce": nonce})) == Ping(nonce)


def test_a_message_goes_over_the_wire_without_the_fields_it_has_not() -> None:
    message = Message("general", 7, "2023-11-14T22:13:20.123Z", Author("p1", "Ana"), "olá\n</script>")
    assert json.loads(protocol.encode(message)) == {
        "type": "message",
        "room": "general",
        "seq": 7,
        "at": "2023-11-14T22:13:20.123Z",
        "author": {"id": "p1", "name": "Ana"},
        "text": "olá\n</script>",
    }
    with_nonce = msgspec.structs.replace(message, nonce="n1")
    assert json.loads(protocol.encode(with_nonce))["nonce"] == "n1"


def test_joined_always_says_whether_there_is_a_gap() -> None:
    said = json.loads(protocol.encode(protocol.Joined("general", 0, [], False, [], 0)))
    empty = {"events": [], "gap": False, "members": [], "count": 0}
    assert said == {"type": "joined", "room": "general", "head": 0, **empty}
