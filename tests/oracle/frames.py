"""Ethernet frames from packets of the model and back, with a marker in the payload by which a probe is known again."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.match import ACK, Field
from zoneguard.model.packet import Packet

IPV4, IPV6, SYNC = b"\x08\x00", b"\x86\xdd", b"\x88\xb5"
MAGIC = b"\xfaZG\x01"
TCP, UDP, ICMP, ICMPV6, FRAGMENT_HEADER = 6, 17, 1, 58, 44
ICMP_ERRORS = {ICMP: (3, 11, 12), ICMPV6: (1, 2, 3, 4)}
ON_THE_WIRE = (Field.SRC, Field.DST, Field.PROTO, Field.SPORT, Field.DPORT, Field.ICMP, Field.FLAGS, Field.FRAGMENT)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A captured packet: the number of the probe that it is, or that it ``answers`` (a reset, an ICMP error)."""

    packet: Packet
    number: int | None = None
    answers: int | None = None
    answer: str = ""


def build(packet: Packet, number: int, to_mac: bytes, about: Packet | None = None) -> bytes:
    """``packet`` as an Ethernet frame to ``to_mac``, marked with ``number`` (below 2**24).

    ``about``: of an ICMP error, the packet that it quotes.
    """
    frame = to_mac + packet.mac.to_bytes(6, "big") + (IPV6 if packet.src >= V6 else IPV4)
    return frame + _ip(packet, number, b"" if about is None else _ip(about, number))


def _ip(packet: Packet, number: int, quoted: bytes = b"") -> bytes:
    v6 = packet.src >= V6
    source, target = _address(packet.src), _address(packet.dst)
    body = _transport(packet, quoted or MAGIC + struct.pack("!I", number), number, source, target)
    if v6:
        proto = packet.proto
        if packet.fragment:
            body = struct.pack("!BBHI", proto, 0, 64, number) + body
            proto = FRAGMENT_HEADER
        header = struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + source + target
    else:
        offset = 8 if packet.fragment else 0
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number & 0xFFFF, offset, 64, packet.proto, 0)
        header = _with_checksum(header + source + target, 10)
    return header + body


def parse(data: bytes, mac: int = 0) -> Parsed | None:
    """The IP packet ``data``; ``None`` where it is none or is cut short."""
    try:
        return _parse(data, mac)
    except (struct.error, IndexError):
        return None


def _parse(data: bytes, mac: int) -> Parsed | None:
    if data[0] >> 4 == 4:
        start, proto = (data[0] & 15) * 4, data[9]
        source, target = (int.from_bytes(data[i : i + 4], "big") for i in (12, 16))
        later = struct.unpack_from("!H", data, 6)[0] & 0x1FFF != 0
    elif data[0] >> 4 == 6:
        start, proto, later = 40, data[6], False
        source, target = (V6 + int.from_bytes(data[i : i + 16], "big") for i in (8, 24))
        if proto == FRAGMENT_HEADER:
            proto, later = data[40], struct.unpack_from("!H", data, 42)[0] & 0xFFF8 != 0
            start += 8
    else:
        return None
    body = data[start:]
    if later:
        return Parsed(Packet(source, target, proto, fragment=1, mac=mac), _number(body))
    if proto == TCP:
        sport, dport, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", body)
        packet = Packet(source, target, proto, sport, dport, flags=flags, mac=mac)
        number = _number(body[(offset >> 4) * 4 :])
        if number is None and flags & 4:
            return Parsed(packet, answers=(ack if flags & ACK else seq) >> 8, answer="reset")
        return Parsed(packet, number)
    if proto == UDP:
        sport, dport = struct.unpack_from("!HH", body)
        return Parsed(Packet(source, target, proto, sport, dport, mac=mac), _number(body[8:]))
    if proto in ICMP_ERRORS:
        packet = Packet(source, target, proto, icmp=struct.unpack_from("!H", body)[0], mac=mac)
        number = _number(body[8:])
        if number is None and body[0] in ICMP_ERRORS[proto]:
            inner = parse(body[8:])
            return Parsed(packet, answers=inner.number if inner else None, answer=f"icmp {body[0]}/{body[1]}")
        return Parsed(packet, number)
    return Parsed(Packet(source, target, proto, mac=mac), _number(body))


def _number(payload: bytes) -> int | None:
    return struct.unpack_from("!I", payload, 4)[0] if payload.startswith(MAGIC) else None


def _address(value: int) -> bytes:
    return (value - V6).to_bytes(16, "big") if value >= V6 else value.to_bytes(4, "big")


def _transport(packet: Packet, payload: bytes, number: int, source: bytes, target: bytes) -> bytes:
    if packet.fragment:
        return payload
    pseudo = source + target
    if packet.proto == TCP:
        mark = number << 8
        head = struct.pack("!HHIIBBHHH", packet.sport, packet.dport, mark, mark, 5 << 4, packet.flags, 8192, 0, 0)
        return _with_checksum(head + payload, 16, pseudo + struct.pack("!II", len(head) + 8, TCP))
    if packet.proto == UDP:
        head = struct.pack("!HHHH", packet.sport, packet.dport, 16, 0)
        return _with_checksum(head + payload, 6, pseudo + struct.pack("!II", 16, UDP))
    if packet.proto in (ICMP, ICMPV6):
        head = struct.pack("!HHHH", packet.icmp, 0, number & 0xFFFF, 0)
        length = struct.pack("!II", len(head) + len(payload), ICMPV6)
        return _with_checksum(head + payload, 2, pseudo + length if packet.proto == ICMPV6 else b"")
    return payload


def _with_checksum(data: bytes, at: int, pseudo: bytes = b"") -> bytes:
    """``data`` with the Internet checksum (RFC 1071) over ``pseudo`` and itself put at offset ``at``."""
    whole = pseudo + data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return data[:at] + struct.pack("!H", ~total & 0xFFFF) + data[at + 2 :]
