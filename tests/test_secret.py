"""The secret key: made once, kept, and read by its owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from chatapp.secret import secret_key

from .actors import InThread


def test_the_key_is_made_at_the_first_call_and_kept(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(bytes.fromhex(key)) == 32
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret.key").read_text().strip() == key


def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret_key(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert secret_key(tmp_path / "one") != secret_key(tmp_path / "two")


@pytest.mark.parametrize("content", ["", "\n"])
def test_half_a_key_of_a_crash_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    key = secret_key(tmp_path)
    assert len(key) == 64
    assert secret_key(tmp_path) == key


def test_a_key_that_the_operator_wrote_is_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("my own key, which nobody guesses\n")
    assert secret_key(tmp_path) == "my own key, which nobody guesses"


def test_a_key_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("x" * 31)
    with pytest.raises(OSError, match="fewer than 32 characters"):
        secret_key(tmp_path)


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    secret_key(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_folder_that_is_none_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        secret_key(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_an_oserror_and_stays(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(OSError, match=r"secret\.key"):
        secret_key(tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == b"\xff\xfe\xfd"


def test_many_threads_agree_on_a_key_that_exists(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert {thread.outcome() for thread in [InThread(lambda: secret_key(tmp_path)) for _ in range(8)]} == {key}


def test_a_key_that_was_put_back_for_all_to_read_is_its_owners_alone_again(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
