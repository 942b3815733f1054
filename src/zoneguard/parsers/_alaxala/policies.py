"""Policy-based routing: entries of an access list for what comes into a VLAN may say where a permitted packet goes.

It is a part of the filter: only what the filter permits, and only what is routed, goes by it (configuration guides,
"ポリシーベースルーティングの制御"). A way written in the entry discards packets while it is down. A ``policy-list``
holds ways in order; while none is up, its default decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from zoneguard.model.device import Concern, PolicyRoute
from zoneguard.model.match import Ingress, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._alaxala.config import Config, PolicyList, Way
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.lists import Entry
from zoneguard.parsers._indented.words import UnreadableError, Words, address, is_number, number

STEP = 10


def read_policy_list(line: Line, config: Config) -> None:
    """``policy-list N`` with ``[SEQUENCE] policy-interface vlan N next-hop A [track-object N]`` and ``default``."""
    if len(line.words) < 2:
        raise UnreadableError("a policy list without number")
    known = config.policies.setdefault(line.words[1], PolicyList(line.span))
    for child in line.children:
        if not config.read(child, Concern.ROUTING, partial(_way, known), bounded=False):
            known.doubt = "a line that cannot be read"


def _way(known: PolicyList, line: Line) -> None:
    words = Words(line.words)
    sequence = (max((w.sequence for w in known.ways), default=0) // STEP + 1) * STEP
    if is_number(words.peek()):
        sequence = int(words.take())
    what = words.take().lower()
    if what == "default":
        action = words.take().lower()
        if action not in ("permit", "deny"):
            raise UnreadableError(Reason("neither permit nor deny: {action}", action=action[:40]))
        known.otherwise = action == "permit"
    elif what in ("policy-interface", "policy-next-hop"):
        interface, hop = _target(words)
        known.ways.append(Way(sequence, interface, hop, "track-object" in words.rest))
    elif what not in ("recover", "description", "aging-time"):
        raise UnreadableError(Reason("this line of a policy list is not known: {what}", what=what[:40]))


def _target(words: Words) -> tuple[str, int]:
    """``vlan N next-hop A``."""
    if not words.took("vlan"):
        raise UnreadableError("a way of policy routing without VLAN")
    vlan = number(words.take(), 1, 4095)
    if not words.took("next-hop"):
        raise UnreadableError("a way of policy routing without next hop")
    text = words.take()
    return f"vlan{vlan}", address(text, v6=":" in text)


def policy_routes(config: Config, interface: str, entries: list[Entry]) -> Iterator[PolicyRoute]:
    """What the entries of a list for what comes into ``interface`` do to routing; nothing where none names a way."""
    if not any(entry.way for entry in entries):
        return
    for entry in entries:
        if entry.permits is False:
            continue
        match = both(Ingress(frozenset({interface})), entry.match)
        if entry.permits is None:
            match = both(
                match, Unknown(Reason("the entry ({span}) permits the packet", span=str(entry.span)), entry.span)
            )
        if not entry.way:
            yield PolicyRoute(match, entry.span)
            continue
        ways, certain = _ways(config, entry)
        if not certain:
            match = both(
                match, Unknown(Reason("a way of the policy route ({span}) is up", span=str(entry.span)), entry.span)
            )
        if ways:
            yield PolicyRoute(match, entry.span, tuple((way.hop, way.interface) for way in ways))


def _ways(config: Config, entry: Entry) -> tuple[list[Way], bool]:
    """The ways that a packet may take, and whether it takes one of them for certain (or is dropped)."""
    line = entry.span.first
    try:
        words = Words(entry.way)
        first = words.take()
        if first in ("policy-list", "policy") and is_number(words.rest[-1]) and "next-hop" not in words.rest:
            return _of_list(config, words.rest[-1], line)
        if first not in ("policy", "policy-interface", "policy-vlan", "policy-next-hop"):
            raise UnreadableError(Reason("not an action that is known: {first}", first=first[:40]))
        if words.peek() != "vlan" and is_number(words.peek()):
            words = Words(("vlan", *words.rest))
        interface, hop = _target(words)
        return [Way(0, interface, hop)], True
    except (UnreadableError, IndexError):
        config.not_understood(line, "where this entry sends its packets cannot be read", Concern.ROUTING)
        return [], False


def _of_list(config: Config, name: str, line: int) -> tuple[list[Way], bool]:
    known = config.policies.get(name)
    if known is None:
        config.not_understood(
            line, Reason('the policy list "{name}" is not defined in this file', name=name), Concern.ROUTING
        )
        return [], False
    ways: list[Way] = []
    for way in sorted(known.ways, key=lambda each: each.sequence):
        ways.append(way)
        if not way.tracked:
            return ways, True
    return ways, known.otherwise is False
