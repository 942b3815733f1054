"""What tunnels hold: each opener looks at a tunnel's header and says where the IP packet inside begins.

GRE: RFC 2784, 2890; PPTP: RFC 2637; ERSPAN: draft-foschiano-erspan; NVGRE: RFC 7637; VXLAN: RFC 7348, its generic
extension, and draft-smith-vxlan-group-policy; Geneve: RFC 8926; Teredo: RFC 4380; GTP-U: 3GPP TS 29.281; EtherIP: RFC
3378; Ethernet in IPv6: RFC 8986; MPLS in IP and UDP: RFC 4023, 7510; GRE in UDP: RFC 8086; LISP: RFC 9300; AYIYA:
draft-massar-v6ops-ayiya. Aruba's access points send 802.11 frames in GRE (types as Wireshark lists them), MikroTik's
EoIP Ethernet frames; its sniffer sends TZSP, as Wireshark knows that. CAPWAP and L2TP have modules of their own.

A port alone proves nothing, so the UDP openers also ask the header to be exactly what the standard says; what does not
fit is ordinary UDP.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import lru_cache

from zoneguard.dynamic import capwap, l2tp
from zoneguard.dynamic.framing import NEXT_PROTOCOLS, ether_type, ethernet, mpls, ppp, raw
from zoneguard.dynamic.layers import IPV4, IPV6, TRANSPARENT_ETHERNET, Cursor, Skipped
from zoneguard.dynamic.opening import Name, Opened, Opener, entered, if_plausible
from zoneguard.dynamic.wireless import data_frame
from zoneguard.model.addresses import V6, format_address
from zoneguard.model.text import N_

GRE, IP_IN_IP, IPV6_IN_IP, ETHER_IP, UDP_LITE, MPLS_IN_IP, ETHERNET = 47, 4, 41, 97, 136, 137, 143
TUNNEL_PROTOCOLS = frozenset({GRE, IP_IN_IP, IPV6_IN_IP, ETHER_IP, l2tp.L2TP, UDP_LITE, MPLS_IN_IP, ETHERNET})
ERSPAN_1_2, ERSPAN_3, PPTP, NHRP, WCCP = 0x88BE, 0x22EB, 0x880B, 0x2001, 0x883E
ARUBA, MIKROTIK = range(0x8200, 0x8371, 0x10), 0x6400
TEREDO_PREFIX, TZSP_END = 0x20010000, 1
VXLAN, GROUP, GROUP_BITS = 0x08000000, 0x88000000, 0xFFB70000  # a sender's group may stand beside the network's number
VXLAN_NEXT, NEXT = 0x0C000003, 0x0C  # the generic extension, which names what follows: Ethernet; its first byte
KINDS = {
    1: "pptp",
    2: "erspan",
    3: "nvgre",
    4: "gre",
    5: "vxlan",
    6: "geneve",
    7: "gtp",
    8: "teredo",
}  # as cores number them
NAMES = 1 << 12  # that are not made again


def over_ip(cursor: Cursor, v6: bool, ends: tuple[int, int], proto: int) -> Opened:
    """The packet inside an IP packet of protocol ``proto``: its kind and a cursor on it, or ``None``.

    Raises ``Skipped`` where the tunnel is one and its content cannot be read.
    """
    if proto not in TUNNEL_PROTOCOLS or cursor.at >= cursor.wire:
        return None
    name = _namer(v6, ends)
    if proto == GRE:
        return _gre(cursor, name)
    if proto in (IP_IN_IP, IPV6_IN_IP):
        kind, inner = (IPV4, 4) if proto == IP_IN_IP else (IPV6, 6)
        return kind, cursor.enter_tunnel(name(f"{inner}in{6 if v6 else 4}"), 0)
    if proto == ETHER_IP:
        return entered(cursor.enter_tunnel(name("etherip"), 2), ethernet)
    if proto == ETHERNET:
        return entered(cursor.enter_tunnel(name("ethernet"), 0), ethernet)
    if proto == l2tp.L2TP:
        return l2tp.over_ip(cursor, name)
    if proto == UDP_LITE:
        ports = cursor.u16(), cursor.u16(2)
        return over_udp(cursor, v6, ends, ports) if capwap.PORT in ports else None
    return entered(cursor.enter_tunnel(name("mpls"), 0), mpls)


def over_udp(cursor: Cursor, v6: bool, ends: tuple[int, int], ports: tuple[int, int]) -> Opened:
    """The packet inside a UDP datagram; the cursor is on the UDP header. Raises as ``over_ip``."""
    opener = TO_PORT.get(ports[1]) or EITHER_PORT.get(ports[1]) or EITHER_PORT.get(ports[0]) or _teredo_anywhere
    payload = replace(cursor, at=cursor.at + 8)
    if payload.at >= payload.end:
        return None
    try:
        return opener(payload, _namer(v6, ends))
    except (struct.error, IndexError):
        return None if payload.end == payload.wire else _raise_cut()


def _raise_cut() -> Opened:
    raise Skipped(N_("cut inside a tunnel's header by the capture's length limit"))


@lru_cache(NAMES)
def tunnel_name(kind: str, v6: bool, ends: tuple[int, int]) -> str:
    """``vxlan 10.0.0.1-10.0.0.2``: the same from either end, which are plain integers."""
    low, high = (format_address(end + (V6 if v6 else 0)) for end in sorted(ends))
    return f"{kind} {low}-{high}"


def numbered(kind: int, v6: bool, low: int, high: int, number: int) -> str:
    """The same, of a tunnel as a core knows it: ``kind`` is of ``KINDS``, or ten times the inner version of IP and the
    outer one; ``number`` is -1 where it has none."""
    name = tunnel_name(KINDS.get(kind) or f"{kind // 10}in{kind % 10}", v6, (low, high))
    return f"{name} {number}" if number >= 0 else name


def _namer(v6: bool, ends: tuple[int, int]) -> Name:
    return lambda kind: tunnel_name(kind, v6, ends)


def _gre(cursor: Cursor, name: Name) -> Opened:
    flags, kind = cursor.u16(), cursor.u16(2)
    version = flags & 7
    if version == 1 and kind == PPTP:
        return _pptp(cursor, name, flags)
    if flags == 0x2001 and kind == MIKROTIK:
        return _eoip(cursor, name)
    if version or flags & 0x4000:
        raise Skipped(N_("GRE with source routing or of an unknown version"))
    header = 4 + 4 * bool(flags & 0x8000) + 4 * bool(flags & 0x2000) + 4 * bool(flags & 0x1000)
    key = cursor.u32(4 + 4 * bool(flags & 0x8000)) if flags & 0x2000 else None
    if kind == ERSPAN_1_2:
        return entered(cursor.enter_tunnel(name("erspan"), header + (8 if flags & 0x1000 else 0)), ethernet)
    if kind == ERSPAN_3:
        return _erspan_3(cursor, name, header)
    if kind in (0, NHRP):
        return None
    if kind == TRANSPARENT_ETHERNET and key is not None:
        return entered(cursor.enter_tunnel(f"{name('nvgre')} {key >> 8}", header), ethernet)
    inner = cursor.enter_tunnel(name("gre"), header)
    if kind in ARUBA:
        return entered(inner, data_frame)
    if kind == WCCP:
        inner.skip(0 if inner.u8() >> 4 == 4 else 4)
        return IPV4, inner
    return entered(inner, lambda c: ether_type(kind, c))


def _pptp(cursor: Cursor, name: Name, flags: int) -> Opened:
    header = 8 + 4 * bool(flags & 0x1000) + 4 * bool(flags & 0x80)
    if not flags & 0x1000 or cursor.u16(4) == 0:
        return None  # an acknowledgement alone
    return entered(cursor.enter_tunnel(name("pptp"), header), ppp)


def _eoip(cursor: Cursor, name: Name) -> Opened:
    length, number = cursor.u16(4), cursor.u16(6)
    if length == 0 or 8 + length > cursor.wire - cursor.at:
        return None  # a keep-alive
    return entered(cursor.enter_tunnel(f"{name('eoip')} {(number & 0xFF) << 8 | number >> 8}", 8), ethernet)


def _erspan_3(cursor: Cursor, name: Name, header: int) -> Opened:
    tail = cursor.u16(header + 10)
    inner = cursor.enter_tunnel(name("erspan"), header + (20 if tail & 1 else 12))
    return entered(inner, raw if tail >> 10 & 31 == 2 else ethernet)


def _vxlan(payload: Cursor, name: Name) -> Opened:
    flags = payload.u32()
    if flags >> 24 == NEXT:
        return _vxlan_gpe(payload, name)
    if (flags != VXLAN and flags & GROUP_BITS != GROUP) or payload.u8(7):
        return None
    return entered(payload.enter_tunnel(f"{name('vxlan')} {payload.u32(4) >> 8}", 8), ethernet)


def _vxlan_gpe(payload: Cursor, name: Name) -> Opened:
    flags, protocol = payload.u8(), payload.u8(3)
    if flags & 0xF9 != 0x08 or payload.u16(1) or payload.u8(7):
        return None
    readers = NEXT_PROTOCOLS if flags & 4 else {0: ethernet}
    if protocol not in readers:
        raise Skipped(N_("VXLAN with a payload of unknown kind"))
    return entered(payload.enter_tunnel(f"{name('vxlan')} {payload.u32(4) >> 8}", 8), readers[protocol])


def _geneve(payload: Cursor, name: Name) -> Opened:
    first, kind = payload.u8(), payload.u16(2)
    if first >> 6 or payload.u8(1) & 0x3F or payload.u8(7) or kind not in (TRANSPARENT_ETHERNET, IPV4, IPV6):
        return None
    inner = payload.enter_tunnel(f"{name('geneve')} {payload.u32(4) >> 8}", 8 + (first & 0x3F) * 4)
    return entered(inner, lambda c: ether_type(kind, c))


def _gre_in_udp(payload: Cursor, name: Name) -> Opened:
    return None if payload.u16() & 0x4FF8 else if_plausible(lambda: _gre(payload, name))


def _mpls_in_udp(payload: Cursor, name: Name) -> Opened:
    return if_plausible(lambda: entered(payload.enter_tunnel(name("mpls"), 0), mpls))


def _lisp(payload: Cursor, name: Name) -> Opened:
    """Data whose flags hold nothing but what is known of its nonce and its instance."""
    flags = payload.u8()
    if flags & 0x07 or flags & 0x90 == 0x90:
        return None
    instance = f" {payload.u32(4) >> 8}" if flags & 0x08 else ""
    inner = payload.enter_tunnel(name("lisp") + instance, 8)
    return if_plausible(lambda: entered(inner, raw), exact=True)


def _tzsp(payload: Cursor, name: Name) -> Opened:
    """A frame that a sniffer sends on, behind tags of which each but the padding says its length."""
    reader = {0x01: ethernet, 0x12: data_frame}.get(payload.u16(2))
    if payload.u8() != 1 or payload.u8(1) > 1 or reader is None:
        return None
    at = 4
    while (tag := payload.u8(at)) != TZSP_END:
        at += 2 + payload.u8(at + 1) if tag else 1
    return entered(payload.enter_tunnel(name("tzsp"), at + 1), reader)


def _gtp(payload: Cursor, name: Name) -> Opened:
    """User data of GTP version 1; signalling and version 2 are ordinary UDP."""
    flags, length = payload.u8(), payload.u16(2)
    if flags >> 4 != 3 or payload.u8(1) != 255 or length + 8 != payload.wire - payload.at:
        return None
    header = 12 if flags & 7 else 8
    following = payload.u8(11) if flags & 4 else 0
    while following:
        size = payload.u8(header) * 4
        if size == 0:
            return None
        following = payload.u8(header + size - 1)
        header += size
    inner = payload.enter_tunnel(name("gtp"), header)
    return entered(inner, raw) if inner.at < inner.wire else None


def _ayiya(payload: Cursor, name: Name) -> Opened:
    identity, signature, operation = payload.u8() >> 4, payload.u8(1) >> 4, payload.u8(2) & 15
    if identity > 5 or operation != 1 or payload.u8(3) not in (IP_IN_IP, IPV6_IN_IP):
        return None
    kind = IPV4 if payload.u8(3) == IP_IN_IP else IPV6
    inner = payload.enter_tunnel(name("ayiya"), 8 + (1 << identity) + 4 * signature)
    if inner.u8() >> 4 != (4 if kind == IPV4 else 6):
        return None
    return kind, inner


def _teredo(payload: Cursor, name: Name) -> Opened:
    """On Teredo's own port: an authentication and an origin indication may stand before the packet."""
    skip = 0
    if payload.u16() == 1:
        skip = 4 + payload.u8(2) + payload.u8(3) + 9
    if payload.u16(skip) == 0:
        skip += 8
    if payload.u8(skip) >> 4 != 6 or payload.at + skip + 40 + payload.u16(skip + 4) > payload.wire:
        return None
    return IPV6, payload.enter_tunnel(name("teredo"), skip)


def _teredo_anywhere(payload: Cursor, name: Name) -> Opened:
    """Clients and relays talk on any port: a whole IPv6 packet with an address of Teredo's prefix is one."""
    if payload.wire - payload.at < 40 or payload.u8() >> 4 != 6:
        return None
    if TEREDO_PREFIX not in (payload.u32(8), payload.u32(24)):
        return None
    return _teredo(payload, name)


# tunnels whose source port is arbitrary, and tunnels that answer from their own port
TO_PORT: dict[int, Opener] = {
    4341: _lisp, 4754: _gre_in_udp, 4789: _vxlan, 8472: _vxlan, 4790: _vxlan_gpe, 6081: _geneve, 6635: _mpls_in_udp,
    37008: _tzsp,
}  # fmt: skip
EITHER_PORT: dict[int, Opener] = {
    l2tp.PORT: l2tp.over_udp, 2152: _gtp, 3544: _teredo, 5072: _ayiya, capwap.PORT: capwap.data_channel,
}  # fmt: skip
