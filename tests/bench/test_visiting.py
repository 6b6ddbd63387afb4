"""The benchmark of visits: a few are made from not so far away, and all it reports is there."""

from __future__ import annotations

import re
import subprocess
import sys

from ..actors import ROOT


def test_it_visits_from_far_away_and_at_once_and_counts_what_reached_the_server() -> None:
    command = [sys.executable, "-m", "tests.bench.visiting", "--rounds", "1", "--latency", "50", "--students", "2"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=100).stdout
    rows = dict(re.findall(r"^\| ([^|]+: [^|]+) \| ([\d.]+) \|", said, re.MULTILINE))
    assert list(rows) == [
        *("first: one can write", "first: connected", "later: one can write", "later: connected"),
        *("Chromium: one can write", "Chromium: connected", "programs: connected"),
    ]
    for kind in ("first", "later"):
        assert 0.05 <= float(rows[f"{kind}: one can write"]) <= float(rows[f"{kind}: connected"])
    asked = re.search(r"later: one can write .* (\d+) \|$", said, re.MULTILINE)
    assert asked
    assert int(asked[1]) <= 3
