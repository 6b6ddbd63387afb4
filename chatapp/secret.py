"""The key that signs the cookies: made once, kept in the data folder, readable by its owner only."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from .config import SECRET_LENGTH
from .private import make_private


def secret_key(folder: Path) -> str:
    """The key in the folder, made at the first call. Raises OSError, also for a file that holds no text or
    a key that is too short."""
    path = folder / "secret.key"
    make_private([path])
    try:
        kept = path.read_text().strip()
        if kept:
            if len(kept) < SECRET_LENGTH:
                raise OSError(errno.EINVAL, f"{path.name} has fewer than {SECRET_LENGTH} characters")
            return kept
    except FileNotFoundError:
        pass
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, f"{path.name} is no text; delete it, and everybody chooses a name anew") from None
    made = secrets.token_hex(32)
    # Written aside and moved: a crash half-way leaves no half a key.
    aside = folder / f"secret.key.{os.getpid()}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return made
