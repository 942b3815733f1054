"""IP and what it carries, one packet at a time: everything the columnar decoder leaves aside.

A frame yields a ``Found`` for every IP packet in it, outermost first. IPv4: RFC 791. IPv6 and its extension headers:
RFC 8200, 6275, 4302, 8754. TCP: RFC 9293.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from zoneguard.dynamic.columns import Refusal
from zoneguard.dynamic.communityid import ICMP, ICMPV6, icmp_ports
from zoneguard.dynamic.fragments import MAX_LENGTH, Datagram, Fragments, Piece
from zoneguard.dynamic.layers import IPV4, Cursor, NoIp, Skipped
from zoneguard.dynamic.links import network_layer
from zoneguard.dynamic.tunnels import over_ip, over_udp
from zoneguard.model.match import RST
from zoneguard.model.text import N_

TCP, UDP = 6, 17
FRAGMENT, ROUTING, AUTHENTICATION, NO_NEXT = 44, 43, 51, 59
EXTENSIONS = frozenset({0, ROUTING, 60, 135, 139, 140})  # next header, then length in 8 bytes less the first
PORTS = frozenset({TCP, UDP, 33, 132, 136})
HEADER = {TCP: 20, UDP: 8, ICMP: 8, ICMPV6: 8, 33: 12, 132: 12, 136: 8}
SOURCE_ROUTES = frozenset({131, 137})
CUT = N_("cut inside a header by the capture's length limit")
SHORT = N_("transport header longer than its packet")
UNFINISHED = N_("fragments of a datagram that never came whole")
CONTRADICTION = N_("fragments that overlap and disagree")


@dataclass(slots=True)
class Found:
    """One IP packet: a row of ``columns.Rows``. ``payload``: its length as sent; ``[start:stop]`` was captured."""

    cursor: Cursor
    v6: bool
    src: int
    dst: int
    proto: int
    size: int
    key_a: int = 0
    key_b: int = 0
    oneway: bool = False
    icmp: int = 0
    payload: int = 0
    start: int = 0
    stop: int = 0
    tcp: int = 0
    seq: int = 0
    ack: int = 0


@dataclass(slots=True)
class Dissected:
    """What came of a frame. ``skipped``: why it could not be read; ``kind``: what it was instead of IP; or empty.

    ``settled`` is the file of each frame whose fate this decides: none where a fragment waits, several where one ends.
    """

    found: list[Found]
    refusals: list[Refusal]
    settled: tuple[int, ...]
    skipped: str = ""
    kind: str = ""


class Dissector:
    """Decodes frames in time order; fragments wait inside."""

    def __init__(self) -> None:
        self._fragments: Fragments[tuple[Cursor, Found, int]] = Fragments()
        self._found: list[Found] = []
        self._refusals: list[Refusal] = []
        self._settled: tuple[int, ...] = ()
        self._late: list[Datagram[tuple[Cursor, Found, int]]] = []

    def dissect(self, link: int, cursor: Cursor) -> Dissected:
        """Everything in one frame; never raises."""
        self._settled = cursor.origin
        return self._run(lambda: self._ip(network_layer(link, cursor), cursor))

    def late(self) -> list[Dissected]:
        """What is known of datagrams that the fragment dissected last found too old, or too many."""
        late, self._late = self._late, []
        return [self._unfinished(datagram) for datagram in late]

    def rest(self) -> list[Dissected]:
        """What is known of all datagrams that still wait: the captures have ended."""
        return [self._unfinished(datagram) for datagram in self._fragments.rest()]

    def _run(self, decode: Callable[[], None]) -> Dissected:
        self._found, self._refusals = [], []
        skipped = kind = ""
        try:
            decode()
        except NoIp as reason:
            kind = "" if self._found else reason.kind
        except Skipped as reason:
            skipped = reason.reason
        except (struct.error, IndexError):
            skipped = str(CUT)
        return Dissected(self._found, self._refusals, self._settled, skipped, kind)

    def _unfinished(self, datagram: Datagram[tuple[Cursor, Found, int]]) -> Dissected:
        cursor, ip, proto = datagram.header
        beginning = datagram.beginning
        inner = replace(cursor, data=beginning, at=0, wire=datagram.wire, base=-1, stamp=datagram.stamp, damaged=True)
        self._settled = tuple(datagram.origin)
        if beginning:
            out = self._run(lambda: self._payload(inner, replace(ip, size=datagram.wire), proto))
        else:
            self._found, out = [], Dissected([replace(ip, cursor=inner, proto=proto)], [], self._settled)
        out.skipped, out.kind = str(UNFINISHED), ""
        return out

    def _ip(self, kind: int, cursor: Cursor) -> None:
        if kind == IPV4:
            self._ipv4(cursor)
        else:
            self._ipv6(cursor)

    def _ipv4(self, cursor: Cursor) -> None:
        first, header = cursor.u8(), (cursor.u8() & 15) * 4
        if first >> 4 != 4 or header < 20:
            raise Skipped(N_("not an IPv4 header where one was announced"))
        size = cursor.u16(2) or cursor.wire - cursor.at  # 0: left to the network card
        if size < header:
            raise Skipped(N_("IPv4 length shorter than its header"))
        placed, proto = cursor.u16(6), cursor.u8(9)
        src, dst = cursor.u32(12), cursor.u32(16)
        if header > 20:
            dst = _source_routed(cursor, header, dst)
        identity = (src, dst, cursor.u16(4), proto, cursor.vlans, cursor.tunnel)
        ip = Found(cursor, False, src, dst, proto, size)
        cursor.wire = cursor.at + size
        cursor.skip(header)
        if placed & 0x3FFF:
            self._fragment(cursor, ip, proto, identity, (placed & 0x1FFF) * 8, bool(placed & 0x2000))
        else:
            self._payload(cursor, ip, proto)

    def _ipv6(self, cursor: Cursor) -> None:
        if cursor.u8() >> 4 != 6:
            raise Skipped(N_("not an IPv6 header where one was announced"))
        length, proto = cursor.u16(4), cursor.u8(6)
        if len(cursor.data) < cursor.at + 40:
            raise Skipped(CUT)
        size = 40 + length if length or proto == NO_NEXT else cursor.wire - cursor.at  # 0: jumbo or left to the card
        src = int.from_bytes(cursor.data[cursor.at + 8 : cursor.at + 24])
        dst = int.from_bytes(cursor.data[cursor.at + 24 : cursor.at + 40])
        ip = Found(cursor, True, src, dst, proto, size)
        cursor.wire = cursor.at + size
        cursor.skip(40)
        self._payload(cursor, ip, proto)

    def _payload(self, cursor: Cursor, ip: Found, proto: int) -> None:
        """Extension headers, then the transport."""
        while True:
            if proto == AUTHENTICATION:
                proto, length = cursor.u8(), (cursor.u8(1) + 2) * 4
            elif ip.v6 and proto == FRAGMENT:
                following, placed, number = cursor.u8(), cursor.u16(2), cursor.u32(4)
                cursor.skip(8)
                if placed & 0xFFF9:
                    identity = (ip.src, ip.dst, number, cursor.vlans, cursor.tunnel)
                    self._fragment(cursor, ip, following, identity, placed & 0xFFF8, bool(placed & 1))
                    return
                proto = following
                continue
            elif ip.v6 and proto in EXTENSIONS:
                if proto == ROUTING:
                    ip.dst = _routed(cursor, ip.dst)
                if proto == 135 and cursor.u8() == NO_NEXT:
                    break
                proto, length = cursor.u8(), (cursor.u8(1) + 1) * 8
            else:
                break
            if cursor.at + length > cursor.wire:
                raise Skipped(N_("extension header longer than its packet"))
            cursor.skip(length)
        ip.proto = proto
        self._transport(cursor, ip)

    def _fragment(self, cursor: Cursor, ip: Found, proto: int, identity: Hashable, start: int, more: bool) -> None:
        wire = cursor.wire - cursor.at
        if start + wire > MAX_LENGTH:
            raise Skipped(N_("a fragment that lies beyond the longest datagram"))
        if more and wire % 8:
            raise Skipped(N_("a fragment of odd length before the last"))
        self._late += self._fragments.overdue(cursor.stamp[0])
        piece = Piece(start, more, cursor.data[cursor.at : cursor.end], wire, cursor.stamp, cursor.origin)
        datagram = self._fragments.add((ip.v6, identity), (cursor, ip, proto), piece)
        if datagram is None:
            return
        self._settled = ()
        if not datagram.whole:
            return
        outer, first, proto = datagram.header
        self._settled = tuple(datagram.origin)
        inner = replace(
            outer, data=bytes(datagram.data), at=0, wire=len(datagram.data), base=-1,
            damaged=outer.damaged or datagram.damaged, stamp=datagram.stamp, origin=self._settled,
        )  # fmt: skip
        header = first.size - (outer.wire - outer.at)
        self._payload(inner, replace(first, cursor=inner, size=header + len(datagram.data)), proto)
        if datagram.damaged:
            raise Skipped(CONTRADICTION)

    def _transport(self, cursor: Cursor, ip: Found) -> None:
        """The row, with as much of the transport header as is there, and then what is inside."""
        self._found.append(ip)
        ip.cursor = cursor
        if ip.proto == UDP and cursor.end - cursor.at >= 8 and cursor.u16(4) >= 8:
            cursor.wire = min(cursor.wire, cursor.at + cursor.u16(4))
        header, there = HEADER.get(ip.proto, 0), cursor.end - cursor.at
        if ip.proto in PORTS and there >= 4:
            ip.key_a, ip.key_b = cursor.u16(), cursor.u16(2)
        elif ip.proto in (ICMP, ICMPV6) and there >= 2:
            ip.icmp = cursor.u16()
            ip.key_a, ip.key_b, ip.oneway = icmp_ports(ip.proto, cursor.u8(), cursor.u8(1))
        if ip.proto == TCP and there >= 20:
            ip.tcp, ip.seq, ip.ack = cursor.u8(13), cursor.u32(4), cursor.u32(8)
            header = max(header, (cursor.u8(12) >> 4) * 4)
        ip.payload = max(0, cursor.wire - cursor.at - header)
        ip.start = min(cursor.at + header, cursor.end)
        ip.stop = max(ip.start, cursor.end)
        if ip.tcp & RST:
            ip.payload, ip.stop = 0, ip.start  # its text is no part of the stream
        if there < header:
            raise Skipped(CUT if cursor.end < cursor.wire else SHORT)
        self._inside(cursor, ip, header)

    def _inside(self, cursor: Cursor, ip: Found, header: int) -> None:
        """Tunnels, and the packet that an unreachable message quotes."""
        if (ip.proto, ip.icmp >> 8) in ((ICMP, 3), (ICMPV6, 1)):
            if (ip.proto, ip.icmp) != (ICMP, 0x304):  # too big to pass is no refusal
                self._quoted(replace(cursor, at=cursor.at + header))
            return
        ends = (ip.src, ip.dst)
        opened = (
            over_udp(cursor, ip.v6, ends, (ip.key_a, ip.key_b))
            if ip.proto == UDP
            else over_ip(cursor, ip.v6, ends, ip.proto)
        )
        if opened is not None:
            self._ip(*opened)

    def _quoted(self, cursor: Cursor) -> None:
        try:
            v6 = cursor.u8() >> 4 == 6
            width, at = (16, 8) if v6 else (4, 12)
            header = 40 if v6 else (cursor.u8() & 15) * 4
            src, dst = (
                int.from_bytes(cursor.data[cursor.at + at + i : cursor.at + at + i + width]) for i in (0, width)
            )
            proto = cursor.u8(6 if v6 else 9)
            ports = (cursor.u16(header), cursor.u16(header + 2)) if proto in PORTS else (0, 0)
        except (struct.error, IndexError):
            return  # too short to say whose packet it was
        self._refusals.append(Refusal(v6, src, dst, proto, *ports, cursor.tunnel))


def _source_routed(cursor: Cursor, header: int, dst: int) -> int:
    """The last address of an IPv4 source route that is not yet used up, else ``dst``."""
    at, end = 20, header
    while at + 3 <= end and (option := cursor.u8(at)) != 0:
        if option == 1:
            at += 1
            continue
        length = cursor.u8(at + 1)
        if option in SOURCE_ROUTES and length >= 7 and cursor.u8(at + 2) <= length - 3 and at + length <= end:
            return cursor.u32(at + 3 + (length - 3) // 4 * 4 - 4)
        at += max(length, 2)
    return dst


def _routed(cursor: Cursor, dst: int) -> int:
    """The final destination of an IPv6 routing header with segments left, else ``dst``."""
    kind, left, count = cursor.u8(2), cursor.u8(3), cursor.u8(1) // 2
    if left == 0 or count == 0 or kind not in (0, 2, 4):
        return dst
    place = cursor.at + 8 + (0 if kind == 4 else 16 * (count - 1))
    address = cursor.data[place : place + 16]
    return int.from_bytes(address) if len(address) == 16 else dst
