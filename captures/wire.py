"""Frames of a capture: real TCP sessions, datagrams and the small noise of a LAN, all at fixed times."""

from __future__ import annotations

import calendar
import random
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, LLC, STP, Dot1Q, Dot3, Ether
from scapy.packet import Raw

MSS = 1460
START = calendar.timegm((2026, 10, 15, 1, 0, 0))  # 10:00 in Japan
SECOND = 1_000_000
CORE = "00:00:5e:00:53:fe"  # the L3 switch has one MAC in every VLAN: it is a router, not a two-zone device
Script = list[tuple[str, bytes]]  # (">" to the server or "<" to the client, payload)


def mac(last: int) -> str:
    """00:00:5e:00:53:xx, the range set aside for documentation."""
    return f"00:00:5e:00:53:{last:02x}"


@dataclass(frozen=True)
class Station:
    """An address as one capture point sees it: the MAC of its frames there, and the TTL left of its packets."""

    ip: str
    mac: str
    ttl: int = 64


@dataclass
class Capture:
    """What one tap sees. Times are microseconds from ``start`` (seconds since 1970)."""

    start: int = START
    frames: list[tuple[int, int, bytes]] = field(default_factory=list)

    def add(self, at: int, frame: Any) -> None:
        """Add a scapy packet at ``at`` microseconds."""
        self.frames.append((at, len(self.frames), bytes(frame)))

    def write(self, path: Path) -> None:
        """Write a little-endian pcap of Ethernet frames in the order of time."""
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
        for at, _, data in sorted(self.frames):
            seconds, micro = divmod(at, 1_000_000)
            out.append(struct.pack("<IIII", self.start + seconds, micro, len(data), len(data)) + data)
        path.write_bytes(b"".join(out))


def ether(source: Station, target: Station, vlan: int | None) -> Any:
    """The Ethernet header of a frame between two stations."""
    header = Ether(src=source.mac, dst=target.mac)
    return header if vlan is None else header / Dot1Q(vlan=vlan)


class TcpSession:
    """One TCP connection as one capture point sees it. Its numbers depend on the client's port: two points agree."""

    def __init__(
        self,
        capture: Capture,
        at: int,
        client: Station,
        server: Station,
        ports: tuple[int, int],
        vlan: int | None = None,
    ) -> None:
        self._random = random.Random(f"tcp {ports[0]}")
        self._capture, self._now, self._vlan = capture, at, vlan
        self._ends = {">": client, "<": server}
        self._ports = {">": ports, "<": ports[::-1]}
        self._next = {">": self._random.getrandbits(32), "<": self._random.getrandbits(32)}
        self._id = {">": self._random.getrandbits(16), "<": self._random.getrandbits(16)}

    def _send(self, way: str, flags: str, payload: bytes = b"", wait: int = 180) -> None:
        back = "<" if way == ">" else ">"
        options: list[tuple[str, Any]] = []
        if "S" in flags:
            options = [("MSS", MSS), ("NOP", None), ("WScale", 8), ("NOP", None), ("NOP", None), ("SAckOK", b"")]
        sport, dport = self._ports[way]
        source, target = self._ends[way], self._ends[back]
        self._capture.add(
            self._now,
            ether(source, target, self._vlan)
            / IP(src=source.ip, dst=target.ip, ttl=source.ttl, id=self._id[way], flags="DF")
            / TCP(
                sport=sport,
                dport=dport,
                flags=flags,
                seq=self._next[way],
                ack=self._next[back] if "A" in flags else 0,
                window=64240 if "S" in flags else 502,
                options=options,
            )
            / Raw(payload),
        )
        self._id[way] = (self._id[way] + 1) & 0xFFFF
        self._next[way] = (self._next[way] + len(payload) + ("S" in flags) + ("F" in flags)) & 0xFFFFFFFF
        self._now += wait

    def attempt(self, times: int = 3) -> None:
        """SYNs that nobody answers."""
        initial = self._next[">"]
        for i in range(times):
            self._next[">"] = initial
            self._send(">", "S", wait=1_000_000 << i)

    def run(self, script: Script) -> None:
        """Handshake, the messages of ``script`` in segments with acknowledgements, and FIN from both sides."""
        self._send(">", "S", wait=410)
        self._send("<", "SA", wait=350)
        self._send(">", "A")
        for way, data in script:
            back = "<" if way == ">" else ">"
            pieces = [data[i : i + MSS] for i in range(0, len(data), MSS)]
            for number, piece in enumerate(pieces, 1):
                last = number == len(pieces)
                self._send(way, "PA" if last else "A", piece)
                if last or number % 2 == 0:
                    self._send(back, "A", wait=520)
            self._now += self._random.randrange(900, 9_000)
        self._send(">", "FA", wait=390)
        self._send("<", "FA", wait=300)
        self._send(">", "A")


def datagrams(
    capture: Capture,
    at: int,
    client: Station,
    server: Station,
    ports: tuple[int, int],
    messages: Iterable[tuple[str, bytes]],
    vlan: int | None = None,
) -> None:
    """UDP messages between two stations, 700 µs apart."""
    numbers = random.Random(f"udp {ports[0]}")
    for way, data in messages:
        source, target = (client, server) if way == ">" else (server, client)
        sport, dport = ports if way == ">" else ports[::-1]
        header = IP(src=source.ip, dst=target.ip, ttl=source.ttl, id=numbers.getrandbits(16))
        capture.add(at, ether(source, target, vlan) / header / UDP(sport=sport, dport=dport) / Raw(data))
        at += 700


def ping(capture: Capture, at: int, client: Station, server: Station, times: int = 2, vlan: int | None = None) -> None:
    """ICMP echo and its answers."""
    for number in range(times):
        for kind, source, target in ((8, client, server), (0, server, client)):
            packet = IP(src=source.ip, dst=target.ip, ttl=source.ttl, id=100 + number)
            packet /= ICMP(type=kind, id=7, seq=number + 1) / Raw(bytes(range(32)))
            capture.add(at, ether(source, target, vlan) / packet)
            at += 450
        at += 1_000_000


def resolve(capture: Capture, at: int, asker: Station, owner: Station, vlan: int | None = None) -> None:
    """ARP: who has ``owner``'s address, and the answer."""
    everyone = Station("0.0.0.0", "ff:ff:ff:ff:ff:ff")
    capture.add(at, ether(asker, everyone, vlan) / ARP(op=1, hwsrc=asker.mac, psrc=asker.ip, pdst=owner.ip))
    answer = ARP(op=2, hwsrc=owner.mac, psrc=owner.ip, hwdst=asker.mac, pdst=asker.ip)
    capture.add(at + 210, ether(owner, asker, vlan) / answer)


def spanning_tree(capture: Capture, at: int, mac: str, times: int = 3) -> None:
    """Configuration BPDUs, two seconds apart."""
    for number in range(times):
        bpdu = STP(rootmac=mac, bridgemac=mac, portid=0x8001)
        frame = Dot3(src=mac, dst="01:80:c2:00:00:00", len=38) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / bpdu
        capture.add(at + number * 2_000_000, bytes(frame).ljust(60, b"\x00"))


def neighbour(capture: Capture, at: int, mac: str, name: bytes) -> None:
    """An LLDP announcement of the switch ``name``."""

    def tlv(kind: int, value: bytes) -> bytes:
        return struct.pack("!H", kind << 9 | len(value)) + value

    body = tlv(1, b"\x04" + bytes.fromhex(mac.replace(":", ""))) + tlv(2, b"\x05port1.0.1") + tlv(3, b"\x00\x78")
    body += tlv(5, name) + tlv(0, b"")
    capture.add(at, (Ether(src=mac, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(body)).build().ljust(60, b"\x00"))


def main(town: str, points: Mapping[str, Callable[[bool], Capture]]) -> None:
    """Write the captures of ``town`` and of its broken twin under the folder that the command line names.

    ``points``: file name → what is seen there, given whether it is the broken twin.
    """
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m captures.{town.replace('-', '_')} OUTDIR")
    for twin, broken in ((town, False), (f"{town}-broken", True)):
        folder = Path(sys.argv[1]) / twin / "captures"
        folder.mkdir(parents=True, exist_ok=True)
        for name, make in points.items():
            make(broken).write(folder / name)
