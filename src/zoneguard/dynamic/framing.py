"""Link layer → network layer: what may stand in front of an IP packet on a wire.

Every function takes a ``Cursor``, moves it to the IP header and returns ``IPV4`` or ``IPV6``; it raises ``NoIp``,
``Skipped``, or ``struct.error`` / ``IndexError`` where the capture was cut inside a header.

EtherTypes: the IEEE and IANA registries. PPP: RFC 1661, 2516. MPLS: RFC 3032, 4385. PBB: IEEE 802.1ah. E-Tag: IEEE
802.1BR. R-Tag: IEEE 802.1CB. HSR: IEC 62439-3. TRILL: RFC 6325. NSH: RFC 8300. VN-Tag, FabricPath and the metadata
header are Cisco's.
"""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.dynamic.layers import IPV4, IPV6, TRANSPARENT_ETHERNET, Cursor, NoIp, Skipped
from zoneguard.model.text import N_

VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200, 0x9300})
MPLS = frozenset({0x8847, 0x8848})
BRIDGED = 0x0080C2  # the organisation of SNAP's bridged frames
PPPOE_SESSION, MACSEC, NSH, TRILL = 0x8864, 0x88E5, 0x894F, 0x22F3
BEFORE_TYPE = {0x8926: 4, 0x8909: 6, 0x893F: 6, 0xF1C1: 4, 0x892F: 4}  # VN-Tag, Cisco's metadata, E-Tag, R-Tag, HSR
BEFORE_FRAME = {0x88E7: 4, 0x8903: 2, TRANSPARENT_ETHERNET: 0}  # PBB, FabricPath
NOT_IP = {
    0x0806: "ARP", 0x8035: "RARP", 0x88CC: "LLDP", 0x8809: "LACP", 0x888E: "EAPOL", 0x88C7: "EAPOL", 0x9000: "loopback",
    0x8863: "PPPoE discovery", 0x88F7: "PTP", 0x8902: "CFM", 0x8906: "FCoE", 0x8914: "FCoE", 0x809B: "AppleTalk",
    0x80F3: "AppleTalk", 0x8137: "IPX", 0x0842: "Wake-on-LAN", 0x88E1: "HomePlug", 0x893A: "IEEE 1905", 0x8899: "RRCP",
    0x8892: "PROFINET", 0x88A4: "EtherCAT", 0x22F0: "AVTP", 0x88FB: "PRP", 0x88D9: "LLTD", 0x88F5: "MVRP",
    0x88F6: "MMRP", 0x22EA: "SRP", 0x6002: "DEC MOP", 0x6003: "DECnet", 0x6004: "DEC LAT", 0x8781: "IS-IS",
    0x22F4: "IS-IS", 0x2000: "Cisco CDP", 0x2003: "Cisco VTP", 0x2004: "Cisco DTP", 0x0111: "Cisco UDLD",
    0x010B: "spanning tree",
}  # fmt: skip
LLC_NOT_IP = {0x42: "spanning tree", 0xFE: "OSI", 0xE0: "IPX", 0xFF: "IPX", 0xF0: "NetBIOS", 0x00: "LLC test",
              0xF4: "IBM LAN management", 0x04: "SNA", 0x05: "SNA", 0x08: "SNA"}  # fmt: skip


def ether_type(kind: int, cursor: Cursor) -> int:
    """Follow tags and shims from an EtherType to ``IPV4`` or ``IPV6``; the cursor is behind the EtherType."""
    while kind not in (IPV4, IPV6):
        if kind in VLAN_TAGS:
            if number := cursor.u16() & 0xFFF:
                cursor.vlans = (*cursor.vlans, number)
            kind = cursor.u16(2)
            cursor.skip(4)
        elif kind <= 1500:
            return llc(cursor)
        elif kind in MPLS:
            return mpls(cursor)
        elif kind == PPPOE_SESSION:
            return pppoe(cursor)
        elif kind in BEFORE_TYPE:
            length = BEFORE_TYPE[kind]
            kind = cursor.u16(length)
            cursor.skip(length + 2)
        elif kind in BEFORE_FRAME:
            cursor.skip(BEFORE_FRAME[kind])
            return ethernet(cursor)
        elif kind == NSH:
            return nsh(cursor)
        elif kind == TRILL:
            return trill(cursor)
        elif kind == MACSEC:
            raise Skipped(N_("MACsec: encrypted below IP"))
        elif kind in NOT_IP:
            raise NoIp(NOT_IP[kind])
        else:
            raise Skipped(N_("EtherType {number} is not known", number=f"{kind:#06x}"))
    return kind


def ethernet(cursor: Cursor) -> int:
    """An Ethernet header, 802.3 or Ethernet II."""
    kind = cursor.u16(12)
    cursor.mac = int.from_bytes(cursor.data[cursor.at + 6 : cursor.at + 12])
    cursor.skip(14)
    return ether_type(kind, cursor)


def mpls(cursor: Cursor) -> int:
    """A label stack, then IP, or an Ethernet pseudowire with its control word."""
    while not cursor.u32() & 0x100:
        cursor.skip(4)
    cursor.skip(4)
    nibble = cursor.u8() >> 4
    if nibble in (4, 6):
        return raw(cursor)
    if nibble == 0:
        cursor.skip(4)
        return ethernet(cursor)
    if nibble == 1:
        raise NoIp("MPLS OAM")
    raise Skipped(N_("MPLS payload of unknown kind"))


def trill(cursor: Cursor) -> int:
    """A TRILL header with its options, then the frame."""
    first = cursor.u16()
    if first >> 14:
        raise Skipped(N_("TRILL of an unknown version"))
    cursor.skip(6 + (first >> 6 & 31) * 4)
    return ethernet(cursor)


def nsh(cursor: Cursor) -> int:
    """A network service header: its length is in words of four bytes, eight bytes at least."""
    first, following = cursor.u16(), cursor.u8(3)
    length = (first & 63) * 4
    if first >> 14 or length < 8:
        raise Skipped(N_("NSH of an unknown version, or shorter than it can be"))
    if following not in NEXT_PROTOCOLS:
        raise Skipped(N_("NSH with a payload of unknown kind"))
    cursor.skip(length)
    return NEXT_PROTOCOLS[following](cursor)


def raw(cursor: Cursor) -> int:
    """An IP header at once, told apart by its version."""
    version = cursor.u8() >> 4
    if version not in (4, 6):
        raise Skipped(N_("neither IPv4 nor IPv6 where IP was expected"))
    return IPV4 if version == 4 else IPV6


def ppp(cursor: Cursor) -> int:
    """PPP, with or without address and control bytes and with either length of the protocol field."""
    if cursor.u16() == 0xFF03:
        cursor.skip(2)
    if cursor.u8() & 1:
        protocol = cursor.u8()
        cursor.skip(1)
    else:
        protocol = cursor.u16()
        cursor.skip(2)
    if protocol in (0x21, 0x57):
        return IPV4 if protocol == 0x21 else IPV6
    if protocol in (0x281, 0x283):
        return mpls(cursor)
    if protocol >= 0x8000:
        raise NoIp("PPP control")
    raise Skipped(N_("PPP protocol {number}: compressed, encrypted or not known", number=f"{protocol:#06x}"))


def pppoe(cursor: Cursor) -> int:
    """A PPPoE session header and the PPP behind it."""
    cursor.wire = min(cursor.wire, cursor.at + 6 + cursor.u16(4))
    cursor.skip(6)
    return ppp(cursor)


def llc(cursor: Cursor) -> int:
    """An 802.2 header, with SNAP or without."""
    service = cursor.u8()
    if service == 0xAA and cursor.u16() == 0xAAAA:
        organisation, kind = cursor.u32(2) & 0xFFFFFF, cursor.u16(6)
        cursor.skip(8)
        if organisation == BRIDGED and kind in (1, 7):
            return ethernet(cursor)
        if kind > 1500:
            return ether_type(kind, cursor)
        if kind in NOT_IP:
            raise NoIp(NOT_IP[kind])
        raise Skipped(N_("SNAP protocol {number} is not known", number=f"{organisation:06x}:{kind:04x}"))
    if service == 0x06:
        cursor.skip(3)
        return IPV4
    if service in LLC_NOT_IP:
        raise NoIp(LLC_NOT_IP[service])
    raise Skipped(N_("LLC service {number} is not known", number=f"{service:#04x}"))


NEXT_PROTOCOLS: dict[int, Callable[[Cursor], int]] = {1: raw, 2: raw, 3: ethernet, 4: nsh, 5: mpls}  # of NSH and VXLAN
