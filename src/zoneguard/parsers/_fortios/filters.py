"""The lists that FortiOS policies become: forwarding with its implicit ends, and what the device holds itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from zoneguard.model.device import Deny, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.nat import Pool
from zoneguard.parsers._fortios.policies import Policy
from zoneguard.parsers._fortios.vip_entry import Vip
from zoneguard.parsers._fortios.zones import Zone

_BY_VIP = In(Field.DNAT, Intervals.of(1))
_PLAIN = In(Field.DNAT, Intervals.of(0))
_FORWARDS_HELD = (((6, 4, 9), (6, 4, 16)), ((7, 0, 1), (7, 0, 13)), ((7, 2, 0), (7, 2, 6)), ((7, 4, 0), (7, 4, 1)))
"""Versions, each from one to before another, that forward to outer addresses as to any other."""


def policy_rules(policies: Iterable[Policy]) -> Iterator[Rule]:
    """One rule a policy, in order; two where its action is not known."""
    for policy in policies:
        yield Rule(policy.match, policy.action, policy.span, policy.name, policy.comment, policy.enabled)
        if policy.otherwise is not None:
            yield Rule(policy.otherwise, Deny(), policy.span, policy.name, policy.comment, policy.enabled)


def forward_list(
    export: Export,
    scope: Scope,
    policies: Sequence[Policy],
    zones: Mapping[str, Zone],
    held: Iterable[Rule],
    end: SourceSpan,
) -> RuleList:
    """What the device holds itself, every policy, traffic inside zones that allow it, the implicit deny.

    The order of the last is Fortinet's ("Information about policy matching order when the intrazone setting is used"):
    policies go before zones.
    """
    rules = [*held, *_hairpins(export, scope, policies), *policy_rules(policies), *_inside_zones(export, scope, zones)]
    return RuleList("firewall policy", tuple(rules), Deny(), end)


def end_of(export: Export, *tables: Block) -> SourceSpan:
    """The line that ends the last of ``tables`` in the file: where the implicit deny stands."""
    lasts = [last for table in tables for _, last in table.spans]
    return export.source.span(max(lasts, default=max(1, len(export.source.lines))))


def _inside_zones(export: Export, scope: Scope, zones: Mapping[str, Zone]) -> Iterator[Rule]:
    for zone in zones.values():
        if not zone.intrazone or not zone.members:
            continue
        match: Match = both(Ingress(zone.members), Egress(zone.members))
        if len(zone.members) == 1:  # has no effect before 7.4.4, by the same source
            since = export.since(7, 4, 4)
            if since is False:
                continue
            if since is None:
                match = both(
                    match,
                    export.unknown(scope, Reason('zone "{name}" of one interface allows', name=zone.name), zone.first),
                )
        yield Rule(
            match,
            Permit(),
            export.source.span(zone.first, zone.last),
            f"zone {zone.name} (intrazone allow)",
            implied=True,
        )


def _hairpins(export: Export, scope: Scope, policies: Sequence[Policy]) -> Iterator[Rule]:
    """What may pass by a VIP that a host behind another interface uses.

    Fortinet ("Configuring hairpin NAT") lets such packets pass where one policy accepts them towards the outer
    interface and another from there to the server. Whether it applies depends on addresses and version: it is open.
    """
    accepting = [p for p in policies if p.accepts and any(s.plain for s in p.sides)]
    for policy in policies:
        outer = policy.ingress
        named = [side for side in policy.sides if side.vips]
        if not policy.accepts or outer is None or not named:
            continue
        external = Intervals.from_spans(s for side in named for vip in side.vips for s in vip.external.spans)
        first = [
            both(_came(other), side.source, side.original)
            for other in accepting
            if other.egress is None or other.egress & outer
            for side in other.sides
            if side.plain and _may_be(side.original, external)
        ]
        if not first:
            continue
        parts = [both(side.source, side.by_vip) for side in named]
        key = Reason("a packet turns round at the VIP of {name}", name=policy.name)
        where = [] if policy.egress is None else [Egress(policy.egress)]
        match = both(
            Not(Ingress(outer)),
            *where,
            _BY_VIP,
            either(*parts),
            *policy.rest,
            either(*first),
            export.unknown(scope, key, policy.span.first),
        )
        yield Rule(match, Permit(), policy.span, f"{policy.name}, turning round at a VIP", policy.comment, implied=True)


def _came(policy: Policy) -> Match:
    return ALWAYS if policy.ingress is None else Ingress(policy.ingress)


def _may_be(original: Match, addresses: Intervals) -> bool:
    """Whether a condition on the address before translation can hold for one of ``addresses``."""
    return not isinstance(original, In) or bool(original.values & addresses)


def held_addresses(
    export: Export, scope: Scope, vips: Iterable[Vip], pools: Mapping[str, Pool], own: Intervals
) -> Iterator[Rule]:
    """Addresses that the device takes for its own: outer addresses of VIPs and of IP pools that answer ARP.

    What no VIP translates is not forwarded there, used or not, but for some versions ("IP pool and virtual IP behaviour
    changes in FortiOS 6.4, 7.0, 7.2, and 7.4"). ``own``: addresses of interfaces, which stay as they are.
    """
    version = export.version
    if version is not None and any(first <= version < end for first, end in _FORWARDS_HELD):
        return
    held = [(f"VIP {v.name}", v.external, v.span) for v in vips if v.answers]
    held += [(f"IP pool {n}", p.addresses, p.span) for n, p in pools.items() if p.answers]
    for name, addresses, span in held:
        if not addresses - own:
            continue
        match: Match = both(_PLAIN, In(Field.DST, addresses - own))
        if version is None:
            match = both(
                match, export.unknown(scope, Reason("the device holds the addresses of {name}", name=name), span.first)
            )
        yield Rule(match, Deny(), span, f"address of {name}", implied=True)
