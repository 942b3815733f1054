"""Flows in columns, oriented from their openers: what decides about a flow, for all flows at once.

``table`` makes one ``Flow`` out of the same records at a time; tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I32, I64, U8, U16, Bool, Column
from zoneguard.dynamic.communityid import ICMP, ICMPV6
from zoneguard.dynamic.placing import Addresses
from zoneguard.dynamic.states import ANSWERING, OPENING, PLAIN, RESET, SERVICE_PORTS, TCP, UDP

ENDS = ("src", "dst")
PORTS = 1 << 16
_SERVICE = np.zeros(PORTS, np.bool_)
_SERVICE[list(SERVICE_PORTS)] = True
_GROUPS_V6, _GROUPS_V4, _BROADCAST = 0xFF, 14, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Oriented:
    """One value a flow, named as in ``Flow``; ``payload`` has two, ``(to_responder, to_originator)``.

    ``time`` is seconds since 1970 of the first packet; ``file`` and ``vlan`` are numbers of its capture and of its
    stack of VLANs. ``refused``: what answers is a reset alone. ``known``: the opener is known by the handshake.
    ``near`` and ``far``: the store's numbers of the originator's direction and of the responder's.
    """

    src: Addresses
    dst: Addresses
    proto: U8
    sport: U16
    dport: U16
    icmp: U16
    answered: Bool
    refused: Bool
    known: Bool
    payload: I64
    time: Column
    file: I32
    vlan: I32
    near: I32
    far: I32

    def __len__(self) -> int:
        return len(self.proto)

    def take(self, which: I64) -> Oriented:
        """The flows at these positions."""
        return _made(lambda name: getattr(self, name).take(which) if name in ENDS else getattr(self, name)[which])

    @staticmethod
    def gather(size: int, parts: Iterable[Oriented]) -> Oriented:
        """The ``size`` flows of all parts, one part behind the other; no two parts are held at once."""
        whole: Oriented | None = None
        at = 0
        for part in parts:
            if len(part) == size:
                return part
            if whole is None:
                whole = part.room(size)
            for name in (field.name for field in fields(Oriented)):
                ours, theirs = getattr(whole, name), getattr(part, name)
                for target, source in _columns(ours, theirs):
                    target[at : at + len(part)] = source
            at += len(part)
        return whole or no_flows()

    def room(self, size: int) -> Oriented:
        """Columns like these for so many flows, of which nothing is known."""

        def empty(column: Any) -> Any:
            return np.empty((size, *column.shape[1:]), column.dtype)

        def made(name: str) -> Any:
            column = getattr(self, name)
            if name not in ENDS:
                return empty(column)
            return Addresses(empty(column.v6), empty(column.high), empty(column.low))

        return _made(made)


def _columns(ours: Any, theirs: Any) -> list[tuple[Any, Any]]:
    if isinstance(ours, Addresses):
        return [(ours.v6, theirs.v6), (ours.high, theirs.high), (ours.low, theirs.low)]
    return [(ours, theirs)]


def _made(column: Callable[[str], Any]) -> Oriented:
    return Oriented(**{field.name: column(field.name) for field in fields(Oriented)})


def orient(store: Store, flows: I64, halves: I32, files: I32, vlans: I32) -> Oriented:
    """The columns of ``flows``, whose two directions are ``halves``; ``files`` and ``vlans`` are the numbers to write
    for the store's files and contexts."""
    key = store.key[flows]
    tail = key[:, 4]
    proto = (tail & np.uint64(0xFF)).astype(np.uint8)
    v6 = tail >> np.uint64(8) & np.uint64(1) > 0
    ends = Addresses(v6, key[:, 0], key[:, 1]), Addresses(v6, key[:, 2], key[:, 3])
    port = np.stack([tail >> np.uint64(48), tail >> np.uint64(32) & np.uint64(0xFFFF)], axis=1).astype(np.uint16)
    packets, events, row = store.packets[halves], store.events[halves], store.first_row[halves]
    far, known = _openers(proto, packets, events, row, port, ends)
    near = ~far
    is_icmp = (proto == ICMP) | (proto == ICMPV6)
    oneway = tail >> np.uint64(9) & np.uint64(1) > 0
    sport, dport = _sided(port, far), _sided(port, near)
    icmp = np.where(oneway, port[:, 0] << np.uint16(8) | port[:, 1], sport << np.uint16(8))
    first = store.began(halves).argmin(axis=1)[:, None]
    payload, turned = store.payload[halves].astype(np.int64), far[:, None]
    return Oriented(
        src=_ends(ends, far), dst=_ends(ends, near), proto=proto,
        sport=np.where(is_icmp, 0, sport).astype(np.uint16), dport=np.where(is_icmp, 0, dport).astype(np.uint16),
        icmp=np.where(is_icmp, icmp, 0).astype(np.uint16),
        answered=_answered(proto, _sided(events, far), _sided(events, near), _sided(packets, near)),
        refused=_refused(proto, _sided(events, far), _sided(events, near)),
        known=known,
        payload=np.where(turned, payload[:, ::-1], payload),
        time=np.take_along_axis(store.first_time[halves], first, axis=1)[:, 0] / 1e9,
        file=files[np.take_along_axis(store.first_file[halves], first, axis=1)[:, 0]],
        vlan=vlans[(tail >> np.uint64(16) & np.uint64(0xFFFF)).astype(np.int64)],
        near=_sided(halves, far), far=_sided(halves, near),
    )  # fmt: skip


def no_flows() -> Oriented:
    """The columns of no flow."""
    none, numbers = np.zeros(0, np.int64), np.zeros(0, np.int32)
    return orient(Store(), none, numbers.reshape(0, 2), numbers, numbers)


def _sided(pair: Column, second: Bool) -> Column:
    """Of each pair the second value where ``second``, else the first."""
    return np.where(second, pair[:, 1], pair[:, 0])


def _ends(ends: tuple[Addresses, Addresses], second: Bool) -> Addresses:
    a, b = ends
    return Addresses(a.v6, np.where(second, b.high, a.high), np.where(second, b.low, a.low))


def _openers(
    proto: U8, packets: I64, events: U8, row: I64, port: U16, ends: tuple[Addresses, Addresses]
) -> tuple[Bool, Bool]:
    """``states.opener``: whether the second end opened the flow, and whether the handshake says so."""
    tcp = proto == TCP
    opening, answering = events & OPENING != 0, events & ANSWERING != 0
    opened = tcp & opening.any(axis=1)
    replied = tcp & ~opened & (answering[:, 0] != answering[:, 1])
    by_opening = opening[:, 1] & (~opening[:, 0] | (row[:, 1] < row[:, 0]))
    second = (packets[:, 1] > 0) & ~((packets[:, 0] > 0) & (row[:, 0] < row[:, 1]))
    here, there = _SERVICE[_sided(port, second)], _SERVICE[_sided(port, ~second)]
    many = np.stack([_many(end) for end in ends], axis=1)
    from_service = (tcp | (proto == UDP)) & here & ~there & ~_sided(many, ~second)
    guessed = second ^ from_service
    far: Bool = np.where(opened, by_opening, np.where(replied, answering[:, 0], guessed))
    return far, opened | replied


def _many(end: Addresses) -> Bool:
    """Multicast addresses, and IPv4's limited broadcast."""
    six = end.high >> np.uint64(56) == _GROUPS_V6
    four = (end.low >> np.uint64(28) == _GROUPS_V4) | (end.low == _BROADCAST)
    many: Bool = np.where(end.v6, six, four)
    return many


def _answered(proto: U8, mine: U8, theirs: U8, packets: I64) -> Bool:
    """``Flow.answered``, by the events of the originator and the responder, and the responder's packets."""
    opened = (mine & OPENING != 0) | (theirs & ANSWERING != 0)
    replied = (theirs & (ANSWERING | PLAIN | OPENING | RESET) != 0) | (mine & PLAIN != 0)
    answered: Bool = np.where((proto == TCP) & opened, replied, packets > 0)
    return answered


def _refused(proto: U8, mine: U8, theirs: U8) -> Bool:
    """Whether a reset is all that answers what the originator opened; by the events of both sides."""
    taken = (theirs & (ANSWERING | PLAIN | OPENING) != 0) | (mine & PLAIN != 0)
    refused: Bool = (proto == TCP) & (mine & OPENING != 0) & (theirs & RESET != 0) & ~taken
    return refused


def more_macs(near: I32, far: I32, known: Mapping[int, Sequence[int]]) -> tuple[I64, U8, I64]:
    """Further source addresses: position of the flow, side (0: originator) and address, by position and side."""
    if not known:
        none = np.zeros(0, np.int64)
        return none, none.astype(np.uint8), none
    halves = np.fromiter(known, np.int64, len(known))
    at: list[int] = []
    side: list[int] = []
    mac: list[int] = []
    for number, column in enumerate((near, far)):
        for position in np.flatnonzero(np.isin(column, halves)).tolist():
            found = known[int(column[position])]
            at += [position] * len(found)
            side += [number] * len(found)
            mac += found
    order = np.lexsort((np.array(side, np.uint8), np.array(at, np.int64)))
    return np.array(at, np.int64)[order], np.array(side, np.uint8)[order], np.array(mac, np.int64)[order]
