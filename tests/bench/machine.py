"""What the kernel says of processes and of itself: cores, CPU time, memory. Linux only (proc(5))."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used so far; one that has ended counts nothing."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total * TICK


def resident(pids: Iterable[int]) -> int:
    """Resident memory of these processes, in KiB (VmRSS)."""
    total = 0
    for pid in pids:
        try:
            total += _kib(Path(f"/proc/{pid}/status"), {"VmRSS"})
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def kernel_memory() -> int:
    """What the kernel keeps for everybody's sockets and threads, in KiB: slab, stacks and page tables."""
    return _kib(Path("/proc/meminfo"), {"Slab", "KernelStack", "PageTables"})


def own_cpu_seconds() -> float:
    """User and system time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def cores() -> tuple[int, int]:
    """One core for the server and one for the load; twice the same where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 % len(allowed)]


def raise_open_files() -> None:
    """The soft limit up to the hard one, for 5,000 sockets here and in every server; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _kib(path: Path, names: set[str]) -> int:
    lines = (line.split() for line in path.read_text().splitlines())
    return sum(int(fields[1]) for fields in lines if fields and fields[0].rstrip(":") in names)
