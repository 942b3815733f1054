"""What the model does with one packet, in every way that open conditions leave, for the tests of the Yamaha parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from zoneguard.model.addresses import parse_address
from zoneguard.model.device import (
    Deny,
    Device,
    EgressAddress,
    Filter,
    KeepHost,
    NatRule,
    Permit,
    Routing,
    RuleList,
    SetTo,
    Shift,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import AnyOf, Bits, ConnState, Egress, Field, In, Ingress, Match, Not, Unknown
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.yamaha import parse

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58}


def read(text: str) -> Parsed:
    return parse(Source("rtx.conf", tuple(text.strip("\n").split("\n"))), "rtx")


def device(text: str) -> Device:
    parsed = read(text)
    assert len(parsed.devices) == 1
    return parsed.devices[0]


def packet(src: str, dst: str, what: str = "tcp/80", **fields: int) -> Packet:
    """``what``: ``tcp/80``, ``udp/53``, ``icmp/8`` (type), ``esp``."""
    name, _, number = what.partition("/")
    base = Packet(parse_address(src), parse_address(dst), PROTOCOLS[name])
    if name.startswith("icmp"):
        base = replace(base, icmp=int(number or 0) << 8)
    elif number:
        base = replace(base, sport=fields.pop("sport", 50000), dport=int(number))
    return replace(base, **fields)


def answer(opening: Packet) -> Packet:
    """A packet of the other direction, of the session that ``opening`` opened."""
    return replace(
        opening,
        src=opening.dst,
        dst=opening.src,
        sport=opening.dport,
        dport=opening.sport,
        state=ConnState.ESTABLISHED,
    )


def holds(match: Match, packet: Packet, open_: Mapping[str, bool]) -> bool:
    if isinstance(match, In):
        return packet.get(match.field) in match.values
    if isinstance(match, Bits):
        return packet.get(match.field) & match.mask == match.value
    if isinstance(match, Not):
        return not holds(match.part, packet, open_)
    if isinstance(match, Unknown):
        return open_[match.key]
    assert not isinstance(match, Ingress | Egress)
    combine = any if isinstance(match, AnyOf) else all
    return combine(holds(part, packet, open_) for part in match.parts)


def unknowns(match: Match) -> set[str]:
    if isinstance(match, Unknown):
        return {match.key}
    parts = (match.part,) if isinstance(match, Not) else getattr(match, "parts", ())
    return {key for part in parts for key in unknowns(part)}


def _decide(rules: RuleList, packet: Packet, open_: Mapping[str, bool]) -> Packet | None:
    for rule in rules.rules:
        if not holds(rule.match, packet, open_):
            continue
        if isinstance(rule, NatRule):
            return _rewrite(rule, packet)
        assert isinstance(rule.action, Permit | Deny)
        return packet if isinstance(rule.action, Permit) else None
    return packet if isinstance(rules.default, Permit) else None


def _rewrite(rule: NatRule, packet: Packet) -> Packet:
    for rewrite in rule.rewrites:
        if isinstance(rewrite, SetTo):
            packet = replace(packet, **{rewrite.field.value: rewrite.values.first})
            if rewrite.field is Field.DST:
                packet = replace(packet, dnat=1)
        elif isinstance(rewrite, Shift):
            packet = replace(packet, **{rewrite.field.value: packet.get(rewrite.field) + rewrite.delta})
        elif isinstance(rewrite, KeepHost):
            low = packet.get(rewrite.field) & ((1 << rewrite.host_bits) - 1)
            packet = replace(packet, **{rewrite.field.value: rewrite.network | low})
        else:
            assert isinstance(rewrite, EgressAddress)
    return packet


def outcomes(found: Device, packet: Packet, ingress: str, egress: str) -> set[Packet | None]:
    """What may leave by ``egress`` of a packet that came in by ``ingress`` (``None``: it ends), routing aside."""
    stages = [s for s in found.vrfs[0].stages if not isinstance(s, Routing) and _applies(s, ingress, egress)]
    keys = sorted({key for s in stages for rule in s.rules.rules for key in unknowns(rule.match)})
    assert len(keys) < 12
    results: set[Packet | None] = set()
    for values in product((False, True), repeat=len(keys)):
        open_ = dict(zip(keys, values, strict=True))
        current: Packet | None = packet
        for stage in stages:
            current = _decide(stage.rules, current, open_) if current is not None else None
        results.add(current)
    return results


def _applies(stage: object, ingress: str, egress: str) -> bool:
    came = getattr(stage, "ingress", None)
    goes = getattr(stage, "egress", None)
    return (came is None or ingress in came) and (goes is None or egress in goes)


def verdict(found: Device, packet: Packet, ingress: str, egress: str) -> str:
    """``pass``, ``drop`` or ``may``."""
    results = outcomes(found, packet, ingress, egress)
    if None not in results:
        return "pass"
    return "drop" if results == {None} else "may"


def routed(found: Device, packet: Packet) -> set[tuple[int | None, str]]:
    """Where policy routes and the table may send a packet, connected subnets aside."""
    vrf = found.vrfs[0]
    keys = sorted({key for rule in vrf.policy_routes for key in unknowns(rule.match)})
    ways: set[tuple[int | None, str]] = set()
    for values in product((False, True), repeat=len(keys)):
        open_ = dict(zip(keys, values, strict=True))
        policy = next((r for r in vrf.policy_routes if holds(r.match, packet, open_)), None)
        if policy is not None:
            ways.update(policy.targets)
            continue
        fitting = [r for r in vrf.routes if packet.dst in r.prefix]
        longest = max((r.length for r in fitting), default=0)
        ways.update((r.next_hop, r.interface or r.kind.value) for r in fitting if r.length == longest)
    return ways


def stage_names(found: Device) -> list[str]:
    return ["routing" if isinstance(s, Routing) else s.rules.name for s in found.vrfs[0].stages]


def filters(found: Device) -> list[Filter]:
    return [s for s in found.vrfs[0].stages if isinstance(s, Filter)]


def addresses(*texts: str) -> Intervals:
    return Intervals.of(*map(parse_address, texts))
