"""Half-open connections, over a network whose cable is pulled: the peers vanish, and TCP says nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ..actors import ROOT

# A network of one's own; without root, in a user namespace.
OWN_NETWORK = ("unshare", "--net", *(() if os.geteuid() == 0 else ("--map-root-user",)))
PING_TIMEOUT = 2.0  # seconds, as `unplugged` sets it


def a_network_can_be_had() -> bool:
    return subprocess.run([*OWN_NETWORK, "true"], capture_output=True, check=False).returncode == 0


if a_network_can_be_had():  # not in every container; the heartbeat's own tests run everywhere

    def test_peers_that_vanish_without_a_word_are_missed_and_the_chat_goes_on(tmp_path: Path) -> None:
        done = subprocess.run(
            [*OWN_NETWORK, sys.executable, "-m", "tests.races.unplugged", str(tmp_path / "data")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["terminal"].count("Client is silent, cut off") == 3
        assert told["seconds"] >= PING_TIMEOUT * 0.9
        assert told["seq"] == 2
        assert "Traceback" not in told["terminal"]
