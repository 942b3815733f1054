"""What a parsed switch or router does with one packet, in every way that open conditions leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from tests.parsers.iptables_run import Run, holds, unknowns
from tests.parsers.packet_run import PROTOCOLS
from zoneguard.model.addresses import format_address, format_prefix, parse_address
from zoneguard.model.device import Deny, Device, EgressAddress, Filter, NatRule, Routing, Rule, SetTo, Translate, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, Match
from zoneguard.model.packet import Packet

SESSIONS = (ConnState.ESTABLISHED, ConnState.RELATED)
MASQUERADED = "0.0.0.1"
"""Stands for the address of the interface by which a packet leaves."""


def packet(src: str, dst: str, what: str = "tcp/80", **fields: int) -> Packet:
    """``what``: ``tcp/80``, ``udp/53``, ``icmp/8`` (type), ``esp``."""
    name, _, number = what.partition("/")
    base = Packet(parse_address(src), parse_address(dst), PROTOCOLS[name])
    if name.startswith("icmp"):
        base = replace(base, icmp=int(number or 0) << 8)
    elif number:
        base = replace(base, sport=fields.pop("sport", 50000), dport=int(number))
    return replace(base, **fields)


def context(found: Device, name: str = "main") -> Vrf:
    return next(vrf for vrf in found.vrfs if vrf.name == name)


def outcomes(found: Device, sent: Packet, ingress: str, egress: str, vrf: str = "main") -> set[Packet | None]:
    """What may leave by ``egress`` of a packet that came in by ``ingress`` (``None``: it ends), routing aside."""
    here = context(found, vrf)
    stages = [s for s in here.stages if not isinstance(s, Routing) and _applies(s, ingress, egress)]
    matches = [rule.match for s in stages for rule in s.rules.rules]
    matches += [rule.match for rules in here.lists.values() for rule in rules.rules]
    results: set[Packet | None] = set()
    for guess in guesses(matches):
        run = _Run(here, sent, ingress, egress, guess)
        dropped = False
        for stage in stages:
            if isinstance(stage, Filter) and stage.stateful and run.packet.state in SESSIONS:
                continue
            if isinstance(run.stage(stage), Deny):
                dropped = True
                break
        results.add(None if dropped else run.packet)
    return results


def guesses(matches: list[Match]) -> Iterator[dict[str, bool]]:
    """Every answer to what ``matches`` leave open."""
    keys = sorted(set().union(*map(unknowns, matches)) if matches else set())
    assert len(keys) < 14, keys
    for values in product((False, True), repeat=len(keys)):
        yield dict(zip(keys, values, strict=True))


class _Run(Run):
    def translate(self, rule: NatRule, destination: bool) -> None:
        """As the base class, with a stand-in for the address of the egress."""
        known = tuple(
            SetTo(Field.SRC, Intervals.of(parse_address(MASQUERADED))) if isinstance(r, EgressAddress) else r
            for r in rule.rewrites
        )
        super().translate(replace(rule, rewrites=known), destination)


def _applies(stage: Filter | Translate, ingress: str, egress: str) -> bool:
    return (stage.ingress is None or ingress in stage.ingress) and (stage.egress is None or egress in stage.egress)


def verdict(found: Device, sent: Packet, ingress: str, egress: str, vrf: str = "main") -> str:
    """``pass``, ``drop`` or ``may``."""
    results = outcomes(found, sent, ingress, egress, vrf)
    if None not in results:
        return "pass"
    return "drop" if results == {None} else "may"


def routed(found: Device, sent: Packet, ingress: str, vrf: str = "main") -> set[str]:
    """Where policy routes and the table may send a packet: ``HOP INTERFACE``; ``drop`` for no route."""
    here = context(found, vrf)
    ways: set[str] = set()
    for guess in guesses([rule.match for rule in here.policy_routes]):
        policy = next((r for r in here.policy_routes if holds(r.match, sent, ingress, "", guess)), None)
        if policy is not None and policy.targets:
            ways.update(_way(hop, interface) for hop, interface in policy.targets)
            continue
        fitting = [r for r in here.routes if sent.dst in r.prefix]
        longest = max((r.length for r in fitting), default=0)
        best = min((r.distance for r in fitting if r.length == longest), default=0)
        chosen = [r for r in fitting if (r.length, r.distance) == (longest, best)]
        ways.update(_way(r.next_hop, r.interface or ("" if r.next_hop else r.kind.value)) for r in chosen)
        ways.update(() if chosen else ("drop",))
    return ways


def _way(hop: int | None, interface: str) -> str:
    return " ".join(part for part in ("" if hop is None else format_address(hop), interface) if part)


def table(found: Device, vrf: str = "main") -> list[str]:
    """``PREFIX HOP INTERFACE`` of every route, blackholes by that name."""
    return [
        " ".join(
            p
            for p in (
                format_prefix(r.network, r.length),
                _way(r.next_hop, r.interface or ("" if r.next_hop is not None else r.kind.value)),
            )
            if p
        )
        for r in context(found, vrf).routes
    ]


def addresses(found: Device) -> dict[str, list[str]]:
    """The addresses of every interface that has some."""
    return {
        i.name: [f"{format_address(a.address)}/{a.length}" for a in i.addresses]
        for i in found.interfaces
        if i.addresses
    }


def rule_names(found: Device, vrf: str = "main") -> list[str]:
    stages = (s for s in context(found, vrf).stages if not isinstance(s, Routing))
    return [r.name for s in stages for r in s.rules.rules if isinstance(r, Rule)]
