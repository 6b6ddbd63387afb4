"""Behind nginx, set up as the README says, the chat is whole, at the top of a site and under a path of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from ..actors import PATIENCE, ROOT, Refused, Server, eventually, talk
from ..proxying import README, nginx


@pytest.fixture(params=[False, True], ids=["at the top", "under a path"])
def behind(request: pytest.FixtureRequest, make_server: Callable[..., Server], tmp_path: Path) -> Iterator[str]:
    """The address of a chat behind nginx."""
    server = make_server(ORIGINS="https://chat.example.org", PROXY_HOPS=1).start()
    with nginx(server, tmp_path / "nginx", prefix=request.param) as url:
        yield url


def got(url: str, **headers: str) -> tuple[int, str, str]:
    """Status, final address and text, redirects followed."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url or "", error.read().decode()


def test_the_chat_is_whole_behind_the_readmes_proxy(behind: str) -> None:
    parts = urlsplit(behind)
    status, _, page = got(f"{behind}/r/general")
    assert status == 200
    addresses = {address for address in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', page) if "://" not in address}
    assert len(addresses) > 5
    for address in addresses:
        assert got(urljoin(behind, address))[0] == 200, address
    for path in ("/r/general/", "/chat/", "/search/"):
        status, final, _ = got(f"{behind}{path}?q=x")
        assert (status, final) == (426 if "chat/" in path else 200, f"{behind}{path[:-1]}?q=x")

    message = json.dumps({"text": "from a program", "nonce": "n1"}).encode()
    posted = urllib.request.Request(
        f"{behind}/api/rooms/general/messages?name=ci", message, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(posted) as answer:
        assert answer.status == 201

    here = f"http://{parts.netloc}"
    talker = talk(parts.port or 0, f"{parts.path}/chat?name=ana", chat=True, Origin=here, Host=parts.netloc)
    talker.hear("welcome")
    assert talker.join(after=0)["events"][-1]["text"] == "from a program"
    talker.close()
    for host, status in (("evil.example", 421), (parts.netloc, 403)):
        with pytest.raises(Refused) as refused:
            talk(parts.port or 0, f"{parts.path}/chat", Host=host, Origin="http://evil.example")
        assert refused.value.status == status
    talk(parts.port or 0, f"{parts.path}/chat", Host="chat.example.org", Origin="https://chat.example.org").close()


def test_the_terminal_clients_work_there_too(behind: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "flask", "talk", "general", "--name", "ana", "--server", behind],
        cwd=ROOT,
        input=b"one\ntwo\n",
        capture_output=True,
        timeout=6 * PATIENCE,
    )
    assert (said.returncode, said.stderr) == (0, b"")
    tail = [sys.executable, "-m", "flask", "tail", "General", "--server", f"{behind}/"]
    with subprocess.Popen(tail, cwd=ROOT, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        lines = [next(following.stdout) for _ in range(2)]
        following.terminate()
    assert [line.partition(" ")[2] for line in lines] == ["#1 ana: one\n", "#2 ana: two\n"]


def test_an_address_that_a_client_claims_counts_for_nothing(make_server: Callable[..., Server], tmp_path: Path) -> None:
    server = make_server(PROXY_HOPS=1).start()
    with nginx(server, tmp_path / "nginx") as url:
        port = urlsplit(url).port or 0
        talk(port, X_Forwarded_For="198.51.100.7").close()
        eventually(lambda: "Client Disconnected" in server.terminal)
    assert "198.51.100.7" not in server.terminal


def test_a_path_that_a_client_claims_counts_for_nothing(behind: str) -> None:
    page = got(f"{behind}/r/general", X_Forwarded_Prefix="/claimed")[2]
    assert "/static/" in page
    assert "claimed" not in page


def test_both_recipes_show_the_settings() -> None:
    for text in (README, (Path(__file__).parents[2] / "README.pt-BR.md").read_text()):
        recipes = re.findall(r"```\n(# .*?\n(?:chat\.example\.org|location / ).*?)```", text, re.DOTALL)
        assert len(recipes) == 2
        for recipe in recipes:
            assert "CHATAPP_ORIGINS=https://chat.example.org CHATAPP_PROXY_HOPS=1" in recipe


def test_gunicorns_own_prefix_works_too(make_server: Callable[..., Server]) -> None:
    server = make_server()
    server.environ = {"SCRIPT_NAME": "/served"}
    server.launch()
    url = f"http://127.0.0.1:{server.port}/served"
    eventually(lambda: f"chatapp: open {url} in a browser" in server.terminal, 30)
    assert 'href="/served/static/' in got(f"{url}/r/general/")[2]


def test_no_address_of_the_page_is_one_at_the_top_of_a_host() -> None:
    found = [
        (path.name, line)
        for folder in ("static/js", "templates")
        for path in (ROOT / folder).rglob("*.*")
        if path.name != "api.js"  # its `ask` makes addresses of paths
        for line in path.read_text().splitlines()
        if re.search(r"""(?:fetch|assign|pushState.*|import)\(["'`]/|(?:href|src|action)\s?=\s?["'`]/""", line)
    ]
    assert found == []
