"""What parsers share when they read how a device is managed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.device import Service
from zoneguard.model.settings import Access

PORTS = {"ssh": 22, "telnet": 23, "http": 80, "https": 443, "ftp": 21, "tftp": 69}
INITIAL_COMMUNITIES = frozenset({"public", "private"})


def accesses(services: Iterable[Service]) -> Iterator[Access]:
    """The services that are management by TCP, on the ports that they have by custom."""
    for service in services:
        if service.name in PORTS:
            yield Access(service.name, PORTS[service.name], service.interface, service.span)
