"""The zone-based policy firewall: zones, pairs of zones, class maps and policy maps of the type ``inspect``.

Between zones nothing passes but by a policy; within a zone everything does; between an interface in a zone and one in
none nothing does; the router itself (zone ``self``) answers everything unless a pair with a policy says otherwise
(Cisco Router and Security Device Manager 2.5 User's Guide, "Zone-Based Policy Firewall"; CCNA Security guide, table
15-4). Policies see inside addresses: they come after translation from outside and before translation to outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import Applied, Config
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.reasons import QUALITY
from zoneguard.parsers._cisco.values import undecided

_LOOKED_INTO = frozenset(
    (name,)
    for name in (
        "http", "imap", "pop3", "smtp", "sunrpc", "sip", "h323", "gtpv0", "gtpv1", "im", "aol", "msnmsgr", "ymsgr",
        "icq", "winmsgr", "p2p", "edonkey", "fasttrack", "gnutella", "kazaa2", "urlfilter", "content-scan", "avc",
    )
)  # fmt: skip
"""Protocols that a map of the second kind is about: ``class-map type inspect http match-any NAME``."""
DEEPER = "inspects what is permitted, may only take away"


@dataclass(slots=True)
class ClassMap:
    """Conditions; ``every``: all must hold (``match-all``), else one."""

    line: Line
    every: bool
    parts: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PolicyClass:
    """A class of a policy map; ``action``: ``inspect``, ``pass``, ``drop`` or empty."""

    name: str
    line: Line
    action: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of zones and its policy (``None``: none is attached)."""

    name: str
    source: str
    destination: str
    line: Line
    policy: Applied | None


@dataclass(slots=True)
class Zones:
    """What is configured of the firewall."""

    names: set[str] = field(default_factory=set)
    pairs: list[Pair] = field(default_factory=list)
    classes: dict[str, ClassMap] = field(default_factory=dict)
    policies: dict[str, tuple[Line, list[PolicyClass]]] = field(default_factory=dict)
    port_map: dict[str, list[Match]] = field(default_factory=dict)


def read_class_map(config: Config, zones: Zones, line: Line) -> None:
    """``class-map [type inspect] [match-any|match-all] NAME``."""
    words = [w for w in line.words[1:] if w not in ("match-any", "match-all")]
    if words[:2] != ["type", "inspect"] or len(words) != 3:
        _set_aside(config, line, words)
        return
    config.understood(line)
    found = zones.classes[words[2]] = ClassMap(line, "match-any" not in line.words)
    for child in line.children:
        if child.word(0) == "match":
            found.parts.append(child)
            config.understood(child)
        elif child.word(0) == "description":
            config.ledger.ignored(QUALITY, child.number)
        else:
            config.unread(child, Concern.FILTER)


def _set_aside(config: Config, line: Line, words: Sequence[str]) -> None:
    """A map of quality of service, or of one that looks deeper into an application."""
    if tuple(words[:2]) != ("type", "inspect"):
        account(config.ledger, line, QUALITY)
    elif tuple(words[2:3]) in _LOOKED_INTO:
        account(config.ledger, line, DEEPER)
    else:
        for one in line.walk():
            config.unread(one, Concern.FILTER)


def read_policy_map(config: Config, zones: Zones, line: Line) -> None:
    """``policy-map type inspect NAME`` with its classes and their actions."""
    words = line.words[1:]
    if words[:2] != ("type", "inspect") or len(words) != 3:
        _set_aside(config, line, words)
        return
    config.understood(line)
    classes: list[PolicyClass] = []
    zones.policies[words[2]] = (line, classes)
    for child in line.children:
        if child.word(0) == "class":
            classes.append(_class(config, child))
        elif child.word(0) == "description":
            config.ledger.ignored(QUALITY, child.number)
        elif child.word(0) in ("inspect", "pass", "drop") and classes:  # a paste that lost part of its indentation
            last = classes.pop()
            classes.append(PolicyClass(last.name, last.line, child.word(0)))
            config.understood(child)
        else:
            config.unread(child, Concern.FILTER)


def _class(config: Config, line: Line) -> PolicyClass:
    config.understood(line)
    action = ""
    for child in line.children:
        if child.word(0) in ("inspect", "pass", "drop"):
            action = child.word(0)
            config.understood(child)
        elif child.word(0) in ("police", "service-policy", "urlfilter", "content-scan"):
            account(config.ledger, child, DEEPER)
        else:
            config.unread(child, Concern.FILTER)
    return PolicyClass(line.words[-1], line, action)


def read_zone(config: Config, zones: Zones, line: Line) -> None:
    """``zone security NAME`` and ``zone-pair security NAME source A destination B``."""
    config.understood(line)
    words = line.words
    policy: Applied | None = None
    for child in line.children:
        if child.starts("service-policy", "type", "inspect") and len(child.words) == 4:
            policy = Applied(child.word(3), child)
            config.understood(child)
        elif child.word(0) in ("description", "protection"):
            config.ledger.ignored(DEEPER, child.number)
        else:
            config.unread(child, Concern.FILTER)
    if line.word(1) != "security":
        config.unread(line, Concern.FILTER)
    elif words[0] == "zone":
        zones.names.add(line.word(2))
    elif "source" in words and "destination" in words:
        source, destination = (words[words.index(w) + 1 : words.index(w) + 2] for w in ("source", "destination"))
        if source and destination:
            zones.pairs.append(Pair(line.word(2), source[0], destination[0], line, policy))
            return
        config.unread(line, Concern.FILTER)
    else:
        config.unread(line, Concern.FILTER)


def read_port_map(config: Config, zones: Zones, line: Line) -> None:
    """``ip port-map http port tcp 8080``: an application at another port as well."""
    words = line.words[2:]
    try:
        cursor = values.Cursor(words)
        name = cursor.take()
        if not cursor.skip("port"):
            raise values.UnreadableError("no port")
        protocols = [6, 17] if cursor.peek() not in ("tcp", "udp") else [values.protocol(cursor.take())]
        listed = [_numbers(cursor)]
        while not cursor.done and cursor.peek() not in ("list", "description"):
            listed.append(_numbers(cursor))
        match = both(In(Field.PROTO, Intervals.of(*protocols)), In(Field.DPORT, _union(listed)))
        if cursor.peek() == "list":
            match = both(
                match, undecided(Reason("the host is in the list {words}", words=line.words[-1]), config.span(line))
            )
    except values.UnreadableError:
        config.unread(line, Concern.FILTER)
        return
    zones.port_map.setdefault(name, []).append(match)
    config.understood(line)


def _numbers(cursor: values.Cursor) -> Intervals:
    if cursor.skip("from"):
        low = values.port(cursor.take(), None)
        if not cursor.skip("to"):
            raise values.UnreadableError("no end of the range")
        return Intervals.span(low, values.port(cursor.take(), None))
    return Intervals.of(values.port(cursor.take(), None))


def _union(parts: Iterable[Intervals]) -> Intervals:
    return Intervals.from_spans(span for part in parts for span in part.spans)
