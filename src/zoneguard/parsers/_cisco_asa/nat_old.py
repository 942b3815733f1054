"""``nat``, ``global`` and ``static`` before 8.3, in the order in which they are asked.

Exemption (``nat 0 access-list``); static NAT and PAT, with or without access list, as written; dynamic NAT with access
list, as written; dynamic NAT without, the best match first (configuration guide 8.2, "Order of NAT Rules Used to Match
Real Addresses").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Match
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.acl import Entry
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.nat_entry import ANY, PortMap, Side, Translation
from zoneguard.parsers._cisco_asa.nat_lines import interfaces, of_interface
from zoneguard.parsers._cisco_asa.values import UnreadableError, Words, mask_length, network, number, port, protocol, v4

_LIMITS = frozenset({"dns", "norandomseq", "outside"})


@dataclass(slots=True)
class _Rules:
    """Translations by the place they have in the order; ``pools`` by number: interface, addresses, whether PAT."""

    exempt: list[Translation] = field(default_factory=list)
    static: list[Translation] = field(default_factory=list)
    policy: list[Translation] = field(default_factory=list)
    dynamic: list[Translation] = field(default_factory=list)
    pools: dict[int, list[tuple[str, Side, bool]]] = field(default_factory=dict)


def translations(config: Config) -> list[Translation]:
    """Every translation in force, in order; what cannot be read is accounted for."""
    rules = _Rules()
    readers = {"global": _global, "static": _static, "nat": _nat}
    for kind, read in readers.items():
        for command in config.nats:
            if command.words[0] != kind:
                continue
            config.ledger.understood(command.line, command.last)
            try:
                read(command, config, rules)
            except (ValueError, IndexError) as error:
                reason = str(error) if isinstance(error, UnreadableError) else "malformed"
                config.not_understood(command.line, reason, Concern.NAT)
    rules.dynamic.sort(key=lambda rule: rule.source.size)
    return [*rules.exempt, *rules.static, *rules.policy, *rules.dynamic]


def _one(word: str, config: Config) -> str:
    name = word.strip("()")
    if name not in config.named:
        raise UnreadableError(Reason("an interface that is not defined: {name}", name=name[:40]))
    return name


def _global(command: Command, config: Config, rules: _Rules) -> None:
    """``global (IF) N A-B|A|interface [netmask M]``."""
    words = Words(command.words, 1)
    name = _one(words.take(), config)
    pools = rules.pools.setdefault(number(words.take(), 2_147_483_647), [])
    word = words.take()
    if word == "interface":
        pools.append((name, of_interface(name, config), True))
        return
    low, _, high = word.partition("-")
    first, last = v4(config.book.address(low)), v4(config.book.address(high or low))
    pools.append((name, Side(((min(first, last), max(first, last)),)), not high))


def _static(command: Command, config: Config, rules: _Rules) -> None:
    """``static (REAL,MAPPED) [tcp|udp] MAPPED [PORT] REAL [PORT] [netmask M]`` or ``… MAPPED access-list A``."""
    words = Words(command.words, 1)
    real, mapped = interfaces(words.take(), config)
    name = f"static line {command.line}"
    limit = protocol(words.take()) if words.peek() in ("tcp", "udp") else None
    outside = words.take()
    outer = port(words.take()) if limit is not None else 0
    if words.skip("access-list"):
        entry = _only(config, words.take())
        source = Side(entry.source.values.spans)
        far = Side(None if entry.destination.every else entry.destination.values.spans)
        rules.static.append(
            Translation(name, config.span(command), real, mapped, True, source, _to(outside, mapped, config, source),
                        (far, far), _port_of(entry, limit, outer), whole=False)
        )  # fmt: skip
        return
    inside = v4(config.book.address(words.take()))
    moved = None
    if limit is not None:
        moved = PortMap(limit, Intervals.of(port(words.take())), Intervals.of(outer))
    length = mask_length(words.take()) if words.skip("netmask") else 32
    source = Side(prefix_span(inside >> (32 - length) << (32 - length), length).spans)
    to = _to(outside, mapped, config, source)
    rules.static.append(
        Translation(name, config.span(command), real, mapped, True, source, to, source_port=moved, whole=False)
    )


def _port_of(entry: Entry, limit: Intervals | None, outer: int) -> PortMap | None:
    if limit is None:
        return None
    sport = entry.services[0].sport
    if sport is None or sport.size != 1:
        raise UnreadableError("a static translation of a port that its access list does not name")
    return PortMap(limit, sport, Intervals.of(outer))


def _to(outside: str, mapped: str, config: Config, source: Side) -> Side:
    if outside == "interface":
        return of_interface(mapped, config)
    first = v4(config.book.address(outside))
    return Side(((first, first + source.size - 1),))


def _only(config: Config, acl: str) -> Entry:
    """The one entry of a list that a static translation goes by."""
    found = config.acls.get(acl)
    entries = found.entries if found is not None else []
    if len(entries) != 1 or not isinstance(entries[0], Entry) or not entries[0].permits:
        raise UnreadableError("a translation by an access list of other than one entry")
    entry = entries[0]
    plain = len(entry.services) == 1 and not any(entry.doubts()) and entry.services[0].dport is None
    if not plain or entry.source.bits or entry.destination.bits or len(entry.source.values.spans) != 1:
        raise UnreadableError("a translation by an access list whose source is not one network")
    return entry


def _nat(command: Command, config: Config, rules: _Rules) -> None:
    """``nat (IF) N NET MASK …``, ``nat (IF) N access-list A``; 0 exempts or leaves addresses as they are."""
    words = Words(command.words, 1)
    real = _one(words.take(), config)
    group = number(words.take(), 2_147_483_647)
    span = config.span(command)
    if words.skip("access-list"):
        acl = words.take()
        _no_more(words)
        for condition, answer in _conditions(config, acl):
            if not group:
                rules.exempt.append(
                    Translation(f"nat 0 access-list {acl}", span, real, "", True, ANY, ANY, whole=False, exempt=True,
                                condition=condition, answer=answer)
                )  # fmt: skip
            for name, pool, pat in rules.pools.get(group, ()) if group else ():
                rules.policy.append(
                    Translation(f"nat {group} access-list {acl}", span, real, name, False, ANY, pool, whole=False,
                                pat=pat, condition=condition, answer=answer)
                )  # fmt: skip
        return
    first = config.book.address(words.take())
    mask = words.take() if words.peek() else "0"
    prefix = (0, 0) if "0" in (first, mask) else network(first, mask)
    _no_more(words)
    source = Side(prefix_span(*prefix).spans)
    if not group:
        rules.dynamic.append(
            Translation("nat 0", span, real, "", True, source, source, whole=False, exempt=True, one_way=True)
        )
    for name, pool, pat in rules.pools.get(group, ()) if group else ():
        rules.dynamic.append(Translation(f"nat {group}", span, real, name, False, source, pool, whole=False, pat=pat))


def _conditions(config: Config, acl: str) -> Iterator[tuple[Match, Match]]:
    """For each entry that permits, its condition and that of packets the other way."""
    found = config.acls.get(acl)
    if found is None:
        raise UnreadableError(Reason("an access list that is not defined: {name}", name=acl[:40]))
    for entry in found.entries:
        if not isinstance(entry, Entry) or not entry.permits:
            raise UnreadableError("a translation by an access list that denies, or that cannot be read")
        if entry.active:
            yield entry.match(config.device), entry.match(config.device, mirrored=True)


def _no_more(words: Words) -> None:
    for word in words.rest():
        if word not in _LIMITS and not word.isdigit() and word not in ("tcp", "udp"):
            raise UnreadableError(Reason("a word that is not known: {word}", word=word[:40]))
