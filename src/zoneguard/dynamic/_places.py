"""Where the network layers of a batch begin: link headers, VLAN tags and PPPoE, by columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, U64, Bool, Column, Frames, parts
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.framing import NOT_IP, PPPOE_SESSION, VLAN_TAGS
from zoneguard.dynamic.layers import IPV4, IPV6

PPP_CONTROL = 1 << 16  # beside the EtherTypes
KINDS = PPP_CONTROL + 1
PPP_KINDS = {0x21: IPV4, 0x57: IPV6}
LONGEST = 1500  # a smaller EtherType is a length
_HALF, _KIND, _MAC = np.int64(32), np.uint64(0xFFFF), np.uint64(16)


def marks(size: int, members: object) -> Bool:
    """A table that says which numbers below ``size`` are ``members``."""
    table = np.zeros(size, np.bool_)
    table[list(members)] = True  # type: ignore[call-overload]
    return table


TAGS = marks(KINDS, VLAN_TAGS)
SILENT = marks(KINDS, [PPP_CONTROL, *(kind for kind in NOT_IP if kind > LONGEST)])


@dataclass(frozen=True, slots=True)
class Views:
    """The buffer as big-endian integers that begin at any byte."""

    u8: U8
    u16: np.ndarray[tuple[int], np.dtype[np.uint16]]
    u32: np.ndarray[tuple[int], np.dtype[np.uint32]]
    u64: np.ndarray[tuple[int], np.dtype[np.uint64]]

    @staticmethod
    def of(data: U8) -> Views:
        """Views of ``data``, which is longer than 8 bytes."""
        size = len(data)
        return Views(
            data,
            np.ndarray((size - 1,), ">u2", data, strides=(1,)),
            np.ndarray((size - 3,), ">u4", data, strides=(1,)),
            np.ndarray((size - 7,), ">u8", data, strides=(1,)),
        )

    def heads(self, at: I64, layout: np.dtype[np.void]) -> Column:
        """What is from each position on, as copies of that layout: one costs hardly more than a few bytes of it."""
        return parts(self.u8, layout.itemsize)[at].view(layout)

    def half(self, at: I64) -> I64:
        """Two bytes from each position."""
        return self.u16[at].astype(np.int64)

    def word(self, at: I64) -> I64:
        """Four bytes from each position."""
        return self.u32[at].astype(np.int64)

    def wide(self, at: I64) -> U64:
        """Eight bytes from each position."""
        return self.u64[at].astype(np.uint64)


@dataclass(slots=True)
class Places:
    """Network layers of frames, in the order of these. ``frame`` is the position of each one's frame in the batch,
    ``at`` where the layer begins and ``end`` where the frame's captured bytes end.

    ``kind`` is an EtherType or ``PPP_CONTROL``, 0 where the columns do not tell; ``mac`` the source address (-1: none).
    """

    frame: I64
    at: I64
    end: I64
    kind: I64
    mac: I64
    context: I32

    def take(self, which: I64) -> Places:
        """The places at these positions."""
        columns = (self.frame, self.at, self.end, self.kind, self.mac, self.context)
        return Places(*(column[which] for column in columns))  # type: ignore[arg-type]

    def silent(self) -> Bool:
        """Which are known to hold no IP."""
        return SILENT[self.kind] & (self.at <= self.end)


def linked(frames: Frames, view: Views, contexts: Contexts) -> Places:
    """The outermost network layer of every frame."""
    count = len(frames)
    links = [int(frames.link[0])] if (frames.link == frames.link[0]).all() else np.unique(frames.link).tolist()
    places = Places(
        np.arange(count), frames.at.copy(), frames.at + frames.caplen, np.zeros(count, np.int64),
        np.full(count, -1, np.int64), np.zeros(count, np.int32),
    )  # fmt: skip
    for link in links:
        if reader := _LINKS.get(link):
            which = slice(None) if len(links) == 1 else np.flatnonzero(frames.link == link)
            places.at[which], places.kind[which], places.mac[which] = reader(frames.at[which], view)
    _follow(places, view, contexts)
    return places


def bridged(places: Places, view: Views, contexts: Contexts) -> None:
    """Go over an Ethernet header each."""
    places.at, places.kind, places.mac = _ethernet(places.at, view)
    _follow(places, view, contexts)


def _follow(places: Places, view: Views, contexts: Contexts) -> None:
    tagged = np.flatnonzero(TAGS[places.kind])
    if len(tagged):
        _untag(places, tagged, view, contexts)
    which = np.flatnonzero(places.kind == PPPOE_SESSION)
    if len(which):
        protocol = view.half(places.at[which] + 6)
        control = (protocol >= 0x8000) & (protocol & 0x100 == 0)  # an odd first byte: a field of one byte, or 0xFF03
        places.kind[which] = np.where(control, PPP_CONTROL, 0)
        for number, kind in PPP_KINDS.items():
            places.kind[which[protocol == number]] = kind
        places.at[which] += 8


def _untag(places: Places, tagged: I64, view: Views, contexts: Contexts) -> None:
    """Go over one or two tags; VLAN number 0 is a priority, not a VLAN."""
    stack = np.zeros(len(tagged), np.int64)
    left = np.arange(len(tagged))
    for _ in range(2):
        which = tagged[left]
        at = places.at[which]
        number = view.half(at) & 0xFFF
        stack[left] = np.where(number > 0, stack[left] << 12 | number, stack[left])
        places.kind[which] = view.half(at + 2)
        places.at[which] += 4
        left = left[TAGS[places.kind[which]]]
    both, inverse = np.unique(places.context[tagged] << _HALF | stack, return_inverse=True)
    numbers = []
    for value in both.tolist():
        vlans, tunnel = contexts.known[value >> 32]
        more = tuple(n for n in (value >> 12 & 0xFFF, value & 0xFFF) if n)
        numbers.append(contexts.number((*vlans, *more), tunnel))
    places.context[tagged] = np.array(numbers, np.int32)[inverse]


Linked = tuple[I64, I64, I64]  # where the next layer begins, its EtherType, the source address


def _ethernet(at: I64, view: Views) -> Linked:
    mac_and_kind = view.wide(at + 6)
    return at + 14, (mac_and_kind & _KIND).view(np.int64), (mac_and_kind >> _MAC).view(np.int64)


def versions(at: I64, view: Views) -> I64:
    """The EtherType of IP packets without a header that says it; 0 where there is none."""
    version = view.u8[at] >> 4
    return np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))


def _raw(at: I64, view: Views) -> Linked:
    return at, versions(at, view), np.full(len(at), -1, np.int64)


def _cooked(at: I64, view: Views) -> Linked:
    return _sll(at, view, (14, 4, 6, 16, 2))


def _cooked_2(at: I64, view: Views) -> Linked:
    return _sll(at, view, (0, 10, 12, 20, 8))


def _sll(at: I64, view: Views, offsets: tuple[int, int, int, int, int]) -> Linked:
    kind, length, address, header, hardware = offsets
    mac = (view.wide(at + address) >> 16).astype(np.int64)
    known = view.u16[at + length] & 0xFF == 6
    odd = np.isin(view.u16[at + hardware], (803, 824))  # radiotap, netlink
    return at + header, np.where(odd, 0, view.half(at + kind)), np.where(known, mac, -1)


_LINKS: dict[int, Callable[[I64, Views], Linked]] = {
    1: _ethernet, 12: _raw, 14: _raw, 101: _raw, 228: _raw, 229: _raw, 113: _cooked, 276: _cooked_2,
}  # fmt: skip
