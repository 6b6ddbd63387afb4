"""nginx in front of a chat, as the README tells to set it up."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .actors import ROOT, Server, eventually, free_port

README = (ROOT / "README.md").read_text()
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log stderr; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{ listen 127.0.0.1:{port}; {recipe} }}
}}
"""


def recipe(prefix: bool) -> str:
    """The README's `location` of nginx; with `prefix` the one under a path, with the other lines of the first."""
    first, under = re.findall(r"^location / \{\n(.*?)^\}|^location (/chat-app/ \{\n.*?)^\}", README, re.DOTALL | re.M)
    lines = first[0]
    if not prefix:
        return f"location / {{ {lines} }}"
    others = "".join(line + "\n" for line in lines.splitlines() if not re.search("proxy_pass|Prefix", line))
    return f"location {under[1]} {others} }}"


@contextmanager
def nginx(server: Server, folder: Path, *, prefix: bool = False) -> Iterator[str]:
    """nginx in front of `server`, with the README's recipe; gives the address that people open."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    folder.mkdir()
    text = recipe(prefix).replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    (folder / "conf").write_text(AROUND.format(folder=folder, port=port, recipe=text))
    with subprocess.Popen([program, "-p", folder, "-c", folder / "conf"], stderr=subprocess.PIPE) as process:

        def answers() -> bool:
            assert process.poll() is None, process.stderr and process.stderr.read()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            eventually(answers)
            yield f"http://127.0.0.1:{port}" + ("/chat-app" if prefix else "")
        finally:
            process.terminate()
