"""Lines of ``ip rule``. Source: ip-rule(8) and what iproute2 6.1 prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import V6, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Bits, Field, In, Ingress, Match, Not, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._iproute.routes import UnreadableError, table_name

RULE = re.compile(r"\s*(\d{1,10}):\s+((?:not\s+)?from\s.*)")
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "sctp": 132}
_SUPPRESS = {"suppress_prefixlength", "suppress_prefixlen", "suppress_prefix"}


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """``match`` is what a forwarded packet must be. ``table`` is looked up, unless ``action`` says something else;
    routes no longer than ``suppress`` bits (-1: none) count as not found. ``v6`` is ``None`` where nothing tells."""

    priority: int
    match: Match
    span: SourceSpan
    v6: bool | None
    table: str = ""
    action: str = ""
    suppress: int = -1


def read_rule(text: str, span: SourceSpan) -> PolicyRule:
    """One rule. Raises ``UnreadableError``."""
    head = RULE.fullmatch(text)
    if head is None:
        raise UnreadableError("not a rule of ip rule")
    words = head[2].split()
    negated = words[0] == "not"
    words = words[negated:]
    conditions: list[Match] = []
    addresses: list[Intervals] = []
    table = action = ""
    suppress = -1
    position = 0
    while position < len(words):
        word, value = words[position], words[position + 1] if position + 1 < len(words) else ""
        position += 2
        if word in ("lookup", "table"):
            table = table_name(value)
        elif word in _SUPPRESS:
            suppress = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else -1
        elif word in ("blackhole", "unreachable", "prohibit", "nop"):
            action, position = word, position - 1
        elif word in ("goto", "realms", "map-to"):
            action = action if word == "realms" else f"{word} {value}"
        elif word in ("proto", "protocol"):
            continue
        elif word in ("from", "to"):
            if value != "all":
                addresses.append(_prefix(value))
                conditions.append(In(Field.SRC if word == "from" else Field.DST, addresses[-1]))
        elif word in _CONDITIONS:
            conditions.append(_CONDITIONS[word](value, span))
        else:
            raise UnreadableError(Reason("{word} is not known in a rule", word=repr(word)))
    match = NEVER if NEVER in conditions else both(*conditions) if conditions else ALWAYS
    v6 = addresses[0].first >= V6 if addresses else None
    return PolicyRule(int(head[1]), Not(match) if negated else match, span, v6, table, action, suppress)


def _prefix(text: str) -> Intervals:
    try:
        return parse_prefix(text)
    except ValueError:
        raise UnreadableError(Reason("{text} is no prefix", text=repr(text))) from None


def _mark(value: str, _span: SourceSpan) -> Match:
    mark, slash, mask = value.partition("/")
    try:
        number, bits = int(mark, 0), int(mask, 0) if slash else (1 << 32) - 1
    except ValueError:
        raise UnreadableError(Reason("{value} is no mark", value=repr(value))) from None
    return NEVER if number & ~bits else Bits(Field.MARK, number, bits)


def _ports(field: Field) -> Callable[[str, SourceSpan], Match]:
    def build(value: str, _span: SourceSpan) -> Match:
        low, dash, high = value.partition("-")
        if not re.fullmatch(r"[0-9]{1,5}(-[0-9]{1,5})?", value):
            raise UnreadableError(Reason("{value} is no port", value=repr(value)))
        return In(field, Intervals.span(int(low), int(high if dash else low)))

    return build


def _protocol(value: str, _span: SourceSpan) -> Match:
    known = _PROTOCOLS.get(value)
    if known is None and not (value.isascii() and value.isdigit() and int(value[:4]) < 256):
        raise UnreadableError(Reason("the protocol {text} is not known here", text=repr(value)))
    return In(Field.PROTO, Intervals.of(int(value[:4]) if known is None else known))


_CONDITIONS: Mapping[str, Callable[[str, SourceSpan], Match]] = {
    "iif": lambda value, _span: NEVER if value == "lo" else Ingress(frozenset({value})),
    "oif": lambda _value, _span: NEVER,  # asks for a socket bound to the interface
    "fwmark": _mark,
    "ipproto": _protocol,
    "sport": _ports(Field.SPORT),
    "dport": _ports(Field.DPORT),
    "tos": lambda value, span: Unknown(Reason("the type of service is {value}", value=value), span),
    "dsfield": lambda value, span: Unknown(Reason("the type of service is {value}", value=value), span),
    "uidrange": lambda value, span: Unknown(Reason("the packet belongs to a user of {value}", value=value), span),
    "tun_id": lambda value, span: Unknown(Reason("the packet came by tunnel {value}", value=value), span),
}
