"""What passes is split by the rules that decided it at each hop, with file and line; the parts are the whole."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from tests.networks.site import Given, Site, opening, site
from zoneguard.model.spans import SourceSpan
from zoneguard.static.translation import sent

ZONES = {"lgwan": ("lgwan", "10.20.0.0/24"), "internet": ("internet", "10.30.0.0/24")}
NEAR = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A FORWARD -s 10.20.0.64/26 -p tcp -m tcp --dport 443 -j DROP
-A FORWARD -p tcp -m multiport --dports 80,443 -j WEB
-A FORWARD -p udp -m udp --dport 53 -j ACCEPT
-A WEB -d 10.30.0.0/25 -j ACCEPT
-A WEB -s 10.20.0.0/26 -j ACCEPT
COMMIT
"""
NEAR_ROUTES = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.1
10.30.0.0/25 via 10.9.0.2 dev eth1
10.30.0.128/25 via 10.9.0.2 dev eth1
"""
FAR = """\
hostname far
interface GigabitEthernet0/0
 ip address 10.9.0.2 255.255.255.0
 ip access-group IN in
interface GigabitEthernet0/1
 ip address 10.30.0.1 255.255.255.0
ip access-list extended IN
 permit tcp any any eq 443
 deny tcp 10.20.0.0 0.0.0.15 any
 permit ip any any
ip route 10.20.0.0 255.255.255.0 10.9.0.1
end
"""


def made(root: Path) -> Site:
    return site(root, ZONES, {"near": Given(NEAR, NEAR_ROUTES), "far": Given(FAR)})


def test_parts_are_disjoint_and_together_what_crosses(tmp_path: Path) -> None:
    for network in made(tmp_path).networks:
        for crossing in network.crossings(["lgwan"]):
            parts = [part.packets for part in network.attributed(crossing)]
            assert len(parts) > 4
            assert network.space.union(*parts) == crossing.packets
            assert not any(a & b for a, b in combinations(parts, 2))


def test_each_part_names_the_lines_that_trace_names(tmp_path: Path) -> None:
    """The witness of a part is decided at every hop by the very lines of the part, and takes its route."""
    town = made(tmp_path)
    seen = set()
    for network in town.networks:
        for crossing in network.crossings(["lgwan"]):
            for part in network.attributed(crossing):
                trace = town.trace(sent(part.packets).witness())
                assert trace.disposition == "delivered"
                for hop, step in zip(part.path, trace.hops, strict=True):
                    assert set(hop.lines) == {d.span for d in step.decisions if d.kind == "rule"}
                    assert hop.route in {d.span for d in step.decisions if d.kind == "route"}
                    assert (hop.device, hop.ingress, hop.egress) == (step.device, step.ingress, step.egress)
                seen.add(tuple(tuple((line.file, line.first) for line in hop.lines) for hop in part.path))
    acl = {("far.conf", number) for number in (8, 10)}
    web = {("near.conf", number) for number in (8, 9, 10)}
    assert {near[-1] for near, _ in seen} == web
    assert {far[0] for _, far in seen} == acl


def test_the_report_says_which_rule_lets_which_packets(tmp_path: Path) -> None:
    town = made(tmp_path)
    told = {
        tuple((line.file, line.first) for line in f.evidence if isinstance(line, SourceSpan)): {r.ports for r in f.rows}
        for f in town.findings("ZG102")
        if f.zones == ("lgwan", "internet")
    }
    assert any(("near.conf", 8) in lines and ports == {"53"} for lines, ports in told.items())
    assert town.zones_reached(opening("10.20.0.70", "10.30.0.5")) == set()
    assert town.trace(opening("10.20.0.70", "10.30.0.5")).hops[-1].deciding.span.first == 6
    assert town.trace(opening("10.20.0.5", "10.30.0.5", "tcp/80")).hops[-1].deciding.span.first == 9
