"""A small PAN-OS firewall, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Device
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.panos import parse
from zoneguard.static.trace import Outcome, StepResult, run_vrf

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "icmp6": 58, "sctp": 132}
INTERFACES = """
set deviceconfig system hostname fw
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 203.0.113.1/24
set network interface ethernet ethernet1/2 layer3 ipv6 enabled yes
set network interface ethernet ethernet1/2 layer3 ipv6 address 2001:db8:ffff::1/64
set network interface ethernet ethernet1/3 layer3 ip 10.2.0.1/24
set network interface ethernet ethernet1/4 layer3 ip 10.4.0.1/24
set network interface ethernet ethernet1/4 layer3 ipv6 enabled yes
set network interface ethernet ethernet1/4 layer3 ipv6 address 2001:db8:4::1/64
set network virtual-router default interface [ ethernet1/1 ethernet1/2 ethernet1/3 ethernet1/4 ]
set network virtual-router default routing-table ip static-route out destination 0.0.0.0/0
set network virtual-router default routing-table ip static-route out nexthop ip-address 203.0.113.254
set network virtual-router default routing-table ipv6 static-route out6 destination ::/0
set network virtual-router default routing-table ipv6 static-route out6 nexthop ipv6-address 2001:db8:ffff::fe
set network virtual-router default routing-table ipv6 static-route out6 interface ethernet1/2
set zone trust network layer3 [ ethernet1/1 ethernet1/4 ]
set zone untrust network layer3 ethernet1/2
set zone dmz network layer3 ethernet1/3
"""
LAN, WAN, DMZ, LAN2 = "ethernet1/1", "ethernet1/2", "ethernet1/3", "ethernet1/4"


def rule(name: str, base: str = "rulebase security rules", **words: str) -> str:
    """A rule that allows everything from ``trust`` to ``untrust``, less or more as ``words`` say.

    ``from_`` is for ``from``, ``a__b`` for ``a b``, ``a_b`` for ``a-b``; an empty word leaves a setting out.
    """
    given = {"from_": "trust", "to": "untrust", "source": "any", "destination": "any", "service": "any"}
    if "security" in base:
        given |= {"application": "any", "action": "allow"}
    lines = []
    for key, word in (given | words).items():
        if word:
            setting = key.rstrip("_").replace("__", " ").replace("_", "-")
            lines.append(f'set {base} "{name}" {setting} {word}')
    return "\n".join(lines)


def nat(name: str, **words: str) -> str:
    return rule(name, "rulebase nat rules", **words)


def read(text: str, name: str = "fw") -> Parsed:
    return parse(Source("fw.txt", tuple(text.strip("\n").split("\n"))), name)


def firewall(*parts: str, base: str = INTERFACES) -> Device:
    """The small firewall with ``parts`` beside its interfaces and routes."""
    (found,) = read("\n".join((base.strip(), *parts))).devices
    return found


def packet(text: str, **fields: int) -> Packet:
    """``10.1.0.5 > 10.2.0.5 tcp/443`` (or ``icmp/8``, ``gre``)."""
    src, _, dst, what = text.split()
    name, _, number = what.partition("/")
    made = Packet(parse_address(src), parse_address(dst), PROTOCOLS[name])
    if name.startswith("icmp"):
        made = replace(made, icmp=int(number or 0) << 8)
    elif number:
        made = replace(made, sport=50000, dport=int(number), flags=2 if name == "tcp" else 0)
    return replace(made, **fields)


def result(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> StepResult:
    return run_vrf(found, vrf, ingress, packet(text, **fields))


def goes(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> str:
    """The interface by which the packet leaves; ``local``, ``deny``, ``no-route`` or ``may``."""
    step = result(found, ingress, text, vrf, **fields)
    if step.outcome is Outcome.UNDETERMINED:
        return "may"
    ways = {way.egress or way.into if way.outcome is Outcome.FORWARD else way.outcome.value for way in step.may}
    return "|".join(sorted(ways))


def becomes(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> str:
    """The packet as it leaves, ``source > destination``, with ports where it has them."""
    (way,) = result(found, ingress, text, vrf, **fields).may
    pools = dict(way.pools)
    src = "|".join(sorted(map(format_address, pools.get("src", [way.packet.src]))))  # type: ignore[call-overload]
    dst = "|".join(sorted(map(format_address, pools.get("dst", [way.packet.dst]))))  # type: ignore[call-overload]
    return f"{src} > {dst}" + (f":{way.packet.dport}" if way.packet.dport else "")


def decided_by(found: Device, ingress: str, text: str, vrf: str = "default") -> str:
    """The name of the rule that let the packet pass or dropped it."""
    (way,) = result(found, ingress, text, vrf).may
    return [d.name for d in way.decisions if d.kind in ("rule", "default")][-1]


def doubts(found: Device, ingress: str, text: str, vrf: str = "default") -> str:
    """What is not decided about the packet."""
    return "; ".join(str(doubt.what) for doubt in result(found, ingress, text, vrf).doubts)


def reasons(parsed: Parsed) -> dict[int, str]:
    """The lines not understood."""
    return {m.span.first: m.reason for m in parsed.account.not_understood}
