"""One line of an access list → what it asks of a packet (IOS, IOS-XE and NX-OS; IPv4 and IPv6).

Fragments: a line with ports or messages takes the first fragment only, except that a permit takes later fragments by
the rest of what it asks (IOS IP Configuration Guide, "Specifying IP Extended Access Lists with Fragment Control").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, ALWAYS, FIN, PSH, RST, SYN, URG, Bits, Field, In, Match, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.groups import Groups
from zoneguard.parsers._cisco.values import SCTP, TCP, UDP, Cursor, UnreadableError, undecided

LATER = In(Field.FRAGMENT, Intervals.of(1))
ESTABLISHED = either(Bits(Field.FLAGS, ACK, ACK), Bits(Field.FLAGS, RST, RST))
FLAGS = {"ack": ACK, "fin": FIN, "psh": PSH, "rst": RST, "syn": SYN, "urg": URG}
_PORTED = (TCP, UDP, SCTP)
_LOGGED = frozenset({"log", "log-input"})
_WITH_VALUE = {  # how many words behind the option belong to it
    "dscp": 1, "precedence": 1, "tos": 1, "option": 1, "flow-label": 1, "vlan": 1, "vlan-inner": 1, "cos": 1,
    "dest-option-type": 1, "mobility-type": 1, "routing-type": 1, "http-method": 1, "udf": 3, "sgt": 1, "dgt": 1,
    "tcp-flags-mask": 1, "tcp-option-length": 1, "vni": 1, "priority": 1, "user-time": 1,
}  # fmt: skip
_ALONE = frozenset(
    {"routing", "mobility", "hbh", "dest-option", "auth", "undetermined-transport", "tracked", "host-query"}
) | {"dvmrp", "trace", "mtrace", "mtrace-resp", "general-query", "host-report", "v2-report", "v2-leave", "v3-report"}
_ASIDE = {"capture": 2, "redirect": 1, "telemetry_path": 0, "telemetry_queue": 0}  # what else becomes of the packet
_COMPARED = frozenset({"ttl", "packet-length"})
_OPERATORS = {"eq": 2, "neq": 2, "lt": 2, "gt": 2, "range": 3}
_BEHIND_LOG = _ALONE | FLAGS.keys() | {"fragments", "established"}
_MOST_SECONDS = (1 << 31) - 1


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """A line: whether it permits, what it asks; ``reflect``: the list of sessions it adds to, ``evaluate``: the list
    that it asks."""

    permit: bool
    match: Match
    span: SourceSpan
    name: str
    reflect: str = ""
    evaluate: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the lines of a list: ``later`` is what a permit with ports asks of later fragments;
    ``time_range`` turns the name of a time range into a condition."""

    groups: Groups
    v6: bool
    later: Callable[[SourceSpan], Match]
    time_range: Callable[[str, SourceSpan], Match]


def standard_entry(words: tuple[str, ...], span: SourceSpan) -> Entry:
    """``permit 10.0.0.0 0.0.0.255``: the source alone; without a mask it is one host. Raises ``UnreadableError``."""
    cursor = Cursor(words)
    permit = _action(cursor)
    match: Match = ALWAYS
    if not cursor.skip("any"):
        cursor.skip("host")
        value = cursor.take().rstrip(",")
        if "/" in value:
            match = In(Field.SRC, values.prefix_addresses(value))
        elif values.is_address(cursor.peek()):
            match = values.wildcard(Field.SRC, value, cursor.take())
        else:
            match = In(Field.SRC, Intervals.of(values.ipv4(value)))
    while not cursor.done:
        if cursor.take() not in _LOGGED:
            raise UnreadableError("words behind the end of the line")
    return Entry(permit, match, span, " ".join(words))


def extended_entry(words: tuple[str, ...], span: SourceSpan, reading: Reading) -> Entry:
    """``permit tcp any host 10.0.0.1 eq www log`` and its kin. Raises ``UnreadableError``."""
    cursor = Cursor(words)
    if cursor.skip("evaluate"):
        asked = cursor.take()
        if not cursor.done:
            raise UnreadableError(Reason("not an option: {word}", word=cursor.peek()[:40]))
        return Entry(True, ALWAYS, span, " ".join(words), evaluate=asked)
    conditions: list[Match] = []
    if cursor.skip("dynamic"):
        conditions.append(undecided(Reason("a user opened the dynamic entry {word}", word=cursor.take()), span))
        if cursor.skip("timeout"):
            cursor.take()
    permit = _action(cursor)
    proto, service = _protocol(cursor, permit, span, reading)
    shallow: list[Match] = [] if proto is None else [In(Field.PROTO, Intervals.of(proto))]
    deep: list[Match] = []
    shallow.append(_address(cursor, Field.SRC, span, reading))
    deep += _ports(cursor, Field.SPORT, proto, span, reading)
    shallow.append(_address(cursor, Field.DST, span, reading))
    deep += _ports(cursor, Field.DPORT, proto, span, reading)
    if proto in (1, 58) and (kind := values.icmp(cursor, proto == 58)) is not None:
        deep.append(In(Field.ICMP, kind))
    reflect = _options(cursor, proto, deep, conditions, span, reading)
    if LATER in conditions:
        deep = []
    if service is not None:
        shallow.append(service)
    parts = [part for part in (*shallow, *conditions) if part is not ALWAYS]
    if deep:
        parts.append(either(both(*deep), reading.later(span)) if permit else both(*deep))
    return Entry(permit, both(*parts) if parts else ALWAYS, span, " ".join(words), reflect=reflect)


def _action(cursor: Cursor) -> bool:
    word = cursor.take()
    if word not in ("permit", "deny"):
        raise UnreadableError("neither permit nor deny")
    return word == "permit"


def _protocol(cursor: Cursor, permit: bool, span: SourceSpan, reading: Reading) -> tuple[int | None, Match | None]:
    word = cursor.take()
    if word in ("ip", "ipv4", "ipv6"):
        return None, None
    if word == "object-group":
        later = reading.later(span)
        return None, reading.groups.service(cursor.take(), permit, later, span)
    if word == "icmp" and reading.v6:
        return 58, None
    if word == "hbh" and reading.v6:
        return None, undecided(Reason("the packet fits: {words}", words=word), span)
    return values.protocol(word), None


def _address(cursor: Cursor, field: Field, span: SourceSpan, reading: Reading) -> Match:
    word = cursor.take()
    if word in ("any", "any4", "any6"):
        return ALWAYS
    if word == "host":
        value = cursor.take()
        return In(field, Intervals.of(values.address(value)))
    if word in ("object-group", "addrgroup"):
        return reading.groups.network(cursor.take(), field, span)
    if word == "fqdn-group":
        return undecided(Reason("{value} is in the group of names {word}", value=field.value, word=cursor.take()), span)
    if "/" in word:
        return In(field, values.prefix_addresses(word))
    if reading.v6:
        return In(field, Intervals.of(values.ipv6(word)))
    return values.wildcard(field, word, cursor.take())


def _ports(cursor: Cursor, field: Field, proto: int | None, span: SourceSpan, reading: Reading) -> list[Match]:
    if proto not in _PORTED:
        return []
    if cursor.skip("portgroup"):
        name = cursor.take()
        known = reading.groups.ports(name, span)
        return [
            undecided(Reason("{value} is in the object group {name}", value=field.value, name=name), span)
            if known is None
            else In(field, known)
        ]
    found = values.ports(cursor, proto)
    return [] if found is None else [In(field, found)]


def _options(
    cursor: Cursor, proto: int | None, deep: list[Match], conditions: list[Match], span: SourceSpan, reading: Reading
) -> str:
    """What stands behind the addresses; returns the name of the list of sessions that the line adds to."""
    reflect = ""
    while not cursor.done:
        word = cursor.take()
        if word in _LOGGED:
            if cursor.peek().startswith(("tag", "interval")):
                cursor.at += 2
            elif cursor.at == len(cursor.words) - 1 and cursor.peek() not in _BEHIND_LOG:
                cursor.take()  # a word of the administrator's, which the log shows
        elif word == "fragments":
            conditions.append(LATER)
        elif word == "established" and proto == TCP:
            deep.append(ESTABLISHED)
        elif word in ("match-any", "match-all") and proto == TCP:
            deep.append(_signed_flags(cursor, word == "match-all"))
        elif proto == TCP and word.lstrip("+-") in FLAGS:
            deep.append(_flag(word))
        elif word == "time-range":
            conditions.append(reading.time_range(cursor.take(), span))
        elif word == "reflect":
            reflect = cursor.take()
            if cursor.skip("timeout"):
                values.number(cursor.take(), _MOST_SECONDS)
        elif word == "sequence" and reading.v6:
            cursor.take()
        elif word in _ASIDE:
            cursor.at += _ASIDE[word]
        else:
            conditions.append(_other(word, cursor, span))
    return reflect


def _signed_flags(cursor: Cursor, every: bool) -> Match:
    listed: list[Match] = []
    while cursor.peek().lstrip("+-") in FLAGS:
        listed.append(_flag(cursor.take()))
    if not listed:
        raise UnreadableError("no TCP flag is named")
    return both(*listed) if every else either(*listed)


def _flag(word: str) -> Match:
    bit = FLAGS[word.lstrip("+-")]
    return Bits(Field.FLAGS, 0 if word.startswith("-") else bit, bit)


def _other(word: str, cursor: Cursor, span: SourceSpan) -> Match:
    """A condition on something that the model of a packet does not have."""
    said = [word]
    if word in _COMPARED:
        said += [cursor.take() for _ in range(_OPERATORS.get(cursor.peek(), 1))]
    elif word in _WITH_VALUE:
        said += [cursor.take() for _ in range(_WITH_VALUE[word])]
    elif word not in _ALONE:
        raise UnreadableError(Reason("not an option: {word}", word=word[:40]))
    return undecided(Reason("the packet fits: {words}", words=" ".join(said)[:80]), span)
