"""Small SRX devices with NAT, filters and routing instances: both engines tell the same of every packet."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.parsers.junos_run import policy, srx
from tests.parsers.packet_run import packet
from tests.static.generators import SPAN
from zoneguard.model.addresses import V6, prefix_of
from zoneguard.model.device import Device
from zoneguard.model.packet import Packet
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network
from zoneguard.static.topology import Topology
from zoneguard.static.trace import Disposition, Entry, Tracer
from zoneguard.static.translation import sent

ZONES = ZoneMap([
    *(Zone(f"net{n}", ZoneClass.OTHER, (prefix_of(f"10.{n}.0.0/16"),), SPAN) for n in (1, 2, 3, 4)),
    Zone("world", ZoneClass.PUBLIC, ((0, 0), (V6, 0)), SPAN),
])  # fmt: skip
BLOCKS = (
    policy("trust>untrust", "web", service="junos-http junos-https"), policy("trust>dmz", "all"),
    policy("untrust>dmz", "in", service="junos-http"), policy("dmz>trust", "no", "deny"), policy("", "any", "permit"),
    "set security policies default-policy permit-all", policy("trust>guest", "g"), policy("untrust>guest", "u"),
    "set security zones security-zone guest interfaces ge-0/0/3.0",
    "set routing-instances VR instance-type virtual-router\nset routing-instances VR interface ge-0/0/3.0",
    "set routing-options static route 10.3.0.0/24 next-table VR.inet.0",
    "set routing-options static route 10.4.0.0/16 next-hop 10.2.0.9",
    "set routing-options static route 10.4.0.0/16 qualified-next-hop 203.0.113.7 preference 3",
    "set routing-options static route 10.2.128.0/17 discard",
    "set routing-options static rib-group both\nset routing-options interface-routes rib-group inet both\n"
    "set routing-options rib-groups both import-rib [ inet.0 VR.inet.0 FBF.inet.0 ]",
    "set routing-options instance-import back\nset policy-options policy-statement back from instance VR\n"
    "set policy-options policy-statement back then accept",
    "set interfaces ge-0/0/1 unit 0 family inet filter input F\n"
    "set firewall family inet filter F term a from protocol tcp\n"
    "set firewall family inet filter F term a from destination-port http\n"
    "set firewall family inet filter F term a then routing-instance FBF\n"
    "set firewall family inet filter F term b from source-address 10.1.0.0/24\n"
    "set firewall family inet filter F term b from source-address 10.1.0.6/32 except\n"
    "set firewall family inet filter F term b then accept",
    "set routing-instances FBF instance-type forwarding\n"
    "set routing-instances FBF routing-options static route 0.0.0.0/0 next-hop 10.2.0.9",
    "set interfaces ge-0/0/2 unit 0 family inet filter output G\n"
    "set firewall family inet filter G term a from protocol udp\n"
    "set firewall family inet filter G term a then discard\n"
    "set firewall family inet filter G term b then packet-mode",
    "set security nat static rule-set t from zone untrust\n"
    "set security nat static rule-set t rule 1 match destination-address 203.0.113.16/28\n"
    "set security nat static rule-set t rule 1 then static-nat prefix 10.2.0.0/28",
    "set security nat destination pool web address 10.2.0.5/32 port 80\n"
    "set security nat destination rule-set d from zone trust\n"
    "set security nat destination rule-set d rule 1 match destination-address 198.51.100.1/32\n"
    "set security nat destination rule-set d rule 1 match destination-port 443\n"
    "set security nat destination rule-set d rule 1 then destination-nat pool web",
    "set security nat source pool p address 203.0.113.99/32\nset security nat source rule-set s from zone trust\n"
    "set security nat source rule-set s to zone untrust\n"
    "set security nat source rule-set s rule 1 match source-address 10.1.0.0/25\n"
    "set security nat source rule-set s rule 1 then source-nat pool p",
)  # fmt: skip
SOURCES = ("10.1.0.5", "10.1.0.6", "10.1.0.200", "10.2.0.5", "10.3.0.5", "10.4.0.5", "198.51.100.1")
TARGETS = (*SOURCES, "10.2.200.5", "203.0.113.21")
PACKETS = st.builds(
    lambda src, dst, what: packet(f"{src} > {dst} {what}"),
    st.sampled_from(SOURCES), st.sampled_from(TARGETS), st.sampled_from(["tcp/80", "tcp/443", "udp/53", "icmp/8"]),
)  # fmt: skip


def by_trace(device: Device, one: Packet) -> set[str]:
    """The zones of the hosts that get the packet, by every interface that its sender may be behind.

    A default route leads to no zone of its own: only zones that attach count.
    """
    topology, tracer = Topology([device], ZONES), Tracer([device])
    found: set[str] = set()
    for attached in topology.attachments:
        if one.src not in attached.members:
            continue
        home = topology.home(attached.context, attached.interface)
        trace = tracer.trace(one, Entry(*home.key, attached.interface))
        for way in trace.alternatives or (trace,):
            for walk in way.walks:
                last = walk.hops[-1]
                if walk.disposition is Disposition.DELIVERED and last.action != "local":
                    place = (last.device, last.context), last.egress
                    found |= {
                        there.zone
                        for there in topology.attachments
                        if (there.context.key, there.interface) == place and walk.packet.dst in there.members
                    }
    return found


@settings(max_examples=40, deadline=None)
@given(blocks=st.lists(st.sampled_from(BLOCKS), unique=True, max_size=9), one=PACKETS)
def test_what_trace_delivers_is_what_may_cross(blocks: list[str], one: Packet) -> None:
    device = srx(*(block for block in BLOCKS if block in blocks))
    assume(one.src not in {a.address for i in device.interfaces for a in i.addresses})
    source = ZONES.of(one.src)
    assert source is not None
    found = {c.destination for c in Network([device], ZONES).crossings([source.name]) if one in sent(c.packets)}
    assert found == by_trace(device, one) - {source.name}
