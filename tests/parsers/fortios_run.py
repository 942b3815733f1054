"""A small FortiGate, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Device, Filter, Rule
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.fortios import parse
from zoneguard.static.trace import Outcome, StepResult, run_vrf

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58, "sctp": 132}
INTERFACES = """
config system interface
    edit "lan"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "dmz"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
    next
    edit "wan"
        set vdom "root"
        set ip 203.0.113.1 255.255.255.0
        config ipv6
            set ip6-address 2001:db8:ffff::1/64
        end
    next
    edit "six"
        set vdom "root"
        config ipv6
            set ip6-address 2001:db8:1::1/64
        end
    next
end
"""
ROUTES = """
config router static
    edit 1
        set gateway 203.0.113.254
        set device "wan"
    next
end
config router static6
    edit 1
        set gateway 2001:db8:ffff::fe
        set device "wan"
    next
end
"""


def header(version: str) -> str:
    return f"#config-version=FGT60F-{version}-FW-build1639-240313:opmode=0:vdom=0:user=admin\n"


def policy(number: int | str, *lines: str, **words: str) -> str:
    """A policy that accepts everything from ``lan`` to ``wan``, less or more as ``words`` and ``lines`` say."""
    given = {
        "srcintf": "lan", "dstintf": "wan", "srcaddr": "all", "dstaddr": "all", "action": "accept",
        "schedule": "always", "service": "ALL",
    } | words  # fmt: skip
    sets = [f"        set {name} {value}" for name, value in given.items() if value]
    return "\n".join([f"    edit {number}", *sets, *(f"        {line}" for line in lines), "    next"])


def table(path: str, *entries: str) -> str:
    return "\n".join([f"config {path}", *entries, "end"])


def entry(name: str, *sets: str) -> str:
    return "\n".join([f'    edit "{name}"', *(f"        {line}" for line in sets), "    next"])


def policies(*entries: str) -> str:
    return table("firewall policy", *entries)


def read(text: str) -> Parsed:
    return parse(Source("fw.conf", tuple(text.strip("\n").split("\n"))), "fw")


def firewall(*tables: str, version: str = "7.2.8") -> Device:
    """The small FortiGate with ``tables`` beside its interfaces and routes."""
    (found,) = read(header(version) + INTERFACES + ROUTES + "\n".join(tables)).devices
    return found


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


def result(found: Device, ingress: str, text: str, vrf: str = "root", **fields: int) -> StepResult:
    return run_vrf(found, vrf, ingress, packet(text, **fields))


def goes(found: Device, ingress: str, text: str, vrf: str = "root", **fields: int) -> str:
    """The interface by which the packet leaves; ``local``, ``deny``, ``blackhole``, ``no-route`` or ``may``."""
    step = result(found, ingress, text, vrf, **fields)
    if step.outcome is Outcome.UNDETERMINED:
        return "may"
    ways = {way.egress if way.outcome is Outcome.FORWARD else way.outcome.value for way in step.may}
    return "|".join(sorted(ways))


def becomes(found: Device, ingress: str, text: str, vrf: str = "root", **fields: int) -> str:
    """The packet as it leaves, ``source > destination``, with ports where it has them."""
    (way,) = result(found, ingress, text, vrf, **fields).may
    pools = dict(way.pools)
    src = "|".join(sorted(map(format_address, pools.get("src", [way.packet.src]))))  # type: ignore[call-overload]
    dst = "|".join(sorted(map(format_address, pools.get("dst", [way.packet.dst]))))  # type: ignore[call-overload]
    return f"{src} > {dst}" + (f":{way.packet.dport}" if way.packet.dport else "")


def decided_by(found: Device, ingress: str, text: str, vrf: str = "root") -> str:
    """The name of the rule that let the packet pass or dropped it."""
    (way,) = result(found, ingress, text, vrf).may
    return [d.name for d in way.decisions if d.kind in ("rule", "default")][-1]


def rules(found: Device, vrf: int = 0) -> list[Rule]:
    """The rules of the filter of policies."""
    (policies_,) = [s for s in found.vrfs[vrf].stages if isinstance(s, Filter) and s.rules.name == "firewall policy"]
    return [rule for rule in policies_.rules.rules if isinstance(rule, Rule)]
