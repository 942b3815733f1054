"""``ip access-list`` and ``ipv6 access-list``, static and dynamic (command reference 24-6).

``ip access-list NAME [NUMBER] permit|deny PROTOCOL src A [sport P] dest A [dport P] …``: the first line that matches
decides; a list that has none leaves the packet to the next filter. What a dynamic list watches for passes and lets the
packets of that connection pass in both directions of the interface.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, NEVER, RST, Bits, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import TCP, UDP, Cursor, UnreadableError
from zoneguard.parsers._nec_ix.config import Config, DynamicList, Entry, Family

_PORTED = (TCP, UDP, values.SCTP)
_SIDES = {"src": (Field.SRC, Field.DST), "dest": (Field.DST, Field.SRC)}
_PORT_SIDES = {"sport": (Field.SPORT, Field.DPORT), "dport": (Field.DPORT, Field.SPORT)}
_VALUED = frozenset({"dscp", "tos", "tc", "precedence", "length", "ttl", "flow-label", "traffic-class", "class"})
_GENERAL = frozenset({"cache", "sequence-mode"})  # of all lists: how they are kept, and how they are typed
_MOST_NUMBER = (1 << 32) - 1
_SETTINGS = frozenset({"cache", "timer", "timeout"})
_MOST_EXCEPTIONS = 10_000
_ESTABLISHED = either(Bits(Field.FLAGS, ACK, ACK), Bits(Field.FLAGS, RST, RST))


def read_list(line: Line, config: Config) -> bool:
    """A command ``ip access-list …``; ``False`` for a setting. Raises ``UnreadableError`` where it has no name."""
    cursor = Cursor(line.words, 2)
    family = config.family(line.words[0] == "ipv6")
    name = cursor.take()
    if name == "dynamic":
        if cursor.peek() in _SETTINGS:
            return False
        name = cursor.take()
        try:
            family.dynamic[name] = _dynamic(cursor, config, line, family.v6)
        except UnreadableError as error:
            family.dynamic[name] = DynamicList(config.span(line), application="unreadable")
            config.not_understood(line, str(error), Concern.FILTER, bounded=True)
        return True
    if cursor.peek() in ("option", "remark", "description") or name in _GENERAL:
        return False
    at = _place(family, name, cursor)
    listed = family.lists.setdefault(name, [])
    try:
        listed.insert(at, read_entry(cursor, config.span(line), config, family.v6))
    except UnreadableError as error:
        listed.insert(at, config.span(line))
        config.not_understood(line, str(error), Concern.FILTER, bounded=True)
    return True


def _place(family: Family, name: str, cursor: Cursor) -> int:
    """Where in the list the line belongs: by its number, if it has one, else behind the last."""
    numbers = family.numbers.setdefault(name, [])
    last = numbers[-1] if numbers else 0
    own = values.number(cursor.take(), _MOST_NUMBER) if cursor.peek().isdecimal() else last
    at = bisect_right(numbers, own)
    numbers.insert(at, own)
    return at


def _dynamic(cursor: Cursor, config: Config, line: Line, v6: bool) -> DynamicList:
    if cursor.skip("access"):
        access = cursor.take()
        opens = not cursor.done
        while not cursor.done:
            if not cursor.skip("in", "out"):
                raise UnreadableError(Reason("a word that is not known: {word}", word=cursor.peek()[:40]))
            cursor.take()
        return DynamicList(config.span(line), access, opens=opens)
    application = cursor.take()
    known = application in ("tcp", "udp", "icmp", "ip")
    plain = Cursor(("permit", application if known else "ip", *cursor.words[cursor.at :]))
    entry = read_entry(plain, config.span(line), config, v6)
    return DynamicList(config.span(line), "", entry, "" if known else application)


def read_entry(cursor: Cursor, span: SourceSpan, config: Config, v6: bool) -> Entry:
    """``permit|deny PROTOCOL …``. Raises ``UnreadableError``."""
    action = cursor.take()
    if action not in ("permit", "deny"):
        raise UnreadableError("neither permit nor deny")
    proto = _protocol(cursor.take(), v6)
    parts: list[Match] = []
    other: list[Match] = []
    if proto is not None:
        parts.append(In(Field.PROTO, Intervals.of(proto)))
        other.append(parts[-1])
    while not cursor.done:
        word = cursor.take()
        if word in _SIDES:
            asked = _addresses(cursor, v6)
            for side, field in zip((parts, other), _SIDES[word], strict=True):
                if asked is not None:
                    side.append(asked(field))
        elif word in _PORT_SIDES:
            limits = _ports(cursor, proto)
            for side, field in zip((parts, other), _PORT_SIDES[word], strict=True):
                if limits is not None:
                    side.append(In(field, limits))
        elif word == "type" and proto in (1, 58):
            types = _types(cursor)
            parts.append(In(Field.ICMP, types))
            other.append(In(Field.PROTO, Intervals.of(proto)))
        elif word == "established" and proto == TCP:
            parts.append(_ESTABLISHED)
            other.append(_ESTABLISHED)
        elif word in _VALUED or word == "fragments":
            value = cursor.take() if word in _VALUED else ""
            open_ = Unknown(config.key(Reason("{word} {words}", word=word, words=value[:60])), span)
            parts.append(open_)
            other.append(open_)
        else:
            raise UnreadableError(Reason("a word that is not known: {word}", word=word[:40]))
    if not any(isinstance(part, In | Bits) and part.field in (Field.SRC, Field.DST) for part in parts):
        parts.append(values.family(v6))
        other.append(parts[-1])
    return Entry(span, action == "permit", both(*parts), both(*other))


def _protocol(word: str, v6: bool) -> int | None:
    if word in ("ip", "ipv6", "any"):
        return None
    if word == "icmp" and v6:
        return 58
    return values.protocol(word)


def _addresses(cursor: Cursor, v6: bool) -> Callable[[Field], Match] | None:
    """What ``any``, ``A/L``, an address, or an address and those of its bits that may be anything, ask of a field."""
    word = cursor.take()
    if word == "any":
        return None
    if "/" not in word and not v6 and values.is_address(cursor.peek()):
        mask = cursor.take()
        return lambda field: values.wildcard(field, word, mask)
    found = values.prefix_addresses(word) if "/" in word else Intervals.of(values.address(word))
    if not found <= (ALL_V6 if v6 else ALL_V4):
        raise UnreadableError("an address of the other version of IP")
    return lambda field: In(field, found)


def _ports(cursor: Cursor, proto: int | None) -> Intervals | None:
    if cursor.skip("any"):
        return None
    if proto not in _PORTED:
        raise UnreadableError("ports of a protocol that has none")
    limits = values.ports(cursor, proto)
    if limits is None:
        return Intervals.of(values.port(cursor.take(), proto))
    return limits


def _types(cursor: Cursor) -> Intervals:
    kind = values.number(cursor.take(), 255)
    if cursor.skip("code"):
        return Intervals.of(kind * 256 + values.number(cursor.take(), 255))
    return Intervals.span(kind * 256, kind * 256 + 255)


def unreadable(config: Config, span: SourceSpan, verb: str) -> Unknown:
    """That a line which cannot be read takes the packet, and ``verb`` what it does."""
    return Unknown(config.key(Reason("line {first} {verb} the packet", first=span.first, verb=verb)), span)


def permitted(config: Config, v6: bool, name: str, line: Line | SourceSpan) -> Match:
    """That the list ``name`` permits a packet; open where it is not defined."""
    if (v6, name) not in config.conditions:
        span = line if isinstance(line, SourceSpan) else config.span(line)
        config.conditions[v6, name] = _permitted(config, v6, name, span)
    return config.conditions[v6, name]


def _permitted(config: Config, v6: bool, name: str, span: SourceSpan) -> Match:
    listed = config.family(v6).lists.get(name, [])
    denied: list[Match] = []
    found: list[Match] = []
    if not listed or _exceptions(listed) > _MOST_EXCEPTIONS:
        reason = "an access list that is not defined, or too long to be read here"
        config.not_understood(span, reason, Concern.FILTER, bounded=True)
        return Unknown(config.key(Reason("access-list {name} permits the packet", name=name)), span)
    for entry in listed:
        if not isinstance(entry, Entry):
            found.append(both(*map(Not, denied), unreadable(config, entry, "permits")))
        elif entry.permits:
            found.append(both(entry.match, *map(Not, denied)))
        else:
            denied.append(entry.match)
    return either(*found) if found else NEVER


def _exceptions(listed: Sequence[Entry | SourceSpan]) -> int:
    """How many pairs of a line that denies and a later one there are at most."""
    return sum(isinstance(e, Entry) and not e.permits for e in listed) * len(listed)
