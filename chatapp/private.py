"""Files that only their owner may read: the database and the secret key, however they came here."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path

PRIVATE = 0o600
OTHERS = 0o077  # what group and others may do

log = logging.getLogger(__name__)


def make_private(paths: Iterable[Path]) -> None:
    """Takes the permissions of group and others away from each file that exists, and says so. A copy that was put back
    has the mode of the copy.

    A file of another owner stays as it is, with a warning.
    """
    for path in paths:
        try:
            status = path.stat()
            if not status.st_mode & OTHERS:
                continue
            path.chmod(PRIVATE)
            log.warning("%s was accessible to others (mode %04o): its mode is 0600 now", path, _mode(status))
        except FileNotFoundError:
            pass
        except OSError as error:
            log.warning("%s may be accessible to others, and its mode cannot be changed: %s", path, error.strerror)


def create_private(path: Path) -> int:
    """A new file of mode 0600, whatever the umask is, open for writing. Raises OSError, FileExistsError too."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    os.fchmod(descriptor, PRIVATE)
    return descriptor


def _mode(status: os.stat_result) -> int:
    return stat.S_IMODE(status.st_mode)
