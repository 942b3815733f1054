"""A small SRX, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Device, Filter, Misunderstood, Rule
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.junos import parse
from zoneguard.static.trace import Outcome, StepResult, run_vrf

PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58, "ospf": 89, "sctp": 132}
LAN, DMZ, WAN, GUEST = "ge-0/0/1.0", "ge-0/0/2.0", "ge-0/0/0.0", "ge-0/0/3.0"
BASE = """
set version 21.4R3.15
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24
set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/24
set interfaces ge-0/0/3 unit 0 family inet address 10.3.0.1/24
set routing-options static route 0.0.0.0/0 next-hop 203.0.113.254
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set security zones security-zone untrust interfaces ge-0/0/0.0
"""


def read(text: str) -> Parsed:
    return parse(Source("srx.conf", tuple(text.strip("\n").split("\n"))), "srx")


def device(text: str) -> Device:
    """The device of a whole configuration."""
    (found,) = read(text).devices
    return found


def srx(*more: str) -> Device:
    """The small SRX with ``more`` statements: zones trust, dmz and untrust; ``ge-0/0/3.0`` is in none."""
    return device(BASE + "\n".join(more))


def open_lines(*more: str) -> tuple[Misunderstood, ...]:
    """What is not understood of the small SRX with ``more`` statements."""
    return read(BASE + "\n".join(more)).account.not_understood


def policy(
    way: str,
    name: str = "p",
    action: str = "permit",
    source: str = "any",
    destination: str = "any",
    service: str = "any",
) -> str:
    """A policy of ``trust>untrust`` or, with an empty ``way``, a global one; several names are separated by blanks."""
    came, _, leaves = way.partition(">")
    where = f"from-zone {came} to-zone {leaves}" if way else "global"
    head = f"set security policies {where} policy {name}"
    asked = (("source-address", source), ("destination-address", destination), ("application", service))
    lines = [f"{head} match {word} {value}" for word, values in asked for value in values.split()]
    return "\n".join([*lines, f"{head} then {action}"])


def packet(text: str, **fields: int) -> Packet:
    """``10.1.0.5 > 10.2.0.5 tcp/443`` (or ``icmp/8``, ``esp``)."""
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
    """The interface by which the packet leaves, or the context it moves to; ``local``, ``deny``, ``no-route``; ``may``
    where that is open."""
    step = result(found, ingress, text, vrf, **fields)
    if step.outcome is Outcome.UNDETERMINED:
        return "may"
    ways = {w.egress or f"into {w.into}" if w.outcome is Outcome.FORWARD else w.outcome.value for w in step.may}
    return "|".join(sorted(ways))


def becomes(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> str:
    """The packet as it leaves, ``source > destination``, with the destination's port where it has one."""
    (way,) = result(found, ingress, text, vrf, **fields).may
    pools = dict(way.pools)
    src = "|".join(sorted(map(format_address, pools.get("src", [way.packet.src]))))  # type: ignore[call-overload]
    dst = "|".join(sorted(map(format_address, pools.get("dst", [way.packet.dst]))))  # type: ignore[call-overload]
    return f"{src} > {dst}" + (f":{way.packet.dport}" if way.packet.dport else "")


def decided_by(found: Device, ingress: str, text: str, vrf: str = "default") -> str:
    """The name of the rule that let the packet pass or dropped it."""
    (way,) = result(found, ingress, text, vrf).may
    return [d.name for d in way.decisions if d.kind in ("rule", "default")][-1]


def rules(found: Device, vrf: int = 0) -> list[Rule]:
    """The rules of the stage of policies."""
    (stage,) = [s for s in found.vrfs[vrf].stages if isinstance(s, Filter) and s.rules.name == "security policies"]
    return [rule for rule in stage.rules.rules if isinstance(rule, Rule)]
