"""Small captures for tests: files of any format written byte by byte, packets built with scapy."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from zoneguard.dynamic.crossing import STAYS_ON_LINK
from zoneguard.dynamic.surveying import Survey, survey
from zoneguard.model.addresses import format_address
from zoneguard.model.flows import Flow
from zoneguard.model.zones import ZoneMap

ETHERNET, RAW = 1, 101
START = 1_700_000_000_000_000_000  # nanoseconds
STEP = 1_000_000
A, B = "10.1.0.1", "10.2.0.2"
MAC_A, MAC_B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"


def pcap(
    frames: Iterable[Any], link: int = ETHERNET, magic: int = 0xA1B2C3D4, order: str = "<", snap: int = 1 << 18
) -> bytes:
    """A classic capture; a frame is bytes, a packet of scapy, or ``(nanoseconds, frame)``. ``snap`` cuts frames."""
    out = bytearray(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link))
    for time, frame in timed(frames):
        fraction = time % 10**9 // (1 if magic == 0xA1B23C4D else 1000)
        out += struct.pack(order + "IIII", time // 10**9, fraction, min(snap, len(frame)), len(frame))
        if magic == 0xA1B2CD34:
            out += struct.pack(order + "IHBB", 1, 0x800, 0, 0)
        out += frame[:snap]
    return bytes(out)


def timed(frames: Iterable[Any]) -> list[tuple[int, bytes]]:
    """Frames with their times, a millisecond apart where they have none."""
    out = []
    for i, frame in enumerate(frames):
        time, data = frame if isinstance(frame, tuple) else (START + i * STEP, frame)
        out.append((time, bytes(data)))
    return out


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of the pcapng format."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    link: int = ETHERNET, options: Sequence[tuple[int, bytes]] = (), order: str = "<", snap: int = 0
) -> bytes:
    body = struct.pack(order + "HHI", link, 0, snap)
    for code, value in options:
        body += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    return block(1, body + (struct.pack(order + "HH", 0, 0) if options else b""), order)


def enhanced(frame: Any, ticks: int, number: int = 0, order: str = "<") -> bytes:
    data = bytes(frame)
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def look(folder: Path, frames: Iterable[Any], link: int = ETHERNET, **options: Any) -> Survey:
    """The survey of a capture of these frames."""
    path = folder / "capture.pcap"
    path.write_bytes(pcap(frames, link, **options))
    return survey([str(path)])


def flows(folder: Path, frames: Iterable[Any], link: int = ETHERNET, **options: Any) -> tuple[Flow, ...]:
    return tuple(look(folder, frames, link, **options).table.flows)


def ends(flow: Flow) -> tuple[str, int, str, int]:
    """A flow's addresses and ports, as a person writes them."""
    return format_address(flow.src), flow.sport, format_address(flow.dst), flow.dport


def crosses(zones: ZoneMap, src: int, dst: int) -> bool:
    """Whether a packet between the two runs between two zones, or touches an address of no zone."""
    if src in STAYS_ON_LINK or dst in STAYS_ON_LINK:
        return False
    source, destination = zones.of(src), zones.of(dst)
    return source is None or destination is None or source.name != destination.name


def udp(payload: bytes = b"hello", src: str = A, dst: str = B, sport: int = 4000, dport: int = 5000) -> Any:
    """An IPv4 datagram without a link header."""
    return IP(src=src, dst=dst) / UDP(sport=sport, dport=dport) / payload


def capwap(
    content: Any, flags: int = 0, options: bytes = b"", number: int = 0, start: int = 0, binding: int = 1
) -> Any:
    """A message of CAPWAP's data channel; ``flags`` from T (0x100) down to K (8), ``start`` in bytes."""
    first = (8 + len(options)) // 4 << 19 | 1 << 14 | binding << 9 | flags
    return Raw(struct.pack(">IHH", first, number, start) + options + bytes(content))


def wireless(packet: Any, control: bytes = b"\x08\x01", kind: bytes = b"\x08\0", head: bytes = bytes(22)) -> bytes:
    """An 802.11 data frame; ``head`` is what follows the frame control."""
    return control + head + b"\xaa\xaa\x03\0\0\0" + kind + bytes(packet)


def ether(packet: Any, src: str = MAC_A, dst: str = MAC_B) -> Any:
    return Ether(src=src, dst=dst) / packet


class Talk:
    """A TCP connection whose packets a test writes one by one; ``packets`` collects them with their link header."""

    def __init__(self, client: int = 1000, server: int = 9000, sport: int = 40000, dport: int = 25) -> None:
        self.next = {">": client, "<": server}
        self.sport, self.dport = sport, dport
        self.packets: list[Any] = []

    def segment(
        self, side: str, flags: str, payload: bytes = b"", seq: int | None = None, ack: int | None = None
    ) -> Any:
        """One segment, appended; without ``seq`` the next in order, which then moves on."""
        other = "<" if side == ">" else ">"
        number = self.next[side] if seq is None else seq
        if seq is None:
            self.next[side] = (number + len(payload) + ("S" in flags) + ("F" in flags)) & 0xFFFFFFFF
        src, dst, sport, dport = (A, B, self.sport, self.dport) if side == ">" else (B, A, self.dport, self.sport)
        acked = 0 if "A" not in flags else self.next[other] if ack is None else ack
        packet = ether(
            IP(src=src, dst=dst) / TCP(sport=sport, dport=dport, flags=flags, seq=number, ack=acked) / payload,
            *((MAC_A, MAC_B) if side == ">" else (MAC_B, MAC_A)),
        )
        self.packets.append(packet)
        return packet

    def opened(self) -> Talk:
        self.segment(">", "S")
        self.segment("<", "SA")
        self.segment(">", "A")
        return self

    def said(self, side: str, payload: bytes) -> Talk:
        self.segment(side, "PA", payload)
        self.segment("<" if side == ">" else ">", "A")
        return self

    def closed(self) -> Talk:
        self.segment(">", "FA")
        self.segment("<", "FA")
        self.segment(">", "A")
        return self
