"""Link types → network layer: the pseudo headers that captures put in front of packets.

Link type numbers and layouts: the tcpdump group's registry of link-layer header types. Frame Relay: RFC 2427.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from

from zoneguard.dynamic.framing import ether_type, ethernet, llc, mpls, ppp, pppoe, raw
from zoneguard.dynamic.layers import IPV4, IPV6, Cursor, NoIp, Skipped
from zoneguard.dynamic.wireless import data_frame, radiotap
from zoneguard.model.text import N_

ETHERNET = 1
NULL_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}


def network_layer(link: int, cursor: Cursor) -> int:
    """Move the cursor to the IP header behind the link header; returns ``IPV4`` or ``IPV6``.

    Raises ``NoIp``, ``Skipped``, or ``struct.error`` / ``IndexError`` where the capture was cut inside a header.
    """
    reader = LINKS.get(link)
    if reader is None:
        unknown = N_("link type {number} is not known", number=link)
        raise Skipped(unknown if link >= 0 else N_("the interface is not described"))
    return reader(cursor)


def _null(cursor: Cursor) -> int:
    """The host's address family in the host's byte order."""
    family = cursor.u32()
    if family > 0xFFFF:
        family = int.from_bytes(family.to_bytes(4), "little")
    cursor.skip(4)
    if family not in NULL_FAMILIES:
        raise Skipped(N_("address family {number} is not known", number=family))
    return NULL_FAMILIES[family]


def _cisco_hdlc(cursor: Cursor) -> int:
    kind = cursor.u16(2)
    cursor.skip(4)
    if kind == 0x8035:
        raise NoIp("SLARP")
    return ether_type(kind, cursor)


def _frame_relay(cursor: Cursor) -> int:
    """RFC 2427 with a two-byte address, or Cisco's form with an EtherType."""
    if cursor.u8(2) != 3:
        kind = cursor.u16(2)
        cursor.skip(4)
        return ether_type(kind, cursor)
    protocol = cursor.u8(3)
    cursor.skip(4)
    if protocol in (0xCC, 0x8E):
        return IPV4 if protocol == 0xCC else IPV6
    if protocol == 0x08:
        raise NoIp("Frame Relay Q.933")
    raise Skipped(N_("Frame Relay protocol {number} is not known", number=f"{protocol:#04x}"))


def _cooked(cursor: Cursor) -> int:
    kind, hardware = cursor.u16(14), cursor.u16(2)
    _hardware_address(cursor, cursor.u16(4), 6)
    cursor.skip(16)
    return _sll(cursor, kind, hardware)


def _cooked_2(cursor: Cursor) -> int:
    kind, hardware = cursor.u16(0), cursor.u16(8)
    _hardware_address(cursor, cursor.u8(11), 12)
    cursor.skip(20)
    return _sll(cursor, kind, hardware)


def _hardware_address(cursor: Cursor, length: int, offset: int) -> None:
    if length == 6:
        cursor.mac = int.from_bytes(cursor.data[cursor.at + offset : cursor.at + offset + 6])


def _sll(cursor: Cursor, kind: int, hardware: int) -> int:
    if hardware == 824:
        raise NoIp("netlink")
    if hardware == 803:
        return radiotap(cursor)
    if kind == 1:
        raise NoIp("IPX")
    return llc(cursor) if kind == 4 else ether_type(kind, cursor)


def _nflog(cursor: Cursor) -> int:
    """A family, then attributes in the host's byte order, among them the packet itself."""
    family = cursor.u8()
    if cursor.u8(1) != 0:
        raise Skipped(N_("NFLOG of an unknown version"))
    cursor.skip(4)
    while cursor.at + 4 <= cursor.end:
        length, attribute = unpack_from("<HH", cursor.data, cursor.at)
        if attribute > 0xFF:
            length, attribute = unpack_from(">HH", cursor.data, cursor.at)
        if length < 4:
            break
        if attribute == 8 and length >= 14:
            cursor.mac = int.from_bytes(cursor.data[cursor.at + 8 : cursor.at + 14])
        if attribute == 9:
            cursor.wire = min(cursor.wire, cursor.at + length)
            cursor.at += 4
            if family not in NULL_FAMILIES:
                raise NoIp("NFLOG of another family")
            return NULL_FAMILIES[family]
        cursor.at += (length + 3) & ~3
    raise Skipped(N_("NFLOG without a packet"))


def _ppi(cursor: Cursor) -> int:
    length = int.from_bytes(cursor.data[cursor.at + 2 : cursor.at + 4], "little")
    link = unpack_from("<I", cursor.data, cursor.at + 4)[0]
    if length < 8:
        raise Skipped(N_("PPI header shorter than it can be"))
    cursor.skip(length)
    return network_layer(link, cursor)


def _prism(cursor: Cursor) -> int:
    if cursor.u32() >> 12 == 0x80211:
        return _avs(cursor)
    cursor.skip(144)
    return data_frame(cursor)


def _avs(cursor: Cursor) -> int:
    cursor.skip(max(cursor.u32(4), 8))
    return data_frame(cursor)


def _pf_log(cursor: Cursor) -> int:
    length, family = cursor.u8(), cursor.u8(1)
    cursor.skip(max((length + 3) & ~3, 4))
    if family not in NULL_FAMILIES:
        raise Skipped(N_("address family {number} is not known", number=family))
    return NULL_FAMILIES[family]


def _behind(count: int, reader: Callable[[Cursor], int]) -> Callable[[Cursor], int]:
    """``reader`` behind ``count`` bytes that only say the direction or how the frame was taken."""

    def read(cursor: Cursor) -> int:
        cursor.skip(count)
        return reader(cursor)

    return read


LINKS: dict[int, Callable[[Cursor], int]] = {
    0: _null, 1: ethernet, 9: ppp, 12: raw, 14: raw, 50: ppp, 51: pppoe, 101: raw, 104: _cisco_hdlc, 105: data_frame,
    107: _frame_relay, 108: _null, 113: _cooked, 117: _pf_log, 119: _prism, 127: radiotap, 163: _avs, 192: _ppi,
    204: _behind(1, ppp), 205: _behind(1, _cisco_hdlc), 206: _behind(1, _frame_relay), 219: mpls, 228: raw, 229: raw,
    239: _nflog, 240: _behind(4, ethernet), 276: _cooked_2,
}  # fmt: skip
