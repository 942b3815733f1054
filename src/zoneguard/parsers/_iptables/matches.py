"""What each match of a rule asks of a packet. Source: iptables-extensions(8) 1.8.9 and the kernel's ``xt_*`` modules.

What the input cannot decide (rates, times, owners, strings, ...) becomes an ``Unknown``: it may hold or not. A match
that looks only at the packet has one key for its text, wherever it stands; one that counts is free for each rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    NEVER,
    PORT_PROTOCOLS,
    All,
    AnyOf,
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
from zoneguard.parsers._iptables.addrtype import address_type
from zoneguard.parsers._iptables.conntrack import connmark, conntrack, mark, states
from zoneguard.parsers._iptables.scope import RuleScope
from zoneguard.parsers._iptables.sets import in_set
from zoneguard.parsers._iptables.syntax import Extension, Option
from zoneguard.parsers._iptables.values import UnreadableError

FIRST = In(Field.FRAGMENT, Intervals.of(0))
"""Not a later fragment: every match on what follows the IP header is false there, its negation too."""
LATER = Not(FIRST)

COUNTING = frozenset({"limit", "hashlimit", "recent", "connlimit", "quota", "statistic", "rateest", "connbytes",
                      "nfacct", "condition", "lscan", "psd", "fuzzy", "nth", "random", "quota2"})  # fmt: skip
DOCUMENTED = COUNTING | {
    "ah", "bpf", "cgroup", "cluster", "connlabel", "cpu", "devgroup", "dscp", "dst", "ecn", "esp", "eui64", "frag",
    "hbh", "helper", "hl", "ipcomp", "ipv6header", "ipvs", "length", "mh", "osf", "owner", "physdev", "pkttype",
    "policy", "realm", "rpfilter", "rt", "socket", "srh", "string", "tcpmss", "time", "tos", "ttl", "u32",
    "geoip", "account", "ipp2p", "layer7", "unclean",
}  # fmt: skip
"""Matches known to depend on what an export does not hold; of any other the rule is reported as not understood."""


def core_match(rule: RuleScope, options: tuple[Option, ...]) -> list[Match]:
    """The conditions on addresses, interfaces, protocol and fragments."""
    return [_core_option(rule, option) for option in options]


def _core_option(rule: RuleScope, option: Option) -> Match:
    builder = _CORE.get(option.name)
    if builder is None:
        return ALWAYS
    try:
        return negate(builder(rule, option), option.negated)
    except UnreadableError as error:
        return rule.undecided(str(error))


def negate(match: Match, negated: bool) -> Match:
    """``match``, or its negation."""
    return Not(match) if negated else match


def _addresses(field: Field) -> Callable[[RuleScope, Option], Match]:
    def build(rule: RuleScope, option: Option) -> Match:
        text, v6 = option.values[0], rule.scope.v6
        if "," in text and option.negated:
            raise UnreadableError(Reason("iptables refuses ! with several addresses"))
        try:
            return read.in_networks(field, text, v6)
        except UnreadableError:
            if not any(map(read.is_host_name, text.split(","))):
                raise
        return either(*(_address_or_name(rule, field, item) for item in text.split(",")))

    return build


def _address_or_name(rule: RuleScope, field: Field, text: str) -> Match:
    try:
        return read.in_networks(field, text, rule.scope.v6)
    except UnreadableError:
        if not read.is_host_name(text):
            raise
    return Unknown(Reason("the {value} is an address of {text}", value=field.value, text=text), rule.span)


def _interface(rule: RuleScope, option: Option) -> Match:
    name = option.values[0]
    if name == "+":
        return ALWAYS
    if not name or "*" in name or len(name) > 16:
        raise UnreadableError(Reason("{name} is not an interface name", name=repr(name)))
    names = frozenset({name[:-1] + "*" if name.endswith("+") else name})
    hook = rule.scope.hook
    if option.name == "o":
        return Egress(names) if hook.egress else NEVER
    if not hook.ingress:
        return NEVER
    if hook.ingress_since_5_7:
        return both(
            Ingress(names),
            rule.unknown(
                Reason(
                    "{word}-i after routing, which kernels before 5.7 do not know", word="! " if option.negated else ""
                )
            ),
        )
    return Ingress(names)


def _protocol(_rule: RuleScope, option: Option) -> Match:
    value = read.protocol(option.values[0])
    if value is None:
        if option.negated:
            raise UnreadableError("iptables refuses a rule for no protocol")
        return ALWAYS
    return In(Field.PROTO, Intervals.of(value))


_CORE: Mapping[str, Callable[[RuleScope, Option], Match]] = {
    "s": _addresses(Field.SRC),
    "d": _addresses(Field.DST),
    "i": _interface,
    "o": _interface,
    "p": _protocol,
    "f": lambda _rule, _option: LATER,
}


def extension_match(rule: RuleScope, extension: Extension) -> Match:
    """The condition that ``-m name`` with its options states."""
    builder = _EXTENSIONS.get(extension.name)
    if builder is None:
        return _undecidable(rule, extension)
    try:
        match = builder(rule, extension)
    except UnreadableError as error:
        return rule.undecided(str(error))
    if rule.scope.loose_fragments and FIRST in (match.parts if isinstance(match, All) else (match,)):
        return AnyOf((match, _later_fragment(rule, extension.name)))
    return match


def _later_fragment(rule: RuleScope, name: str) -> Match:
    """The extension may match: nf_tables, which may run the rule, takes what stands in a later fragment for ports."""
    known = rule.scope.of_fragments
    unknown = rule.unknown(Reason("-m {name} of a later fragment", name=name))
    if unknown.key not in known:
        protocol = [_proto(_PROTOCOLS[name])] if name in _PROTOCOLS else []
        known[unknown.key] = All((*protocol, LATER, unknown))
    return known[unknown.key]


def _undecidable(rule: RuleScope, extension: Extension) -> Match:
    if extension.name not in DOCUMENTED:
        return rule.undecided(Reason("the match {extension} is not known", extension=repr(extension.name)))
    if extension.name in COUNTING:
        return rule.unknown(Reason("-m {name}", name=extension.name))
    options = extension.options
    if len(options) == 1 and options[0].negated:
        plain = Extension(extension.name, (Option(options[0].name, options[0].values, False),))
        return Not(Unknown(str(plain), rule.span))
    return Unknown(str(extension), rule.span)


@dataclass(frozen=True, slots=True)
class _Transport:
    """Ports of one protocol; ``more`` reads its other options."""

    protocol: int
    more: Mapping[str, Callable[[RuleScope, Option], Match]]

    def __call__(self, rule: RuleScope, extension: Extension) -> Match:
        parts: list[Match] = [FIRST] if rule.protocol == self.protocol else [_proto(self.protocol), FIRST]
        for option in extension.options:
            if option.name in _PORT_FIELDS:
                match: Match = In(_PORT_FIELDS[option.name], read.ports(option.values[0]))
            else:
                match = self.more[option.name](rule, option)
            parts.append(negate(match, option.negated))
        return both(*parts)


def _proto(number: int) -> Match:
    return In(Field.PROTO, Intervals.of(number))


_PROTOCOLS = {"tcp": 6, "udp": 17, "udplite": 136, "sctp": 132, "dccp": 33, "icmp": 1, "icmp6": 58}
_PORT_FIELDS = {"sport": Field.SPORT, "dport": Field.DPORT}
_SYN = Bits(Field.FLAGS, 2, 1 | 2 | 4 | 16)


def _header_unknown(rule: RuleScope, option: Option) -> Match:
    return Unknown(" ".join((f"--{option.name}", *option.values)), rule.span)


def _icmp(rule: RuleScope, extension: Extension) -> Match:
    number = 58 if rule.scope.v6 else 1
    parts: list[Match] = [FIRST] if rule.protocol == number else [_proto(number), FIRST]
    for option in extension.options:
        types = read.icmp_type(option.values[0], rule.scope.v6)
        match = ALWAYS if types is None else In(Field.ICMP, types)
        parts.append(negate(match, option.negated))
    return both(*parts)


def _multiport(rule: RuleScope, extension: Extension) -> Match:
    parts: list[Match] = [FIRST]
    if not rule.has_ports:
        parts.append(In(Field.PROTO, PORT_PROTOCOLS))
    for option in extension.options:
        values = read.ports(option.values[0])
        sides = {"sports": (Field.SPORT,), "dports": (Field.DPORT,)}.get(option.name, (Field.SPORT, Field.DPORT))
        parts.append(negate(either(*(In(side, values) for side in sides)), option.negated))
    return both(*parts)


def _iprange(rule: RuleScope, extension: Extension) -> Match:
    fields = {"src-range": Field.SRC, "dst-range": Field.DST}
    return both(
        *(
            negate(In(fields[o.name], read.address_range(o.values[0], rule.scope.v6)), o.negated)
            for o in extension.options
        )
    )


def _mac(_rule: RuleScope, extension: Extension) -> Match:
    return both(*(negate(In(Field.MAC, Intervals.of(read.mac(o.values[0]))), o.negated) for o in extension.options))


def _recent(rule: RuleScope, extension: Extension) -> Match:
    """``--set`` only remembers the address and always holds; the rest asks what was seen before."""
    for option in extension.options:
        if option.name == "set":
            return negate(ALWAYS, option.negated)
    return _undecidable(rule, extension)


def _state(rule: RuleScope, extension: Extension) -> Match:
    return both(*(states(rule, o.values[0], o.negated) for o in extension.options))


_EXTENSIONS: Mapping[str, Callable[[RuleScope, Extension], Match]] = {
    "tcp": _Transport(6, {"syn": lambda _rule, _option: _SYN,
                          "tcp-flags": lambda _rule, option: read.tcp_flags(*option.values),
                          "tcp-option": _header_unknown}),
    "udp": _Transport(17, {}),
    "udplite": _Transport(136, {}),
    "sctp": _Transport(132, {"chunk-types": _header_unknown}),
    "dccp": _Transport(33, {"dccp-types": _header_unknown, "dccp-option": _header_unknown}),
    "icmp": _icmp,
    "icmp6": _icmp,
    "multiport": _multiport,
    "iprange": _iprange,
    "mac": _mac,
    "set": in_set,
    "state": _state,
    "conntrack": conntrack,
    "connmark": connmark,
    "mark": mark,
    "addrtype": address_type,
    "recent": _recent,
    "comment": lambda _rule, _extension: ALWAYS,
    "standard": lambda _rule, _extension: ALWAYS,
}  # fmt: skip
