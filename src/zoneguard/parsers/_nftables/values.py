"""Values as nft writes and reads them, each by the selector it is compared with.

Every reader raises ``UnreadableError`` for what nft refuses or what only the box can resolve.
"""

from __future__ import annotations

from functools import lru_cache

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, Match, Not
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables.names import ICMP6_CODES, ICMP6_TYPES, ICMP_CODES, ICMP_TYPES, TCP_FLAGS
from zoneguard.parsers._nftables.tree import (
    Binary,
    Concat,
    Element,
    Elements,
    Expression,
    Flags,
    Literal,
    Lookup,
    Prefix,
    Range,
    Selector,
    SetName,
    Verdict,
)

_MAX_SHOWN = 6


def shown(value: Expression | None) -> str:
    """A value as a person writes it, shortened."""
    match value:
        case Literal(text):
            return text
        case Prefix(address, length):
            return f"{address}/{length}"
        case Range(low, high):
            return f"{low}-{high}"
        case Flags(names):
            return ",".join(names)
        case SetName(name):
            return f"@{name}"
        case Concat(parts):
            return " . ".join(map(shown, parts))
        case Binary(op, left, right):
            return f"{shown(left)} {op} {shown(right)}"
        case Elements(items):
            more = ", ..." if len(items) > _MAX_SHOWN else ""
            return f"{{ {', '.join(shown(item.key) for item in items[:_MAX_SHOWN])}{more} }}"
        case Lookup(key, data):
            return f"{shown(key)} map {shown(data)}"
        case Verdict(kind, target):
            return f"{kind} {target}".strip()
        case Selector():
            return str(value)
        case None:
            return "*"


def name(value: Expression) -> str:
    """One word."""
    if isinstance(value, Literal):
        return value.text
    raise UnreadableError(Reason("{value} is not one name", value=shown(value)))


def names(value: Expression) -> tuple[str, ...]:
    """The words of ``a``, ``a,b`` or ``a | b``."""
    if isinstance(value, Literal):
        return (value.text,)
    if isinstance(value, Flags):
        return value.names
    if isinstance(value, Binary) and value.op == "|":
        return names(value.left) + names(value.right)
    raise UnreadableError(Reason("{value} are not flags", value=shown(value)))


def _range(value: Expression, low: int, high: int) -> Intervals:
    if low > high:
        raise UnreadableError(Reason("the range {value} is reversed", value=shown(value)))
    return Intervals(((low, high),))


def addresses(value: Expression, v6: bool) -> Intervals:
    """An address, a prefix or a range, in the shared space."""
    if isinstance(value, Literal):
        address = _address(value.text, v6)
        return Intervals(((address, address),))
    if isinstance(value, Prefix):
        span = read.network_span(*read.network(f"{value.address}/{value.length}", v6))
        if span is not None:
            return Intervals((span,))
    if isinstance(value, Range):
        return _range(value, _address(value.low, v6), _address(value.high, v6))
    raise UnreadableError(Reason("{value} is not an address", value=shown(value)))


def _address(text: str, v6: bool) -> int:
    if not v6 and text.count(".") != 3:
        raise UnreadableError(Reason("{text} is not an IPv4 address", text=repr(text[:60])))
    return read.address(text, v6)


def masked_address(value: Expression, v6: bool) -> int:
    """An address as a pattern of bits, in the shared space."""
    return addresses(value, v6).first


def ports(value: Expression) -> Intervals:
    """A port by number or service name, or a range."""
    if isinstance(value, Literal):
        port = read.port(value.text)
        return Intervals(((port, port),))
    if isinstance(value, Range):
        return _range(value, read.port(value.low), read.port(value.high))
    raise UnreadableError(Reason("{value} is not a port", value=shown(value)))


def numbers(value: Expression, highest: int = (1 << 32) - 1) -> Intervals:
    """A number or a range of them."""
    if isinstance(value, Literal):
        number = read.number(value.text, highest)
        return Intervals(((number, number),))
    if isinstance(value, Range):
        return _range(value, read.number(value.low, highest), read.number(value.high, highest))
    raise UnreadableError(Reason("{text} is not a number", text=shown(value)))


def protocols(value: Expression) -> Intervals:
    """Protocol numbers; ``ip`` and ``0`` are the number 0."""
    if isinstance(value, Literal):
        number = _protocol(value.text)
        return Intervals(((number, number),))
    if isinstance(value, Range):
        return _range(value, _protocol(value.low), _protocol(value.high))
    raise UnreadableError(Reason("{value} is not a protocol", value=shown(value)))


def _protocol(text: str) -> int:
    if text == "all":
        raise UnreadableError("'all' is not a protocol of nft")
    return 0 if text == "ip" else read.protocol(text) or 0


@lru_cache(maxsize=1024)
def icmp_types(value: Expression, v6: bool) -> Intervals:
    """``type * 256`` and every code."""
    known = ICMP6_TYPES if v6 else ICMP_TYPES
    return Intervals(tuple((low << 8, high << 8 | 255) for low, high in _icmp(value, known).spans))


@lru_cache(maxsize=1024)
def icmp_codes(value: Expression, v6: bool) -> Intervals:
    """Every type with the code."""
    spans = _icmp(value, ICMP6_CODES if v6 else ICMP_CODES).spans
    return Intervals.from_spans((kind << 8 | low, kind << 8 | high) for kind in range(256) for low, high in spans)


def _icmp(value: Expression, known: dict[str, int]) -> Intervals:
    def one(text: str) -> int:
        if text in known:
            return known[text]
        if not text[:1].isdigit():
            raise UnreadableError(Reason("the ICMP name {text} is not known here", text=repr(text[:40])))
        return read.number(text, 255)

    if isinstance(value, Literal):
        return Intervals.of(one(value.text))
    if isinstance(value, Range):
        return _range(value, one(value.low), one(value.high))
    raise UnreadableError(Reason("{value} is not an ICMP type or code", value=shown(value)))


def macs(value: Expression) -> Intervals:
    """An Ethernet address."""
    return Intervals.of(read.mac(name(value)))


def ip_versions(value: Expression) -> Intervals:
    """``4`` and ``6`` as the addresses of the family."""
    return _families(value, {"4": ALL_V4, "6": ALL_V6})


def nf_families(value: Expression) -> Intervals:
    """``ipv4`` and ``ipv6``."""
    return _families(value, {"ipv4": ALL_V4, "2": ALL_V4, "ipv6": ALL_V6, "10": ALL_V6})


def ether_types(value: Expression) -> Intervals:
    """``ip`` and ``ip6``; nothing that is routed has another type."""
    known = {"ip": ALL_V4, "0x0800": ALL_V4, "ip6": ALL_V6, "0x86dd": ALL_V6}
    others = dict.fromkeys(("arp", "vlan", "8021q", "8021ad", "0x0806", "0x8100"), Intervals())
    return _families(value, known | others)


def _families(value: Expression, known: dict[str, Intervals]) -> Intervals:
    word = name(value)
    if word not in known:
        raise UnreadableError(Reason("{word} is not a family known here", word=repr(word[:40])))
    return known[word]


def flag_bits(value: Expression) -> int:
    """TCP flags by name or number."""
    bits = 0
    for word in names(value):
        bits |= TCP_FLAGS[word] if word in TCP_FLAGS else read.number(word, 255)
    return bits


def some_flags(value: Expression) -> Match:
    """Some of the TCP flags are set."""
    return Not(Bits(Field.FLAGS, 0, flag_bits(value)))


def element_text(element: Element) -> str:
    """An element's key as a person writes it."""
    return shown(element.key)
