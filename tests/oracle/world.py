"""The small world of the random rulesets, in which rules and packets meet often: addresses, ports, packets, routes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.oracle.netns import Box
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import ACK, CWR, ECE, FIN, ICMP_PROTOCOLS, PORT_PROTOCOLS, PSH, RST, SYN, URG, ConnState
from zoneguard.model.packet import Packet

INTERFACES = ("eth0", "eth1", "eth2")
PORTS = (22, 53, 80, 443, 8080)
SPORTS = range(1024, 1024 + 64)
MACS = ("02:00:00:00:00:11", "02:00:00:00:00:12")
FAR_V4 = ("10.9.0.5", "10.9.0.200", "10.9.1.7", "172.16.0.1")
FAR_V6 = ("fd09::5", "fd09:0:0:1::7", "fd09:1::1", "2001:db8::1")
ROUTES = (
    "10.9.0.0/24 via 10.0.1.9",
    "10.9.0.128/25 via 10.0.2.9",
    "fd09::/32 via fd00:1::9",
    "fd09:0:0:1::/64 via fd00:2::9",
)
BLACKHOLES = ("blackhole 10.9.1.0/24", "blackhole fd09:1::/32")
FIREWALL = Box(
    {name: (f"10.0.{n}.1/24", f"fd00:{n}::1/64") for n, name in enumerate(INTERFACES)}, (*ROUTES, *BLACKHOLES)
)
NEW_TCP = frozenset({SYN, SYN | URG, ACK, ACK | URG})
NEW_ICMP = frozenset({8, 13, 15, 17, 128})
TCP_FLAGS = (SYN, SYN, SYN, ACK, SYN | ACK, FIN | ACK, RST, 0, SYN | PSH | ECE)
ICMP_KINDS = ((8, 0), (8, 0), (0, 0), (13, 0), (3, 1))
ICMPV6_KINDS = ((128, 0), (128, 0), (129, 0), (1, 4))


class World:
    """Draws what rules and packets of one family are made of."""

    def __init__(self, random: Random, v6: bool) -> None:
        self.random = random
        self.v6 = v6

    def packet(self, fragments: bool) -> tuple[str, Packet]:
        """An ingress interface and a packet in the state that the kernel gives to a first packet."""
        random = self.random
        wire = random.choice((0, 0, 1, 2))
        proto = random.choice((6, 6, 6, 17, 17, 58 if self.v6 else 1, 50))
        fragment = int(fragments and random.random() < 0.2)
        mac = int(random.choice(MACS).replace(":", ""), 16)
        src, dst = parse_address(self.host(wire)), parse_address(self._target(fragment == 1))
        packet = Packet(src, dst, proto, fragment=fragment, mac=mac)
        if proto in PORT_PROTOCOLS and not fragment:
            packet = replace(packet, sport=random.choice(SPORTS), dport=random.choice((*PORTS, 81)))
        if proto == 6 and not fragment:
            packet = replace(packet, flags=random.choice(TCP_FLAGS))
        if proto in ICMP_PROTOCOLS and not fragment:
            kind, code = random.choice(ICMPV6_KINDS if self.v6 else ICMP_KINDS)
            packet = replace(packet, icmp=kind << 8 | code)
        return INTERFACES[wire], replace(packet, state=first_state(packet))

    def opener(self) -> tuple[str, Packet]:
        """An ingress interface and a packet of TCP or UDP that opens a session; source ports are not chosen."""
        while True:
            ingress, packet = self.packet(False)
            if packet.proto in (6, 17):
                return ingress, replace(packet, flags=SYN if packet.proto == 6 else 0, state=ConnState.NEW)

    def host(self, wire: int | None = None) -> str:
        """An address that packets have."""
        return self.address(self.random.randrange(3) if wire is None else wire, self.random.randint(2, 9))

    def translated(self) -> str:
        """An address that no packet has as its own."""
        return self.address(self.random.randrange(3), self.random.randint(16, 24))

    def address(self, wire: int, host: int) -> str:
        """The address of number ``host`` on a wire; 1 is the box itself."""
        return f"fd00:{wire}::{host:x}" if self.v6 else f"10.0.{wire}.{host}"

    def prefix(self) -> str:
        """A prefix around some host."""
        wire, host = self.random.randrange(3), self.random.randint(2, 9)
        length = self.random.choice((32, 32, 31, 30, 29, 24, 16, 8))
        if self.v6:
            return f"fd00:{wire}::{host:x}/{128 - (32 - length)}" if length > 24 else f"fd00:{wire}::/64"
        return f"10.0.{wire}.{host}/{length}"

    def network(self) -> str:
        """A network of eight addresses that no packet has as its own."""
        wire = self.random.randrange(3)
        return f"fd00:{wire}::40/125" if self.v6 else f"10.0.{wire}.64/29"

    def port(self) -> int:
        """A port that packets go to."""
        return self.random.choice(PORTS)

    @staticmethod
    def range_from(low: str) -> str:
        """Three addresses beginning with ``low``."""
        at = max(low.rfind(":"), low.rfind(".")) + 1
        last = int(low[at:], 16 if ":" in low else 10) + 2
        return f"{low}-{low[:at]}{last:x}" if ":" in low else f"{low}-{low[:at]}{last}"

    def _target(self, far: bool) -> str:
        random = self.random
        if not far and random.random() < 0.2:
            return self.address(random.randrange(3), 1)
        if random.random() < 0.2:
            return random.choice(FAR_V6 if self.v6 else FAR_V4)
        return self.host(random.choice((0, 1, 1, 2)))


def first_state(packet: Packet) -> int:
    """What connection tracking makes of a packet of which it knows nothing yet (nf_conntrack_proto_*.c)."""
    if packet.proto == 6:
        return ConnState.NEW if packet.flags & ~(PSH | ECE | CWR) in NEW_TCP else ConnState.INVALID
    if packet.proto in ICMP_PROTOCOLS:
        return ConnState.NEW if packet.icmp >> 8 in NEW_ICMP else ConnState.INVALID
    return ConnState.NEW
