"""The benchmark: ours and its peers in turn, scenario by scenario, round by round. `bash tests/bench/run --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from ..actors import ROOT
from . import machine, servers
from .plot import bars
from .report import Run, middle, number, of, report
from .scenarios import DELIVERIES, SCENARIOS, Scenario

SPARE_TIME = 240.0  # seconds that a run may take besides its windows: connecting, draining
PLOTTED = "fanout"  # the scenario of the plot
WORK = ROOT / ".bench"  # on the disk: where /tmp is memory, a message that is synced would be on no disk
INTERRUPTED = 130  # exit status, as shells have it


def main() -> None:
    options = parsed()
    if platform.system() != "Linux":
        sys.exit("the benchmark needs Linux: its load generator lives on epoll, its figures come from /proc")
    signal.signal(signal.SIGTERM, _end)  # an exception, so that no server is left behind
    server_core, load_core = machine.cores()
    about = surroundings()
    os.sched_setaffinity(0, {server_core})  # this process only waits; the servers inherit it
    machine.raise_open_files()
    chosen = [scenario.quick() if options.quick else scenario for scenario in SCENARIOS]
    chosen = [scenario for scenario in chosen if not options.only or scenario.name in options.only]
    wanted = options.servers or list(servers.ALL)
    taking_part = [name for name in wanted if servers.installed(name)]
    WORK.mkdir(exist_ok=True)
    options.out.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    status = 0
    try:
        for run in carried_out(chosen, taking_part, options, load_core):
            runs.append(run)
            (options.out / "results.json").write_text(json.dumps({"about": about, "runs": runs}, indent=1) + "\n")
    except KeyboardInterrupt:
        print("interrupted: the report has what there is", file=sys.stderr)
        status = INTERRUPTED
    if runs:
        left_out = [name for name in wanted if name not in taking_part]
        write(options.out, report(chosen, runs, about, left_out), of(runs, PLOTTED))
    sys.exit(status)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bash tests/bench/run", description=__doc__)
    scenarios, names = [scenario.name for scenario in SCENARIOS], list(servers.ALL)
    parser.add_argument("--only", type=_names(scenarios), metavar="NAME[,NAME]", help=f"of {', '.join(scenarios)}")
    parser.add_argument("--servers", type=_names(names), metavar="NAME[,NAME]", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=3, help="of every scenario with every server (default: 3)")
    parser.add_argument("--quick", action="store_true", help="in small, to see that everything works")
    parser.add_argument("--out", type=Path, default=WORK / "results", help="folder for what is written")
    return parser.parse_args()


def carried_out(
    chosen: Sequence[Scenario], names: Sequence[str], options: argparse.Namespace, core: int
) -> Iterator[Run]:
    """In each round every server has its turn, so that noise of the machine hits all alike."""
    for scenario in chosen:
        for turn in range(options.rounds):
            for name in names:
                if scenario.servers and name not in scenario.servers:
                    continue
                run: Run = {"scenario": scenario.name, "server": name, "round": turn + 1, "faults": []}
                with tempfile.TemporaryDirectory(prefix="run-", dir=WORK) as folder:
                    run |= one(scenario, name, Path(folder), core)
                    if run["faults"]:
                        keep_terminal(Path(folder), options.out / f"{scenario.name}-{turn + 1}-{name}.terminal")
                print(f"{scenario.name} {turn + 1}/{options.rounds} {name}: {summary(scenario, run)}", file=sys.stderr)
                yield run


def one(scenario: Scenario, name: str, folder: Path, core: int) -> Run:
    """Starts the server, lets the load generator at it, and stops it. What goes wrong is a fault in the result."""
    try:
        with servers.running(name, rooms=scenario.rooms, clients=_threads(scenario), folder=folder) as server:
            spec = scenario.load | {
                "mode": scenario.mode,
                "clients": scenario.clients,
                "port": server.port,
                "pids": server.pids,
                "dialect": server.dialect,
                "rooms": server.rooms,
                "resume": name == servers.OURS,
                "core": core,
            }
            return load(spec)
    except servers.NotStarted as error:
        return {"faults": [f"not started: {error}"]}


def keep_terminal(folder: Path, kept: Path) -> None:
    """What the server said, to look at when a run had faults."""
    for terminal in folder.glob("*terminal"):
        shutil.copy(terminal, kept)


def load(spec: dict[str, object]) -> Run:
    """One run of the load generator, in a process of its own."""
    windows = 3 * float(str(spec.get("seconds", 5.0)))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load"],
            input=json.dumps(spec),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=windows + SPARE_TIME,
            start_new_session=True,  # Ctrl-C is for this process, which ends the generator
        )
    except subprocess.TimeoutExpired:
        return {"faults": [f"no result after {windows + SPARE_TIME:.0f} s"]}
    if done.returncode:
        return {"faults": [f"the generator failed: {(done.stderr.splitlines() or ['killed'])[-1]}"]}
    result: Run = json.loads(done.stdout)
    return result


def summary(scenario: Scenario, run: Run) -> str:
    found = [f"{measure.title} {number(value)}" for measure in scenario.measures if (value := run.get(measure.key))]
    return ", ".join(found + run["faults"])


def write(folder: Path, text: str, plotted: Sequence[Run]) -> None:
    """The report to the terminal and, with the plot, into the folder."""
    print(text)
    (folder / "report.md").write_text(text)
    names = list(dict.fromkeys(run["server"] for run in plotted))
    medians = {name: middle(DELIVERIES, [run for run in plotted if run["server"] == name]) for name in names}
    rows = [(plain(name), value, name == servers.OURS) for name, value in medians.items() if value]
    if rows:
        (folder / "plot.svg").write_text(bars("Deliveries a second: 200 clients, 10 senders, 4 in flight", rows))


def plain(name: str) -> str:
    """A server's title without Markdown."""
    return servers.title(name).replace("*", "").replace("`", "")


def surroundings() -> dict[str, str]:
    """What a reader needs to judge the figures."""
    models = [line.partition(":")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _said_by("git", "describe", "--always", "--dirty", "--exclude", "*"),
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": models[0].strip() if models else platform.machine(),
        "file system of the log": _said_by("stat", "-f", "-c", "%T", "."),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load before": f"{os.getloadavg()[0]:.2f} (the processes that others had running)",
    }


def _said_by(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"


def _threads(scenario: Scenario) -> int:
    """The connections that a scenario has at once; in a storm the old may not have ended when the new ones come."""
    stalled = int(scenario.load.get("stalled", 0))
    return (scenario.clients + stalled) * (2 if scenario.mode == "storm" else 1)


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def names(given: str) -> list[str]:
        if unknown := set(given.split(",")) - set(known):
            raise argparse.ArgumentTypeError(f"not known: {', '.join(sorted(unknown))}")
        return given.split(",")

    return names


def _end(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
