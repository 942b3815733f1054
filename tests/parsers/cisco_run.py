"""A small router, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from collections.abc import Callable

from tests.parsers.packet_run import packet
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device, Misunderstood
from zoneguard.model.match import ACK, SYN
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers import cisco_ios as ios
from zoneguard.static.trace import Outcome, StepResult, run_vrf

BASE = """
hostname r1
ipv6 unicast-routing
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
 {lan}
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
 ipv6 address 2001:db8:2::1/64
 {dmz}
interface GigabitEthernet0/2
 ip address 203.0.113.1 255.255.255.0
 ipv6 address 2001:db8:3::1/64
 {wan}
ip route 0.0.0.0 0.0.0.0 203.0.113.254
ipv6 route ::/0 2001:db8:3::fe
"""
LAN, DMZ, WAN = "GigabitEthernet0/0", "GigabitEthernet0/1", "GigabitEthernet0/2"
SYNACK = SYN | ACK


def read(text: str, parse: Callable[[Source, str], Parsed] = ios.parse) -> Parsed:
    return parse(Source("r1.conf", tuple(text.strip("\n").split("\n"))), "r1")


def device(text: str, parse: Callable[[Source, str], Parsed] = ios.parse) -> Device:
    (found,) = read(text, parse).devices
    return found


def router(*more: str, lan: str = "", dmz: str = "", wan: str = "") -> Device:
    """The small router, with commands on its interfaces (joined by ``;``) and more behind them."""
    put = {name: "\n ".join(text.split("; ")) or "no ip redirects" for name, text in
           (("lan", lan), ("dmz", dmz), ("wan", wan))}  # fmt: skip
    return device(BASE.format(**put) + "\n".join(more))


def result(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> StepResult:
    return run_vrf(found, vrf, ingress, packet(text, **fields))


def goes(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> str:
    """The interface by which the packet leaves; ``local``, ``deny``, ``no-route`` or ``may``."""
    step = result(found, ingress, text, vrf, **fields)
    if step.outcome is Outcome.UNDETERMINED:
        return "may"
    ways = {(way.egress or way.into) if way.outcome is Outcome.FORWARD else way.outcome.value for way in step.may}
    return "|".join(sorted(ways))


def ends(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> set[str]:
    """Every way the packet may end, also where that is open."""
    step = result(found, ingress, text, vrf, **fields)
    return {(way.egress or way.into) if way.outcome is Outcome.FORWARD else way.outcome.value for way in step.may}


def becomes(found: Device, ingress: str, text: str, vrf: str = "default", **fields: int) -> str:
    """The packet as it leaves, ``source > destination``, with ports where it has them."""
    (way,) = result(found, ingress, text, vrf, **fields).may
    pools = dict(way.pools)
    src = "|".join(sorted(map(format_address, pools.get("src", [way.packet.src]))))  # type: ignore[call-overload]
    dst = "|".join(sorted(map(format_address, pools.get("dst", [way.packet.dst]))))  # type: ignore[call-overload]
    return f"{src} > {dst}" + (f":{way.packet.dport}" if way.packet.dport else "")


def open_lines(text: str, parse: Callable[[Source, str], Parsed] = ios.parse) -> list[Misunderstood]:
    """What is not understood and may matter."""
    return [m for m in read(text, parse).account.not_understood if m.concern is not Concern.OTHER]
