"""The README is a contract: what it says is compared with the code, and what it tells to run is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from chatapp.config import Settings
from chatapp.web.operations import operations

from .actors import ROOT, Server, eventually, free_port

ENGLISH = (ROOT / "README.md").read_text()
PORTUGUESE = (ROOT / "README.pt-BR.md").read_text()
START = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/gunicorn -k gthread wsgi:app"


def code_blocks(text: str) -> list[str]:
    return re.findall(r"```(?:sh|python)\n(.*?)```", text, re.DOTALL)


def tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()] for table in found]


def first_cells(text: str) -> list[list[str]]:
    """What the tables name, without what they say of it, which is in another language."""
    return [[row[0] for row in table[2:]] for table in tables(text)]


def test_each_readme_leads_to_the_other_in_its_first_line() -> None:
    assert "README.pt-BR.md" in ENGLISH.splitlines()[0]
    assert "README.md" in PORTUGUESE.splitlines()[0]


def test_both_readmes_tell_the_same_commands() -> None:
    english = [block for block in code_blocks(ENGLISH) if "Hello" not in block and "build" not in block]
    portuguese = [block for block in code_blocks(PORTUGUESE) if "Olá" not in block and "build" not in block]
    assert english == portuguese
    assert len(code_blocks(ENGLISH)) == len(code_blocks(PORTUGUESE))


def test_both_readmes_list_the_same_settings_and_addresses() -> None:
    settings, commands, addresses, *_ = first_cells(ENGLISH)
    other_settings, other_commands, other_addresses, *_ = first_cells(PORTUGUESE)
    assert settings == other_settings
    assert [cell for cell in commands if cell.startswith("`")] == [c for c in other_commands if c.startswith("`")]
    assert addresses == other_addresses


def test_the_settings_of_the_readme_are_those_of_the_code() -> None:
    of_code = [
        [f"`CHATAPP_{setting.name}`", f"`{setting.default}`" if setting.default not in ("", ()) else ""]
        for setting in fields(Settings)
    ]
    for text in (ENGLISH, PORTUGUESE):
        assert [row[:2] for row in tables(text)[0][2:]] == of_code
    reasons = [setting.metadata["reason"] for setting in fields(Settings)]
    assert [row[2] for row in tables(ENGLISH)[0][2:]] == reasons


def addresses(text: str) -> list[tuple[str, str]]:
    """Method and rule of every address in the table of those; a rule may stand behind several methods."""
    found, methods = [], []
    for span in re.findall(r"`([^`]+)`", "".join(cell + "\n" for cell in first_cells(text)[2])):
        method, _, rule = span.partition(" ")
        if not method.isupper():
            continue
        methods.append(method)
        if rule:
            found += [(each, rule.partition("?")[0]) for each in methods]
            methods = []
    return found


def test_every_address_for_programs_is_in_the_readme_once() -> None:
    known = sorted((operation.method.upper(), operation.rule) for operation in operations())
    known.remove(("GET", "/api/flow"))  # stands with the live view
    for text in (ENGLISH, PORTUGUESE):
        assert sorted(addresses(text)) == known
        assert "127.0.0.1:8000/api/flow`" in text


def test_every_file_the_readme_names_exists() -> None:
    for text in (ENGLISH, PORTUGUESE):
        for name in re.findall(r"\]\(([^)#:]+)\)|`((?:chatapp|tests)/[\w/.]+)`", text):
            assert (ROOT / (name[0] or name[1])).exists(), name


def test_the_python_client_of_the_readme_hears_itself(server: Server) -> None:
    for text in (ENGLISH, PORTUGUESE):
        (client,) = [block for block in code_blocks(text) if "import websockets" in block]
        process = subprocess.Popen(
            [sys.executable, "-c", client.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout
            said = re.search(r'send\("(.*)"\)', client)
            assert said
            assert process.stdout.readline() == f"bot: {said[1]}\n"
            process.kill()


def test_the_curl_example_of_the_readme_posts_a_message(server: Server) -> None:
    (command,) = [block for block in code_blocks(ENGLISH) if block.startswith("curl")]
    given = re.search(r"--json '(.*)' 'http://127.0.0.1:8000(.*)'", command)
    assert given
    request = urllib.request.Request(server.url + given[2], given[1].encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201


def test_the_start_command_of_the_readme_starts_the_chat_on_a_fresh_machine(
    tmp_path: Path, make_server: Callable[..., Server]
) -> None:
    assert code_blocks(ENGLISH)[0].strip() == START
    for name in ("chatapp", "static", "templates", "wsgi.py", "gunicorn.conf.py", "requirements.txt"):
        copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copied(ROOT / name, tmp_path / name)
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CHATAPP_", "VIRTUAL_ENV"))}
    process = subprocess.Popen(
        ["bash", "-c", START.replace(".venv/bin/gunicorn", "exec .venv/bin/gunicorn")],
        cwd=tmp_path,
        env=environ | {"GUNICORN_CMD_ARGS": f"-b 127.0.0.1:{port}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:

        def answers() -> bool:
            assert process.poll() is None, process.stdout and process.stdout.read()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False

        eventually(answers, 100)
        assert (tmp_path / "instance" / "chat.sqlite3").exists()
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def test_the_test_command_of_the_readme_is_what_ci_runs() -> None:
    command = code_blocks(ENGLISH)[-1].strip()
    assert command in (ROOT / ".ci" / "run").read_text()
    assert (ROOT / command.split()[-1]).exists()
