"""What rules change besides the packet before them: session marks, and what IP sets hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zoneguard.parsers._iptables.ipset import IpSet
from zoneguard.parsers._iptables.ruleset import Chain, Table
from zoneguard.parsers._iptables.scope import Marks
from zoneguard.parsers._iptables.syntax import RuleText

_SCATTERING = frozenset({"HMARK", "IPMARK", "TPROXY", "QUEUE", "NFQUEUE"})


_TRACKING_TARGETS = frozenset({"CT", "NOTRACK", "CONNMARK", "CONNSECMARK", "SYNPROXY"})
_TRACKING_MATCHES = frozenset({"state", "conntrack", "connmark", "connbytes", "connlabel", "connlimit", "helper"})


def tracks(tables: Mapping[str, Table]) -> bool:
    """Whether the kernel tracks connections of the family because of these tables, and so puts fragments together."""
    return "nat" in tables or any(
        rule.target in _TRACKING_TARGETS or any(match.name in _TRACKING_MATCHES for match in rule.matches)
        for _, rule in _rules(tables)
    )


def marks(tables: Mapping[str, Table]) -> Marks:
    """What is known of marks in the rules of one family."""
    rules = list(_rules(tables))
    scattered = any(
        r.target in _SCATTERING or (r.target == "SET" and any(o.name == "map-set" for o in r.target_options))
        for _, r in rules
    )
    connmarks = [(chain, r) for chain, r in rules if r.target == "CONNMARK"]
    restoring = [(chain, r) for chain, r in connmarks if _restores(r)]
    kept = len(restoring) < len(connmarks)
    mangle = tables.get("mangle")
    first = mangle.chains.get("PREROUTING") if mangle else None
    new_too = kept and not all(chain is first and _nothing_before(chain, r) for chain, r in restoring)
    return Marks(bool(restoring), new_too and bool(restoring), scattered, kept)


def _rules(tables: Mapping[str, Table]) -> Iterator[tuple[Chain, RuleText]]:
    for table in tables.values():
        for chain in table.chains.values():
            for rule in chain.rules:
                yield chain, rule


def _restores(rule: RuleText) -> bool:
    return any(o.name == "restore-mark" for o in rule.target_options)


def _nothing_before(chain: Chain, restoring: RuleText) -> bool:
    """Whether no rule before ``restoring`` in its chain can have given the session a mark."""
    for rule in chain.rules:
        if rule is restoring:
            return True
        if rule.target not in ("", "LOG", "NFLOG", "ACCEPT", "DROP", "RETURN", "MARK") and not (
            rule.target == "CONNMARK" and _restores(rule)
        ):
            return False
    return False


def note_changing_sets(tables: Mapping[bool, Mapping[str, Table]], sets: Mapping[str, IpSet]) -> None:
    """Mark the sets to which packets add members (``-j SET --add-set``) or from which they take some."""
    for named in tables.values():
        for _, rule in _rules(named):
            for option in rule.target_options if rule.target == "SET" else ():
                changed = sets.get(option.values[0]) if option.values else None
                if changed is not None:
                    changed.grows = changed.grows or option.name == "add-set"
                    changed.shrinks = changed.shrinks or option.name == "del-set"
