"""What the machine allows: open files, and from them how many clients."""

from __future__ import annotations

import resource

RESERVE = 64  # threads and connections kept for HTTP: the page and the API answer when the chat is full
OTHER_FILES = 128  # open files that are no client: the database, the listener, pipes, Python's own


def raise_open_files() -> int:
    """Raises the soft limit on open files to the hard one; gives it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, 1_048_576)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return soft  # macOS refuses more than its own maximum
    return hard


def clients(wanted: int) -> int:
    """How many clients fit: what was asked for, or less if the limit on open files says so."""
    return max(1, min(wanted, raise_open_files() - OTHER_FILES - 2 * RESERVE))
