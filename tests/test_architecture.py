"""The shape of the house, read from its sources: which way imports go, who writes to sockets, what runs at import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .actors import ROOT

HOUSE = ROOT / "chatapp"
# Alembic loads these by itself and runs them; they are no modules of ours.
SOURCES = [path for path in sorted(HOUSE.rglob("*.py")) if "migrations" not in path.parts]
LONGEST = 320  # lines of a file: about 300, which one still reads in one go

# The way of a message, left to right, as `design.md` draws it: an import goes down this list, never up. What stands in
# one line does not know each other.
LAYERS: list[set[str]] = [
    {"chatapp"},
    {"app"},  # create_app knows all parts
    {"servers.flask_run", "servers.gthread"},
    # The commands, and what speaks to a chat from outside.
    {"cli"},
    {"backup", "client.prompt"},
    {"client.conversation", "client.follow"},
    {"client.rooms"},
    {"client.patience", "client.people", "client.person", "client.wire"},
    {"client.fetching", "client.show"},
    {"client.address", "client.heard"},
    {"servers.worker"},
    {"servers.connection"},
    {"servers.address", "servers.bodies", "servers.command", "servers.incoming", "servers.peers", "servers.pool"},
    {"servers.chunks", "servers.slots"},
    {"servers.answering", "servers.limits"},
    {"lifecycle"},
    {"flow.door", "web.openapi"},
    {"web.operations"},
    {"flow.access", "flow.collector"},
    {"flow.telling"},
    {"flow.snapshot", "flow.assembler", "flow.frames"},
    {"flow.threads", "flow.viewer", "flow.words"},
    {"web.api", "web.errors", "web.lab", "web.messages", "web.pages"},
    {"web.offline"},
    {"web.personal", "web.search", "web.static", "web.stream", "web.texts"},
    {"web.boot", "web.deeds"},
    {
        "web.browsers",
        "web.cookies",
        "web.joining",
        "web.exchange",
        "web.health",
        "web.limiting",
        "web.sites",
        "web.flow_strings",
        "web.lab_strings",
        "web.search_strings",
        "web.strings",
        "web.zipping",
    },
    {"web.flow_lessons"},
    {"live.door"},
    {"live.chat"},
    {"live.session"},
    {"live.heartbeat", "live.lobby", "live.resume"},
    {"live.addresses"},
    {"problems"},
    {"identity"},
    {"rooms.house"},
    {"rooms.announcing", "rooms.directory"},
    {"rooms.registry"},
    {"rooms.presence", "rooms.ratelimits", "rooms.room_changes"},
    {"rooms.rates"},
    {"rooms.names"},
    {"rooms.emoji"},
    {"log.search"},
    {"log.indexer"},
    {"log.history", "log.journal"},
    {"log.people", "log.posts", "log.records"},
    {"log.places", "log.polls"},
    {"log.database"},
    {"log.acts", "log.checkpoints", "log.guard"},
    {"log.changes", "log.continuity"},
    {"log.index"},
    {"log.fts5", "log.tsvector"},
    {"log.documents"},
    {"log.days"},
    {"log.standings"},
    {"log.calls"},
    {"log.present"},
    {"log.fold"},
    {"log.deadline", "log.epoch", "log.picks", "log.rows", "log.transaction", "log.wal"},
    {"log.schema"},
    {"bus.local"},
    # The laboratory, a chat of its own.
    {"lab.lab"},
    {"lab.room"},
    {"lab.clients", "lab.doors"},
    {"lab.server"},
    {"lab.members", "lab.wire"},
    {"lab.bugs", "lab.meters"},
    {"live.fanout"},
    {"live.ephemera"},
    {"live.hub"},
    {"live.outbox"},
    {"live.tcp"},
    {"live.handshake", "live.reader"},
    {"live.frames", "live.lines"},
    # What makes HTML of a text, and knows nobody.
    {"text.rendering"},
    {"text.cleaning", "text.html", "text.linked", "text.markup", "text.painter"},
    {"text.formula_rules"},
    {"text.colouring", "text.emoji", "text.formulas", "text.languages", "text.links", "text.mentions", "text.targets"},
    {"text.emphasis"},
    # What speaks of the nouns and does nothing: the wire's words, the sentences.
    {"details", "live.protocol"},
    {"live.news"},
    # The nouns, and what needs nothing of ours.
    {"complaints", "lock", "proxies", "terminal"},
    {"log_limit"},
    {"origins", "query", "secret", "snippets"},
    {
        "characters",
        "budget",
        "config",
        "cpu_time",
        "excerpt",
        "exhaustion",
        "guests",
        "model",
        "nesting",
        "networks",
        "private",
        "slow_start",
        "spelling",
        "tap",
        "vitals",
        "words",
    },
    {"announcements", "limits"},
]
PACKAGES = {"bus", "client", "flow", "lab", "live", "log", "rooms", "servers", "text", "web"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def name_of(path: Path) -> str:
    """`live.door`; `chatapp` for the whole."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts).removesuffix(".__init__").replace("__init__", "chatapp")


def imports_of(path: Path, tree: ast.AST) -> Iterator[str]:
    """The modules of ours that are imported anywhere in it."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "chatapp" for alias in node.names), f"{path}: write it relative"
        if not isinstance(node, ast.ImportFrom):
            continue
        assert node.level or (node.module or "").split(".")[0] != "chatapp", f"{path}: write it relative"
        if node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            base = [part for part in base if part][1:]
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield inner if inner in MODULES else ".".join(base)


MODULES = {name_of(path) for path in SOURCES}
IMPORTS = {name_of(path): set(imports_of(path, parsed(path))) for path in SOURCES}


def test_every_module_has_its_place_and_every_place_its_module() -> None:
    placed = [name for layer in LAYERS for name in layer]
    assert len(placed) == len(set(placed))
    assert set(placed) == MODULES - PACKAGES


def test_a_package_is_only_a_name() -> None:
    for package in PACKAGES:
        assert IMPORTS[package] == set()
        [docstring] = parsed(HOUSE / package / "__init__.py").body
        assert isinstance(docstring, ast.Expr)


def test_no_import_points_back() -> None:
    rank = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    back = {
        (name, imported)
        for name, others in IMPORTS.items()
        for imported in others - PACKAGES
        if rank[imported] <= rank[name]
    }
    assert back == set()


def test_no_module_imports_itself_by_a_detour() -> None:
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in done:
            for imported in IMPORTS.get(name, ()):
                visit(imported, (*way, name))
            done.add(name)

    for name in IMPORTS:
        visit(name, ())


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("rooms", {"socket", "select", "sqlalchemy", "flask", "simple_websocket", "wsproto", "json"}),
        ("log", {"socket", "select", "flask", "simple_websocket", "wsproto", "json"}),
        ("bus", {"sqlalchemy", "flask", "simple_websocket", "wsproto", "json"}),
        ("live", {"sqlalchemy", "alembic", "json"}),
        ("web", {"socket", "select", "sqlalchemy", "simple_websocket", "wsproto", "json"}),
        ("lab", {"sqlalchemy", "flask", "simple_websocket", "wsproto", "json"}),
        ("text", {"socket", "sqlalchemy", "flask", "simple_websocket", "wsproto"}),
    ],
)
def test_each_room_keeps_to_its_trade(package: str, strangers: set[str]) -> None:
    """`rooms` knows no socket and no SQL, `live` no SQL, and so on."""
    for path in (HOUSE / package).glob("*.py"):
        for node in ast.walk(parsed(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & strangers, path


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, with what is called as it is written."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_the_laboratory_knows_nothing_of_the_chat_that_it_could_break() -> None:
    own = {name for name in MODULES if name.split(".")[0] == "lab"}
    assert set().union(*(IMPORTS[name] for name in own)) - own == {"live.frames", "live.outbox", "model"}


def test_only_the_outbox_writes_to_a_clients_socket() -> None:
    writers = {
        (name_of(path), called)
        for path in SOURCES
        for called, _ in calls(path)
        if called.rpartition(".")[2] in ("send", "sendall", "sendmsg", "sendto", "sendfile", "makefile")
        and not called.endswith("outbox.send")  # the outbox itself
    }
    assert writers == {
        ("live.outbox", "self._sock.send"),
        ("servers.answering", "self.send"),  # answers over HTTP, before there is an outbox
        ("servers.answering", "self.sendall"),
        ("servers.answering", "sock.send"),
        ("live.fanout", "self._bell.send"),  # its own bell, a socket pair
        ("lab.wire", "super().send"),  # the laboratory's sockets, on their way out of its outboxes
        ("lab.clients", "sock.send"),  # the other end of them
        ("client.wire", "self._protocol.send"),  # makes bytes of a frame
        ("client.wire", "self._sock.sendall"),  # the other end of a real one
        ("client.conversation", "self._rings.sendall"),  # its own bell
        ("client.conversation", "wire.send"),
    }


def test_the_hub_sends_nothing_logs_nothing_and_waits_for_nobody_but_the_end() -> None:
    hub = HOUSE / "live" / "hub.py"
    called = {name.rpartition(".")[2] for name, _ in calls(hub)}
    assert not called & {"offer", "send", "close_frame", "encode", "sleep", "wait", "info", "warning", "exception"}
    assert "import logging" not in hub.read_text()


def test_every_thread_has_a_name_and_is_no_reason_to_stay() -> None:
    threads = [(path, call) for path in SOURCES for name, call in calls(path) if name in ("Thread", "threading.Thread")]
    assert len(threads) >= 4
    for path, call in threads:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert "name" in given, path
        assert given.get("daemon") == "True", path


# At import.

# What may be called while a module is loaded: each only makes a value.
MAKERS = {
    *("TypeVar", "re.compile", "logging.getLogger", "range", "frozenset"),
    "threading.local",  # each thread's own
    *("Path", "Path(__file__).resolve"),
    *("Meta", "msgspec.json.Encoder", "msgspec.json.Decoder"),
    *("Patience", "MetaData", "Table", "Column", "String", "ForeignKey", "Index", "table", "column", "false", "text"),
    *("BigInteger", "BigInteger().with_variant", "dict.fromkeys"),
    *("Author", "Rate", "Rendered"),
    *("events.c.nonce.is_not", "events.c.target.is_not"),
    "_",  # marks a sentence for the catalogs
}
CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
CHANGERS = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear"}


def at_import(path: Path) -> Iterator[ast.stmt]:
    """The statements that run while the file is loaded, those in `if TYPE_CHECKING` left out."""
    for statement in parsed(path).body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            continue
        yield statement


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_runs_at_import_but_definitions(path: Path) -> None:
    first, *others = at_import(path)
    assert isinstance(first, ast.Expr), "a module opens with a sentence"
    assert isinstance(first.value, ast.Constant), "a module opens with a sentence"
    for statement in others:
        allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)
        assert isinstance(statement, allowed), f"line {statement.lineno}"
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            made = [ast.unparse(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)]
            assert set(made) <= MAKERS, f"line {statement.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_at_module_level_ever_changes(path: Path) -> None:
    tables: set[str] = set()
    for statement in at_import(path):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, CONTAINERS):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            assert names <= {"__all__"} or all(name.lstrip("_").isupper() for name in names), f"line {statement.lineno}"
            assert list(ast.iter_child_nodes(statement.value)), f"line {statement.lineno}: empty, so it is to be filled"
            tables |= names
    for function in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.Lambda)):
        for node in ast.walk(function):
            assert not isinstance(node, ast.Global), f"line {getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGERS:
                assert ast.unparse(node.func.value) not in tables, f"line {node.lineno}"
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                assert ast.unparse(node.value) not in tables, f"line {node.lineno}"


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=name_of)
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST
