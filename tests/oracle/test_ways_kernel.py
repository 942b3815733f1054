"""Ways that a packet may take by more than its destination, against the kernel: policies, equal routes, several tables.

The boxes are made with ``ip rule`` and ``ip route``, exported as an administrator would, read back as a project, and
asked packet by packet: where the kernel sends one, both readings must say that it may go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random

import pytest

from tests.networks.site import Given, Site, opening, site
from tests.oracle.netns import Box, Lab, Port, Probe, unavailable
from zoneguard.model.addresses import parse_address
from zoneguard.model.crossing import Crossing
from zoneguard.model.match import SYN
from zoneguard.model.packet import Packet
from zoneguard.static.trace import Disposition, Entry, Walk
from zoneguard.static.translation import sent

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

ZONES = {
    "inside": ("lgwan", "10.0.0.0/24"),
    "first": ("internet", "10.1.0.0/24"),
    "second": ("dmz", "10.2.0.0/24"),
    "far": ("other", "10.9.0.0/16"),
}
SPLIT = Box({"eth0": ("10.0.0.1/24",), "eth1": ("10.1.0.1/24",), "eth2": ("10.2.0.1/24",)})
INSIDE = Entry("split", "default", "eth0")
COMMANDS = ("ip addr", "ip rule", "ip -4 route show table all")


def export(lab: Lab, box: str) -> str:
    """What ``ip`` says of the box, with the commands, as a console would show it."""
    return "".join(f"$ {command}\n{lab.run(box, *command.split())}" for command in COMMANDS)


def drawn(random: Random, count: int) -> list[Packet]:
    """Packets from inside that open sessions."""
    packets = []
    for _ in range(count):
        src = parse_address(f"10.0.0.{random.randint(2, 254)}")
        dst = parse_address(f"10.9.{random.choice((0, 0, 1, 2))}.{random.randint(1, 254)}")
        proto, dport = random.choice((6, 17)), random.choice((80, 443, 8080))
        packets.append(Packet(src, dst, proto, random.randint(1024, 65535), dport, flags=SYN if proto == 6 else 0))
    return packets


def told(walks: Sequence[Walk]) -> set[tuple[str, str] | None]:
    """Where the packet may be seen to leave, by ``trace``."""
    ends = (w.hops[-1] for w in walks if w.disposition is Disposition.DELIVERED)
    lost = {None for w in walks if w.disposition is not Disposition.DELIVERED}
    return {*((hop.device, hop.egress) for hop in ends), *lost}


@dataclass(frozen=True)
class Asked:
    """A project asked where packets leave that hosts of ``zone`` send to ``entry``."""

    made: Site
    entry: Entry
    zone: str

    @cached_property
    def crossings(self) -> list[list[Crossing]]:
        """What the zone's hosts may open, by each engine of packet sets."""
        return [list(network.crossings([self.zone])) for network in self.made.networks]

    def walks(self, packet: Packet) -> tuple[Walk, ...]:
        """What ``trace`` says of a packet."""
        return self.made.tracer.trace(packet, self.entry).walks

    def agrees(self, packet: Packet, seen: Port | None) -> set[Port | None]:
        """Fails where the kernel and the two readings differ; where the readings say that the packet may leave."""
        said = told(self.walks(packet))
        assert seen in said, f"{packet}: seen at {seen}, told {said}"
        for found in self.crossings:
            ends = {(c.path[-1].device, c.path[-1].egress) for c in found if packet in sent(c.packets).may()}
            assert ends == said - {None}, f"{packet}: sets say {ends}, trace says {said}"
        return said


RULES = (
    "rule add pref 90 from 10.0.0.64/26 to 10.9.2.0/24 lookup 100",
    "rule add pref 100 from 10.0.0.0/25 ipproto tcp dport 8080 lookup 100",
    "rule add pref 110 not from 10.0.0.0/25 iif eth0 ipproto udp lookup 101",
    "rule add pref 120 fwmark 0x1/0x3 lookup 101",
    "rule add pref 130 to 10.9.1.0/24 lookup main suppress_prefixlength 16",
)
TABLES = (
    "route add 10.9.0.0/16 via 10.2.0.9 table 100",
    "route add throw 10.9.2.128/25 table 100",
    "route add default via 10.2.0.8 table 101",
    "route add 10.9.1.128/25 via 10.1.0.7",
    "route add 10.9.0.0/16 via 10.1.0.9",
    "route add 10.9.2.0/24 via 10.1.0.8",
)
MARKS = """\
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -s 10.0.0.200/29 -p tcp -m tcp --dport 443 -j MARK --set-xmark 0x5/0xffffffff
COMMIT
*filter
:FORWARD ACCEPT [0:0]
COMMIT
"""


def test_policy_routing_leads_where_the_kernel_sends_packets(tmp_path: Path) -> None:
    with Lab({"split": SPLIT}) as lab:
        for line in (*TABLES, *RULES):
            lab.run("split", "ip", *line.split())
        lab.run("split", "iptables-nft-restore", stdin=MARKS)
        made = site(
            tmp_path, ZONES, {"split": Given(lab.run("split", "iptables-nft-save"), export(lab, "split"), "iptables")}
        )
        marked = [Packet(parse_address("10.0.0.201"), parse_address("10.9.0.5"), 6, 5000, 443, flags=SYN)]
        packets = [*drawn(Random("policy"), 150), *marked]
        asked = Asked(made, INSIDE, "inside")
        taken: Counter[tuple[Port | None, bool]] = Counter()
        for packet, seen in zip(packets, lab.send([Probe(("split", "eth0"), p) for p in packets]), strict=True):
            (way,) = asked.agrees(packet, seen.egress)
            by_policy = any(d.kind == "policy-route" for d in asked.walks(packet)[0].hops[0].decisions)
            taken[way, by_policy] += 1
    assert {way for way, _ in taken} == {("split", "eth1"), ("split", "eth2")}
    assert taken[("split", "eth2"), True] > 20
    assert taken[("split", "eth1"), False] > 20


GUARD = """\
*filter
:FORWARD DROP [0:0]
{}COMMIT
"""


def guard(number: int) -> Box:
    return Box(
        {"eth0": (f"10.{number}.0.2/24",), "eth1": (f"10.20.{number}.1/24",)},
        (f"10.9.0.0/16 via 10.20.{number}.9", f"10.0.0.0/24 via 10.{number}.0.1"),
    )


def test_equal_routes_lead_wherever_the_kernel_sends_packets(tmp_path: Path) -> None:
    """Two guards at the ends of two equal routes: 443 passes both, 80 one, 8080 none. Every way is taken, no other."""
    split = replace(SPLIT, routes=("10.9.0.0/16 nexthop via 10.1.0.2 weight 1 nexthop via 10.2.0.2 weight 2",))
    joins = [(("split", f"eth{n}"), (f"guard{n}", "eth0")) for n in (1, 2)]
    permits = {1: (443,), 2: (80, 443)}
    with Lab({"split": split, "guard1": guard(1), "guard2": guard(2)}, joins) as lab:
        lab.run("split", "sysctl", "-qw", "net.ipv4.fib_multipath_hash_policy=1")
        for number, ports in permits.items():
            rules = "".join(f"-A FORWARD -i eth0 -p tcp -m tcp --dport {port} -j ACCEPT\n" for port in ports)
            lab.run(f"guard{number}", "iptables-nft-restore", stdin=GUARD.format(rules))
        boxes = {"split": Given(export(lab, "split"), format="ip-route")}
        boxes |= {
            name: Given(lab.run(name, "iptables-nft-save"), export(lab, name), "iptables")
            for name in ("guard1", "guard2")
        }
        made = site(tmp_path, ZONES, boxes)
        packets = [replace(p, proto=6, flags=SYN) for p in drawn(Random("equal"), 120)]
        asked = Asked(made, INSIDE, "inside")
        seen_by_port: dict[int, set[object]] = {80: set(), 443: set(), 8080: set()}
        told_by_port: dict[int, set[object]] = {80: set(), 443: set(), 8080: set()}
        for packet, seen in zip(packets, lab.send([Probe(("split", "eth0"), p) for p in packets]), strict=True):
            told_by_port[packet.dport] |= asked.agrees(packet, seen.egress)
            seen_by_port[packet.dport].add(seen.egress)
    north, south = ("guard1", "eth1"), ("guard2", "eth1")
    assert seen_by_port == {443: {north, south}, 80: {south, None}, 8080: {None}}
    assert told_by_port == seen_by_port


CISCO = """\
hostname split
vrf definition RED
 address-family ipv4
vrf definition BLUE
 address-family ipv4
interface Ethernet0/0
 vrf forwarding RED
 ip address 10.0.0.1 255.255.255.0
interface Ethernet0/1
 vrf forwarding BLUE
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/2
 ip address 10.2.0.1 255.255.255.0
ip route 10.9.3.0 255.255.255.0 10.2.0.7
ip route vrf RED 10.1.0.0 255.255.255.0 Ethernet0/1
ip route vrf RED 10.9.0.0 255.255.0.0 Ethernet0/1 10.1.0.9
ip route vrf RED 10.9.3.128 255.255.255.128 10.2.0.9 global
ip route vrf RED 0.0.0.0 0.0.0.0 10.2.0.9 global
ip route vrf BLUE 10.0.0.0 255.255.255.0 Ethernet0/0
ip route vrf BLUE 10.9.1.0 255.255.255.0 Null0
ip route vrf BLUE 10.9.2.0 255.255.255.0 10.1.0.8
end
"""
VRF_TABLES = (
    "route add 10.9.3.0/24 via 10.2.0.7",
    "route add 10.0.0.0/24 dev eth0 table 10",
    "route add 10.1.0.0/24 dev eth1 table 10",
    "route add 10.9.0.0/16 via 10.1.0.9 dev eth1 table 10",
    "route add 10.9.3.128/25 via 10.2.0.9 dev eth2 table 10",
    "route add default via 10.2.0.9 dev eth2 table 10",
    "route add 10.1.0.0/24 dev eth1 table 20",
    "route add 10.0.0.0/24 dev eth0 table 20",
    "route add blackhole 10.9.1.0/24 table 20",
    "route add 10.9.2.0/24 via 10.1.0.8 dev eth1 table 20",
    "route add unreachable default table 20",
    "route add 10.2.0.0/24 dev eth2 table 30",
    "route add 10.9.3.0/24 via 10.2.0.7 dev eth2 table 30",
    "route add unreachable default table 30",
    *(f"rule add pref {number} iif eth{number - 100} lookup {10 * (number - 99)}" for number in (100, 101, 102)),
)
CONTEXTS = {"eth0": "RED", "eth1": "BLUE", "eth2": "default"}
TARGETS = (
    "10.0.0.7",
    "10.1.0.7",
    "10.2.0.7",
    "10.9.0.1",
    "10.9.1.1",
    "10.9.2.1",
    "10.9.3.1",
    "10.9.3.200",
    "172.16.0.1",
)


def test_routes_of_one_table_by_another_lead_where_the_kernel_sends_packets(tmp_path: Path) -> None:
    """Contexts of a router, each with its own table, as the kernel keeps a table for what comes in by an interface.

    What the route of one context gives to a neighbour in another one is not looked up there once more.
    """
    zones = {**ZONES, "world": ("public", "0.0.0.0/0")}
    made = site(tmp_path, zones, {"split": Given(CISCO)})
    with Lab({"split": SPLIT}) as lab:
        for line in VRF_TABLES:
            lab.run("split", "ip", *line.split())
        passed = set()
        for number, (wire, context) in enumerate(CONTEXTS.items()):
            asked = Asked(made, Entry("split", context, f"Ethernet0/{number}"), tuple(ZONES)[number])
            packets = [
                opening(f"10.{number}.0.5", target) for target in TARGETS if not target.startswith(f"10.{number}.")
            ]
            for packet, seen in zip(packets, lab.send([Probe(("split", wire), p) for p in packets]), strict=True):
                left = seen.egress and ("split", seen.egress[1].replace("eth", "Ethernet0/"))
                asked.agrees(packet, left)
                passed.add((wire, seen.egress and seen.egress[1]))
    assert passed == {
        ("eth0", "eth1"), ("eth0", "eth2"), ("eth1", "eth0"), ("eth1", "eth1"), ("eth1", None), ("eth2", "eth2"),
        ("eth2", None),
    }  # fmt: skip
