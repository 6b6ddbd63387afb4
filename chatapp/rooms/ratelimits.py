"""Every rate limit: per person, and in front of it per address, for a guest has a new name whenever they like.

An address is what `networks.network` makes of it. No limit of the `limits` library is used: its fastest one costs
2.6 µs a hit, twice per post; both buckets here cost 0.9 µs together.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from math import ceil
from threading import Lock

from .. import cpu_time
from ..config import Rate, Settings
from ..model import Person, Refusal
from .rates import Bucket, Buckets, Rates

PREVIEWS = Rate(3, 6)  # of one person
MENTIONS_OF_ALL = Rate(1 / 60, 5)  # of one person: each is a row per member of the room
UNLIMITED = Rate(0, 0)
RETRY_SPREAD = (
    0.5,
    1.5,
)  # seconds added to the wait of a refused address: its people shall not all return at once
GUESTS_KEPT = 16_384  # guests that count as known; each has paid for a new identity
REPORT_INTERVAL = 60.0  # seconds between two log lines about one address and limit
REPORTS = Rate(1, 10)  # log lines about all addresses

log = logging.getLogger(__name__)


class Limit:
    """One kind of work: how much of it one address may ask for, and one person there."""

    def __init__(
        self,
        name: str,
        address: Rate,
        person: Rate = UNLIMITED,
        *,
        clock: Callable[[], float],
        report: Callable[[str, Rate, str], None],
        spread: Callable[[float, float], float] = random.uniform,
    ):
        """`report` is called with the name, the rate and the address when an address is refused."""
        self._name = name
        self._address = address
        self._clock = clock
        self._report = report
        self._spread = spread
        self._lock = Lock()  # guards the two below, and what is in their buckets
        self._addresses = Buckets(*address) if address.per_second else None
        self._people = Buckets(*person) if person.per_second else None

    def take(self, network: str, person: str = "", tokens: float = 1) -> None:
        """Counts one piece of work, worth so many tokens of the address's. Raises Refusal `rate-limited`.

        A refusal takes no token from anybody: a person who is too fast costs their neighbours nothing.
        """
        if self._addresses is None and self._people is None:
            return
        own = 0.0
        with self._lock:
            now = self._clock()
            shared = self._addresses.of(network, now) if self._addresses is not None else None
            wait = shared.wait(now, tokens) if shared is not None else 0.0
            if not wait:
                if person and self._people is not None:
                    own = self._people.of(person, now).take(now)
                if shared is not None and not own:
                    shared.spend(tokens)
        if wait:
            raise self._refusal(network, wait)
        if own:
            raise Refusal("rate-limited", retry_after=_rounded_up(own))

    @property
    def is_on(self) -> bool:
        """Whether there is a limit per address."""
        return self._addresses is not None

    def charge(self, network: str, tokens: float = 1) -> float:
        """Counts work that was done already; gives the seconds to wait before the next."""
        if self._addresses is None:
            return 0.0
        with self._lock:
            now = self._clock()
            wait = self._addresses.of(network, now).charge(now, tokens)
        if wait:
            self._report(self._name, self._address, network)
        return wait

    def check(self, network: str, tokens: float = 1) -> None:
        """Raises the refusal that `take` would raise for that address, and counts nothing. With 0 tokens: if it is in
        debt."""
        if self._addresses is None:
            return
        with self._lock:
            now = self._clock()
            wait = self._addresses.of(network, now).wait(now, tokens)
        if wait:
            raise self._refusal(network, wait)

    def _refusal(self, network: str, wait: float) -> Refusal:
        self._report(self._name, self._address, network)
        return Refusal("rate-limited", retry_after=_rounded_up(wait + self._spread(*RETRY_SPREAD)), network=True)


class CpuTime:
    """Charges an address with the processor time that threads spend for it: at the end of a request, and during a
    connection that lasts. An address in debt waits until it is paid.

    The other limits count pieces of work, whose cost differs by a factor of a thousand.
    """

    def __init__(self, limit: Limit):
        self._limit = limit
        self._thread = threading.local()  # `mark`: what this thread had spent when it was charged last

    def check(self, network: str) -> None:
        """Raises Refusal `rate-limited` for an address that is in debt."""
        self._limit.check(network, 0)

    def begin(self) -> None:
        """From here on the calling thread works for one address, until `end`."""
        self._thread.mark = cpu_time.spent() if self._limit.is_on else None

    def charge(self, network: str, least: float = 0.0) -> float:
        """Charges what this thread has spent since `begin` or the last charge, if it is `least` seconds; gives the
        seconds until the address is out of debt, 0 if nothing was charged."""
        mark = getattr(self._thread, "mark", None)
        if mark is None:
            return 0.0
        now = cpu_time.spent()
        if now - mark < least:
            return 0.0
        self._thread.mark = now
        return self._limit.charge(network, now - mark)

    def end(self, network: str) -> None:
        """Charges the rest."""
        self.charge(network)
        self._thread.mark = None


class Report:
    """Says in the log which address is being limited: once a minute per address and limit, and never a flood."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._recent = Rates(rate=1 / REPORT_INTERVAL, burst=1, clock=clock)
        self._lock = Lock()  # guards the bucket
        self._lines = Bucket(*REPORTS, clock())

    def __call__(self, name: str, rate: Rate, network: str) -> None:
        if self._recent.take(f"{name} {network}"):
            return
        with self._lock:
            if self._lines.take(self._clock()):
                return
        shown = network or "A client without an address"
        log.warning("%s is limited by CHATAPP_%s=%s; if that is a proxy, set CHATAPP_PROXY_HOPS", shown, name, rate)


class RateLimits:
    """All limits by kind of work. `requests`, `handshakes`, `commands` and `cpu` know no person; a person's `posts` are
    everything of theirs that is stored."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float]):
        report = Report(clock)
        own = Rate(settings.RATE_LIMIT, settings.RATE_BURST)

        def limit(name: str, person: Rate = UNLIMITED) -> Limit:
            return Limit(name, getattr(settings, name), person, clock=clock, report=report)

        self.requests = limit("ADDRESS_REQUESTS")
        self.handshakes = limit("ADDRESS_HANDSHAKES")
        self.commands = limit("ADDRESS_COMMANDS")
        self.cpu = CpuTime(limit("ADDRESS_CPU"))
        self.posts = limit("ADDRESS_POSTS", own)
        self.people = limit("ADDRESS_PEOPLE", own)
        self.rooms = limit("ADDRESS_ROOMS")
        self.previews = limit("ADDRESS_PREVIEWS", PREVIEWS)
        self.searches = limit("ADDRESS_SEARCHES")
        self.mentions_of_all = limit("ADDRESS_MENTIONS_OF_ALL", MENTIONS_OF_ALL)
        self._lock = Lock()  # guards the one below
        self._guests: dict[str, None] = {}  # ids of the guests that were counted, the oldest first

    def meet(self, guest: Person) -> None:
        """Counts a new identity: a guest whose id was not counted before. Raises Refusal `rate-limited`."""
        with self._lock:
            if guest.id in self._guests:
                return
        self.people.take(guest.network)
        with self._lock:
            self._guests[guest.id] = None
            if len(self._guests) > GUESTS_KEPT:
                del self._guests[next(iter(self._guests))]


def _rounded_up(seconds: float) -> float:
    return ceil(seconds * 1000) / 1000  # rounded down it would be too short
