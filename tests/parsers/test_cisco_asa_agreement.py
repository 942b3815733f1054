"""Firewalls made of random lines: both engines read the model of an ASA, and of a UNIVERGE IX, alike."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers import nec_ix_run
from tests.parsers.cisco_asa_run import OLD, VERSION, firewall
from tests.parsers.packet_run import packet
from zoneguard.model.device import Device
from zoneguard.model.match import HISTORY
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.zones import ZoneMap
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Topology
from zoneguard.static.trace import Outcome, run_vrf

OBJECTS = """
object network lan
 subnet 10.1.0.0 255.255.0.0
object network web
 host 10.2.0.10
object network two
 range 10.2.0.10 10.2.0.11
object network web-out
 host 203.0.113.10
object network pool
 range 203.0.113.10 203.0.113.11
object network peer
 host 198.51.100.7
object service http
 service tcp source eq 80
object service alt
 service tcp source eq 8080
"""
ASA = (
    "access-list O extended permit ip any any",
    "access-list O extended deny tcp any any eq 80",
    "access-list O extended permit tcp any host 10.2.0.10",
    "access-list I extended permit tcp any any eq 80",
    "access-list I extended permit ip host 10.1.0.5 any time-range t",
    "access-list O extended permit ip any object lan",
    "access-group O in interface outside",
    "access-group I in interface inside",
    "access-group O global",
    "access-group I out interface outside",
    "same-security-traffic permit intra-interface",
    "same-security-traffic permit inter-interface",
)
NEW = (
    "nat (dmz,outside) source static web web-out",
    "nat (inside,outside) source dynamic lan interface",
    "nat (inside,outside) source static lan lan destination static peer peer",
    "nat (dmz,outside) source static two pool",
    "nat (dmz,outside) source static web interface service http alt",
    "nat (inside,outside) source static lan lan destination static web-out peer",
    "nat (any,outside) source dynamic any pool",
    "object network web\n nat (dmz,outside) static web-out service tcp 80 8080",
    "object network lan\n nat (inside,any) dynamic pool",
    "object network two\n nat (any,any) static pool",
    "nat (inside,outside) after-auto source dynamic any pat-pool pool",
)
BEFORE = (
    "static (dmz,outside) 203.0.113.10 10.2.0.10 netmask 255.255.255.255",
    "global (outside) 1 interface",
    "nat-control",
    "nat (inside) 1 10.1.0.0 255.255.0.0",
    "nat (inside) 0 access-list I",
    "global (outside) 2 203.0.113.10-203.0.113.11",
    "nat (inside) 2 access-list O",
    "static (dmz,outside) tcp interface 8080 10.2.0.10 80 netmask 255.255.255.255",
)
IX = (
    "ip access-list a permit tcp src any sport any dest any dport eq 80",
    "ip access-list a deny ip src any dest 10.2.0.10/32",
    "ip access-list b permit ip src 10.1.0.0/16 dest any",
    "ip access-list b permit ip src any dest 203.0.113.2/32",
    "ip access-list dynamic d access b",
    "ip access-list dynamic e access a",
    "route-map m permit 1\n  match ip address a\n  set interface GigaEthernet2.0",
)
ON = (
    "ip filter a 1 in",
    "ip filter b 2 in",
    "ip filter d 3 out",
    "ip filter a 4 out",
    "ip filter e 1 in",
    "ip napt enable",
    "ip napt static 10.2.0.10 tcp 80",
    "ip nat enable",
    "ip nat static 10.2.0.10 203.0.113.10",
    "ip napt inside list b",
    "ip nat pool p 203.0.113.10 203.0.113.11",
    "ip nat dynamic list b pool p",
    "ip policy route-map m",
)
HOSTS = (
    "10.1.0.5",
    "10.2.0.10",
    "10.2.0.11",
    "198.51.100.7",
    "203.0.113.2",
    "203.0.113.10",
    "203.0.113.11",
    "10.3.0.5",
)
WHAT = ("tcp/80", "tcp/8080", "udp/53", "esp")


def sent(source: str, target: str, what: str, port: int, state: int) -> Packet:
    ports = {"sport": port} if "/" in what else {}
    return packet(f"{source} > {target} {what}", state=state, **ports)


SENT = st.builds(
    sent,
    st.sampled_from(HOSTS),
    st.sampled_from(HOSTS),
    st.sampled_from(WHAT),
    st.sampled_from((80, 8080, 50000)),
    st.sampled_from((0, 0, 0, 1)),
)
Key = tuple[str, str, int | None]


def some(lines: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(lines), max_size=6, unique=True)


def by_sets(device: Device, ingress: str, one: Packet) -> dict[Key, PacketSet]:
    space = PacketSpace(BinaryEngine(1 << 18, 1 << 14))
    topology = Topology([device], ZoneMap([]))
    out: dict[Key, PacketSet] = {}
    for departure in Pipeline(space, topology, topology.contexts[device.name, "main"]).run(ingress, space.packet(one)):
        way = departure.way
        key = ("local", "", None) if way is None else ("forward", way.interface, way.next_hop)
        gone = departure.part.packets.forget(*HISTORY)
        out[key] = out.get(key, space.nothing) | gone
    return {key: packets for key, packets in out.items() if packets.may()}


def check(device: Device, ingress: str, one: Packet) -> None:
    """An open question is asked anew of a packet that was rewritten, so the trace may know more ways than the sets."""
    result = run_vrf(device, "main", ingress, one)
    traced: dict[Key, list[Packet]] = {}
    for step in result.may:
        if step.outcome is Outcome.LOCAL:
            traced.setdefault(("local", "", None), []).append(step.packet)
        elif step.outcome is Outcome.FORWARD:
            traced.setdefault(("forward", step.egress, step.next_hop), []).append(step.packet)
    found = by_sets(device, ingress, one)
    assert set(found) <= set(traced)
    if len({step.outcome for step in result.may}) == 1:
        assert set(found) == set(traced)
    for key, packets in found.items():
        assert any(way in packets.may() for way in traced[key])


@settings(max_examples=60, deadline=None)
@given(some(ASA), some(NEW), st.sampled_from(("outside", "inside", "dmz")), SENT)
def test_an_asa(lists: list[str], nats: list[str], ingress: str, one: Packet) -> None:
    check(firewall(OBJECTS, *lists, *nats, version=VERSION), ingress, one)


@settings(max_examples=40, deadline=None)
@given(some(ASA), some(BEFORE), st.sampled_from(("outside", "inside", "dmz")), SENT)
def test_an_asa_before_8_3(lists: list[str], nats: list[str], ingress: str, one: Packet) -> None:
    check(firewall(*lists, *nats, version=OLD), ingress, one)


@settings(max_examples=60, deadline=None)
@given(some(IX), some(ON), some(ON), st.sampled_from((nec_ix_run.WAN, nec_ix_run.LAN, nec_ix_run.DMZ)), SENT)
def test_a_univerge_ix(lists: list[str], wan: list[str], lan: list[str], ingress: str, one: Packet) -> None:
    settings_ = (nec_ix_run.on(nec_ix_run.WAN, *wan), nec_ix_run.on(nec_ix_run.LAN, *lan))
    check(nec_ix_run.router(*lists, *settings_), ingress, one)
