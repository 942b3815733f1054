"""PAN-OS firewalls in both readings: the sets of packets and the interpreter of one packet say the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.packet_run import packet
from tests.parsers.panos_run import DMZ, INTERFACES, LAN, LAN2, WAN, nat, rule
from zoneguard.model.match import HISTORY
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.zones import ZoneMap
from zoneguard.parsers import Source
from zoneguard.parsers.panos import parse
from zoneguard.static._trace_pipeline import Outcome
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Topology
from zoneguard.static.trace import run_vrf

OBJECTS = """set address fq fqdn www.example.jp
set address servers ip-range 10.2.0.80-10.2.0.81
set service web protocol tcp port 80,443
set service alt protocol tcp port 8080
set application own default port tcp/8080
set rulebase application-override rules o from any
set rulebase application-override rules o to dmz
set rulebase application-override rules o source any
set rulebase application-override rules o destination any
set rulebase application-override rules o port 443
set rulebase application-override rules o protocol tcp
set rulebase application-override rules o application own
"""
ADDRESSES = st.sampled_from(
    [
        "any",
        "10.1.0.0/24",
        "10.1.0.5",
        "203.0.113.80",
        "10.2.0.80",
        "fq",
        "servers",
        "2001:db8:4::/64",
        "198.51.100.0/24",
    ]
)
ZONES = st.sampled_from(["any", "trust", "untrust", "dmz", "[ trust dmz ]"])
ONE_ZONE = st.sampled_from(["any", "trust", "untrust", "dmz"])
YES = st.sampled_from(["yes", "no"])
TRANSLATIONS = st.sampled_from(
    [
        {},
        {"source_translation__static_ip__translated_address": "203.0.113.66"},
        {"source_translation__dynamic_ip_and_port__interface_address__interface": WAN},
        {"source_translation__dynamic_ip_and_port__translated_address": "[ 203.0.113.7 203.0.113.9 ]"},
        {"destination_translation__translated_address": "10.2.0.80"},
        {"destination_translation__translated_port": "443", "destination_translation__translated_address": "10.2.0.81"},
        {"dynamic_destination_translation__translated_address": "servers"},
        {"source_translation__static_ip__bi_directional": "yes",
         "source_translation__static_ip__translated_address": "203.0.113.80"},
    ]
)  # fmt: skip


@st.composite
def security(draw: st.DrawFn, number: int) -> str:
    return rule(
        f"r{number}",
        from_=draw(ZONES),
        to=draw(ZONES),
        source=draw(ADDRESSES),
        destination=draw(ADDRESSES),
        negate_source=draw(YES),
        negate_destination=draw(YES),
        service=draw(st.sampled_from(["any", "web", "alt", "application-default"])),
        application=draw(st.sampled_from(["any", "own", "ping", "[ ssh own ]"])),
        rule_type=draw(st.sampled_from(["universal", "interzone"])),
        action=draw(st.sampled_from(["allow", "allow", "deny"])),
        disabled=draw(st.sampled_from(["no", "no", "no", "yes"])),
    )


@st.composite
def translation(draw: st.DrawFn, number: int) -> str:
    common = {"from_": draw(ZONES), "to": draw(ONE_ZONE), "source": draw(ADDRESSES), "destination": draw(ADDRESSES)}
    words = draw(TRANSLATIONS)
    return nat(f"n{number}", service=draw(st.sampled_from(["any", "web"])), **common, **words)


@st.composite
def forwarding(draw: st.DrawFn, number: int) -> str:
    name = f"set rulebase pbf rules p{number}"
    action = draw(
        st.sampled_from(
            [f"forward egress-interface {DMZ}", f"forward egress-interface {WAN}", "discard", "no-pbf"],
        )
    )
    lines = [
        f"from zone {draw(st.sampled_from(['trust', 'untrust']))}",
        f"source {draw(ADDRESSES)}",
        f"destination {draw(ADDRESSES)}",
        "application any",
        f"service {draw(st.sampled_from(['any', 'web']))}",
        f"action {action}",
    ]
    return "\n".join(f"{name} {line}" for line in lines)


PACKETS = st.sampled_from(
    [
        (LAN, "10.1.0.5 > 198.51.100.7 tcp/443"), (LAN, "10.1.0.6 > 203.0.113.80 tcp/80"),
        (LAN, "10.1.0.5 > 10.2.0.80 tcp/8080"), (LAN, "10.1.0.5 > 10.4.0.9 udp/53"),
        (LAN, "10.1.0.5 > 10.2.0.9 icmp/8"),
        (WAN, "198.51.100.7 > 203.0.113.80 tcp/443"), (WAN, "198.51.100.7 > 203.0.113.80 tcp/8080"),
        (WAN, "198.51.100.7 > 203.0.113.66 tcp/25"), (DMZ, "10.2.0.80 > 203.0.113.80 tcp/443"),
        (DMZ, "10.2.0.80 > 198.51.100.7 icmp/8"), (LAN2, "10.4.0.5 > 10.2.0.81 tcp/443"),
        (LAN2, "2001:db8:4::5 > 2001:db8:9::1 tcp/443"), (LAN, "10.1.0.5 > 10.1.0.1 icmp/8"),
    ]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_sets_and_single_packets_agree(data: st.DataObject) -> None:
    parts = [data.draw(security(n)) for n in range(data.draw(st.integers(0, 3)))]
    parts += [data.draw(translation(n)) for n in range(data.draw(st.integers(0, 2)))]
    parts += [data.draw(forwarding(n)) for n in range(data.draw(st.integers(0, 2)))]
    text = "\n".join((INTERFACES.strip(), OBJECTS.strip(), *parts))
    (device,) = parse(Source("fw.txt", tuple(text.split("\n"))), "fw").devices
    ingress, sent = data.draw(PACKETS)
    result = run_vrf(device, "default", ingress, packet(sent))
    topology = Topology([device], ZoneMap([]))
    space = PacketSpace()
    found: dict[tuple[str, int | None], PacketSet] = {}
    for departure in Pipeline(space, topology, topology.contexts["fw", "default"]).run(
        ingress, space.packet(packet(sent))
    ):
        key = ("local", None) if departure.way is None else (departure.way.interface, departure.way.next_hop)
        found[key] = found.get(key, space.nothing) | departure.part.packets.forget(*HISTORY)
    expected = {
        ("local", None) if step.outcome is Outcome.LOCAL else (step.egress, step.next_hop)
        for step in result.may
        if step.outcome in (Outcome.LOCAL, Outcome.FORWARD)
    }
    assert {key for key, packets in found.items() if packets.may()} == expected, text
    for step in result.may:
        if step.outcome is Outcome.FORWARD:
            assert step.packet in found[step.egress, step.next_hop].may()
