"""What the machine allows, and what a crowd of threads needs of the process: limits, stacks, a quick end."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

RESERVE = 64  # threads and connections kept for HTTP: the page and the API answer when the chat is full
STACK = 262_144  # bytes of address space a thread; 8 MiB, the default, times 10,000 is more than a small machine has
# glibc gives threads 8 arenas a core, and what is freed in one serves nobody in another: in a soak of 500 clients 16 of
# them grew to 3 to 9 MB each. Python's lock lets one thread allocate at a time anyway.
ARENAS = 2
M_ARENA_MAX = -8  # mallopt(3)
NO_THREAD_CACHES = "glibc.malloc.tcache_count=0"  # the manual of glibc, Memory Allocation Tunables
# A thread that waits for Python's lock looks again every 5 ms. When 1,000 handlers wake at once, that alone is
# 100,000 to 450,000 context switches and 1 to 7 s; with this, 15,000 and 0.2 s. None of them computes for long.
STOP_SWITCH_INTERVAL = 0.1  # seconds
RECEIVE_TIMEOUT = 10  # seconds between two pieces of a request; without it a half-sent one holds its thread for ever
REQUEST_TIME = 20.0  # seconds for all pieces of a request; then it is dropped
# Limits on open files to try, the highest first, where the system does not say what it allows.
MANY_FILES = (1_048_576, 262_144, 65_536, 24_576, 10_240, 4_096, 2_048, 1_024)
DIED = 1  # the exit status when a vital thread has died: gunicorn starts a new worker, others see a failure
ANSWERS_LIMIT = 67_108_864  # bytes of answers and requests that wait in memory; over it the fullest go first
OTHER_FILES = 128  # open files that are no client: the database, the listener, pipes, Python's own


def raise_open_files(
    limits: Callable[[int], tuple[int, int]] = resource.getrlimit,
    raise_to: Callable[[int, tuple[int, int]], None] = resource.setrlimit,
) -> int:
    """Raises the soft limit on open files as far as the system allows; gives it.

    macOS says that the hard limit is unlimited, and refuses more than a maximum of its own: smaller values are tried.
    `limits` and `raise_to` are `resource.getrlimit` and `resource.setrlimit`.
    """
    soft, hard = limits(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MANY_FILES[0]
    wanted = [many for many in MANY_FILES if soft < many and (hard == resource.RLIM_INFINITY or many < hard)]
    if hard != resource.RLIM_INFINITY:
        wanted.insert(0, hard)
    for many in wanted:
        try:
            raise_to(resource.RLIMIT_NOFILE, (many, hard))
        except (OSError, ValueError):
            continue
        return many
    return soft


def clients(wanted: int) -> int:
    """How many clients fit: what was asked for, or less if the limit on open files says so."""
    return max(1, min(wanted, raise_open_files() - OTHER_FILES - 2 * RESERVE))


def shortage(wanted: int, given: int) -> str | None:
    """The line that says that far fewer clients fit than the operator expects; None if that is not so."""
    if given > wanted // 2:
        return None
    files = wanted + OTHER_FILES + 2 * RESERVE
    return (
        f"at most {given} clients at once instead of {wanted} (CHATAPP_MAX_CLIENTS):"
        f" the limit on open files allows no more; ulimit -n {files} would"
    )


def begin_without_thread_caches() -> None:
    """Before anything else: starts this process again under the same number, with NO_THREAD_CACHES in its environment.

    Each thread keeps what it frees for itself, up to some 200 KiB: 1,000 handlers grow by 120 MiB in half an hour of
    comings and goings, and nothing but the environment at the start keeps glibc from it.
    """
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if "glibc.malloc.tcache_count" in tunables or not _is_glibc():
        return
    # Ours first: glibc cuts what it reads at the colons, in place, and the new process must see that it need not begin.
    os.environ["GLIBC_TUNABLES"] = ":".join(filter(None, (NO_THREAD_CACHES, tunables)))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # ourselves, no shell


def _is_glibc() -> bool:
    try:
        return "glibc" in (os.confstr("CS_GNU_LIBC_VERSION") or "")
    except ValueError:
        return False


def make_threads_small() -> None:
    """Before the first handler starts."""
    threading.stack_size(STACK)
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
    except AttributeError:
        pass  # not glibc


def leave_the_start_alone() -> None:
    """Once all is loaded: the garbage collector need not look through it again and again, some 20 ms each time."""
    gc.collect()
    gc.freeze()


def expect_everybody() -> None:
    """Before a stop, when all handlers wake at once: makes them wait for each other in peace."""
    sys.setswitchinterval(STOP_SWITCH_INTERVAL)


def be_gone(status: int = 0) -> NoReturn:
    """After a stop, with nothing left to do: Python's own end takes another 0.3 to 0.6 s over 1,000 threads.

    Flushes nothing: every line went out when it was written, and a terminal that is stopped would hold us here.
    """
    os._exit(status)
