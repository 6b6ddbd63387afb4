"""Turns runs into Markdown: a table a scenario, with medians, extremes and the ratio to ours, and every fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from .scenarios import Measure, Scenario
from .servers import OURS, title

BUSY = 0.9  # share of a core over which the generator, not the server, may be what bounds a run

Run = dict[str, Any]  # `scenario`, `server`, `round`, `faults`, and what the load generator measured

INTRODUCTION = """\
Medians of {rounds} rounds (min to max); "to ours" is a server's median divided by ours. ⚠ marks a server with faults
or a busy generator in some run; they are listed below the table. Of deliveries, messages and connects more is better,
of all else less.

- Server and load generator have a core each{pinned}; both are on this machine, over loopback.
- **chatapp** runs as the README says, with the shipped configuration: each message is stored and synced before it is
  sent. Only its rate limits per person and address are off (`CHATAPP_RATE_LIMIT=0`,
  `CHATAPP_ADDRESS_…=0`): they would stop the load.
- The peers are the broadcast examples of their documentation. They store nothing, and neither limit, log nor resume.
  Compression is off everywhere.
- The generator is one process. It reads those who measure (the senders, and in latency scenarios 10 more) at once,
  and all others in sweeps; for the echoes that one read brings it sends the next messages with one `send`. It treats
  all servers alike.
- Every run checks that each client got exactly what its room was sent; at a steady rate also that the order is right.
- Latency counts from when a message was due. What never came counts with the time that it was waited for.
"""


def report(scenarios: Iterable[Scenario], runs: Sequence[Run], about: dict[str, str], left_out: Sequence[str]) -> str:
    """The whole, as Markdown."""
    rounds = len({run["round"] for run in runs})
    parts = [INTRODUCTION.format(rounds=rounds, pinned="" if about["cores"] != "1" else " in name only: there is one")]
    parts.append("\n".join(f"- {name}: {value}" for name, value in about.items()) + "\n")
    if left_out:
        parts.append(f"Not installed, and left out: {', '.join(map(title, left_out))}.\n")
    parts += [table(scenario, found) for scenario in scenarios if (found := of(runs, scenario.name))]
    return "\n".join(parts)


def table(scenario: Scenario, runs: Sequence[Run]) -> str:
    """One scenario; the servers stand in the order of their first run."""
    compared = scenario.measures[0]
    names = list(dict.fromkeys(run["server"] for run in runs))
    ours = middle(compared, [run for run in runs if run["server"] == OURS])
    head = ["server", *(measure.title for measure in scenario.measures), "to ours"]
    lines = [f"### {scenario.title}", "", row(head), row(["---"] + ["---:"] * (len(head) - 1))]
    notes = []
    for name in names:
        found = [run for run in runs if run["server"] == name]
        faults = remarks(found)
        notes += [f"- {title(name)}: {fault}" for fault in faults]
        cells = [title(name) + (" ⚠" if faults else "")]
        cells += [spread(measure, found) for measure in scenario.measures]
        lines.append(row([*cells, ratio(middle(compared, found), ours)]))
    return "\n".join([*lines, "", *notes, *([""] if notes else [])])


def of(runs: Iterable[Run], scenario: str) -> list[Run]:
    return [run for run in runs if run["scenario"] == scenario]


def remarks(runs: Sequence[Run]) -> list[str]:
    """Each kind of fault of a server's runs once, with the least and the most of it, and how many runs had it."""
    kinds: dict[str, list[int]] = {}
    for run in runs:
        for fault in run["faults"]:
            amount, _, kind = fault.partition(" ")
            found = (kind, int(amount)) if amount.isdecimal() else (fault, 0)
            kinds.setdefault(found[0], []).append(found[1])
        if run.get("generator_cores", 0) > BUSY:
            kinds.setdefault(f"the generator used more than {BUSY} of a core", []).append(0)
    return [f"{_extent(amounts)}{kind} ({len(amounts)} of {len(runs)} runs)" for kind, amounts in kinds.items()]


def _extent(amounts: Sequence[int]) -> str:
    low, high = min(amounts), max(amounts)
    if high == 0:
        return ""
    return f"{low:,} " if low == high else f"{low:,} to {high:,} "


def values(measure: Measure, runs: Sequence[Run]) -> list[float]:
    return [run[measure.key] for run in runs if run.get(measure.key) is not None]


def middle(measure: Measure, runs: Sequence[Run]) -> float | None:
    """The median, of the runs that measured it."""
    found = values(measure, runs)
    return median(found) if found else None


def spread(measure: Measure, runs: Sequence[Run]) -> str:
    found = values(measure, runs)
    if not found:
        return "–"
    if len(found) == 1:
        return number(found[0])
    return f"{number(median(found))} ({number(min(found))} to {number(max(found))})"


def ratio(value: float | None, ours: float | None) -> str:
    """`1` for ours itself."""
    if value is None or not ours:
        return "–"
    return number(value / ours)


def number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        digits = len(str(int(abs(value))))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:.3g}"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
