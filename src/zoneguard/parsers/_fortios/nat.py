"""FortiOS source translation: by policy or by the central table, IP pools, and VIPs in reverse.

By policy the packets that a policy with ``nat enable`` accepted are translated: to the outer address of a VIP with
``nat-source-vip``, else to the policy's IP pools, else in reverse to a VIP, else to the address of the interface by
which they leave ("How to use a VIP's external IP address for source NAT"). With central NAT the table
``central-snat-map`` decides, and only VIPs with ``nat-source-vip`` go in reverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, address_or_none
from zoneguard.model.device import Concern, EgressAddress, Jump, NatRule, Permit, Return, Rewrite, Rule, RuleList, SetTo
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Egress, Field, In, Ingress, Match, both
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.policies import Policy
from zoneguard.parsers._fortios.schema import HARDWARE, LABEL, MANAGEMENT, SESSIONS, Schema, account
from zoneguard.parsers._fortios.vip_entry import Reverse

IP_POOL = Schema(
    frozenset({"type", "startip", "endip", "arp-reply", "exclude-ip"}),
    Concern.NAT,
    {
        "arp-intf": MANAGEMENT, "associated-interface": LABEL, "block-size": SESSIONS, "num-blocks-*": SESSIONS,
        "pba-*": SESSIONS, "permit-any-host": SESSIONS, "*nat64*": SESSIONS, "*nat46*": SESSIONS, "cgn-*": HARDWARE,
        "port-per-user": SESSIONS, "startport": SESSIONS, "endport": SESSIONS, "source-*": SESSIONS,
        "*-quota": SESSIONS, "subnet-broadcast-*": SESSIONS, "client-prefix-*": SESSIONS, "icmp-*": SESSIONS,
        "privileged-*": SESSIONS,
    },
)  # fmt: skip
_OLD_PORTS = Intervals.span(5117, 65532)
_ANY_PORTS = Intervals.span(1, 65535)
_REVERSE_FIRST, _REVERSE = "VIPs in reverse, before pools", "VIPs in reverse"
_BY_VIP = In(Field.DNAT, Intervals.of(1))


@dataclass(frozen=True, slots=True)
class Pool:
    """An IP pool. ``keeps_ports``: an inside address has an outside one to itself. ``answers``: it answers ARP."""

    addresses: Intervals
    keeps_ports: bool
    answers: bool
    span: SourceSpan


class Pools:
    """The IP pools of both families by name."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self._export = export
        self.known: dict[str, Pool] = {}
        for path in ("firewall ippool", "firewall ippool6"):
            table = scope.table(path)
            account(export.ledger, table, IP_POOL)
            for name, entry in table.entries.items():
                addresses = _pool_addresses(entry)
                if addresses is None:
                    reason = "the addresses of this pool cannot be read"
                    export.ledger.not_understood(entry.line("startip"), reason, Concern.NAT)
                else:
                    kept, answers = entry.word("type") == "one-to-one", entry.enabled("arp-reply", default=True)
                    self.known[name] = Pool(addresses, kept, answers, export.span(entry))

    def union(self, names: Sequence[str], line: int, family: Intervals) -> tuple[Intervals, bool]:
        """The addresses of several pools, and whether ports stay; every address where one is not defined."""
        found = [self.known.get(name) for name in names]
        if None in found:
            reason = "a pool of this translation is not defined in this file"
            self._export.doubt([Doubt(line, reason)], Concern.NAT)
            return family, False
        pools = [pool for pool in found if pool is not None]
        spans = Intervals.from_spans(span for pool in pools for span in pool.addresses.spans)
        return spans & family or family, all(pool.keeps_ports for pool in pools)


def _pool_addresses(entry: Block) -> Intervals | None:
    low, high = address_or_none(entry.word("startip")), address_or_none(entry.word("endip"))
    if low is None or high is None or low > high:
        return None
    found = Intervals.span(low, high)
    for word in entry.values("exclude-ip"):
        found = found - (values.address_span(word) or Intervals())
    return found


@dataclass(frozen=True, slots=True)
class Translation:
    """One policy or entry that translates sources: its packets, its pools by family, and how it treats ports."""

    match: Match
    span: SourceSpan
    name: str
    pools: tuple[tuple[Intervals, tuple[str, ...]], ...]
    line: int
    fixed: bool
    port: tuple[Rewrite, ...] = ()


class SourceNat:
    """Builds the stage of source translation; ``lists`` are those that it jumps to."""

    def __init__(self, export: Export, scope: Scope, pools: Pools, reverses: Sequence[Reverse], central: bool) -> None:
        self._export = export
        self._scope = scope
        self._pools = pools
        self.lists: dict[str, RuleList] = {}
        for name, first in ((_REVERSE_FIRST, True), (_REVERSE, False)):
            rules = [_in_reverse(r) for r in reverses if r.first is first and (first or not central)]
            if rules:
                self.lists[name] = RuleList(name, tuple(rules), Return(), rules[0].span)

    def by_policy(self, policies: Sequence[Policy], hairpins: Iterable[str], end: SourceSpan) -> RuleList | None:
        """The stage after the policies; ``hairpins`` are interfaces by which a packet of a VIP may leave as it came.

        A policy without ``nat`` that accepts exempts its packets from later ones between the same interfaces.
        """
        later = _Ways()
        parts: list[Sequence[Rule | NatRule]] = []
        for policy in reversed([p for p in policies if p.accepts]):
            entry = policy.entry
            if entry.enabled("nat"):
                pools = _pools(entry, "poolname", "poolname6") if entry.enabled("ippool") else ()
                fixed, line = entry.enabled("fixedport"), entry.line("poolname")
                asked = Translation(policy.match, policy.span, policy.name, pools, line, fixed)
                parts.append(tuple(self._rules(asked)))
                later.add(policy.ingress, policy.egress)
            elif later.meet(policy.ingress, policy.egress):
                parts.append((NatRule(policy.match, policy.span, (), policy.name),))
        rules = [*self._hairpins(hairpins, end), *(rule for part in reversed(parts) for rule in part)]
        return RuleList("source NAT by policy", tuple(rules), Permit(), end) if rules else None

    def central(self, entries: Iterable[tuple[Block, Match]], end: SourceSpan) -> RuleList | None:
        """The stage of central NAT, from the entries of its table and what they ask."""
        rules: list[Rule | NatRule] = []
        for entry, match in entries:
            span, name = self._export.span(entry), f"central SNAT {entry.name}"
            if not entry.enabled("nat", default=True):
                rules.append(NatRule(match, span, (), name))
                continue
            port = values.ports(entry.word("nat-port", "0"))
            chosen = (SetTo(Field.SPORT, port),) if port and port != Intervals.of(0) else ()
            pools = _pools(entry, "nat-ippool", "nat-ippool6")
            rules += self._rules(Translation(match, span, name, pools, entry.line("nat-ippool"), bool(chosen), chosen))
        return RuleList("central SNAT", tuple(rules), Permit(), end) if rules else None

    def _hairpins(self, interfaces: Iterable[str], span: SourceSpan) -> Iterator[NatRule]:
        """A packet that a VIP sends out by the interface it came in is translated whatever its policy says, unless
        ``snat-hairpin-traffic`` is disabled ("Firewall is performing SNAT even though no NAT is configured")."""
        if self._scope.setting("system settings", "snat-hairpin-traffic", "enable") == "disable":
            return
        for name in sorted(interfaces):
            here = frozenset({name})
            match = both(_BY_VIP, Ingress(here), Egress(here))
            yield NatRule(match, span, (EgressAddress(),), f"turning round at {name}", implied=True)

    def _rules(self, asked: Translation) -> Iterator[Rule | NatRule]:
        """VIPs with ``nat-source-vip``, pools, VIPs in reverse, the interface: the first that applies."""
        if _REVERSE_FIRST in self.lists:
            yield Rule(asked.match, Jump(_REVERSE_FIRST), asked.span, asked.name)
        for family, names in asked.pools:
            addresses, kept = self._pools.union(names, asked.line, family)
            match = both(asked.match, In(Field.SRC, family))
            rewrites = (SetTo(Field.SRC, addresses), *self._ports(asked.fixed or kept), *asked.port)
            yield NatRule(match, asked.span, rewrites, asked.name)
        if len(asked.pools) < 2:
            if _REVERSE in self.lists:
                yield Rule(asked.match, Jump(_REVERSE), asked.span, asked.name)
            rewrites = (EgressAddress(), *self._ports(asked.fixed), *asked.port)
            yield NatRule(asked.match, asked.span, rewrites, asked.name)

    def _ports(self, kept: bool) -> tuple[Rewrite, ...]:
        """The source port changes unless it is kept; from 7.0 on it may also stay where it is free."""
        if kept:
            return ()
        return (SetTo(Field.SPORT, _OLD_PORTS if self._export.since(7, 0, 0) is False else _ANY_PORTS),)


class _Ways:
    """Pairs of interfaces by which packets come and leave; ``None`` stands for any."""

    def __init__(self) -> None:
        self._pairs: dict[str | None, set[str | None]] = {}

    def add(self, ingress: frozenset[str] | None, egress: frozenset[str] | None) -> None:
        for name in (None,) if ingress is None else ingress:
            self._pairs.setdefault(name, set()).update((None,) if egress is None else egress)

    def meet(self, ingress: frozenset[str] | None, egress: frozenset[str] | None) -> bool:
        """Whether a packet between these may be between a pair that was added."""
        names = self._pairs if ingress is None else {None, *ingress}
        found = [self._pairs[name] for name in names if name in self._pairs]
        return any(egress is None or None in leaving or not egress.isdisjoint(leaving) for leaving in found)


def _pools(entry: Block, v4: str, v6: str) -> tuple[tuple[Intervals, tuple[str, ...]], ...]:
    given = ((ALL_V4, entry.values(v4)), (ALL_V6, entry.values(v6)))
    return tuple((family, names) for family, names in given if names)


def _in_reverse(reverse: Reverse) -> NatRule:
    match = reverse.match if reverse.egress is None else both(Egress(reverse.egress), reverse.match)
    return NatRule(match, reverse.span, reverse.rewrites, reverse.name)
