"""All flows of the captures with what decides about them: a check asks once about all, not about each.

What a check asks for is a column of truth values, one a flow; columns are combined by ``&``, ``|`` and ``~``. A
``Flow`` is made only of what is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, U16, Bool, Column, pairs
from zoneguard.dynamic.crossing import STAYS_ON_LINK
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.matters import Matter, merged
from zoneguard.dynamic.placing import NOWHERE, Partition, numbered
from zoneguard.model.addresses import V6
from zoneguard.model.flows import Flow
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS
from zoneguard.model.project import CaptureEntry
from zoneguard.model.zones import ZoneClass, ZoneMap

TCP = 6
ABOUT_OTHERS = (1, 2, 3, 4, 5, 11, 12)
"""Types of ICMP and ICMPv6 that quote another packet: errors and redirects."""


class Traffic:
    """The flows in order of time. ``src`` and ``dst`` are numbers of ``table``; ``source`` and ``target`` the numbers
    of their zones, -1 where they lie in none, ``point`` that of the zone in which the flow was captured; ``zones``
    names them. ``crossing``: the flow runs between two zones, and neither is it another sighting of one that does nor
    handed back into its zone. ``seen_as`` are the other sightings, by the position of what they are sightings of.
    ``unread``: nobody reads the content.
    """

    def __init__(
        self, flows: Flows, zones: ZoneMap, points: Mapping[str, CaptureEntry], unread: Bool | None = None
    ) -> None:
        columns, self.files = flows.oriented()
        self.flows = flows
        self.zones = tuple(zones)
        self.table, (self.src, self.dst) = numbered((columns.src, columns.dst))
        columns = replace(columns, src=NOWHERE, dst=NOWHERE)  # their numbers are shorter
        self.proto: U8 = columns.proto
        self.sport: U16 = columns.sport
        self.dport: U16 = columns.dport
        self.icmp: U16 = columns.icmp
        self.answered, self.known, self.refused = columns.answered, columns.known, columns.refused
        self.payload: I64 = columns.payload
        self.time: Column = columns.time
        self.file: I32 = columns.file
        self._columns = columns
        self._zone = Partition([zones.addresses(z.name) for z in self.zones]).of(self.table).astype(np.int16) - 1
        self.source, self.target = self._zone[self.src], self._zone[self.dst]
        names = {zone.name: number for number, zone in enumerate(self.zones)}
        entries = [points.get(file) for file in self.files]
        self.points: Column = np.array([names.get(entry.zone, -1) if entry else -1 for entry in entries], np.int16)
        stays = self.among(STAYS_ON_LINK)
        apart = (self.source >= 0) & (self.target >= 0) & (self.source != self.target)
        self.crossing: Bool = apart & ~stays[self.src] & ~stays[self.dst]
        self.unread: Bool = np.zeros(len(self), np.bool_) if unread is None else unread
        self.seen_as: Mapping[int, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.proto)

    @property
    def point(self) -> Column:
        """The zone in which each flow was captured, -1 where the capture's point is none."""
        return self.points[self.file]

    def among(self, addresses: Intervals) -> Bool:
        """Which addresses of ``table`` are among these."""
        among: Bool = Partition([addresses]).of(self.table) > 0
        return among

    def comes_from(self, addresses: Intervals) -> Bool:
        """Flows opened by one of the addresses."""
        return self.among(addresses)[self.src]

    def goes_to(self, addresses: Intervals) -> Bool:
        """Flows to one of the addresses."""
        return self.among(addresses)[self.dst]

    def touches(self, addresses: Intervals) -> Bool:
        """Flows with one of the addresses at an end."""
        among = self.among(addresses)
        return among[self.src] | among[self.dst]

    def opened_in(self, classes: Collection[ZoneClass | None]) -> Bool:
        """Flows opened in a zone of one of the classes (``None``: in no zone)."""
        return self._of(classes)[self.source]

    def ends_in(self, classes: Collection[ZoneClass | None]) -> Bool:
        """Flows to a zone of one of the classes (``None``: to no zone)."""
        return self._of(classes)[self.target]

    def taken_in(self, classes: Collection[ZoneClass | None]) -> Bool:
        """Flows that were captured in a zone of one of the classes."""
        return self._of(classes)[self.point]

    def _of(self, classes: Collection[ZoneClass | None]) -> Bool:
        """Of each zone, and behind them of none, whether its class is one of these."""
        return np.array([*(zone.zone_class in classes for zone in self.zones), None in classes])

    def between(self, pairs: Collection[tuple[str, str]]) -> Bool:
        """Flows from the first to the second zone of one of the pairs."""
        names = [zone.name for zone in self.zones]
        wanted = np.array([[(a, b) in pairs for b in (*names, "")] for a in (*names, "")])
        return wanted[self.source, self.target]

    def service(self, services: Iterable[tuple[int, int]]) -> Bool:
        """Flows of one of the services, ``(protocol, port)``."""
        wanted = np.array(sorted(proto << 16 | port for proto, port in services), np.int64)
        return np.isin(self._services(), wanted)

    def speaks(self, protocols: Intervals, ports: Intervals, turned: bool = False) -> Bool:
        """Flows of these protocols to these ports; ``turned``: from these ports."""
        of_protocol, of_port = _table(protocols, 256), _table(ports, 1 << 16)
        return of_protocol[self.proto] & of_port[self.sport if turned else self.dport]

    def tcp(self, ports: Iterable[int]) -> Bool:
        """Flows of TCP to one of the ports."""
        return self.service((TCP, port) for port in ports)

    @property
    def carried(self) -> Bool:
        """Flows with content, in either direction."""
        carried: Bool = self.payload.sum(axis=1) > 0
        return carried

    @property
    def messages(self) -> Bool:
        """Flows of ICMP or ICMPv6."""
        return _table(ICMP_PROTOCOLS, 256)[self.proto]

    @property
    def got_through(self) -> Bool:
        """Flows that what stands between their ends let pass: they were answered, or a capture taken in the zone of the
        far end shows what opens them. Messages about other packets (errors of ICMP) open nothing; an answer of ICMP
        that arrives, an echo perhaps, has its question on the other way, or is none."""
        quoting = np.isin(self.icmp >> 8, ABOUT_OTHERS)
        opens = np.where(self.messages, ~quoting, (self.proto != TCP) | self.known)
        through: Bool = self.answered | (self.there & opens)
        return through

    @property
    def there(self) -> Bool:
        """Flows that were captured in the zone of their far end."""
        there: Bool = (self.point == self.target) & (self.target >= 0)
        return there

    def _services(self) -> I64:
        return self.proto.astype(np.int64) << 16 | self.dport

    def address(self, number: int) -> int:
        """An address of ``table``, in the shared space."""
        high, low = int(self.table.high[number]), int(self.table.low[number])
        return (V6 if self.table.v6[number] else 0) + (high << 64 | low)

    def some(self, which: I64) -> Flows:
        """The flows at these positions."""
        return self.flows.some(which)

    def sightings(self, which: I64) -> Flows:
        """The flows at these positions, each followed by its other sightings."""
        every = [place for at in which.tolist() for place in (at, *self.seen_as.get(at, ()))]
        return self.flows.some(np.array(every, np.int64))

    def alike(self, wanted: Bool, some: Bool) -> Bool:
        """The wanted flows between the hosts and for the service of ``some`` wanted flow."""
        which = np.flatnonzero(wanted)
        pairs = self.src[which].astype(np.int64) * len(self.table) + self.dst[which]
        keys = np.unique(pairs, return_inverse=True)[1] << 24 | self._services()[which]
        found = np.zeros(len(self), np.bool_)
        found[which] = np.isin(keys, keys[some[which]])
        return found

    def at(self, positions: I64 | Iterable[int]) -> Bool:
        """The flows at these positions, and no other."""
        wanted = np.zeros(len(self), np.bool_)
        wanted[positions if isinstance(positions, np.ndarray) else list(positions)] = True
        return wanted

    def position(self, flow: Flow) -> int:
        """Where a flow of the captures stands; -1 where it is none of them."""
        low, high = (int(np.searchsorted(self.time, flow.first.time, side=side)) for side in ("left", "right"))
        ports = (self.sport[low:high] == flow.sport) & (self.dport[low:high] == flow.dport)
        alike = (low + np.flatnonzero(ports & (self.proto[low:high] == flow.proto))).tolist()
        alike = [at for at in alike if self.ends(at) == (flow.src, flow.dst)]
        return alike[0] if len(alike) == 1 else next((at for at in alike if self.flows[at] == flow), -1)

    def ends(self, at: int) -> tuple[int, int]:
        """The addresses of one flow, in the shared space."""
        return self.address(int(self.src[at])), self.address(int(self.dst[at]))

    def fans(self, wanted: Bool, least: int) -> Iterator[I64]:
        """For each host and service of which it tried at least so many hosts: one flow of each of these, the last that
        was answered or else the first, in the order in which they were tried."""
        which = np.flatnonzero(wanted)
        fan = np.unique(self.src[which].astype(np.int64) << 24 | self._services()[which], return_inverse=True)[1]
        hosts = fan.astype(np.int64) * len(self.table) + self.dst[which]
        _, first, host = np.unique(hosts, return_index=True, return_inverse=True)
        chosen = which[first]
        answered = np.flatnonzero(self.answered[which])
        chosen[host[answered]] = which[answered]
        many = np.flatnonzero(np.bincount(fan[first]) >= least)
        hosts = np.flatnonzero(np.isin(fan[first], many))
        order = hosts[np.lexsort((first[hosts], fan[first[hosts]]))]
        bounds = np.flatnonzero(np.diff(fan[first[order]], prepend=-1))
        fans = np.split(order, bounds[1:]) if len(order) else []
        for part in sorted(fans, key=lambda part: int(first[part[0]])):
            yield chosen[part]

    def lies_in(self, classes: Collection[ZoneClass | None]) -> Bool:
        """Which addresses of ``table`` lie in a zone of one of the classes (``None``: in no zone)."""
        return self._of(classes)[self._zone]

    def of_addresses(self, wanted: Bool, addresses: Bool) -> Iterator[tuple[int, I64]]:
        """For each of these addresses of ``table`` that some wanted flow has at an end: it and those flows."""
        which = np.flatnonzero(wanted & (addresses[self.src] | addresses[self.dst]))
        ends = np.stack([self.src[which], self.dst[which]], axis=1).ravel()
        at = np.repeat(which, 2)
        kept = np.flatnonzero(addresses[ends])
        order = kept[np.argsort(ends[kept], kind="stable")]
        bounds = np.flatnonzero(np.diff(ends[order], prepend=-1))
        for part in np.split(order, bounds[1:]) if len(order) else ():
            yield int(ends[part[0]]), np.unique(at[part])

    def opened_by(self, far: Bool) -> Bool:
        """Flows opened by the far end of some flow of ``far``."""
        reached = np.zeros(len(self.table), np.bool_)
        reached[self.dst[far]] = True
        return reached[self.src]

    def macs(self) -> tuple[I32, U8, I64]:
        """Source addresses of frames, in order of the flows: position, side (0: originator) and MAC address."""
        return self.flows.macs(self._columns)

    def unheard(self, wanted: Bool) -> Bool:
        """Of the wanted flows of TCP that had begun, one truth value a side, the originator's first: the capture holds
        nothing of that side, though it took part."""
        which = np.flatnonzero(wanted & (self.proto == TCP) & (self.answered | ~self.known))
        unheard = np.zeros((len(self), 2), np.bool_)
        unheard[which] = self.flows.packets(self._columns, which) == 0
        return unheard

    def many(self, wanted: Bool, least: int) -> Bool:
        """Which of the wanted flows have at least so many packets."""
        which = np.flatnonzero(wanted)
        return self.at(which[self.flows.packets(self._columns, which).sum(axis=1) >= least])

    def begins(self, which: I64) -> I64:
        """The sequence numbers at which both sides of these flows begin, the originator's first; -1: none is known."""
        return self.flows.begins(self._columns, which)

    def join(self, seen_as: Mapping[int, tuple[int, ...]]) -> None:
        """Take flows for further sightings of others: they are no crossings of their own."""
        self.seen_as = seen_as
        self.crossing[[at for others in seen_as.values() for at in others]] = False

    def stays(self, which: I64) -> None:
        """Take flows, by their positions, for no crossings: they end in the zone in which they began."""
        self.crossing[which] = False

    @property
    def wires(self) -> I32:
        """The number of the capture and the VLANs of each flow."""
        places = pairs(self.file, self._columns.vlan)
        wires: I32 = np.searchsorted(np.unique(places), places).astype(np.int32)
        return wires

    @property
    def untagged(self) -> Bool:
        """Flows of frames without a VLAN's tag."""
        stacks = self.flows.stacks
        untagged: Bool = self._columns.vlan == (stacks.index(()) if () in stacks else -1)
        return untagged

    def matters(self, wanted: Bool) -> Iterator[Matter]:
        """The wanted flows by hosts, protocol and port, in order of their first packets."""
        which = np.flatnonzero(wanted)
        if not len(which):
            return
        first, part = self._parts(which)
        zones = self.source[which[first]].astype(np.int64) * (len(self.zones) + 1) + self.target[which[first]]
        label = merged(zones, self._services()[which[first]])[part]
        order = np.argsort(label, kind="stable")
        bounds = np.flatnonzero(np.diff(label[order], prepend=-1))
        groups = np.split(order, bounds[1:])
        for rows in sorted(groups, key=lambda rows: int(rows[0])):
            yield self._matter(which[rows], len(np.unique(part[rows])))

    def _parts(self, which: I64) -> tuple[I64, I32]:
        """These flows by hosts and service: the first of each part, and the number of each one's part."""
        pair = np.unique(self.src[which].astype(np.int64) * len(self.table) + self.dst[which], return_inverse=True)[1]
        pair = pair.astype(np.int32)
        parts = np.unique(pairs(pair, self._services()[which].astype(np.int32)), return_index=True, return_inverse=True)
        return parts[1], parts[2].astype(np.int32)

    def _matter(self, mine: I64, parts: int) -> Matter:
        at = int(mine[0])
        return Matter(
            flows=self.flows,
            which=mine,
            answered=bool(self.answered[mine].any()),
            payload=int(self.payload[mine].sum()),
            zones=(self.zone_name(int(self.source[at])), self.zone_name(int(self.target[at]))),
            parts=parts,
            digest=self.digest(mine) if parts > 1 else "",
        )

    def zone_name(self, number: int) -> str:
        """The name of a zone; empty for none."""
        return self.zones[number].name if number >= 0 else ""

    def digest(self, which: I64) -> str:
        """32 hex digits of the hosts and services of these flows, however often and in whatever order."""
        src, dst, service = self.src[which], self.dst[which], self._services()[which]
        order = np.lexsort((service, dst, src))
        changes = [np.diff(column[order], prepend=-1) != 0 for column in (src, dst, service)]
        some = order[changes[0] | changes[1] | changes[2]]
        ends = [self.table.take(column[some].astype(np.int64)) for column in (src, dst)]
        columns = [column for end in ends for column in (end.v6, end.high, end.low)]
        return hashlib.sha256(b"".join(column.tobytes() for column in (*columns, service[some]))).hexdigest()[:32]


def _table(values: Intervals, size: int) -> Bool:
    """Of each number below ``size`` whether it is among the values."""
    table = np.zeros(size, np.bool_)
    for low, high in values.spans:
        table[low : high + 1] = True
    return table
