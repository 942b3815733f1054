"""``name``, ``object``, ``object-group``: what they stand for.

Groups hold objects and groups; one that holds itself, or something that is not defined, is open there. A network
object or group also has an order of addresses, which static NAT goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import parse_address, prefix_span
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.names import ICMP6, ICMP_TYPES, TCP, UDP
from zoneguard.parsers._cisco_asa.values import (
    Addresses,
    Service,
    UnreadableError,
    Words,
    icmp_types,
    is_icmp,
    network,
    ports,
    prefix6,
    protocol,
    union,
)
from zoneguard.parsers.accounting import Ledger

DESCRIPTION = "name, description or remark"
_MOST_MEMBERS = 200_000  # of all groups together, so that groups in groups cannot grow without bound
_DEPTH = 64

Span = tuple[int, int]


@dataclass(slots=True)
class _Definition:
    """A definition in the order of its members; ``kind`` is the word behind ``object`` or ``object-group``."""

    kind: str
    typed: str = ""  # tcp, udp, tcp-udp behind the name of a group of ports
    members: list[Command] = field(default_factory=list)


class Book:
    """Every definition of one configuration, resolved when asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[str, str] = {}
        self._objects: dict[str, _Definition] = {}
        self._groups: dict[str, _Definition] = {}
        self._addresses: dict[str, Addresses] = {}
        self._services: dict[str, tuple[Service, ...]] = {}
        self._orders: dict[str, tuple[Span, ...] | None] = {}
        self._spent = 0
        self._depth = 0

    def read(self, command: Command) -> list[Command]:
        """Take a ``name``, ``object`` or ``object-group``; the ``nat`` commands in it are given back.

        Raises ``UnreadableError`` or ``IndexError`` where malformed.
        """
        words = command.words
        if words[0] == "name":
            parse_address(words[1])
            self._names[words[2]] = words[1]
            return []
        known = self._objects if words[0] == "object" else self._groups
        if words[1] not in _KINDS[words[0]]:
            raise UnreadableError(Reason("not a kind of {words}: {word}", words=words[0], word=words[1][:40]))
        found = known.setdefault(words[2], _Definition(words[1], words[3] if len(words) > 3 else ""))
        nats: list[Command] = []
        for inner in command.inner:
            if inner.words[0] == "nat":
                nats.append(inner)
            elif inner.words[0] == "description":
                self._ledger.ignored(DESCRIPTION, inner.line)
            else:
                found.members.append(inner)
                self._check(found, inner)
        return nats

    def _check(self, found: _Definition, inner: Command) -> None:
        """Account for a member as far as it can be read by itself."""
        self._ledger.understood(inner.line, inner.last)
        try:
            if found.kind == "network":
                self._member(inner)
            elif found.kind in ("service", "protocol", "icmp-type"):
                list(self._service_member(found, inner))
            if inner.words[0] == "fqdn":
                self._ledger.not_understood(
                    inner.line,
                    "the addresses of a domain name are not in the configuration",
                    Concern.FILTER,
                    bounded=True,
                )
        except (ValueError, IndexError):
            self._ledger.not_understood(
                inner.line, "a member that cannot be read: what it stands for is open", Concern.FILTER, bounded=True
            )

    def address(self, text: str) -> str:
        """The address that ``text`` is, or is a ``name`` of."""
        return self._names.get(text, text)

    def gaps(self) -> Iterator[tuple[int, str]]:
        """Members that name what is not defined, or the group that they stand in, with their lines."""
        for name, found in (*self._objects.items(), *self._groups.items()):
            for inner in found.members:
                words = inner.words
                if words[0] == "group-object" and len(words) > 1:
                    if words[1] == name:
                        yield inner.line, Reason("a group that holds itself")
                    elif words[1] not in self._groups:
                        yield inner.line, Reason("a group that is not defined")
                elif words[1:2] == ("object",) and len(words) > 2 and words[2] not in self._objects:
                    yield inner.line, Reason("an object that is not defined")

    # -- networks --------------------------------------------------------------------------------------------------

    def object_addresses(self, name: str) -> Addresses:
        """Those of the network object."""
        return self._resolve(f"object {name}", self._objects.get(name), self._network)

    def group_addresses(self, name: str) -> Addresses:
        """Those of the network object group."""
        return self._resolve(f"object-group {name}", self._groups.get(name), self._network)

    def _resolve(self, key: str, found: _Definition | None, read: Callable[[_Definition, str], Addresses]) -> Addresses:
        if key not in self._addresses:
            self._addresses[key] = Addresses(doubts=(f"{key}, which holds itself or is too large",))
            known = found is not None and found.kind == "network"
            self._addresses[key] = read(found, key) if found is not None and known else Addresses(doubts=(key,))
        return self._addresses[key]

    def _network(self, found: _Definition, key: str) -> Addresses:
        self._spent += len(found.members)
        if self._spent > _MOST_MEMBERS:
            return Addresses(doubts=(key,))
        members = []
        for inner in found.members:
            try:
                members.append(self._member(inner, self._depth + 1))
            except (ValueError, IndexError):
                members.append(Addresses(doubts=(f"a member of {key}",)))
        return union(members)

    def _member(self, inner: Command, depth: int = 0) -> Addresses:
        """The addresses of one member; at ``depth`` 0 it is only checked, references stay closed."""
        words = inner.words
        if words[0] in ("network-object", "host", "subnet", "range"):
            if words[:2] == ("network-object", "object"):
                return self._nested(self.object_addresses, words[2], depth)
            return Addresses(Intervals.span(*self._span(words)))
        if words[0] == "group-object":
            return self._nested(self.group_addresses, words[1], depth)
        if words[0] == "fqdn":
            return Addresses(doubts=(words[-1],))
        raise UnreadableError(Reason("not a member of a network: {words}", words=words[0][:40]))

    def _nested(self, ask: Callable[[str], Addresses], name: str, depth: int) -> Addresses:
        if not depth:
            return Addresses()
        if self._depth >= _DEPTH:
            return Addresses(doubts=(f"{name}, nested too deep",))
        self._depth += 1
        try:
            return ask(name)
        finally:
            self._depth -= 1

    def _span(self, words: tuple[str, ...]) -> Span:
        """``host A``, ``subnet A M``, ``range A B``, ``network-object host A``, ``network-object A M``, IPv6 forms."""
        start = 1 if words[0] == "network-object" else 0
        if words[start : start + 1] == ("host",):
            value = parse_address(self.address(words[start + 1]))
            return value, value
        at = Words(words, start)
        if at.skip("range"):
            low, high = parse_address(self.address(at.take())), parse_address(self.address(at.take()))
            if low > high or low >> 128 != high >> 128:
                raise UnreadableError("a range that ends before it begins")
            return low, high
        at.skip("subnet")
        first = self.address(at.take())
        if "/" in first:
            return prefix_span(*prefix6(first)).spans[0]
        if not at.peek() and "/" not in first:
            raise UnreadableError("a network without mask")
        return prefix_span(*network(first, at.take())).spans[0]

    def order(self, name: str) -> tuple[Span, ...] | None:
        """The stretches of a network object, or of a group, in order; ``None`` where not all are known."""
        if name not in self._orders:
            self._orders[name] = None
            found = self._objects.get(name) or self._groups.get(name)
            if found is not None and found.kind == "network" and self._spent < _MOST_MEMBERS:
                self._spent += len(found.members)
                self._orders[name] = self._ordered(found)
        return self._orders[name]

    def _ordered(self, found: _Definition) -> tuple[Span, ...] | None:
        spans: list[Span] = []
        for inner in found.members:
            words = inner.words
            nested = words[1] if words[0] == "group-object" else words[2] if words[1:2] == ("object",) else ""
            try:
                if not nested:
                    spans.append(self._span(words))
                    continue
            except (ValueError, IndexError):
                return None
            if self._depth >= _DEPTH or len(spans) > _MOST_MEMBERS:
                return None
            self._depth += 1
            within = self.order(nested)
            self._depth -= 1
            if within is None:
                return None
            spans.extend(within)
        return tuple(spans) or None

    def is_single(self, name: str) -> bool:
        """Whether the network is known and each of its members is a single host."""
        spans = self.order(name)
        return spans is not None and all(low == high for low, high in spans)

    # -- services --------------------------------------------------------------------------------------------------

    def kind_of(self, name: str) -> str:
        """``network``, ``service``, ``protocol``, … of the group; empty where it is not defined."""
        return self._groups[name].kind if name in self._groups else ""

    def object_services(self, name: str) -> tuple[Service, ...]:
        """Those of the service object."""
        return self._services_of(f"object {name}", self._objects.get(name))

    def group_services(self, name: str) -> tuple[Service, ...]:
        """Those of the group of services, protocols or ICMP types."""
        return self._services_of(f"object-group {name}", self._groups.get(name))

    def _services_of(self, key: str, found: _Definition | None) -> tuple[Service, ...]:
        if key not in self._services:
            self._services[key] = (Service(doubt=f"{key}, which holds itself or is too large"),)
            if found is None or found.kind not in ("service", "protocol", "icmp-type"):
                self._services[key] = (Service(doubt=key),)
                return self._services[key]
            members: list[Service] = []
            self._spent += len(found.members)
            for inner in found.members if self._spent < _MOST_MEMBERS else ():
                try:
                    members.extend(self._service_member(found, inner, self._depth + 1))
                except (ValueError, IndexError):
                    members.append(Service(doubt=f"a member of {key}"))
            once = members if len(members) == 1 else dict.fromkeys(members)
            self._services[key] = tuple(once) if self._spent < _MOST_MEMBERS else (Service(doubt=key),)
        return self._services[key]

    def _service_member(self, found: _Definition, inner: Command, depth: int = 0) -> Iterator[Service]:
        words = Words(inner.words)
        kind = words.take()
        if kind == "group-object" or words.peek() == "object":
            words.skip("object")
            if depth and self._depth < _DEPTH:
                self._depth += 1
                ask = self.group_services if kind == "group-object" else self.object_services
                yield from ask(words.take())
                self._depth -= 1
            elif depth:
                yield Service(doubt=f"{words.take()}, nested too deep")
        elif kind in ("service", "service-object"):
            yield from service(words)
        elif kind == "port-object":
            limits = ports(words)
            if limits is None:
                raise UnreadableError("a port that cannot be read")
            yield Service(typed_protocols(found.typed), None, limits)
        elif kind == "protocol-object":
            yield Service(protocol(words.take()))
        elif kind == "icmp-object":
            v6 = words.peek() not in ICMP_TYPES and not words.peek().isdigit()
            types = icmp_types(words, v6)
            if types is None:
                raise UnreadableError("an ICMP type that cannot be read")
            yield Service(Intervals.of(ICMP6) if v6 else None, None, None, types)
        else:
            raise UnreadableError(Reason("not a member of a service: {kind}", kind=kind[:40]))


_KINDS = {
    "object": ("network", "service"),
    "object-group": ("network", "service", "protocol", "icmp-type", "user", "security"),
}


def typed_protocols(word: str) -> Intervals | None:
    """What ``tcp``, ``udp``, ``tcp-udp`` or ``sctp`` behind the name of a group of ports stands for."""
    if word == "tcp-udp":
        return Intervals.of(TCP, UDP)
    return protocol(word) if word else None


def service(words: Words) -> Iterator[Service]:
    """``PROTO [source OP P] [destination OP P]``, ``icmp [TYPE [CODE]]``, ``tcp-udp …``."""
    name = words.take()
    protocols = typed_protocols(name)
    if is_icmp(protocols):
        types = icmp_types(words, name == "icmp6")
        _end(words)
        yield Service(protocols, None, None, types)
        return
    source = ports(words) if words.skip("source") else None
    words.skip("destination")
    target = ports(words)
    _end(words)
    yield Service(protocols, source, target)


def _end(words: Words) -> None:
    if words.rest():
        raise UnreadableError(Reason("words that are not known: {words}", words=" ".join(words.rest())[:40]))
