"""The columnar decoder: the headers of ordinary packets, a whole batch at a time.

It decides for each frame whether it is ordinary: Ethernet with up to two VLAN tags, raw IP or Linux cooked, then IPv4
without options or IPv6 without extension headers, not a fragment, not a tunnel, not cut inside a header. All others
are left to the scalar decoder, which gives the same rows for the same frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, U16, U64, Bool, Frames, Rows
from zoneguard.dynamic.communityid import ICMP, ICMP_ANSWERS, ICMPV6, ICMPV6_ANSWERS
from zoneguard.dynamic.framing import VLAN_TAGS
from zoneguard.dynamic.layers import IPV4, IPV6
from zoneguard.dynamic.network import AUTHENTICATION, EXTENSIONS, FRAGMENT, HEADER, PORTS, TCP, UDP
from zoneguard.dynamic.tunnels import EITHER_PORT, TEREDO_PREFIX, TO_PORT, TUNNEL_PROTOCOLS
from zoneguard.model.match import RST

Context = Callable[..., int]  # the number of VLANs and, where there are any, of tunnels


def _marks(size: int, members: object) -> Bool:
    table = np.zeros(size, np.bool_)
    table[list(members)] = True  # type: ignore[call-overload]
    return table


TAGS = _marks(1 << 16, VLAN_TAGS)
ODD = (
    _marks(256, TUNNEL_PROTOCOLS | {AUTHENTICATION}),
    _marks(256, TUNNEL_PROTOCOLS | EXTENSIONS | {AUTHENTICATION, FRAGMENT}),
)
WITH_PORTS = _marks(256, PORTS)
HEADERS = np.array([HEADER.get(proto, 0) for proto in range(256)], np.int64)
AIMED_AT = _marks(1 << 16, (*TO_PORT, *EITHER_PORT))
SENT_FROM = _marks(1 << 16, EITHER_PORT)
ANSWERS = np.array([[table.get(kind, -1) for kind in range(256)] for table in (ICMP_ANSWERS, ICMPV6_ANSWERS)], np.int64)


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

    def wide(self, at: I64) -> U64:
        """Eight bytes from each position."""
        return self.u64[at].astype(np.uint64)


@dataclass(slots=True)
class Network:
    """Where each frame's network layer begins, its EtherType, source MAC address (-1: none) and VLAN context."""

    at: I64
    kind: I64
    mac: I64
    context: I32


def ordinary(frames: Frames, context: Context) -> tuple[Bool, Rows]:
    """Which frames are ordinary, and one row for each of those in their order."""
    view = Views.of(frames.data)
    net = _network(frames, view, context)
    end = frames.at + frames.caplen
    v6 = net.kind == IPV6
    ok = v6 | (net.kind == IPV4)
    mixed = bool(v6.any())

    at = net.at
    first, second = view.wide(at), view.wide(at + 8)  # version to fragment offset; time to live to source
    size = (first >> 32 & 0xFFFF).astype(np.int64)
    proto = (second >> 48).astype(np.uint8)
    fine = (first >> 56 == 0x45) & (first & 0x3FFF == 0) & (size >= 20) & ~ODD[0][proto]
    src_low, dst_low = second & np.uint64(0xFFFFFFFF), view.u32[at + 16].astype(np.uint64)
    src_high = dst_high = np.broadcast_to(np.uint64(0), len(at))
    l4 = at + 20
    if mixed:
        src_high, dst_high = np.zeros(len(at), np.uint64), np.zeros(len(at), np.uint64)
        which = np.flatnonzero(v6)
        at6 = at[which]
        length = view.u16[at6 + 4].astype(np.int64)
        size[which] = 40 + length
        proto[which] = next_header = view.u8[at6 + 6]
        fine[which] = (view.u8[at6] >> 4 == 6) & (length > 0) & ~ODD[1][next_header]
        for column, offset in ((src_high, 8), (src_low, 16), (dst_high, 24), (dst_low, 32)):
            column[which] = view.wide(at6 + offset)
        l4[which] += 20
    ok &= fine
    wire = at + size

    first, second = view.wide(l4), view.wide(l4 + 8)  # of TCP: ports and sequence number; acknowledgement to window
    udp, tcp = proto == UDP, proto == TCP
    length = (first >> 16 & 0xFFFF).astype(np.int64)
    wire = np.where(udp & (length >= 8), np.minimum(wire, l4 + length), wire)
    header = np.where(tcp, np.maximum(20, (second >> 28 & 15) << 2), HEADERS[proto]).astype(np.int64)
    data_at = l4 + header
    stop = np.minimum(wire, end)
    ok &= data_at <= stop
    first[~WITH_PORTS[proto]] = 0
    key_a, key_b = (first >> 48).astype(np.uint16), (first >> 32).astype(np.uint16)
    first *= tcp
    second *= tcp
    flags = (second >> 16).astype(np.uint8)
    reset = flags & RST != 0
    payload = wire - data_at
    if reset.any():
        payload[reset] = 0
        stop = np.where(reset, data_at, stop)

    _leave_tunnels(ok, view, np.flatnonzero(udp), (key_a, key_b, data_at, wire, stop))
    none = np.broadcast_to(np.uint8(0), len(at))
    icmp, oneway = np.zeros(len(at), np.uint16), np.zeros(len(at), np.bool_)
    which = np.flatnonzero(((proto == ICMP) | (proto == ICMPV6)) & ok)
    if len(which):
        kind = view.u16[l4[which]].astype(np.int64)
        six = proto[which] == ICMPV6
        answer = ANSWERS[six.astype(np.int64), kind >> 8]
        icmp[which], key_a[which], oneway[which] = kind, kind >> 8, answer < 0
        key_b[which] = np.where(answer < 0, kind & 0xFF, answer)
        ok[which] &= kind >> 8 != np.where(six, 1, 3)  # unreachable: it quotes a packet

    rows = Rows(
        time=frames.time, number=frames.number, file=frames.file, src_high=src_high, src_low=src_low,
        dst_high=dst_high, dst_low=dst_low, v6=v6, proto=proto, key_a=key_a, key_b=key_b, oneway=oneway, icmp=icmp,
        size=size, payload=payload, kept=stop - data_at, data_at=data_at, tcp=flags,
        seq=(first & 0xFFFFFFFF).astype(np.int64), ack=(second >> 32).astype(np.int64), mac=net.mac,
        context=net.context, damaged=none.view(np.bool_), buffer=none, buffers=(frames.data,),
    )  # fmt: skip
    return ok, rows if ok.all() else rows.take(np.flatnonzero(ok))


def _leave_tunnels(ok: Bool, view: Views, udp: I64, columns: tuple[U16, U16, I64, I64, I64]) -> None:
    """UDP on a tunnel's port, or that may be an IPv6 packet with an address of Teredo's prefix, is not ordinary."""
    key_a, key_b, data_at, wire, stop = (column[udp] for column in columns)
    ok[udp[AIMED_AT[key_b] | SENT_FROM[key_a]]] = False
    like = np.flatnonzero((wire - data_at >= 40) & (stop > data_at) & ok[udp])
    like = like[view.u8[data_at[like]] >> 4 == 6]
    begin, there = data_at[like], stop[like] - data_at[like]
    teredo = (view.u32[begin + 8] == TEREDO_PREFIX) | (view.u32[begin + 24] == TEREDO_PREFIX)
    ok[udp[like[teredo | (there < 28)]]] = False


def _network(frames: Frames, view: Views, context: Context) -> Network:
    """Link headers. A frame of a link type that is not read here gets EtherType 0."""
    links = [int(frames.link[0])] if (frames.link == frames.link[0]).all() else np.unique(frames.link).tolist()
    if len(links) == 1 and (reader := _LINKS.get(links[0])):
        net = reader(frames.at, view)
    else:
        count = len(frames)
        net = Network(
            frames.at.copy(), np.zeros(count, np.int64), np.full(count, -1, np.int64), np.zeros(count, np.int32)
        )
        for link in links:
            if reader := _LINKS.get(link):
                which = np.flatnonzero(frames.link == link)
                part = reader(frames.at[which], view)
                net.at[which], net.kind[which], net.mac[which] = part.at, part.kind, part.mac
    tagged = np.flatnonzero(TAGS[net.kind])
    if len(tagged):
        _untag(net, tagged, view, context)
    return net


def _untag(net: Network, tagged: I64, view: Views, context: Context) -> None:
    """Go over one or two tags; VLAN number 0 is a priority, not a VLAN."""
    net.context = net.context.copy()
    stack = np.zeros(len(tagged), np.int64)
    left = np.arange(len(tagged))
    for _ in range(2):
        which = tagged[left]
        at = net.at[which]
        number = view.u16[at].astype(np.int64) & 0xFFF
        stack[left] = np.where(number > 0, stack[left] << 12 | number, stack[left])
        net.kind[which] = view.u16[at + 2].astype(np.int64)
        net.at[which] += 4
        left = left[TAGS[net.kind[which]]]
    net.context[tagged] = contexts(stack, context)


def contexts(stack: I64, context: Context) -> I32:
    """The context of each pair of VLAN numbers, outer << 12 | inner (0: none)."""
    values, inverse = np.unique(stack, return_inverse=True)
    numbers = [context(tuple(n for n in (v >> 12, v & 0xFFF) if n)) for v in values.tolist()]
    return np.array(numbers, np.int32)[inverse]


def _plain(at: I64, kind: I64, mac: I64) -> Network:
    return Network(at, kind, mac, np.broadcast_to(np.int32(0), len(at)))


def _ethernet(at: I64, view: Views) -> Network:
    mac = (view.wide(at + 6) >> 16).astype(np.int64)
    return _plain(at + 14, view.u16[at + 12].astype(np.int64), mac)


def _raw(at: I64, view: Views) -> Network:
    version = view.u8[at] >> 4
    kind = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))
    return _plain(at.copy(), kind, np.full(len(at), -1, np.int64))


def _cooked(at: I64, view: Views) -> Network:
    return _sll(at, view, (14, 4, 6, 16, 2))


def _cooked_2(at: I64, view: Views) -> Network:
    return _sll(at, view, (0, 10, 12, 20, 8))


def _sll(at: I64, view: Views, offsets: tuple[int, int, int, int, int]) -> Network:
    kind, length, address, header, hardware = offsets
    mac = (view.wide(at + address) >> 16).astype(np.int64)
    known = view.u16[at + length] & 0xFF == 6
    odd = np.isin(view.u16[at + hardware], (803, 824))  # radiotap, netlink
    kinds = np.where(odd, 0, view.u16[at + kind]).astype(np.int64)
    return _plain(at + header, kinds, np.where(known, mac, -1))


_LINKS: dict[int, Callable[[I64, Views], Network]] = {
    1: _ethernet, 12: _raw, 14: _raw, 101: _raw, 228: _raw, 229: _raw, 113: _cooked, 276: _cooked_2,
}  # fmt: skip
