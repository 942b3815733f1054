"""A router with zones, translation both ways, policy routing and lists: the set engine and the tracer agree on it."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.cisco_run import DMZ, LAN, WAN, router
from tests.static.test_agreement import by_trace
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import ACK, HISTORY, SYN, ConnState
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.zones import ZoneMap
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Topology
from zoneguard.static.trace import run_vrf

NAT = """
access-list 1 permit 10.1.0.0 0.0.0.255
ip nat pool P 203.0.113.10 203.0.113.11 prefix-length 24
ip nat inside source list 1 pool P
ip nat inside source static 10.2.0.5 203.0.113.5
ip nat inside source static tcp 10.1.0.9 22 203.0.113.9 2222
ip nat outside source static 198.51.100.1 10.3.0.1
ip route 10.3.0.1 255.255.255.255 203.0.113.254
"""
ZONES = """
zone security IN
zone security OUT
class-map type inspect match-any C
 match protocol http
 match access-group name A
policy-map type inspect P
 class type inspect C
  inspect
zone-pair security IN-OUT source IN destination OUT
 service-policy type inspect P
zone-pair security OUT-self source OUT destination self
 service-policy type inspect P
ip access-list extended A
 deny tcp any 10.2.0.0 0.0.254.255 range 20 30 time-range NIGHT
 permit udp any any eq 53
 permit tcp any any established
 permit icmp any any echo
"""
PBR = """
route-map R permit 10
 match ip address A
 set ip next-hop 203.0.113.77
route-map R permit 20
 match ip address B
 set ip default next-hop verify-availability 10.2.0.77 1 track 1
ip access-list extended B
 deny udp any any
 permit ip 10.1.0.1 0.0.254.254 any
ip access-list extended OUT
 permit ip any any reflect SEEN
ip access-list extended IN
 evaluate SEEN
 deny ip any host 10.2.0.77
 permit tcp any any
"""
ROUTERS = (
    router(NAT, lan="ip nat inside", dmz="ip nat inside", wan="ip nat outside"),
    router(ZONES, lan="zone-member security IN", dmz="no shutdown", wan="zone-member security OUT"),
    router(ZONES, PBR, lan="ip policy route-map R", wan="ip access-group OUT out; ip access-group IN in"),
    router(
        NAT, ZONES, lan="ip nat inside; zone-member security IN", dmz="ip nat inside; zone-member security IN",
        wan="ip nat outside; zone-member security OUT",
    ),
)  # fmt: skip
SPACE = PacketSpace(BinaryEngine(1 << 20, 1 << 16))
HOSTS = ("10.1.0.1", "10.1.0.5", "10.1.0.9", "10.2.0.5", "10.2.0.77", "10.3.0.1", "198.51.100.1", "203.0.113.1",
         "203.0.113.5", "203.0.113.9", "203.0.113.10", "203.0.113.77")  # fmt: skip


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    src, dst = (parse_address(draw(st.sampled_from(HOSTS))) for _ in range(2))
    proto = draw(st.sampled_from((1, 6, 17, 50)))
    state = draw(st.sampled_from((ConnState.NEW, ConnState.ESTABLISHED)))
    if proto == 1:
        return Packet(src, dst, proto, icmp=draw(st.sampled_from((0, 8 << 8))), state=state)
    if proto == 50:
        return Packet(src, dst, proto, state=state)
    if draw(st.integers(0, 9)) == 0:
        return Packet(src, dst, proto, state=state, fragment=1)
    ports = st.sampled_from((22, 25, 53, 80, 2222, 50000))
    flags = draw(st.sampled_from((SYN, SYN | ACK, ACK))) if proto == 6 else 0
    return Packet(src, dst, proto, draw(ports), draw(ports), state=state, flags=flags)


@cache
def pipeline(number: int) -> Pipeline:
    device = ROUTERS[number]
    topology = Topology([device], ZoneMap([]))
    return Pipeline(SPACE, topology, topology.contexts[device.name, "default"])


def by_sets(number: int, ingress: str, packet: Packet) -> dict[tuple[object, ...], PacketSet]:
    out: dict[tuple[object, ...], PacketSet] = {}
    for departure in pipeline(number).run(ingress, SPACE.packet(packet), False):
        way = departure.way
        key = ("local", "", None) if way is None else ("forward", way.interface, way.next_hop)
        out[key] = out.get(key, SPACE.nothing) | departure.part.packets.forget(*HISTORY)
    return {key: found for key, found in out.items() if found.may()}


@pytest.mark.parametrize("number", range(len(ROUTERS)))
@given(ingress=st.sampled_from((LAN, DMZ, WAN)), packet=packets())
def test_the_two_engines_agree(number: int, ingress: str, packet: Packet) -> None:
    expected = by_trace(run_vrf(ROUTERS[number], "default", ingress, packet))
    found = by_sets(number, ingress, packet)
    assert set(found) == set(expected)
    for key, ways in expected.items():
        for way in ways:
            assert way in found[key].may()
