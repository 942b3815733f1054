"""PAN-OS by the manual, told a second time: a plain interpreter of rules as values, against the parsed firewall.

It knows nothing of the model: a packet is looked up, translated, looked up again and judged, as the networking
administrator's guide describes ("NAT Policy Rules", "Security Policy Rules").
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.packet_run import packet
from tests.parsers.panos_run import INTERFACES, firewall, nat, rule
from zoneguard.model.addresses import format_address
from zoneguard.static.trace import Outcome, run_vrf

ZONE_OF = {"ethernet1/1": "trust", "ethernet1/4": "trust", "ethernet1/2": "untrust", "ethernet1/3": "dmz"}
ROUTES = [
    (IPv4Network("10.1.0.0/24"), "ethernet1/1"), (IPv4Network("203.0.113.0/24"), "ethernet1/2"),
    (IPv4Network("10.2.0.0/24"), "ethernet1/3"), (IPv4Network("10.4.0.0/24"), "ethernet1/4"),
    (IPv4Network("0.0.0.0/0"), "ethernet1/2"),
]  # fmt: skip
NETWORKS = ["10.1.0.0/24", "10.1.0.5/32", "10.2.0.0/24", "203.0.113.80/32", "198.51.100.0/24", "10.2.0.80/32"]
ZONES = ["trust", "untrust", "dmz"]
PORTS = {"web": (80, 443), "alt": (8080, 8080)}
HOSTS = ["10.1.0.5", "10.1.0.6", "10.2.0.80", "10.4.0.7", "198.51.100.9", "203.0.113.80", "203.0.113.66"]


@dataclass(frozen=True)
class Rule:
    """What the rules of both kinds ask; an empty list stands for any."""

    came: tuple[str, ...]
    leaves: tuple[str, ...]
    source: tuple[str, ...]
    destination: tuple[str, ...]
    service: str
    kind: str = "universal"
    negated: bool = False
    allows: bool = True
    target: str = ""
    port: int = 0
    hidden_behind: str = ""


def within(address: str, networks: tuple[str, ...]) -> bool:
    return not networks or any(IPv4Address(address) in IPv4Network(n) for n in networks)


def egress(address: str) -> str:
    return max((r for r in ROUTES if IPv4Address(address) in r[0]), key=lambda r: r[0].prefixlen)[1]


def asks(known: Rule, source: str, destination: str, port: int) -> bool:
    low, high = PORTS.get(known.service, (0, 65535))
    ports = (low, high) if known.service in PORTS else range(65536)
    return (
        within(source, known.source) and within(destination, known.destination) is not known.negated and port in ports
    )


def becomes(rules: list[Rule], nats: list[Rule], ingress: str, source: str, destination: str, port: int) -> str:
    """``source > destination:port by interface`` as it leaves, or ``deny``."""
    came = ZONE_OF[ingress]
    first = ZONE_OF[egress(destination)]
    chosen = next(
        (
            n
            for n in nats
            if (not n.came or came in n.came)
            and (not n.leaves or first in n.leaves)
            and asks(n, source, destination, port)
        ),
        None,
    )
    inner, inner_port = destination, port
    if chosen is not None and chosen.target:
        inner, inner_port = chosen.target, chosen.port or port
    out = egress(inner)
    leaves = ZONE_OF[out]
    allowed = came == leaves
    for known in rules:
        zones = (not known.came or came in known.came) and (not known.leaves or leaves in known.leaves)
        if known.kind == "intrazone":
            zones = came == leaves and (not known.came or came in known.came)
        elif known.kind == "interzone":
            zones = zones and came != leaves
        if zones and asks(known, source, destination, port):
            allowed = known.allows
            break
    if not allowed:
        return "deny"
    shown = chosen.hidden_behind if chosen is not None and chosen.hidden_behind else source
    return f"{shown} > {inner}:{inner_port} by {out}"


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


SECURITY = st.builds(
    Rule,
    some(ZONES),
    some(ZONES),
    some(NETWORKS),
    some(NETWORKS),
    st.sampled_from(["any", "web", "alt"]),
    st.sampled_from(["universal", "intrazone", "interzone"]),
    st.booleans(),
    st.booleans(),
)
NAT = st.builds(
    Rule,
    some(ZONES),
    st.sampled_from([(), ("trust",), ("untrust",), ("dmz",)]),
    some(NETWORKS),
    some(NETWORKS),
    st.sampled_from(["any", "web"]),
    target=st.sampled_from(["", "10.2.0.80", "10.1.0.6"]),
    port=st.sampled_from([0, 8080]),
    hidden_behind=st.sampled_from(["", "203.0.113.66"]),
)


def listed(values: tuple[str, ...]) -> str:
    return f"[ {' '.join(values)} ]" if values else "any"


def written(number: int, known: Rule) -> str:
    words = {
        "from_": listed(known.came),
        "to": "" if known.kind == "intrazone" else listed(known.leaves),
        "source": listed(known.source),
        "destination": listed(known.destination),
        "service": known.service,
    }
    return rule(
        f"r{number}",
        **words,
        rule_type=known.kind,
        negate_destination="yes" if known.negated else "no",
        action="allow" if known.allows else "deny",
    )


def written_nat(number: int, known: Rule) -> str:
    words = {
        "from_": listed(known.came),
        "to": listed(known.leaves),
        "source": listed(known.source),
        "destination": listed(known.destination),
        "service": known.service,
    }
    if known.target:
        words["destination_translation__translated_address"] = known.target
        if known.port:
            words["destination_translation__translated_port"] = str(known.port)
    if known.hidden_behind:
        words["source_translation__dynamic_ip__translated_address"] = known.hidden_behind
    return nat(f"n{number}", **words)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(SECURITY, max_size=4),
    st.lists(NAT, max_size=3),
    st.sampled_from(sorted(ZONE_OF)),
    st.sampled_from(HOSTS),
    st.sampled_from(HOSTS),
    st.sampled_from([80, 443, 8080, 22]),
)
def test_the_model_does_what_the_manual_says(
    rules: list[Rule], nats: list[Rule], ingress: str, source: str, destination: str, port: int
) -> None:
    services = ["set service web protocol tcp port 80,443", "set service alt protocol tcp port 8080"]
    parts = [written(n, known) for n, known in enumerate(rules)] + [written_nat(n, k) for n, k in enumerate(nats)]
    device = firewall(*services, *parts, base=INTERFACES)
    assert not device.uncertain
    (step,) = run_vrf(device, "default", ingress, packet(f"{source} > {destination} tcp/{port}")).may
    expected = becomes(rules, nats, ingress, source, destination, port)
    if step.outcome is Outcome.DENY:
        assert expected == "deny"
    else:
        now = step.packet
        shown = f"{format_address(now.src)} > {format_address(now.dst)}:{now.dport} by {step.egress}"
        assert (step.outcome, shown) == (Outcome.FORWARD, expected)
