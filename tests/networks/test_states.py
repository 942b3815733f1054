"""States of packets on real exports: who may open a session, who may only answer, and who may pretend to be another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.networks.site import ANY_SENDER, Given, Site, opening, site
from zoneguard.model.addresses import parse_address
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, SYN, ConnState, Field
from zoneguard.model.packet import Packet
from zoneguard.static.answering import with_answer
from zoneguard.static.trace import Entry
from zoneguard.static.translation import sent

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
    expected = "delivered" if answered else "denied"
    assert made.trace(answer(there)).disposition.value == expected
    followed = made.answered(there)
    assert followed is not None
    assert followed.disposition.value == expected
    assert (followed.packet.src, followed.packet.dport) == (there.dst, there.sport)


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


def test_what_a_firewall_lets_pass_within_a_zone_is_a_crossing_only_where_asked(tmp_path: Path) -> None:
    zones = {"lgwan": ("lgwan", "10.20.0.0/24, 10.30.0.0/24"), "internet": ("internet", "10.40.0.0/24")}
    third = ROUTES + "10.40.0.0/24 dev eth2 proto kernel scope link src 10.40.0.1\n"
    made = site(tmp_path, zones, {"fw": Given(LINUX.format(NEW), third)})
    assert made.trace(opening(*HOSTS)).disposition == "delivered"
    assert made.trace(opening(HOSTS[1], HOSTS[0])).disposition == "denied"
    for network in made.networks:
        assert {c.destination for c in network.crossings(["lgwan"])} == {"internet"}
        (own,) = (
            c
            for c in network.crossings(["lgwan"], intrazone=True)
            if c.destination == "lgwan" and c.path[0].egress == "eth1"
        )
        assert own.path[0].ingress == "eth0"
        assert opening(*HOSTS) in sent(own.packets)
        assert opening(HOSTS[1], HOSTS[0]) not in sent(own.packets)


def test_an_answer_without_a_way_back_is_said(tmp_path: Path) -> None:
    text = """\
hostname {}
interface GigabitEthernet0/0
 ip address 10.{}.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.9.0.{} 255.255.255.0
{}end
"""
    near = text.format("near", 20, 1, "ip route 10.30.0.0 255.255.255.0 10.9.0.2\n")
    far = text.format("far", 30, 2, "ip route 10.99.0.0 255.255.255.0 10.9.0.1\n")
    made = site(tmp_path, ZONES, {"near": Given(near), "far": Given(far)})
    back = made.answered(opening(*HOSTS))
    assert back is not None
    assert (back.disposition, back.reason.render()) == ("no-route", "far has no route to 10.20.0.5")


def test_an_answer_that_comes_to_another_firewall_is_undetermined(tmp_path: Path) -> None:
    """Two firewalls beside each other: the way there leads by the one, the way back by the other."""
    zones = {**ZONES, "transit": ("other", "10.9.0.0/24, 10.8.0.0/24")}
    first = (
        "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1\n"
        "10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.1\n10.30.0.0/24 via 10.9.0.3 dev eth1\n"
    )
    second = (
        "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.2\n"
        "10.8.0.0/24 dev eth1 proto kernel scope link src 10.8.0.2\n10.30.0.0/24 via 10.8.0.3 dev eth1\n"
    )
    gate = (
        "10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1\n"
        "10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.3\n"
        "10.8.0.0/24 dev eth2 proto kernel scope link src 10.8.0.3\n10.20.0.0/24 via 10.8.0.2 dev eth2\n"
    )
    rules = LINUX.format(SESSIONS + NEW)
    devices = {"a": Given(rules, first), "b": Given(rules, second), "gate": Given(gate, format="ip-route")}
    made = site(tmp_path, zones, devices)
    there = made.tracer.trace(opening(*HOSTS), Entry("a", "default", "eth0"), ANY_SENDER)
    assert there.disposition == "delivered"
    back = with_answer(there, made.tracer, ANY_SENDER).answer
    assert back is not None
    assert back.disposition == "undetermined"
    assert dict(back.reason.args) == {"device": "b"}


@pytest.mark.parametrize(("kind", "answered"), [(8, True), (13, True), (3, False), (11, False)])
def test_only_messages_that_ask_are_answered(tmp_path: Path, kind: int, answered: bool) -> None:
    made = cisco(tmp_path, "permit icmp any any", "permit icmp any any")
    assert (made.answered(opening(*HOSTS, f"icmp/{kind}")) is not None) is answered


def test_what_is_not_delivered_has_no_answer(tmp_path: Path) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(LINUX.format(SESSIONS + NEW), ROUTES)})
    assert made.answered(opening(*HOSTS)) is not None
    assert made.answered(opening(*HOSTS, "tcp/80")) is None


MASQUERADE = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n"


def test_the_answer_to_a_translated_session_gets_its_addresses_back(tmp_path: Path) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(MASQUERADE + LINUX.format(SESSIONS + NEW), ROUTES)})
    there = made.trace(opening(*HOSTS))
    assert there.arrived is not None
    assert there.arrived.src == parse_address("10.30.0.1")
    back = made.answered(opening(*HOSTS))
    assert back is not None
    assert back.disposition == "delivered"
    assert back.packet.dst == parse_address("10.30.0.1")
    assert back.arrived is not None
    assert (back.arrived.src, back.arrived.dst) == tuple(map(parse_address, reversed(HOSTS)))
    (hop,) = back.hops
    assert {field: new for field, _, new in hop.rewritten}[Field.DST] == parse_address(HOSTS[0])


def test_a_translated_session_needs_its_answers_permitted_like_any(tmp_path: Path) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(MASQUERADE + LINUX.format(NEW), ROUTES)})
    back = made.answered(opening(*HOSTS))
    assert back is not None
    assert back.disposition == "denied"


def test_an_answer_that_passes_by_the_translation_is_undetermined(tmp_path: Path) -> None:
    """The server's own addresses lead back beside the device that translated."""
    dnat = (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        "-A PREROUTING -d 10.9.0.80 -p tcp -j DNAT --to-destination 10.30.0.5\nCOMMIT\n"
    )
    zones = {**ZONES, "transit": ("other", "10.9.0.0/24, 10.8.0.0/24")}
    translator = (
        "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1\n"
        "10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.1\n10.30.0.0/24 via 10.9.0.3 dev eth1\n"
    )
    gate = (
        "10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1\n"
        "10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.3\n"
        "10.20.0.0/24 dev eth2 proto kernel scope link src 10.20.0.2\n"
    )
    devices = {
        "fw": Given(dnat + LINUX.format(SESSIONS + NEW), translator),
        "gate": Given(gate, format="ip-route"),
    }
    made = site(tmp_path, zones, devices)
    asked = opening(HOSTS[0], "10.9.0.80")
    there = made.tracer.trace(asked, Entry("fw", "default", "eth0"), ANY_SENDER)
    assert there.disposition == "delivered"
    back = with_answer(there, made.tracer, ANY_SENDER).answer
    assert back is not None
    assert back.disposition == "undetermined"
    assert "not undone" in back.reason.render()
