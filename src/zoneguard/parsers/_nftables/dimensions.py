"""What each selector looks at, and how a value is compared with it. Source: nft(8) 1.0.6, "PRIMARY EXPRESSIONS" and
"PAYLOAD EXPRESSIONS"; the dependencies that nft adds (``nft --debug=netlink``).

What the input cannot decide (users, times, options, ...) becomes an ``Unknown``: it may hold or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Field, In, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import conntrack, interfaces, routes
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import Expression, Selector

FIRST = In(Field.FRAGMENT, Intervals.of(0))
"""Not a later fragment: what follows the IP header cannot be asked there, negated or not."""
IS_V4, IS_V6 = In(Field.SRC, ALL_V4), In(Field.SRC, ALL_V6)


@dataclass(frozen=True, slots=True)
class Dimension:
    """``test`` says when a value matches. Without the ``guards`` the rule does not match, negated or not.

    Where ``field`` is given, ``test`` is that the field lies in ``spans`` of the value. ``highest`` ends the values
    that ``spans`` orders. ``masked``: bits of it may be compared. ``flags``: the value is a set of flags, ``test`` asks
    for some of them. ``is_open``: nothing is known of the values.
    """

    guards: tuple[Match, ...]
    test: Callable[[Expression], Match]
    field: Field | None = None
    spans: Callable[[Expression], Intervals] | None = None
    highest: int = 0
    masked: Field | None = None
    flags: str = ""
    is_open: bool = False


def dimension(rule: RuleScope, selector: Selector) -> Dimension:
    """The dimension of ``selector``; what is not known here is open, and reported."""
    words = selector.words
    build = _KNOWN.get(words)
    if build is not None:
        return build(rule)
    if words[0] == "ct" and len(words) == 3:
        return _ct_original(rule, selector)
    if words[0] == "fib":
        test = routes.address_type(rule, words)
        return _open(rule, selector) if test is None else Dimension((), test)
    if words[0] in _OPEN or words in _OPEN_META:
        return _open(rule, selector)
    raise UnreadableError(Reason("{selector} is not known here", selector=str(selector)))


_OPEN = frozenset({"ip", "ip6", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "igmp", "ether",
                   "vlan", "arp", "ah", "esp", "comp", "hbh", "dst", "mh", "rt", "frag", "auth", "srh", "socket", "osf",
                   "numgen", "hash", "ipsec", "exthdr", "ct", "@", "gre", "vxlan", "geneve"})  # fmt: skip
_OPEN_META = frozenset(("meta", key) for key in (
    "iiftype", "oiftype", "iifgroup", "oifgroup", "skuid", "skgid", "nftrace", "rtclassid", "pkttype", "cpu", "cgroup",
    "time", "day", "hour", "priority", "length", "random", "secmark", "ipsec", "ibrname", "obrname", "ibriport",
    "obriport", "ibrpvid", "ibrvproto", "sdif", "sdifname", "iifkind", "oifkind", "secpath"))  # fmt: skip
_COUNTING = frozenset({"numgen", "hash"})
_SESSION = frozenset({"ct"})


def is_random(selector: Selector) -> bool:
    """Whether a counter or hash chooses, so that every value comes."""
    return selector.words[0] in _COUNTING


def _open(rule: RuleScope, selector: Selector) -> Dimension:
    guards = _L4.get(selector.words[0], ())
    if selector.words[0] in _SESSION:
        guards = (conntrack.guard(rule),)
    if selector.words[0] == "hash":
        guards = tuple(guard for word in selector.words for guard in _needed_for_hash(rule, word))
    own = is_random(selector) or selector.words == ("meta", "random")

    def test(value: Expression) -> Match:
        what = Reason("{selector} {value}", selector=str(selector), value=nft.shown(value))
        return rule.unknown(what) if own else rule.about_packet(what)

    return Dimension(guards, test, is_open=True)


def _needed_for_hash(rule: RuleScope, word: str) -> tuple[Match, ...]:
    """Without what a hash is made of there is none, and the rule ends."""
    if word in ("ip", "ip6"):
        family = IS_V6 if word == "ip6" else IS_V4
        return () if rule.v6 is (word == "ip6") else (family,)
    return (conntrack.guard(rule),) if word == "ct" else _L4.get(word, ())


def _spans(
    field: Field, spans: Callable[[Expression], Intervals], highest: int, *guards: Match, masked: bool = False
) -> Dimension:
    return Dimension(
        guards, lambda value: In(field, spans(value)), field, spans, highest, field if masked else None
    )  # fmt: skip


def _address(field: Field, v6: bool) -> Callable[[RuleScope], Dimension]:
    def spans(value: Expression) -> Intervals:
        return nft.addresses(value, v6)

    highest = 2 * V6 - 1 if v6 else V6 - 1
    return _by_family(v6, lambda *guards: _spans(field, spans, highest, *guards, masked=True))


def _by_family(v6: bool, make: Callable[..., Dimension]) -> Callable[[RuleScope], Dimension]:
    """What ``make`` makes; guarded by the address family where the table has both, or the other one."""
    plain, guarded = make(), make(IS_V6 if v6 else IS_V4)
    return lambda rule: plain if rule.v6 is v6 else guarded


_L4: Mapping[str, tuple[Match, ...]] = {
    name: (In(Field.PROTO, Intervals.of(number)), FIRST)
    for name, number in (("tcp", 6), ("udp", 17), ("udplite", 136), ("sctp", 132), ("dccp", 33))
}


def _port(field: Field, header: str) -> Callable[[RuleScope], Dimension]:
    fixed = _spans(field, nft.ports, 65535, *_L4[header])
    return lambda _rule: fixed


def _any_port(field: Field) -> Callable[[RuleScope], Dimension]:
    """``th``: the same bytes of any protocol; what they are where there are no ports is not known."""
    with_ports = In(Field.PROTO, PORT_PROTOCOLS)

    def build(rule: RuleScope) -> Dimension:
        def test(value: Expression) -> Match:
            other = rule.about_packet(
                Reason("th {value} {value2} of a protocol without ports", value=field.value, value2=nft.shown(value))
            )
            return either(both(with_ports, In(field, nft.ports(value))), both(Not(with_ports), other))

        return Dimension((FIRST,), test, spans=nft.ports, highest=65535)

    return build


def _icmp(v6: bool, code: bool) -> Callable[[RuleScope], Dimension]:
    read = nft.icmp_codes if code else nft.icmp_types
    proto = In(Field.PROTO, Intervals.of(58 if v6 else 1))
    return _by_family(v6, lambda *guards: _spans(Field.ICMP, lambda value: read(value, v6), 0, *guards, proto, FIRST))


def _next_header(value: Expression) -> Match:
    """IPv6: a later fragment says 44 there."""
    spans = nft.protocols(value)
    return either(both(FIRST, In(Field.PROTO, spans)), *([Not(FIRST)] if 44 in spans else []))


def _family(read_family: Callable[[Expression], Intervals]) -> Callable[[RuleScope], Dimension]:
    return lambda _rule: Dimension((), lambda value: In(Field.SRC, read_family(value)), Field.SRC, read_family)


def _tcp_flags(_rule: RuleScope) -> Dimension:
    return Dimension(_L4["tcp"], nft.some_flags, masked=Field.FLAGS, flags="tcp")


def _mark(rule: RuleScope) -> Dimension:
    """Exact, but where marks come from sessions or from hashes."""
    marks = rule.scope.changes.marks
    if marks.scattered or marks.new_too:
        return Dimension(
            (), lambda value: rule.unknown(Reason("meta mark {value}", value=nft.shown(value))), is_open=True
        )
    if marks.restored:

        def test(value: Expression) -> Match:
            unknown = rule.unknown(Reason("meta mark {value} of a session under way", value=nft.shown(value)))
            exact = In(Field.MARK, nft.numbers(value))
            return either(both(Not(conntrack.UNDERWAY), exact), both(conntrack.UNDERWAY, unknown))

        return Dimension((), test, spans=nft.numbers, highest=(1 << 32) - 1)
    return _spans(Field.MARK, nft.numbers, (1 << 32) - 1, masked=True)


def _ct_mark(rule: RuleScope) -> Dimension:
    """A new session has mark 0 where nothing in the file gives it another."""

    def test(value: Expression) -> Match:
        unknown = rule.unknown(Reason("ct mark {value}", value=nft.shown(value)))
        if rule.scope.changes.marks.kept:
            return unknown
        zero = 0 in nft.numbers(value)
        return either(conntrack.IS_NEW, unknown) if zero else both(Not(conntrack.IS_NEW), unknown)

    return Dimension((conntrack.guard(rule),), test)


def _state(rule: RuleScope) -> Dimension:
    return Dimension((), lambda value: conntrack.states(rule, nft.names(value)), flags="state")


def _status(rule: RuleScope) -> Dimension:
    return Dimension(
        (conntrack.guard(rule),), lambda value: conntrack.status(rule, nft.names(value)), flags="status"
    )  # fmt: skip


def _direction(rule: RuleScope) -> Dimension:
    return Dimension((conntrack.guard(rule),), lambda value: conntrack.direction(rule, nft.name(value)))


def _ct_protocol(rule: RuleScope) -> Dimension:
    def test(value: Expression) -> Match:
        same = In(Field.PROTO, nft.protocols(value))
        unknown = rule.about_packet(Reason("ct protocol {value} of an error message", value=nft.shown(value)))
        return either(both(Not(conntrack.RELATED_ICMP), same), both(conntrack.RELATED_ICMP, unknown))

    return Dimension((conntrack.guard(rule),), test)


def _ct_original(rule: RuleScope, selector: Selector) -> Dimension:
    """``ct original ip saddr``, ``ct reply proto-dst``: exact for the first packet of a session."""
    _, direction, key = selector.words
    family, _, name = key.rpartition(" ")
    side = {"saddr": 0, "daddr": 1, "proto-src": 0, "proto-dst": 1}.get(name)
    if side is None:
        return _open(rule, selector)
    v6 = rule.v6 if not family else family == "ip6"
    ports = name.startswith("proto")
    if v6 is None and not ports:
        raise UnreadableError(Reason("{selector} without an address family", selector=str(selector)))
    guards = (conntrack.guard(rule), *(() if ports or rule.v6 is v6 else (IS_V6 if v6 else IS_V4,)))
    fields = (Field.SPORT, Field.DPORT) if ports else (Field.SRC, Field.DST)
    field = fields[side if direction == "original" else 1 - side]

    def test(value: Expression) -> Match:
        spans = nft.ports(value) if ports else nft.addresses(value, bool(v6))
        exact: Match = In(field, spans)
        if direction == "original" and side == 1:
            original = Field.ORIG_DPORT if ports else Field.ORIG_DST
            exact = conntrack.before_translation(field, original, spans)
        text = Reason("{selector} {value}", selector=str(selector), value=nft.shown(value))
        if ports:
            with_ports = In(Field.PROTO, PORT_PROTOCOLS)
            exact = either(both(with_ports, exact), both(Not(with_ports), rule.about_packet(text)))
        return conntrack.of_first_packet(rule, exact, text)

    return Dimension(guards, test)


def _interface(outgoing: bool, by_name: bool) -> Callable[[RuleScope], Dimension]:
    return lambda rule: Dimension((), lambda value: interfaces.is_interface(rule, value, outgoing, by_name))


_L4PROTO = _spans(Field.PROTO, nft.protocols, 255)
_MAC = _spans(Field.MAC, nft.macs, (1 << 48) - 1)
_KNOWN: Mapping[tuple[str, ...], Callable[[RuleScope], Dimension]] = {
    ("ip", "saddr"): _address(Field.SRC, False),
    ("ip", "daddr"): _address(Field.DST, False),
    ("ip6", "saddr"): _address(Field.SRC, True),
    ("ip6", "daddr"): _address(Field.DST, True),
    ("ip", "protocol"): _by_family(False, lambda *guards: _spans(Field.PROTO, nft.protocols, 255, *guards)),
    ("ip6", "nexthdr"): _by_family(True, lambda *guards: Dimension(guards, _next_header)),
    ("meta", "l4proto"): lambda _rule: _L4PROTO,
    ("ip", "version"): _family(nft.ip_versions),
    ("ip6", "version"): _family(nft.ip_versions),
    ("meta", "nfproto"): _family(nft.nf_families),
    ("meta", "protocol"): _family(nft.ether_types),
    ("ether", "type"): _family(nft.ether_types),
    **{(h, "sport"): _port(Field.SPORT, h) for h in _L4},
    **{(h, "dport"): _port(Field.DPORT, h) for h in _L4},
    ("th", "sport"): _any_port(Field.SPORT),
    ("th", "dport"): _any_port(Field.DPORT),
    ("icmp", "type"): _icmp(False, False),
    ("icmp", "code"): _icmp(False, True),
    ("icmpv6", "type"): _icmp(True, False),
    ("icmpv6", "code"): _icmp(True, True),
    ("tcp", "flags"): _tcp_flags,
    ("meta", "mark"): _mark,
    ("ct", "mark"): _ct_mark,
    ("ct", "state"): _state,
    ("ct", "status"): _status,
    ("ct", "direction"): _direction,
    ("ct", "protocol"): _ct_protocol,
    ("ct", "l3proto"): _family(nft.nf_families),
    ("meta", "iif"): _interface(False, False),
    ("meta", "oif"): _interface(True, False),
    ("meta", "iifname"): _interface(False, True),
    ("meta", "oifname"): _interface(True, True),
    ("ether", "saddr"): lambda _rule: _MAC,
}
