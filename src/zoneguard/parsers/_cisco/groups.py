"""Object groups: named addresses, services and ports, resolved where a line uses them.

A group that is not defined, that contains itself, or that is empty may hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, In, Match, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.values import Cursor, UnreadableError, undecided

MAX_NESTING = 16


@quick
@dataclass(frozen=True, slots=True)
class Service:
    """Protocol, ports and messages of a group's member. ``kind``: values of ``Field.ICMP``."""

    proto: int | None = None
    source: Intervals | None = None
    destination: Intervals | None = None
    kind: Intervals | None = None

    def match(self, permit: bool, later: Match) -> Match:
        """What it asks of a packet; ``later`` stands beside ports where a permit also takes later fragments."""
        first = [] if self.proto is None else [In(Field.PROTO, Intervals.of(self.proto))]
        asked = ((Field.SPORT, self.source), (Field.DPORT, self.destination), (Field.ICMP, self.kind))
        deep = [In(name, known) for name, known in asked if known is not None]
        if not deep:
            return both(*first)
        return both(*first, either(both(*deep), later)) if permit else both(*first, *deep)


@dataclass(slots=True)
class Group:
    """A group as written: ``members`` are conditions on an address, services or ports; ``nested`` are names."""

    span: SourceSpan
    networks: list[tuple[int, int] | Intervals] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    unread: list[SourceSpan] = field(default_factory=list)


@dataclass(slots=True)
class Groups:
    """All groups of a configuration by name; kinds share no names on the systems that have several."""

    known: dict[str, Group] = field(default_factory=dict)
    missing: dict[str, SourceSpan] = field(default_factory=dict)
    """Names that a line asked for and that cannot be resolved, with the line."""
    _networks: dict[tuple[str, Field], Match] = field(default_factory=dict)
    _services: dict[tuple[str, bool], Match] = field(default_factory=dict)

    def group(self, name: str, span: SourceSpan) -> Group:
        """The group of that name, made if it is new."""
        return self.known.setdefault(name, Group(span))

    def network(self, name: str, field_: Field, span: SourceSpan) -> Match:
        """The condition that the address ``field_`` is in the group."""
        key = (name, field_)
        if key not in self._networks:
            parts: list[Match] = []
            plain: list[tuple[int, int]] = []
            complete = True
            for group in self._resolve(name):
                if group is None:
                    complete = False
                    continue
                complete = complete and not group.unread
                for member in group.networks:
                    if isinstance(member, Intervals):
                        plain += member.spans
                    else:
                        parts.append(Bits(field_, *member))
            if plain:
                parts.insert(0, In(field_, Intervals.from_spans(plain)))
            if not complete or not parts:
                parts.append(
                    self._doubt(
                        name, Reason("{value} is in the object group {name}", value=field_.value, name=name), span
                    )
                )
            self._networks[key] = either(*parts)
        return self._networks[key]

    def service(self, name: str, permit: bool, later: Match, span: SourceSpan) -> Match:
        """The condition that protocol and ports are in the group."""
        key = (name, permit)
        if key not in self._services:
            parts: list[Match] = []
            complete = True
            for group in self._resolve(name):
                if group is None:
                    complete = False
                    continue
                complete = complete and not group.unread
                parts += [service.match(permit, later) for service in group.services]
            if not complete or not parts:
                parts.append(self._doubt(name, Reason("the service is in the object group {name}", name=name), span))
            self._services[key] = either(*parts)
        return self._services[key]

    def ports(self, name: str, span: SourceSpan) -> Intervals | None:
        """The ports of a group of ports; ``None`` where they cannot be known."""
        spans: list[tuple[int, int]] = []
        for group in self._resolve(name):
            if group is None or group.unread:
                self.missing.setdefault(name, span)
                return None
            for service in group.services:
                if service.proto is not None or service.destination is None:
                    self.missing.setdefault(name, span)
                    return None
                spans += service.destination.spans
        return Intervals.from_spans(spans) if spans else None

    def _doubt(self, name: str, what: str, span: SourceSpan) -> Match:
        self.missing.setdefault(name, span)
        return undecided(what, span)

    def _resolve(self, name: str) -> list[Group | None]:
        """The group and all in it, each once; ``None`` for what is not defined or contains itself."""
        found: list[Group | None] = []
        seen: set[str] = set()
        above: list[tuple[str, tuple[str, ...]]] = [(name, ())]
        while above:
            current, path = above.pop()
            group = self.known.get(current)
            if group is None or current in path or len(path) > MAX_NESTING:
                found.append(None)
                continue
            if current in seen:
                continue
            seen.add(current)
            found.append(group)
            above += [(inner, (*path, current)) for inner in group.nested]
        return found


def network_member(words: tuple[str, ...], group: Group, wildcards: bool) -> None:
    """One member of a group of addresses: ``host A``, ``A MASK``, ``A/len``, ``range A B``, ``any``.

    ``wildcards``: a dotted mask marks the bits that do not matter (NX-OS), otherwise those that do (IOS, ASA).
    Raises ``UnreadableError``.
    """
    cursor = Cursor(words)
    word = cursor.take()
    if word in ("group-object", "object-group"):
        group.nested.append(cursor.take())
        return
    if word == "any":
        group.networks += [(0, 0)]
    elif word == "host":
        only = values.address(cursor.take())
        group.networks.append(Intervals.of(only))
    elif word == "range":
        low, high = values.address(cursor.take()), values.address(cursor.take())
        if low > high:
            raise UnreadableError("a range from high to low")
        group.networks.append(Intervals.span(low, high))
    elif "/" in word:
        group.networks.append(values.prefix_addresses(word))
    elif cursor.done:
        group.networks.append(Intervals.of(values.address(word)))
    else:
        value, mask = values.ipv4(word), values.ipv4(cursor.take())
        mask = ~mask & values.FULL if wildcards else mask
        group.networks.append((value & mask, mask))
    if not cursor.done:
        raise UnreadableError("words behind the end of a member")


def service_member(words: tuple[str, ...], group: Group) -> None:
    """One member of a group of services: ``tcp [source PORTS] [PORTS]``, ``tcp-udp``, ``icmp TYPE``, a protocol.

    Raises ``UnreadableError``.
    """
    cursor = Cursor(words)
    word = cursor.take()
    if word == "group-object":
        group.nested.append(cursor.take())
    elif word in ("tcp", "udp", "tcp-udp", "sctp", "6", "17"):
        numbers = (6, 17) if word == "tcp-udp" else (values.protocol(word),)
        known = None if len(numbers) > 1 else numbers[0]
        source = _ports(cursor, known) if cursor.skip("source") else None
        cursor.skip("destination")
        destination = _ports(cursor, known) if not cursor.done else None
        group.services += [Service(n, source, destination) for n in numbers]
    elif word in ("icmp", "icmp6"):
        group.services.append(Service(values.protocol(word), kind=values.icmp(cursor, word == "icmp6")))
    elif word in ("ip", "ipv6"):
        group.services.append(Service())
    else:
        group.services.append(Service(values.protocol(word)))
    if not cursor.done:
        raise UnreadableError("words behind the end of a member")


def _ports(cursor: Cursor, proto: int | None) -> Intervals:
    """Ports with an operator or, as a single one, without."""
    found = values.ports(cursor, proto)
    return Intervals.of(values.port(cursor.take(), proto)) if found is None else found


def port_member(words: tuple[str, ...], group: Group) -> None:
    """One member of a group of ports: ``eq 80``, ``range 1 9``. Raises ``UnreadableError``."""
    cursor = Cursor(words)
    found = values.ports(cursor, None)
    if found is None or not cursor.done:
        raise UnreadableError("not a member of a group of ports")
    group.services.append(Service(destination=found))
