"""Zones and the longest-prefix map from addresses to zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan


class ZoneClass(StrEnum):
    MYNUMBER = "mynumber"
    LGWAN = "lgwan"
    INTERNET = "internet"
    PUBLIC = "public"
    SECURITY_CLOUD = "security-cloud"
    DMZ = "dmz"
    SANITIZER = "sanitizer"
    MANAGEMENT = "management"
    REMOTE_ACCESS = "remote-access"
    CLOSED_EXTERNAL = "closed-external"
    LOCAL_BREAKOUT = "local-breakout"
    GUEST = "guest"
    DEVELOPMENT = "development"
    OTHER = "other"
    OUT_OF_SCOPE = "out-of-scope"


@dataclass(frozen=True, slots=True)
class Zone:
    """A named set of prefixes ``(network in the shared space, length)``. ``guessed``: nobody confirmed the class."""

    name: str
    zone_class: ZoneClass
    prefixes: tuple[tuple[int, int], ...]
    span: SourceSpan
    guessed: bool = False


class ZoneMap:
    """Longest prefix → zone. Two zones may not claim the same prefix (``loading`` refuses that with its line)."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.zones: tuple[Zone, ...] = tuple(zones)
        self._by_name = {z.name: z for z in self.zones}
        self._tables: dict[tuple[bool, int], dict[int, Zone]] = {}
        for zone in self.zones:
            for network, length in zone.prefixes:
                self._tables.setdefault((network >= V6, length), {})[network] = zone
        self._lengths = {v6: sorted((n for f, n in self._tables if f == v6), reverse=True) for v6 in (False, True)}

    def __getitem__(self, name: str) -> Zone:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Zone]:
        return iter(self.zones)

    def of(self, address: int) -> Zone | None:
        """The zone of an address of the shared space, or ``None``."""
        v6 = address >= V6
        for length in self._lengths[v6]:
            network = address & ~((1 << ((128 if v6 else 32) - length)) - 1)
            zone = self._tables[v6, length].get(network)
            if zone is not None:
                return zone
        return None

    def addresses(self, name: str) -> Intervals:
        """Exactly the addresses that belong to the zone: its prefixes less every longer prefix of another zone."""
        own = self[name]
        mine: dict[int, list[tuple[int, int]]] = {}
        others: dict[int, list[tuple[int, int]]] = {}
        for zone in self.zones:
            spans = mine if zone is own else others
            for network, length in zone.prefixes:
                spans.setdefault(length, []).extend(prefix_span(network, length).spans)
        result = Intervals()
        for length in sorted({*mine, *others}):
            result = (result | Intervals.from_spans(mine.get(length, ()))) - Intervals.from_spans(
                others.get(length, ())
            )
        return result
