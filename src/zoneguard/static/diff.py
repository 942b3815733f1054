"""What a change of a network newly permits and newly denies between zones.

Both states are sets of one packet space, and the answer is their difference, between the two hosts: source as sent,
destination as received, with the source MAC addresses that the first device accepts. A condition that could not be
decided is a variable of the sets, so that what passes on the same condition before and after is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from zoneguard.model.crossing import Crossing
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.engine import TooLarge
from zoneguard.static.compiled import Refusal
from zoneguard.static.propagation import Landmarks
from zoneguard.static.reachability import Network
from zoneguard.static.senders import bound_to_senders
from zoneguard.static.translation import relation, restrict
from zoneguard.static.waypoints import hairpin, touches

Demanded = Callable[[str, str], frozenset[str]]
"""The zones by way of which sessions from one zone to another may have to go."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``packets`` that may be opened from zone to zone on one side only; ``permits``: in the new network.

    ``crossings`` are those that carry them there, narrowed to them. ``missed``: the demanded zones that they do not
    touch on their way; ways that differ in this are compared each for itself.
    """

    source: str
    destination: str
    missed: frozenset[str]
    permits: bool
    packets: PacketSet
    crossings: tuple[Crossing, ...]

    def narrowed(self, packets: PacketSet) -> Difference:
        """The part of the difference that lies in ``packets``."""
        parts = (replace(c, packets=restrict(c.packets, packets)) for c in self.crossings)
        return replace(self, packets=self.packets & packets, crossings=tuple(c for c in parts if c.packets))


_Key = tuple[str, str, tuple[str, ...]]


def differences(old: Network, new: Network, demanded: Demanded = lambda *_: frozenset()) -> Iterator[Difference]:
    """Every difference, by zones; zones of the two are the same by name. Both networks must share their space."""
    before, after = _by_way(old, demanded), _by_way(new, demanded)
    space = new.space
    for key in sorted(before.keys() | after.keys()):
        try:
            yield from _compared(space, key, before.get(key, []), after.get(key, []))
        except TooLarge as refusal:
            new.refused.append(Refusal(key[0], key[1], "", refusal.cause))


def _compared(space: PacketSpace, key: _Key, was: list[Crossing], now: list[Crossing]) -> Iterator[Difference]:
    if space.union(*(c.packets for c in was)) == space.union(*(c.packets for c in now)):
        return
    earlier, later = (space.union(*(relation(c.packets) for c in side)) for side in (was, now))
    for permits, packets, crossings in ((True, later - earlier, now), (False, earlier - later, was)):
        if packets:
            source, destination, missed = key
            whole = Difference(source, destination, frozenset(missed), permits, packets, tuple(crossings))
            yield whole.narrowed(packets)


def _by_way(network: Network, demanded: Demanded) -> dict[_Key, list[Crossing]]:
    found: dict[_Key, list[Crossing]] = {}
    names = [zone.name for zone in network.zones]
    landmarks = Landmarks(frozenset(zone for pair in product(names, names) for zone in demanded(*pair)))
    for crossing in network.crossings(landmarks=landmarks):
        if not hairpin(crossing):
            zones = demanded(crossing.source, crossing.destination)
            missed = (zone for zone in zones if not touches(network.topology, crossing.path, zone))
            key = (crossing.source, crossing.destination, tuple(sorted(missed)))
            try:
                bound = bound_to_senders(network, crossing)
            except TooLarge as refusal:
                network.refused.append(Refusal(key[0], key[1], crossing.path[0].device, refusal.cause))
                bound = crossing
            found.setdefault(key, []).append(bound)
    return found
