"""The load generator: one process of its own that reads what to do (JSON, a Spec) from stdin and prints what it saw.

    python -m tests.bench.load < spec.json

Standard library only. It never parses what it counts; `ear.py` and `pump.py` say how that stays cheap.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable

from . import machine
from .modes import connect, saturate, storm
from .probing import visited
from .steady import stalled, steady
from .trial import Result, Spec, Trial

MODES: dict[str, Callable[[Trial], None]] = {
    "saturate": saturate,
    "steady": steady,
    "stalled": stalled,
    "connect": connect,
    "storm": storm,
    "visited": visited,
}


def run(spec: Spec) -> Result:
    """Carries out one run in this process."""
    trial = Trial(spec)
    try:
        MODES[spec.mode](trial)
    finally:
        trial.crowd.cut(trial.clients)
        trial.pump.close()
    return trial.result


def main() -> None:
    spec = Spec(**json.load(sys.stdin))
    if spec.core is not None:
        os.sched_setaffinity(0, {spec.core})
    machine.raise_open_files()
    gc.disable()  # nothing here makes cycles, and a collection would look like the server's latency
    json.dump(run(spec), sys.stdout)


if __name__ == "__main__":
    main()
