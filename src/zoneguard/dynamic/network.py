"""IP and what it carries, one packet at a time: everything the columnar decoder leaves aside.

A frame yields a ``Found`` for every IP packet in it, outermost first. IPv4: RFC 791. IPv6 and its extension headers:
RFC 8200, 6275, 4302, 8754. TCP: RFC 9293.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from zoneguard.dynamic._finished import Key
from zoneguard.dynamic._quoted import quoted
from zoneguard.dynamic._routing import routed, source_routed
from zoneguard.dynamic.capwap import CONTENTS
from zoneguard.dynamic.columns import Refusal
from zoneguard.dynamic.communityid import ICMP, ICMPV6, icmp_ports
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.found import Dissected, Found
from zoneguard.dynamic.fragments import MAX_LENGTH, Datagram, Fragments, Header, Piece, Store
from zoneguard.dynamic.framing import llc
from zoneguard.dynamic.layers import IPV4, Aggregate, Cursor, NoIp, Skipped, Torn
from zoneguard.dynamic.links import network_layer
from zoneguard.dynamic.tunnels import over_ip, over_udp
from zoneguard.model.match import RST
from zoneguard.model.text import N_

TCP, UDP = 6, 17
FRAGMENT, ROUTING, AUTHENTICATION, NO_NEXT = 44, 43, 51, 59
EXTENSIONS = frozenset({0, ROUTING, 60, 135, 139, 140})  # next header, then length in 8 bytes less the first
PORTS = frozenset({TCP, UDP, 33, 132, 136})
HEADER = {TCP: 20, UDP: 8, ICMP: 8, ICMPV6: 8, 33: 12, 132: 12, 136: 8}
CUT = N_("cut inside a header by the capture's length limit")
LONG = N_("extension header longer than its packet")
SHORT = N_("transport header longer than its packet")
UNFINISHED = N_("fragments of a datagram that never came whole")
CONTRADICTION = N_("fragments that overlap and disagree")


class Dissector:
    """Decodes frames in time order; fragments wait in ``fragments``, and pieces of frames in a store of their own."""

    def __init__(self, contexts: Contexts, fragments: Fragments) -> None:
        self._contexts = contexts
        self._fragments = fragments
        self._torn = Store()
        self._found: list[Found] = []
        self._refusals: list[Refusal] = []
        self._settled: tuple[int, ...] = ()
        self._late: list[Datagram] = []

    def dissect(self, link: int, cursor: Cursor) -> Iterator[Dissected]:
        """Everything in one frame, then what is known of datagrams that it found too old, or too many."""
        self._settled = cursor.origin
        yield self._run(lambda: self._ip(network_layer(link, cursor), cursor))
        yield from self._given_up()

    def assembled(self, datagram: Datagram, late: list[Datagram]) -> Iterator[Dissected]:
        """Everything in a datagram that a core has put together, and in those that it gave up for it."""
        self._late += late
        yield self._run(lambda: self._open(datagram))
        yield from self._given_up()

    def unfinished(self, datagram: Datagram) -> Iterator[Dissected]:
        """What is known of a datagram that never came whole."""
        self._late.append(datagram)
        yield from self._given_up()

    def rest(self) -> Iterator[Dissected]:
        """What is known of all datagrams that still wait: the captures have ended."""
        while datagram := self._fragments.oldest() or self._torn.oldest():
            yield from self.unfinished(datagram)

    def _given_up(self) -> Iterator[Dissected]:
        while self._late:
            waiting, self._late = self._late, []
            for place, datagram in enumerate(waiting):
                yield self._unfinished(datagram)
                if self._late:  # it held a fragment itself, for which others were given up: these are next
                    self._late += waiting[place + 1 :]
                    break

    def _run(self, decode: Callable[[], None]) -> Dissected:
        self._found, self._refusals = [], []
        skipped = kind = ""
        try:
            self._whole(decode)
        except NoIp as reason:
            kind = "" if self._found else reason.kind
        except Skipped as reason:
            skipped = reason.reason
        except (struct.error, IndexError):
            skipped = str(CUT)
        return Dissected(self._found, self._refusals, self._settled, skipped, kind)

    def _whole(self, decode: Callable[[], None]) -> None:
        """``decode``, and each part where it comes upon an aggregate; what one part lacks is told after the others."""
        try:
            decode()
            return
        except Aggregate as aggregate:
            parts = aggregate.parts
        reasons: list[NoIp | Skipped] = []
        for part in parts:
            try:
                self._whole(partial(self._part, part))
            except (NoIp, Skipped) as reason:
                reasons.append(reason)
        if reasons:
            raise next((reason for reason in reasons if isinstance(reason, Skipped)), reasons[0])

    def _part(self, cursor: Cursor) -> None:
        self._ip(llc(cursor), cursor)

    def _unfinished(self, datagram: Datagram) -> Dissected:
        header, beginning = datagram.header, datagram.beginning
        inner = self._inner(datagram, beginning, datagram.wire)
        inner.damaged = True
        ip = Found(inner, header.v6, header.src, header.dst, header.proto, header.size)
        if beginning:
            ip.size = datagram.wire
            out = self._run(lambda: self._content(inner, ip, header.proto))
        else:
            out = Dissected([] if header.proto in CONTENTS else [ip], [], self._settled)
        out.skipped, out.kind = str(UNFINISHED), ""
        return out

    def _open(self, datagram: Datagram) -> None:
        header = datagram.header
        inner = self._inner(datagram, bytes(datagram.data), len(datagram.data))
        ip = Found(inner, header.v6, header.src, header.dst, header.proto, header.head + len(datagram.data))
        try:
            self._whole(partial(self._content, inner, ip, header.proto))
        except NoIp:
            if not datagram.damaged:
                raise
        if datagram.damaged:
            raise Skipped(CONTRADICTION)

    def _content(self, inner: Cursor, ip: Found, proto: int) -> None:
        """Go on in what was put together: a datagram, or, where ``proto`` is of ``CONTENTS``, a frame in a tunnel."""
        if proto not in CONTENTS:
            self._payload(inner, ip, proto)
        elif opened := CONTENTS[proto](inner):
            self._ip(*opened)

    def _inner(self, datagram: Datagram, data: bytes, wire: int) -> Cursor:
        """A cursor on what was put together; this decides the fate of all its frames."""
        self._settled = tuple(datagram.origin)
        header = datagram.header
        vlans, tunnel = self._contexts.known[header.context]
        return Cursor(
            data, 0, wire, vlans, tunnel, header.mac, header.layers, header.damaged or datagram.damaged,
            stamp=datagram.stamp, origin=self._settled,
        )  # fmt: skip

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
            dst = source_routed(cursor, header, dst)
        number = cursor.u16(4)
        ip = Found(cursor, False, src, dst, proto, size)
        cursor.wire = cursor.at + size
        cursor.skip(header)
        if placed & 0x3FFF:
            ip.proto = proto
            self._fragment(self._fragments, cursor, ip, number, (placed & 0x1FFF) * 8, bool(placed & 0x2000))
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
                    if cursor.at > cursor.wire:
                        raise Skipped(LONG)
                    ip.proto = following
                    self._fragment(self._fragments, cursor, ip, number, placed & 0xFFF8, bool(placed & 1))
                    return
                proto = following
                continue
            elif ip.v6 and proto in EXTENSIONS:
                if proto == ROUTING:
                    ip.dst = routed(cursor, ip.dst)
                if proto == 135 and cursor.u8() == NO_NEXT:
                    break
                proto, length = cursor.u8(), (cursor.u8(1) + 1) * 8
            else:
                break
            if cursor.at + length > cursor.wire:
                raise Skipped(LONG)
            cursor.skip(length)
        ip.proto = proto
        self._transport(cursor, ip)

    def _fragment(self, store: Fragments, cursor: Cursor, ip: Found, number: int, start: int, more: bool) -> None:
        """Put a piece with its siblings, and go on in the datagram if that is whole now."""
        if cursor.part:  # the frame would have several fates
            raise Skipped(N_("a fragment inside an 802.11 aggregate"))
        wire = cursor.wire - cursor.at
        if start + wire > MAX_LENGTH:
            raise Skipped(N_("a fragment that lies beyond the longest datagram"))
        if more and wire % 8:
            raise Skipped(N_("a fragment of odd length before the last"))
        context = self._contexts.number(cursor.vlans, cursor.tunnel)
        key = Key(ip.v6, ip.src, ip.dst, number, 0 if ip.v6 else ip.proto, context)
        piece = Piece(start, more, cursor.data[cursor.at : cursor.end], wire, cursor.stamp, cursor.origin)
        self._late += store.overdue(cursor.stamp[0])
        if store.copied(key, piece):
            return
        header = Header(
            ip.v6, ip.src, ip.dst, ip.proto, ip.size, ip.size - wire, cursor.mac, context, cursor.layers, cursor.damaged
        )
        datagram = store.add(key, header, piece)
        self._settled = ()
        if datagram is not None:
            self._open(datagram)

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
                self._refusals += quoted(replace(cursor, at=cursor.at + header), PORTS)
            return
        ends = (ip.src, ip.dst)
        try:
            opened = (
                over_udp(cursor, ip.v6, ends, (ip.key_a, ip.key_b))
                if ip.proto == UDP
                else over_ip(cursor, ip.v6, ends, ip.proto)
            )
        except Torn as torn:
            piece = Found(torn.inner, ip.v6, ip.src, ip.dst, torn.content, torn.inner.wire - torn.inner.at)
            self._fragment(self._torn, torn.inner, piece, torn.number, torn.start, torn.more)
            return
        if opened is not None:
            self._ip(*opened)
