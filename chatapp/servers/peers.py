"""The bound on connections per address, before there is a request."""

from __future__ import annotations

from ..config import Settings
from ..live.addresses import Addresses
from . import limits


def connections_per_address(settings: Settings) -> Addresses | None:
    """What counts the connections of each address: as many clients as it may have, and its pages and requests besides.

    None behind a proxy: all connections are the proxy's, and it bounds its own clients.
    """
    return None if settings.PROXY_HOPS else Addresses(settings.MAX_CLIENTS_PER_ADDRESS + limits.RESERVE)
