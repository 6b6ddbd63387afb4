"""The settings: each can be set by the environment, and a wrong value is named in one line."""

from __future__ import annotations

import json
import os
import re
import runpy
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from flask.config import Config

from chatapp import create_app
from chatapp.config import PREFIX, ConfigError, Rate, Settings, data_folder, load, unknown

from .actors import ROOT

# For every setting: what an operator may write, what it means, and what is refused.
NUMBERS = ("", "x", "true", "null", "[1]", '"5"', "-1", "NaN", "1e99", "Infinity")
PAIRS: tuple[dict[str, object], tuple[str, ...]] = (
    {"50/300": Rate(50, 300), "0.1/30": Rate(0.1, 30), "0": Rate(0, 0), "0.0": Rate(0, 0), "1/1": Rate(1, 1)},
    (*NUMBERS, "50", "0/30", "50/0", "50/0.5", "/30", "50/", "50/300/1", "-1/30", "1e3/30", "50 300", "nan/1", "½/1"),
)
CASES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "DATA": ({"/srv/chat": "/srv/chat", "./here": "./here", "": ""}, ()),
    "DATABASE_URL": (
        {
            "": "",
            "sqlite:////srv/chat.sqlite3": "sqlite+pysqlite:////srv/chat.sqlite3",
            "postgresql://chat:a%40b@db/chat": "postgresql+psycopg://chat:a%40b@db/chat",
            "postgres://chat@db/chat": "postgresql+psycopg://chat@db/chat",
        },
        (
            "x",
            "mysql://chat@db/chat",
            "sqlite://",
            "sqlite:///:memory:",
            "postgresql://db",
            "://",
            "postgresql://h:x/d",
        ),
    ),
    "ORIGINS": (
        {
            "": (),
            "https://a.example": ("https://a.example",),
            "https://A.example/, http://b.example:8080": ("https://a.example", "http://b.example:8080"),
        },
        ("a.example", "https://", "ftp://a.example", "https://a.example/chat", "*", "null", "https://a.example?x"),
    ),
    "PROXY_HOPS": ({"0": 0, "1": 1, "10": 10}, (*NUMBERS, "1.5", "11")),
    "MAX_CLIENTS": ({"1": 1, "500": 500}, (*NUMBERS, "0", "1.5", "1000001")),
    "MAX_CLIENTS_PER_ADDRESS": ({"1": 1, "500": 500}, (*NUMBERS, "0", "1.5", "1000001")),
    "RATE_LIMIT": ({"0": 0, "0.5": 0.5, "20": 20}, (*NUMBERS, "1000001")),
    "RATE_BURST": ({"1": 1, "20": 20}, (*NUMBERS, "0", "1.5")),
    "ADDRESS_REQUESTS": PAIRS,
    "ADDRESS_HANDSHAKES": PAIRS,
    "ADDRESS_CPU": PAIRS,
    "ADDRESS_COMMANDS": PAIRS,
    "ADDRESS_POSTS": PAIRS,
    "ADDRESS_PEOPLE": PAIRS,
    "ADDRESS_ROOMS": PAIRS,
    "ADDRESS_PREVIEWS": PAIRS,
    "ADDRESS_SEARCHES": PAIRS,
    "ADDRESS_MENTIONS_OF_ALL": PAIRS,
    "TEXT_LIMIT": ({"1": 1, "16128": 16_128}, (*NUMBERS, "0", "1.5", "16129")),
    "FRAME_LIMIT": ({"65536": 65_536, "1048576": 1_048_576}, (*NUMBERS, "0", "1023", "16777217")),
    "OUTBOX_LIMIT": ({"65536": 65_536}, (*NUMBERS, "0", "65535")),
    "OUTBOXES_LIMIT": ({"1048576": 1_048_576}, (*NUMBERS, "0", "1048575")),
    "ROOMS_LIMIT": ({"1": 1}, (*NUMBERS, "0", "10001")),
    "MAX_ROOMS": ({"1": 1}, (*NUMBERS, "0", "1000001")),
    "QUEUE_LIMIT": ({"1": 1}, (*NUMBERS, "0", "1000001")),
    "BUSY_TIMEOUT": ({"0": 0, "0.5": 0.5, "5": 5}, (*NUMBERS, "5.1")),
    "PING_INTERVAL": ({"0.05": 0.05, "30": 30}, (*NUMBERS, "0", "3601")),
    "PING_TIMEOUT": ({"21": 21, "7200": 7_200}, (*NUMBERS, "0", "7201")),
    "PRESENCE_LINGER": ({"0": 0, "600": 600}, (*NUMBERS, "601")),
    "LOG_LEVEL": ({"DEBUG": "DEBUG", "ERROR": "ERROR"}, ("", "debug", "TRACE", "10")),
    "FLOW": ({"off": "off", "local": "local", "key": "key", "open": "open"}, ("", "1", "true", "LOCAL", "all", "[]")),
    "OFFLINE": (
        {"1": True, "true": True, "0": False, "false": False},
        ("", "x", "null", "[1]", '"1"', "2", "1.0", "yes"),
    ),
    "LAB": ({"1": True, "true": True, "0": False, "false": False}, ("", "x", "null", "[1]", '"1"', "2", "1.0", "yes")),
}


def environment() -> Settings:
    """The settings as the environment gives them."""
    given = Config(ROOT)
    given.from_prefixed_env(PREFIX)
    return load(given)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is set where the tests run does not count."""
    for name in [name for name in os.environ if name.startswith(f"{PREFIX}_")]:
        monkeypatch.delenv(name)


def test_every_setting_has_its_cases_here() -> None:
    assert CASES.keys() == {setting.name for setting in fields(Settings)}


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [(name, written, meant) for name, (good, _) in CASES.items() for written, meant in good.items()],
)
def test_the_environment_goes_over_the_default(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, meant: object
) -> None:
    monkeypatch.setenv(f"{PREFIX}_{name}", written)
    assert getattr(environment(), name) == meant


@pytest.mark.parametrize(("name", "written"), [(name, written) for name, (_, bad) in CASES.items() for written in bad])
def test_a_value_that_cannot_be_used_stops_the_start_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}_{name}", written)
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / "wsgi.py"))
    line = str(stopped.value.code)
    assert re.match(rf"chatapp: {PREFIX}_{name}=.+: must be ", line)
    assert len(line.splitlines()) == 1
    with pytest.raises(ConfigError):
        create_app()


def test_a_value_with_a_line_break_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATAPP_LOG_LEVEL", "INFO\nforged")
    with pytest.raises(ConfigError) as refused:
        environment()
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(("interval", "timeout"), [("20", "20"), ("60", "45"), ("0.2", "0.1")])
def test_a_client_must_be_pinged_before_it_counts_as_gone(
    monkeypatch: pytest.MonkeyPatch, interval: str, timeout: str
) -> None:
    monkeypatch.setenv("CHATAPP_PING_INTERVAL", interval)
    monkeypatch.setenv("CHATAPP_PING_TIMEOUT", timeout)
    with pytest.raises(ConfigError, match=r"\ACHATAPP_PING_TIMEOUT=.*CHATAPP_PING_INTERVAL\Z"):
        environment()


def test_one_outbox_must_fit_into_the_budget_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATAPP_OUTBOX_LIMIT", "2000000")
    monkeypatch.setenv("CHATAPP_OUTBOXES_LIMIT", "1999999")
    with pytest.raises(ConfigError, match=r"\ACHATAPP_OUTBOXES_LIMIT=.*CHATAPP_OUTBOX_LIMIT=2000000\Z"):
        environment()


def test_the_defaults_are_values_that_an_operator_may_write() -> None:
    for setting in fields(Settings):
        assert setting.metadata["reason"]
        if setting.default != ():
            assert setting.metadata["parse"](setting.default) == setting.default
    assert load({}) == Settings()


def test_the_defaults_of_names_that_other_programs_rely_on_are_what_the_protocol_says() -> None:
    defaults = Settings()
    assert (defaults.RATE_LIMIT, defaults.RATE_BURST, defaults.MAX_CLIENTS) == (5, 10, 10_000)
    assert (defaults.TEXT_LIMIT, defaults.FRAME_LIMIT, defaults.OUTBOX_LIMIT) == (10_000, 65_536, 1_048_576)
    assert (defaults.PRESENCE_LINGER, defaults.ORIGINS, defaults.DATABASE_URL) == (5, (), "")


def test_a_text_of_the_greatest_length_fits_into_a_frame() -> None:
    defaults = Settings()
    post = {"type": "post", "room": "r" * 64, "text": "😀" * defaults.TEXT_LIMIT, "nonce": "n" * 64}
    assert len(json.dumps(post, ensure_ascii=False).encode()) <= defaults.FRAME_LIMIT


def test_a_name_that_is_no_setting_is_noticed() -> None:
    environ = {
        "CHATAPP_RATELIMIT": "5",
        "CHATAPP_RATE_LIMIT": "5",
        "CHATAPP_SECRET_KEY": "x",
        "CHATAPP_": "x",
        "OTHER_RATE": "5",
        "PATH": "/bin",
    }
    assert unknown(environ) == ["CHATAPP_", "CHATAPP_RATELIMIT"]


def test_a_name_that_is_no_setting_is_told_on_the_terminal_and_ignored(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CHATAPP_RATELIMIT", "5")
    make_app()
    assert "CHATAPP_RATELIMIT is not a setting of this chatapp" in caplog.text


def test_the_data_lie_in_flasks_instance_folder_unless_another_is_named() -> None:
    assert data_folder(Settings(), "/app/instance") == Path("/app/instance")
    assert data_folder(Settings(DATA="/srv/chat"), "/app/instance") == Path("/srv/chat")


def test_an_application_takes_its_settings_from_the_environment(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_TEXT_LIMIT", "5")
    client = make_app().test_client()
    for text, status in (("12345", 201), ("123456", 400)):
        assert client.post("/api/rooms/general/messages", json={"text": text, "nonce": text}).status_code == status


def test_a_database_elsewhere_is_used(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHATAPP_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere.db")
    make_app()
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "data" / "chat.sqlite3").exists()


@pytest.mark.parametrize("key", ["a secret of 32 characters or more", "1" * 32])
def test_a_secret_key_of_ones_own_may_be_any_text(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, key: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHATAPP_SECRET_KEY", key)
    client = make_app().test_client()
    here = {"Origin": "http://localhost"}
    assert client.post("/api/me", json={"name": "Ana"}, headers=here).status_code == 200
    me = client.get("/api/me")
    assert me.status_code == 200
    assert not (tmp_path / "data" / "secret.key").exists()


@pytest.mark.parametrize("key", ["x" * 31, "12345", "1." + "0" * 40, "true", "[1]"])
def test_a_secret_key_that_could_be_guessed_stops_the_start(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("CHATAPP_SECRET_KEY", key)
    for refuses in (environment, create_app):
        with pytest.raises(ConfigError, match=r"\ACHATAPP_SECRET_KEY=…: must be .*\Z") as refused:
            refuses()
        assert key not in str(refused.value)
