"""States of packets on real exports: who may open a session, who may only answer, and who may pretend to be another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.networks.site import Given, Site, opening, site
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, SYN, ConnState, Field
from zoneguard.model.packet import Packet

ZONES = {"lgwan": ("lgwan", "10.20.0.0/24"), "internet": ("internet", "10.30.0.0/24")}
HOSTS = ("10.20.0.5", "10.30.0.5")
OUT, BACK = ("lgwan", "internet", "tcp/443"), ("internet", "lgwan", "tcp/443")


def answer(packet: Packet) -> Packet:
    """The first answer to a packet that opens a session of TCP."""
    swapped = replace(packet, src=packet.dst, dst=packet.src, sport=packet.dport, dport=packet.sport)
    return replace(swapped, flags=SYN | ACK, state=ConnState.ESTABLISHED)


def cisco(root: Path, there: str, back: str) -> Site:
    """A router that tracks nothing: lists at both interfaces."""
    text = f"""\
hostname r1
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
 ip access-group THERE in
interface GigabitEthernet0/1
 ip address 10.30.0.1 255.255.255.0
 ip access-group BACK in
ip access-list extended THERE
 {there}
ip access-list extended BACK
 {back}
end
"""
    return site(root, ZONES, {"r1": Given(text)})


WEB = "permit tcp any any eq 443"


@pytest.mark.parametrize(
    ("back", "answered", "opens"),
    [
        ("permit tcp any any established", True, {OUT}),
        ("permit tcp any eq 443 any established", True, {OUT}),
        ("permit tcp any eq 443 any", True, {OUT}),
        ("permit tcp any any eq 443", False, {OUT, BACK}),
        ("deny ip any any", False, {OUT}),
        ("permit udp any any", False, {OUT}),
    ],
)
def test_a_list_of_a_router_permits_each_direction_for_itself(
    tmp_path: Path, back: str, answered: bool, opens: set[tuple[str, str, str]]
) -> None:
    """`established` permits answers and opens nothing; without a permit for answers none gets back."""
    made = cisco(tmp_path, WEB, back)
    assert made.passing(HOSTS) == opens
    there = opening(*HOSTS)
    assert made.trace(there).disposition == "delivered"
    assert made.trace(answer(there)).disposition == ("delivered" if answered else "denied")


def test_a_permit_for_answers_by_their_port_opens_sessions_from_that_port(tmp_path: Path) -> None:
    """Whoever sends from 443 is let in to every port; `established` in the same line keeps that out."""
    odd = replace(opening(HOSTS[1], HOSTS[0], "tcp/445"), sport=443)
    wide = cisco(tmp_path, WEB, "permit tcp any eq 443 any")
    assert wide.zones_reached(odd) == {"lgwan"}
    assert wide.cell("internet", "lgwan").state == "violated"
    narrow = cisco(tmp_path, WEB, "permit tcp any eq 443 any established")
    assert narrow.zones_reached(odd) == set()
    assert narrow.cell("internet", "lgwan").state == "denied"


@pytest.mark.parametrize("protocol", ["udp", "icmp"])
def test_established_is_of_tcp_alone(tmp_path: Path, protocol: str) -> None:
    made = cisco(tmp_path, f"permit {protocol} any any", "permit tcp any any established")
    service = {"udp": "udp/53", "icmp": "icmp/8"}[protocol]
    assert made.passing(HOSTS, (service,)) == {("lgwan", "internet", service)}


LINUX = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
{}COMMIT
"""
ROUTES = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.30.0.0/24 dev eth1 proto kernel scope link src 10.30.0.1
"""
SESSIONS = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
NEW = "-A FORWARD -i eth0 -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW -j ACCEPT\n"


@pytest.mark.parametrize(("rules", "opens"), [(SESSIONS, set()), (SESSIONS + NEW, {OUT}), (NEW, {OUT})])
def test_a_firewall_of_states_lets_sessions_open_where_it_lets_new_packets_pass(
    tmp_path: Path, rules: str, opens: set[tuple[str, str, str]]
) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(LINUX.format(rules), ROUTES)})
    assert made.passing(HOSTS) == opens
    assert made.trace(answer(opening(*HOSTS))).disposition == ("delivered" if SESSIONS in rules else "denied")


@pytest.mark.parametrize(
    ("rule", "open_to_liars"),
    [("-A FORWARD -s 10.20.0.5/32 -j ACCEPT\n", True), ("-A FORWARD -i eth0 -s 10.20.0.5/32 -j ACCEPT\n", False)],
)
def test_a_rule_that_trusts_addresses_alone_is_open_to_whoever_forges_them(
    tmp_path: Path, rule: str, open_to_liars: bool
) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(LINUX.format(rule), ROUTES)})
    for network in made.networks:
        honest = {c.destination for c in network.crossings(["internet"])}
        forged = [c for c in network.crossings(["internet"], spoofed=True) if c.destination == "lgwan"]
        assert not honest
        assert bool(forged) is open_to_liars
        for crossing in forged:
            assert crossing.packets.project(Field.SRC) == Intervals.of(opening(*HOSTS).src)
            assert any(c.packets for c in network.attributed(crossing))
