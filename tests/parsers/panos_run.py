"""A small PAN-OS firewall, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from tests.parsers.packet_run import Runs
from zoneguard.model.device import Device
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.panos import parse

_RUNS = Runs("default")
result, goes, becomes, decided_by = _RUNS.result, _RUNS.goes, _RUNS.becomes, _RUNS.decided_by

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


def doubts(found: Device, ingress: str, text: str, vrf: str = "default") -> str:
    """What is not decided about the packet."""
    return "; ".join(str(doubt.what) for doubt in result(found, ingress, text, vrf).doubts)


def reasons(parsed: Parsed) -> dict[int, str]:
    """The lines not understood."""
    return {m.span.first: m.reason for m in parsed.account.not_understood}
