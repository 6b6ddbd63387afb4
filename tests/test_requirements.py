"""What is installed is what was chosen: every library is pinned to a version and to the hashes of its wheels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .actors import ROOT

FILES = [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt", ROOT / "tests" / "bench" / "requirements.txt"]
PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==[^\s]+( --hash=sha256:[0-9a-f]{64})+")


def requirements(file: Path) -> list[str]:
    """The requirements, each with its hashes in one line."""
    joined = file.read_text().replace(" \\\n    ", " ")
    return [line for line in joined.splitlines() if line and not line.startswith(("#", "--"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_library_is_pinned_to_a_version_and_to_hashes_of_wheels(file: Path) -> None:
    found = requirements(file)
    assert found
    assert [line for line in found if not PINNED.fullmatch(line)] == []
    assert "--only-binary :all:" in file.read_text().splitlines()
