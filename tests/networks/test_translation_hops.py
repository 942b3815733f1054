"""Translations of one device after another: what arrives is exactly what was sent, and each witness proves it.

A crossing says what its destination gets; ``sent`` says what its host sent. ``trace`` sends witnesses of the one,
and has to deliver exactly what the other says of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.site import Given, Site, opening, site
from zoneguard.model.addresses import parse_address, parse_prefix
from zoneguard.model.crossing import Crossing
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.static.trace import Disposition
from zoneguard.static.translation import DESTINATION, SOURCE, relation, sent, sent_among

ENDS = (Field.SRC, Field.DST, Field.SPORT, Field.DPORT)
ZONES = {
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "internet": ("internet", "10.30.0.0/24"),
    "transit": ("other", "10.9.0.0/24"),
}
NEAR = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.1
default via 10.9.0.2 dev eth1
"""
FAR = """\
10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1
10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.2
default via 10.9.0.1 dev eth1
"""


def rules(nat: str, forward: str = "-A FORWARD -j ACCEPT\n") -> str:
    chains = "".join(f":{chain} ACCEPT [0:0]\n" for chain in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))
    return (
        f"*nat\n{chains}{nat}COMMIT\n"
        f"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{forward}COMMIT\n"
    )


def chain(root: Path, near: str, far: str) -> Site:
    return site(root, ZONES, {"near": Given(near, NEAR), "far": Given(far, FAR)})


def crossings(made: Site, source: str, destination: str) -> list[list[Crossing]]:
    """The crossings between two zones, on each engine."""
    return [[c for c in n.crossings([source]) if c.destination == destination] for n in made.networks]


def witnesses(packets: PacketSet) -> list[Packet]:
    """Packets from different corners of a set: several protocols, each with its first and last addresses and ports."""
    space = packets.space
    found: list[Packet] = []
    for proto in (6, 17, 1, 50):
        part = packets & space.field(Field.PROTO, Intervals.of(proto))
        for field in ENDS:
            values = part.project(field)
            corners = {values.spans[0][0], values.spans[-1][1]} if values else set()
            found += [(part & space.field(field, Intervals.of(corner))).witness() for corner in sorted(corners)]
    return found


def arrivals(made: Site, packet: Packet) -> dict[Field, Intervals]:
    """As what ``trace`` delivers a packet to a host: all values that each end may have."""
    walks = [w for w in made.trace(packet).walks if w.disposition is Disposition.DELIVERED]
    assert walks, packet
    pools = [dict(w.hops[-1].pools) for w in walks]
    return {
        field: Intervals.from_spans(
            span
            for walk, pool in zip(walks, pools, strict=True)
            for span in pool.get(field, Intervals.of(walk.packet.get(field))).spans
        )
        for field in ENDS
    }


def proven(made: Site, source: str, destination: str) -> tuple[PacketSet, PacketSet]:
    """What is sent and what arrives, by the packet sets: witness by witness exactly what ``trace`` says of it."""
    total = []
    for found in crossings(made, source, destination):
        for crossing in found:
            asked = witnesses(sent(crossing.packets))
            assert asked
            for packet in asked:
                image = sent_among(crossing.packets, crossing.packets.space.packet(packet), SOURCE, DESTINATION)
                assert {field: image.project(field) for field in ENDS} == arrivals(made, packet), packet
        whole = found[0].packets.space.union(*(c.packets for c in found))
        total.append((sent(whole), whole))
    return total[0]


def test_masquerade_behind_source_translation(tmp_path: Path) -> None:
    """The second box permits the first box's address, and gives it another: nobody else is behind it."""
    near = rules("-A POSTROUTING -s 10.20.0.0/25 -o eth1 -j MASQUERADE\n")
    far = rules(
        "-A POSTROUTING -s 10.9.0.1/32 -o eth0 -p tcp -j SNAT --to-source 10.30.0.250-10.30.0.251\n",
        "-A FORWARD -s 10.9.0.1/32 -p tcp -m tcp --dport 443 -j ACCEPT\n",
    )
    made = chain(tmp_path, near, far)
    asked, arrived = proven(made, "lgwan", "internet")
    assert asked.project(Field.SRC) == parse_prefix("10.20.0.0/25") - parse_prefix("10.20.0.1")
    assert arrived.project(Field.SRC) == Intervals.span(parse_address("10.30.0.250"), parse_address("10.30.0.251"))
    assert made.passing(["10.20.0.5", "10.20.0.200", "10.30.0.5"]) == {("lgwan", "internet", "tcp/443")}
    assert made.zones_reached(opening("10.20.0.200", "10.30.0.5")) == set()
    row = made.cell("lgwan", "internet").rows[0]
    assert (row.source, row.destination) == ("10.20.0.0/25", "10.30.0.0/24")


def test_a_published_port_behind_a_published_port(tmp_path: Path) -> None:
    """10.9.0.2:8443 of the outer box is 10.9.0.1:9443 of the inner one, which is 10.20.0.7:443."""
    far = rules("-A PREROUTING -i eth0 -d 10.30.0.1/32 -p tcp --dport 8443 -j DNAT --to-destination 10.9.0.1:9443\n")
    near = rules(
        "-A PREROUTING -i eth1 -d 10.9.0.1/32 -p tcp --dport 9443 -j DNAT --to-destination 10.20.0.7:443\n",
        "-A FORWARD -d 10.20.0.7/32 -p tcp -m tcp --dport 443 -m conntrack --ctstate DNAT -j ACCEPT\n",
    )
    made = chain(tmp_path, near, far)
    asked, arrived = proven(made, "internet", "lgwan")
    assert asked.project(Field.DPORT) == Intervals.of(8443) | Intervals.of(9443)
    outer = asked & asked.space.field(Field.DST, parse_prefix("10.30.0.1"))
    assert outer.project(Field.DPORT) == Intervals.of(8443)
    assert arrived.project(Field.DPORT) == Intervals.of(443)
    assert arrived.project(Field.DST) == parse_prefix("10.20.0.7")
    assert made.zones_reached(opening("10.30.0.5", "10.20.0.7")) == set()
    trace = made.trace(opening("10.30.0.5", "10.30.0.1", "tcp/8443"))
    assert [[f.value for f, _, _ in hop.rewritten] for hop in trace.hops] == [["dst", "dport"], ["dst", "dport"]]


def test_network_to_network_both_ways_keeps_the_hosts(tmp_path: Path) -> None:
    """Two towns use the same addresses inside; each sees the other under another network, host by host."""
    near = rules(
        "-A PREROUTING -i eth0 -d 172.16.2.0/24 -j NETMAP --to 10.30.0.0/24\n"
        "-A POSTROUTING -o eth1 -s 10.20.0.0/24 -j NETMAP --to 172.16.1.0/24\n"
    )
    far = rules("", "-A FORWARD -s 172.16.1.64/26 -p tcp -j ACCEPT\n")
    made = chain(tmp_path, near, far)
    asked, arrived = proven(made, "lgwan", "internet")
    assert asked.project(Field.SRC) == parse_prefix("10.20.0.64/26")
    assert arrived.project(Field.SRC) == parse_prefix("172.16.1.64/26")
    pair = asked & asked.space.field(Field.DST, parse_prefix("172.16.2.9"))
    image = sent_among(arrived, pair, SOURCE, DESTINATION)
    assert image.project(Field.DST) == parse_prefix("10.30.0.9")
    assert relation(arrived).project(Field.SRC) == parse_prefix("10.20.0.64/26")


ASA = """\
ASA Version 9.16(1)
hostname near
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.9.0.1 255.255.255.0
object network lan
 subnet 10.20.0.0 255.255.255.0
object network lan-outside
 subnet 172.16.1.0 255.255.255.0
object network server-inside
 host 172.16.2.9
object network server
 host 10.30.0.9
nat (inside,outside) source static lan lan-outside destination static server-inside server
route outside 0.0.0.0 0.0.0.0 10.9.0.2 1
"""


def test_twice_translated_by_an_asa_and_once_more_behind_it(tmp_path: Path) -> None:
    far = rules(
        "-A POSTROUTING -s 172.16.1.32/27 -o eth0 -j SNAT --to-source 10.30.0.1\n",
        "-A FORWARD -s 172.16.1.32/27 -d 10.30.0.9/32 -p tcp -m tcp --dport 443 -j ACCEPT\n",
    )
    made = site(tmp_path, ZONES, {"near": Given(ASA), "far": Given(far, FAR)})
    asked, arrived = proven(made, "lgwan", "internet")
    assert asked.project(Field.SRC) == parse_prefix("10.20.0.32/27")
    assert asked.project(Field.DST) == parse_prefix("172.16.2.9")
    assert arrived.project(Field.SRC) == parse_prefix("10.30.0.1")
    assert arrived.project(Field.DST) == parse_prefix("10.30.0.9")


@pytest.mark.parametrize("lost", ["-A FORWARD -s 10.20.0.0/24 -j ACCEPT\n", "-A FORWARD -d 172.16.2.0/24 -j ACCEPT\n"])
def test_a_rule_for_addresses_from_before_a_translation_permits_nothing_behind_it(tmp_path: Path, lost: str) -> None:
    near = rules(
        "-A PREROUTING -i eth0 -d 172.16.2.0/24 -j NETMAP --to 10.30.0.0/24\n"
        "-A POSTROUTING -o eth1 -s 10.20.0.0/24 -j NETMAP --to 172.16.1.0/24\n"
    )
    made = chain(tmp_path, near, rules("", lost))
    assert made.passing(["10.20.0.5", "10.30.0.5"]) == set()
    assert made.zones_reached(opening("10.20.0.5", "172.16.2.5")) == set()
