"""Every setting: name, default, unit and reason; the environment's CHATAPP_<NAME> goes over the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .limits import TEXT_MOST

ROOT = Path(__file__).resolve().parent.parent  # where wsgi.py, static/, templates/ and instance/ are
PREFIX = "CHATAPP"
ENVELOPE = 1_024  # bytes of a command around its text
SECRET_LENGTH = 32  # characters at least: who guesses the key can be anybody
FLOW_MODES = ("off", "local", "key", "open")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class ConfigError(ValueError):
    """A setting with a value that cannot be used; the text is one line that names it."""


class Rate(NamedTuple):
    """A token bucket's figures, written `50/300`: tokens per second, and at most so many at once. A rate of 0 is no
    limit."""

    per_second: float
    burst: float

    def __str__(self) -> str:
        return f"{self.per_second:.15g}/{self.burst:.15g}" if self.per_second else "0"


def _number(low: float, high: float) -> Callable[[Any], float]:
    def parse(given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return given

    return parse


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return given

    return parse


def _rate(given: Any) -> Rate:
    if given == 0 and not isinstance(given, bool):
        return Rate(0, 0)
    found = re.fullmatch(r"(\d{1,7}(?:\.\d{1,6})?)/(\d{1,7})", str(given), re.ASCII)
    rate = Rate(float(found[1]), int(found[2])) if found else Rate(0, 0)
    if rate.per_second <= 0 or rate.burst < 1:
        raise ValueError("a rate and a burst such as 50/300 (50 per second, 300 at once), or 0 for no limit")
    return rate


def _path(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError("the path of a folder")
    return str(given)


def _one_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    def parse(given: Any) -> str:
        if given not in names:
            raise ValueError("one of " + ", ".join(names))
        return str(given)

    return parse


def _database(given: Any) -> str:
    """An address whose driver is the one we bring: `sqlite:///file`, `postgresql://user@host/name`."""
    text = str(given)
    if not text:
        return text
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    backend = url.drivername.partition("+")[0] if url else ""
    if url is None or backend not in drivers or not url.database or url.database == ":memory:":
        raise ValueError("sqlite:///path/to/file or postgresql://user:password@host/name")
    return url.set(drivername=drivers[backend]).render_as_string(hide_password=False)


def _origins(given: Any) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/").lower() for part in str(given).split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != origin:
            raise ValueError("origins such as https://chat.example, separated by commas")
    return origins


def _secret(given: Any) -> str | bytes:
    if isinstance(given, int) and not isinstance(given, bool):  # the environment is read as JSON: a key of digits
        given = str(given)
    if not isinstance(given, str | bytes):
        raise ValueError("a text; in quotes, if it could be read as JSON")
    if len(given) < SECRET_LENGTH:
        raise ValueError(f"at least {SECRET_LENGTH} characters, as `openssl rand -hex 32` makes them")
    return given


def _cookie_name(given: Any) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", given, re.ASCII):
        raise ValueError("a name of letters, digits and - _ . (RFC 6265)")
    return given


def _flag(given: Any) -> bool:
    if not isinstance(given, int) or given not in (0, 1):
        raise ValueError("1 or 0, true or false")
    return bool(given)


def _switch(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError("true or false")
    return given


# What Flask itself reads from its configuration and an operator may want to set the same way.
FLASK_SETTINGS: Mapping[str, Callable[[Any], object]] = {
    "SECRET_KEY": _secret,
    "SESSION_COOKIE_NAME": _cookie_name,
    "SESSION_COOKIE_SECURE": _switch,
    "TESTING": _switch,
    "DEBUG": _switch,
}


def _setting(default: Any, parse: Callable[[Any], Any], reason: str) -> Any:
    return field(default=default, metadata={"parse": parse, "reason": reason})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings, checked. Sizes are in bytes, times in seconds, unless the reason says otherwise."""

    DATA: str = _setting("", _path, "folder of the database and the secret key; empty: Flask's instance folder")
    DATABASE_URL: str = _setting("", _database, "SQLAlchemy address of the log; empty: SQLite in the data folder")
    ORIGINS: tuple[str, ...] = _setting(
        (), _origins, "addresses under which people open the chat, such as https://chat.example, with commas"
    )
    PROXY_HOPS: int = _setting(0, _whole(0, 10), "proxies in front whose X-Forwarded-For and -Prefix count; 0: none")
    MAX_CLIENTS: int = _setting(10_000, _whole(1, 1_000_000), "connections at once; over it the door answers 503")
    MAX_CLIENTS_PER_ADDRESS: int = _setting(
        500, _whole(1, 1_000_000), "connections at once from one address (IPv6: one /64); over it the answer is 429"
    )
    RATE_LIMIT: float = _setting(5, _number(0, 1_000_000), "messages per second and person; 0: no limit")
    RATE_BURST: int = _setting(10, _whole(1, 1_000_000), "messages a person may send at once before the rate counts")
    ADDRESS_REQUESTS: Rate = _setting(
        Rate(200, 10_000),
        _rate,
        "HTTP requests per second and at once from one address; a static file is a tenth of one",
    )
    ADDRESS_HANDSHAKES: Rate = _setting(Rate(20, 600), _rate, "connections opened from one address; 0: no limit")
    ADDRESS_CPU: Rate = _setting(
        Rate(0.25, 60), _rate, "seconds of processor time that requests and commands of one address may take"
    )
    ADDRESS_COMMANDS: Rate = _setting(
        Rate(1_000, 10_000), _rate, "WebSocket commands from one address that store nothing; over it they wait"
    )
    ADDRESS_POSTS: Rate = _setting(Rate(50, 300), _rate, "messages and other changes from one address")
    ADDRESS_PEOPLE: Rate = _setting(Rate(5, 250), _rate, "new people, new guests and renames from one address")
    ADDRESS_ROOMS: Rate = _setting(Rate(0.1, 30), _rate, "rooms made from one address")
    ADDRESS_PREVIEWS: Rate = _setting(Rate(50, 400), _rate, "previews of messages from one address")
    ADDRESS_SEARCHES: Rate = _setting(Rate(10, 300), _rate, "searches from one address")
    ADDRESS_MENTIONS_OF_ALL: Rate = _setting(Rate(0.1, 20), _rate, "messages with @all from one address")
    TEXT_LIMIT: int = _setting(10_000, _whole(1, TEXT_MOST), "characters of one message; must fit into FRAME_LIMIT")
    FRAME_LIMIT: int = _setting(65_536, _whole(2_048, 16_777_216), "bytes of one WebSocket message from a client")
    OUTBOX_LIMIT: int = _setting(1_048_576, _whole(65_536, 1_073_741_824), "bytes kept for a client that reads slowly")
    OUTBOXES_LIMIT: int = _setting(
        134_217_728, _whole(1_048_576, 1_099_511_627_776), "bytes kept for all that read slowly; the fullest go first"
    )
    ROOMS_LIMIT: int = _setting(100, _whole(1, 10_000), "rooms one connection may be in")
    MAX_ROOMS: int = _setting(10_000, _whole(1, 1_000_000), "rooms of the chat; over it nobody can make another")
    QUEUE_LIMIT: int = _setting(10_000, _whole(1, 1_000_000), "messages that wait for the disk; over it: busy")
    BUSY_TIMEOUT: float = _setting(1.5, _number(0, 5), "seconds to wait for a locked database before busy")
    PING_INTERVAL: float = _setting(20, _number(0.05, 3_600), "seconds between pings to a silent client")
    PING_TIMEOUT: float = _setting(45, _number(0.1, 7_200), "seconds of silence after which a client is gone")
    PRESENCE_LINGER: float = _setting(5, _number(0, 600), "seconds without a connection until a person has left")
    FLOW: str = _setting("local", _one_of(FLOW_MODES), "who may look inside at /flow: off (nobody), local, key or open")
    LOG_LEVEL: str = _setting("INFO", _one_of(LOG_LEVELS), "what the terminal shows: DEBUG, INFO, WARNING or ERROR")
    OFFLINE: bool = _setting(True, _flag, "0: no service worker; browsers that have the chat's remove it")
    LAB: bool = _setting(False, _flag, "1: the laboratory at /lab, where one breaks a chat of its own")


def load(given: Mapping[str, Any]) -> Settings:
    """The settings out of a configuration such as `app.config`.

    Raises ConfigError, one line with the setting's name, for a value that cannot be used.
    """
    for name, parse in FLASK_SETTINGS.items():
        if given.get(name) is not None:
            _parsed(name, parse, given[name])
    settings = Settings(
        **{
            setting.name: _parsed(setting.name, setting.metadata["parse"], given[setting.name])
            for setting in fields(Settings)
            if setting.name in given
        }
    )
    if settings.PING_TIMEOUT <= settings.PING_INTERVAL:
        raise ConfigError(f"{PREFIX}_PING_TIMEOUT={settings.PING_TIMEOUT:g}: must be more than {PREFIX}_PING_INTERVAL")
    if settings.TEXT_LIMIT * 4 + ENVELOPE > settings.FRAME_LIMIT:  # four bytes a character in UTF-8
        raise ConfigError(
            f"{PREFIX}_TEXT_LIMIT={settings.TEXT_LIMIT}: must be at most"
            f" {(settings.FRAME_LIMIT - ENVELOPE) // 4}, to fit into {PREFIX}_FRAME_LIMIT={settings.FRAME_LIMIT}"
        )
    if settings.OUTBOXES_LIMIT < settings.OUTBOX_LIMIT:
        raise ConfigError(
            f"{PREFIX}_OUTBOXES_LIMIT={settings.OUTBOXES_LIMIT}: must be at least"
            f" {PREFIX}_OUTBOX_LIMIT={settings.OUTBOX_LIMIT}"
        )
    return settings


def _parsed(name: str, parse: Callable[[Any], Any], given: object) -> Any:
    try:
        return parse(given)
    except ValueError as error:
        shown = "…" if name in ("DATABASE_URL", "SECRET_KEY") else repr(given)
        raise ConfigError(f"{PREFIX}_{name}={shown}: must be {error}") from None


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Names in the environment that look like settings and are none: most often a slip of the pen."""
    known = {f"{PREFIX}_{name}" for name in (*(s.name for s in fields(Settings)), *FLASK_SETTINGS)}
    return sorted(name for name in environ if name.startswith(f"{PREFIX}_") and name not in known)


def lock_file(settings: Settings, folder: Path) -> Path:
    """What a server locks: beside the SQLite file that it writes, wherever that is; else in the data folder."""
    url = make_url(settings.DATABASE_URL) if settings.DATABASE_URL else None
    if url and url.get_backend_name() == "sqlite" and url.database:
        return Path(f"{url.database}.lock")
    return folder / "chatapp.lock"


def data_folder(settings: Settings, instance_path: str) -> Path:
    """Where the database, the secret key and the lock lie."""
    return Path(settings.DATA or instance_path)
