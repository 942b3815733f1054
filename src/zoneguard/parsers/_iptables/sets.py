"""``-m set --match-set NAME src,dst``: the members of an IP set as a condition. Source: ipset(8), ``ip_set_*.c``."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    NEVER,
    Bits,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Not,
    Unknown,
    both,
    either,
)
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.ipset import Entry, IpSet
from zoneguard.parsers._iptables.scope import RuleScope
from zoneguard.parsers._iptables.syntax import Extension
from zoneguard.parsers._iptables.values import UnreadableError

_HARMLESS = frozenset({"update-counters", "update-subcounters"})
_WITH_PORTS = Intervals.of(6, 17, 132, 136)
_FIRST = In(Field.FRAGMENT, Intervals.of(0))
_MAX_NESTING = 4


def in_set(rule: RuleScope, extension: Extension) -> Match:
    """The packet's addresses, ports, ... are a member of the set."""
    parts: list[Match] = []
    for option in extension.options:
        if option.name == "match-set":
            name, directions = option.values
            match = _member(rule, name, tuple(directions.split(",")), 0)
            parts.append(Not(match) if option.negated else match)
        elif option.name not in _HARMLESS:
            parts.append(rule.unknown(Reason("-m set --{name}", name=option.name)))
    if not parts:
        raise UnreadableError("-m set without --match-set")
    return both(*parts)


def _member(rule: RuleScope, name: str, directions: tuple[str, ...], nesting: int) -> Match:
    if not {"src", "dst"}.issuperset(directions):
        raise UnreadableError(Reason("{words} are not directions", words=repr(",".join(directions))))
    unknown = Unknown(Reason("in the ip set {name} {words}", name=name, words=",".join(directions)), rule.span)
    known = rule.scope.sets.get(name)
    if known is None:
        reason = Reason("the ip set {name} is not in this file; append the output of `ipset save`", name=repr(name))
        concern = Concern.NAT if rule.scope.table == "nat" else Concern.FILTER
        rule.scope.ledger.not_understood(rule.span.first, reason, concern, bounded=True)
        return unknown
    if known.dimensions == ("set",):
        if nesting >= _MAX_NESTING:
            return unknown
        return either(*(_member(rule, e.parts[0], directions, nesting + 1) for e in known.entries))
    if known.shrinks:
        return unknown
    if len(directions) < len(known.dimensions):
        return NEVER
    key = (*directions, rule.scope.hook.name)
    if key not in known.matches:
        known.matches[key] = _members(rule, known, directions)
    return either(known.matches[key], unknown) if known.grows else known.matches[key]


def _members(rule: RuleScope, ip_set: IpSet, directions: tuple[str, ...]) -> Match:
    lasting = [e for e in ip_set.entries if e.lasting]
    if len(ip_set.dimensions) == 1 and ip_set.dimensions[0] in ("ip", "net"):
        return In(_side(directions[0]), _most_specific(ip_set, lasting))
    taken = _union(rule, ip_set, directions, (e for e in lasting if not e.nomatch))
    excluded = _union(rule, ip_set, directions, (e for e in lasting if e.nomatch))
    if excluded == NEVER:
        return taken
    return both(
        taken, either(Not(excluded), Unknown(Reason("nomatch in the ip set {name}", name=ip_set.name), ip_set.span))
    )


def _side(direction: str) -> Field:
    return Field.SRC if direction == "src" else Field.DST


def _most_specific(ip_set: IpSet, entries: list[Entry]) -> Intervals:
    """Of the networks that hold an address the longest decides, ``nomatch`` or not."""
    if not any(e.nomatch for e in entries):
        return Intervals.from_spans(s for e in entries for s in _addresses(ip_set, e.parts[0]).spans)
    result = Intervals()
    for e, addresses in sorted(((e, _addresses(ip_set, e.parts[0])) for e in entries), key=lambda x: -x[1].size):
        result = result - addresses if e.nomatch else result | addresses
    return result


def _union(rule: RuleScope, ip_set: IpSet, directions: tuple[str, ...], entries: Iterable[Entry]) -> Match:
    """Entries that differ in their first part only are put together."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for e in entries:
        groups.setdefault((*e.parts[1:], "wildcard" if e.wildcard else ""), []).append(e)
    parts: list[Match] = []
    for group in groups.values():
        rest = [
            _dimension(rule, ip_set, kind, direction, group[0], position)
            for position, (kind, direction) in enumerate(zip(ip_set.dimensions, directions, strict=False))
            if position > 0
        ]
        if ip_set.dimensions[0] in ("ip", "net"):
            spans = (s for e in group for s in _addresses(ip_set, e.parts[0]).spans)
            parts.append(both(In(_side(directions[0]), Intervals.from_spans(spans)), *rest))
        else:
            first = (_dimension(rule, ip_set, ip_set.dimensions[0], directions[0], e, 0) for e in group)
            parts.append(both(either(*first), *rest))
    return either(*parts)


def _addresses(ip_set: IpSet, text: str) -> Intervals:
    if "-" in text:
        return read.address_range(text, ip_set.v6)
    value, mask = read.network(text, ip_set.v6)
    if ip_set.netmask is not None:
        full = (1 << (128 if ip_set.v6 else 32)) - 1
        mask &= (V6 if ip_set.v6 else 0) | full ^ (full >> ip_set.netmask)
    span = read.network_span(value & mask, mask)
    if span is None:
        raise UnreadableError(Reason("{text} is not a network", text=repr(text)))
    return Intervals((span,))


def _dimension(rule: RuleScope, ip_set: IpSet, kind: str, direction: str, e: Entry, position: int) -> Match:
    unknown = Unknown(
        Reason("{kind} {direction} of the ip set {name}", kind=kind, direction=direction, name=ip_set.name), ip_set.span
    )
    if position >= len(e.parts):
        if kind == "mac":  # bitmap:ip,mac learns it from the first packet
            return unknown
        raise UnreadableError(Reason("an entry of the ip set {ip_set} is too short", ip_set=ip_set.name))
    text = e.parts[position]
    if kind in ("ip", "net"):
        return In(_side(direction), _addresses(ip_set, text))
    if kind == "port":
        return _port(ip_set, text, Field.SPORT if direction == "src" else Field.DPORT)
    if kind == "mac":
        return In(Field.MAC, Intervals.of(read.mac(text))) if direction == "src" else unknown
    if kind == "mark":
        marks = rule.scope.marks
        if marks.restored or marks.scattered:
            return unknown
        value = read.number(text)
        return NEVER if value & ~ip_set.markmask else Bits(Field.MARK, value, ip_set.markmask)
    if kind == "iface":
        return _interface(rule, text + ("*" if e.wildcard else ""), direction, unknown)
    raise UnreadableError(Reason("a set of {kind} among other things", kind=kind))


def _interface(rule: RuleScope, name: str, direction: str, unknown: Match) -> Match:
    hook = rule.scope.hook
    if name.startswith("physdev:") or (direction == "src" and hook.ingress_since_5_7):
        return unknown
    if direction == "src":
        return Ingress(frozenset({name})) if hook.ingress else NEVER
    return Egress(frozenset({name})) if hook.egress else NEVER


def _port(ip_set: IpSet, text: str, field: Field) -> Match:
    """``tcp:80``, ``icmp:8/0``, ``gre:0``, a bare port (TCP; in ``bitmap:port`` every protocol that has ports)."""
    name, colon, value = text.rpartition(":")
    if not colon and ip_set.dimensions == ("port",):
        return both(In(Field.PROTO, _WITH_PORTS), _FIRST, In(field, read.ports(text, "-")))
    number = read.protocol(name or "tcp")
    if number is None:
        raise UnreadableError(Reason("{text} names no protocol", text=repr(text)))
    proto = In(Field.PROTO, Intervals.of(number))
    if number in _WITH_PORTS:
        return both(proto, _FIRST, In(field, read.ports(value, "-")))
    if number in (1, 58):
        types = read.icmp_type(value, number == 58)
        one = ALWAYS if types is None else In(Field.ICMP, Intervals.of(types.first))
        return both(proto, _FIRST, one)
    return proto
