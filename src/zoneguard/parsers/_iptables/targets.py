"""What each target does with a packet. Source: iptables-extensions(8) 1.8.9, the kernel's ``xt_*`` and ``nf_nat``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from zoneguard.model.device import (
    Action,
    Concern,
    Continue,
    Deny,
    EgressAddress,
    IngressAddress,
    Jump,
    KeepHost,
    NatRule,
    Permit,
    Return,
    Rewrite,
    Rule,
    SetField,
    SetTo,
    Shift,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, ConnState, Field, In, Match, Not, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.scope import RuleScope
from zoneguard.parsers._iptables.syntax import Option, RuleText
from zoneguard.parsers._iptables.values import UnreadableError

Made = Iterator[Rule | NatRule]

_ALL_BITS = (1 << 32) - 1
_CONTINUES = frozenset({
    "", "LOG", "NFLOG", "ULOG", "TEE", "TRACE", "AUDIT", "CHECKSUM", "CLASSIFY", "CONNSECMARK", "SECMARK", "DSCP",
    "ECN", "TOS", "TTL", "HL", "HMARK", "IDLETIMER", "LED", "RATEEST", "SET", "TCPMSS", "TCPOPTSTRIP", "ACCOUNT",
    "IPMARK", "FLOWOFFLOAD",
})  # fmt: skip
"""Targets after which the next rule is asked. What HMARK, IPMARK and SET do to marks, ``Marks`` says."""
_KEPT = ("TARPIT", "DELUDE", "CHAOS", "STEAL")
"""Targets of xtables-addons(8) that answer for the destination, or only drop: no packet gets through."""
_DECIDED_ELSEWHERE = {
    "QUEUE": "a program decides", "NFQUEUE": "a program decides", "SYNPROXY": "the box answers first itself",
    "TPROXY": "a program on the box takes the packet", "CLUSTERIP": "the cluster decides",
}  # fmt: skip


def actions(rule: RuleScope, text: RuleText, match: Match) -> list[Rule | NatRule]:
    """The rules of the model that the target makes of packets that ``match``; several where one cannot say it."""
    build = _TARGETS.get(text.target, _other)
    try:
        return list(build(rule, text, match))
    except UnreadableError as error:
        return list(_open(rule, text, match, str(error)))


def _rule(rule: RuleScope, text: RuleText, match: Match, action: Action) -> Rule:
    return Rule(match, action, rule.span, comment=text.comment)


def _always(action: Action) -> Callable[[RuleScope, RuleText, Match], Made]:
    def build(rule: RuleScope, text: RuleText, match: Match) -> Made:
        yield _rule(rule, text, match, action)

    return build


def _open(rule: RuleScope, text: RuleText, match: Match, reason: str) -> Made:
    """The packet may be let through, dropped or handed to the next rule."""
    nat = rule.scope.table == "nat"
    rule.scope.ledger.not_understood(rule.span.first, reason, Concern.NAT if nat else Concern.FILTER, bounded=not nat)
    lets_through = Unknown(
        Reason("{target} lets it through ({file})", target=text.target, file=rule.span.file), rule.span
    )
    drops = Unknown(Reason("{target} drops it ({file})", target=text.target, file=rule.span.file), rule.span)
    yield _rule(rule, text, both(match, lets_through), Permit())
    yield _rule(rule, text, both(match, drops), Deny())


def _other(rule: RuleScope, text: RuleText, match: Match) -> Made:
    target = text.target
    if target in _CONTINUES:
        yield _rule(rule, text, match, Continue())
    elif target in _DECIDED_ELSEWHERE:
        yield from _open(rule, text, match, _DECIDED_ELSEWHERE[target])
    elif text.line in rule.scope.cut:
        yield from _open(rule, text, match, "chains call each other in a circle or too deeply")
    elif target in rule.scope.chains:
        yield _rule(rule, text, match, Jump(rule.scope.chains[target], text.goto))
    else:
        yield from _open(
            rule, text, match, Reason("{target} is no known target and no chain of this table", target=repr(target))
        )


def _reject(rule: RuleScope, text: RuleText, match: Match) -> Made:
    if rule.scope.table != "filter":
        raise UnreadableError("REJECT is refused outside the filter table")
    yield _rule(rule, text, match, Deny(reject=True))


def _mark(rule: RuleScope, text: RuleText, match: Match) -> Made:
    for option in text.target_options:
        value, mask = read.masked(option.values[0])
        value, mask = {
            "set-xmark": (value, mask), "set-mark": (value, mask | value), "and-mark": (0, _ALL_BITS & ~value),
            "or-mark": (value, value), "xor-mark": (value, 0),
        }[option.name]  # fmt: skip
        yield _rule(rule, text, match, SetField(Field.MARK, value, mask))


def _connmark(rule: RuleScope, text: RuleText, match: Match) -> Made:
    """Only restoring changes the packet; a new session's mark is 0 where nothing gave it another (see ``Marks``)."""
    options = {o.name: o for o in text.target_options}
    if "restore-mark" in options and not rule.scope.marks.new_too:
        chosen = options.get("nfmask") or options.get("mask")
        mask = read.number(chosen.values[0]) if chosen else _ALL_BITS
        new = In(Field.STATE, Intervals.of(ConnState.NEW))
        yield _rule(rule, text, both(match, new), SetField(Field.MARK, 0, mask))
    else:
        yield _rule(rule, text, match, Continue())


def _untrack(rule: RuleScope, text: RuleText, match: Match) -> Made:
    if text.target == "CT" and not any(o.name == "notrack" for o in text.target_options):
        yield _rule(rule, text, match, Continue())
    elif rule.scope.table != "raw":
        raise UnreadableError(Reason("{target} is refused outside the raw table", target=text.target))
    else:
        yield _rule(rule, text, match, SetField(Field.STATE, ConnState.UNTRACKED, _ALL_BITS))


_DESTINATION = re.compile(
    r"(?:\[(?P<b1>[0-9A-Fa-f:.]+)\](?:-\[(?P<b2>[0-9A-Fa-f:.]+)\])?|(?P<a1>[^:\[\]-]+)(?:-(?P<a2>[^:\[\]-]+))?)?"
    r"(?::(?P<p1>[^:/-]+)(?:-(?P<p2>[^:/-]+)(?:/(?P<base>[^:/-]+))?)?)?"
)


def _translate(rule: RuleScope, text: RuleText, match: Match) -> Made:
    """DNAT and SNAT ``--to-... [address[-address]][:port[-port[/base]]]``."""
    field, port_field = (Field.DST, Field.DPORT) if text.target == "DNAT" else (Field.SRC, Field.SPORT)
    _refuse_elsewhere(rule, text, field)
    pool, chosen_ports, base = Intervals(), Intervals(), None
    for option in text.target_options:
        if option.name in ("to-destination", "to-source"):
            addresses, ports, base = _destination(option.values[0], rule.scope.v6)
            pool, chosen_ports = pool | addresses, chosen_ports | ports
    if not pool and not chosen_ports:
        raise UnreadableError(Reason("{target} without an address or port", target=text.target))
    addresses_to: list[Rewrite] = [SetTo(field, pool)] if pool else []
    if base is not None and chosen_ports:
        yield from _shifted(rule, text, match, addresses_to, chosen_ports, base)
    else:
        yield from _nat(rule, text, match, addresses_to, port_field, chosen_ports)


def _destination(text: str, v6: bool) -> tuple[Intervals, Intervals, int | None]:
    """The address pool, the ports and the base port."""
    if v6 and "[" not in text and text.count(":") > 1:
        return read.address_range(text, True), Intervals(), None
    parts = _DESTINATION.fullmatch(text)
    if parts is None:
        raise UnreadableError(Reason("{text} is not an address with ports", text=repr(text)))
    first, last = parts["b1"] or parts["a1"], parts["b2"] or parts["a2"]
    addresses = Intervals() if first is None else read.address_range(f"{first}-{last or first}", v6)
    if first is not None and not addresses:
        raise UnreadableError(Reason("the address range {text} is reversed", text=text))
    if parts["p1"] is None:
        return addresses, Intervals(), None
    ports = read.ports(f"{parts['p1']}-{parts['p2'] or parts['p1']}", "-")
    return addresses, ports, None if parts["base"] is None else read.port(parts["base"])


def _shifted(
    rule: RuleScope, text: RuleText, match: Match, addresses: list[Rewrite], ports: Intervals, base: int
) -> Made:
    """Ports from ``base`` on keep their distance to it; those outside the range of equal size wrap around in it."""
    source = Intervals.span(base, min(base + ports.size - 1, 65535))
    inside = In(Field.DPORT, source)
    shift = Shift(Field.DPORT, ports.first - base)
    yield NatRule(both(match, inside), rule.span, (*addresses, shift), text.target)
    yield from _nat(rule, text, both(match, Not(inside)), addresses, Field.DPORT, ports)


def _interface_address(rule: RuleScope, text: RuleText, match: Match) -> Made:
    """MASQUERADE and REDIRECT."""
    masquerade = text.target == "MASQUERADE"
    _refuse_elsewhere(rule, text, Field.SRC if masquerade else Field.DST)
    chosen = next((read.ports(o.values[0], "-") for o in text.target_options if o.name == "to-ports"), Intervals())
    address: Rewrite = EgressAddress() if masquerade else IngressAddress()
    yield from _nat(rule, text, match, [address], Field.SPORT if masquerade else Field.DPORT, chosen)


_PORT_CLASSES = ((0, 511, 1, 511), (512, 1023, 600, 1023), (1024, 65535, 1024, 65535))
"""Where the kernel looks for another source port: original from, to; new from, to."""


def _nat(
    rule: RuleScope, text: RuleText, match: Match, addresses: list[Rewrite], port_field: Field, ports: Intervals
) -> Made:
    with_ports = In(Field.PROTO, PORT_PROTOCOLS)
    if ports:
        condition = match if rule.has_ports else both(match, with_ports)
        yield NatRule(condition, rule.span, (*addresses, SetTo(port_field, ports)), text.target)
        if rule.has_ports:
            return
    elif port_field is Field.SPORT and any(o.name.startswith("random") for o in text.target_options):
        for low, high, new_low, new_high in _PORT_CLASSES:
            condition = both(match, with_ports, In(Field.SPORT, Intervals.span(low, high)))
            rewrites = (*addresses, SetTo(Field.SPORT, Intervals.span(new_low, new_high)))
            yield NatRule(condition, rule.span, rewrites, text.target)
    yield NatRule(match, rule.span, tuple(addresses), text.target)


def _netmap(rule: RuleScope, text: RuleText, match: Match) -> Made:
    field = rule.scope.hook.rewrites
    if rule.scope.table != "nat" or field is None:
        raise UnreadableError("NETMAP is refused outside the nat table")
    value, mask = read.network(_value(text.target_options, "to"), rule.scope.v6)
    span = read.network_span(value, mask)
    if span is None:
        raise UnreadableError("NETMAP needs a mask without holes")
    host_bits = (span[1] - span[0]).bit_length()
    yield NatRule(match, rule.span, (KeepHost(field, span[0], host_bits),), text.target)


def _value(options: tuple[Option, ...], name: str) -> str:
    for option in options:
        if option.name == name:
            return option.values[0]
    raise UnreadableError(Reason("--{name} is missing", name=name))


def _refuse_elsewhere(rule: RuleScope, text: RuleText, field: Field) -> None:
    if rule.scope.table != "nat" or rule.scope.hook.rewrites is not field:
        raise UnreadableError(
            Reason(
                "{target} is refused here: it needs the nat table and a chain that rewrites {field}",
                target=text.target,
                field=field,
            )
        )


_TARGETS: Mapping[str, Callable[[RuleScope, RuleText, Match], Made]] = {
    "ACCEPT": _always(Permit()),
    "DROP": _always(Deny()),
    **dict.fromkeys(_KEPT, _always(Deny())),
    "RETURN": _always(Return()),
    "REJECT": _reject,
    "MARK": _mark,
    "CONNMARK": _connmark,
    "CT": _untrack,
    "NOTRACK": _untrack,
    "DNAT": _translate,
    "SNAT": _translate,
    "MASQUERADE": _interface_address,
    "REDIRECT": _interface_address,
    "NETMAP": _netmap,
}
