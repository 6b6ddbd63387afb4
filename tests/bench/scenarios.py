"""What is measured: the list of the scenarios, each with its parameters and what its table shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A column: the key in a run's result, and its heading. The first of a scenario is the one that is compared."""

    key: str
    title: str


@dataclass(frozen=True)
class Scenario:
    """`load` are fields of `load.Spec`; `servers` those that take part, none meaning all."""

    name: str
    title: str
    mode: str
    clients: int
    measures: tuple[Measure, ...]
    rooms: int = 1
    load: dict[str, Any] = field(default_factory=dict)
    servers: tuple[str, ...] = ()

    def quick(self) -> Scenario:
        """The same in small: to see that everything works, not to learn a figure."""
        rooms = min(self.rooms, 20)
        clients = min(self.clients, 100) if self.rooms == 1 else 5 * rooms
        senders = min(self.load.get("senders", 1), rooms if self.rooms > 1 else clients)
        load = self.load | {"senders": senders, "seconds": 1.0, "warmup": 0.3}
        title = f"In small, with {clients} clients: {self.title}"
        return replace(self, title=title, clients=clients, rooms=rooms, load=load)


P50, P99 = Measure("p50_ms", "p50, ms"), Measure("p99_ms", "p99, ms")
DELIVERIES = Measure("deliveries_per_second", "deliveries/s")
COST = Measure("server_us_per_delivery", "CPU a delivery, µs")
GENERATOR = Measure("generator_cores", "generator, share of a core")
FAN_OUT = (DELIVERIES, COST, GENERATOR)
CONNECTING = (
    Measure("connects_per_second", "connects/s"),
    Measure("server_ms_per_connect", "CPU a connection, ms"),
    Measure("resident_kib", "resident a client, KiB"),
    Measure("kernel_kib", "kernel a client (both ends), KiB"),
)

SCENARIOS = (
    Scenario(
        "steady",
        "Latency: 100 clients, 20 messages/s in all",
        "steady",
        100,
        (P50, P99, GENERATOR),
        load={"senders": 10, "rate": 20, "seconds": 10.0},
    ),
    Scenario(
        "fanout",
        "Saturated fan-out: 200 clients, 10 senders, 4 in flight, 128 bytes",
        "saturate",
        200,
        FAN_OUT,
        load={"senders": 10, "in_flight": 4},
    ),
    Scenario(
        "hundred",
        "A room of 100 clients: 2 senders, 2 in flight",
        "saturate",
        100,
        FAN_OUT,
        load={"senders": 2, "in_flight": 2},
    ),
    Scenario(
        "large",
        "A large room: 1,000 clients, 2 senders, 2 in flight",
        "saturate",
        1_000,
        FAN_OUT,
        load={"senders": 2, "in_flight": 2},
    ),
    Scenario(
        "large-steady",
        "Latency in a large room: 1,000 clients, 5 messages/s",
        "steady",
        1_000,
        (P99, P50, GENERATOR),
        load={"senders": 2, "rate": 5, "seconds": 10.0},
    ),
    Scenario(
        "huge",
        "A larger room: 5,000 clients, 2 senders, 2 in flight",
        "saturate",
        5_000,
        FAN_OUT,
        load={"senders": 2, "in_flight": 2, "warmup": 2.0},
    ),
    Scenario(
        "huge-steady",
        "Latency in a larger room: 5,000 clients, 5 messages/s",
        "steady",
        5_000,
        (P99, P50, GENERATOR),
        load={"senders": 2, "rate": 5, "seconds": 10.0},
    ),
    Scenario(
        "crowd",
        "10,000 clients in one process: 2 messages/s to all, and a visitor who asks for the page and the API",
        "visited",
        10_000,
        (
            Measure("page_ms", "page, p50, ms"),
            Measure("api_ms", "rooms of the API, p50, ms"),
            Measure("health_ms", "/healthz, p50, ms"),
            P50,
            P99,
            GENERATOR,
        ),
        load={"senders": 2, "rate": 2, "seconds": 10.0, "warmup": 2.0},
        servers=("chatapp",),
    ),
    Scenario(
        "small",
        "A small room: 3 clients, all sending, 8 in flight",
        "saturate",
        3,
        (Measure("messages_per_second", "messages/s"), COST, GENERATOR),
        load={"senders": 3, "in_flight": 8},
    ),
    Scenario(
        "rooms",
        "Many small rooms: 200 of 5 clients, one sender each, 1 in flight",
        "saturate",
        1_000,
        FAN_OUT,
        rooms=200,
        load={"senders": 200, "in_flight": 1},
    ),
    Scenario("connect-1000", "Connecting 1,000 clients", "connect", 1_000, CONNECTING),
    Scenario("connect-5000", "Connecting 5,000 clients", "connect", 5_000, CONNECTING),
    Scenario(
        "stalled",
        "5 of 100 never read: 100 messages/s of 2 KB in all; what the 95 others get",
        "stalled",
        95,
        (
            P99,
            Measure("calm_p99_ms", "p99 without the 5, ms"),
            Measure("p99_ratio", "times"),
            Measure("grown_mib", "memory grown, MiB"),
            Measure("stalled_dropped", "of the 5 dropped"),
        ),
        load={"senders": 10, "rate": 100, "size": 2_048, "stalled": 5, "seconds": 10.0},
    ),
    Scenario(
        "storm",
        "1,000 clients cut at once, 50 messages meanwhile, all back at once (chatapp's get what they missed)",
        "storm",
        1_001,
        (Measure("back_seconds", "s from the cut until all are back"), Measure("resumed", "that got what they missed")),
        load={"missed": 50},
    ),
)
