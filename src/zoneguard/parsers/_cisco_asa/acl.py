"""``access-list``: entries as conditions on a packet (ASA command reference, "access-list extended"; FTD's "advanced").

The first entry that matches decides; at the end everything is denied. ``any`` is both versions of IP from 9.0 on, IPv4
before. What an entry asks that the configuration cannot tell (users, security groups, times, names) is an ``Unknown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from zoneguard.model.addresses import parse_address, prefix_span
from zoneguard.model.device import Action, Deny, Permit, Rule
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Egress, Field, In, Ingress, Match, Unknown, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.objects import Book
from zoneguard.parsers._cisco_asa.values import (
    ANY,
    ANY4,
    ANY6,
    PORTED,
    Addresses,
    Service,
    UnreadableError,
    Words,
    icmp_types,
    is_icmp,
    masked,
    number,
    ports,
    prefix6,
    protocol,
)

_PLAIN, _TRANSLATED = (In(Field.DNAT, Intervals.of(n)) for n in (0, 1))
ACTIONS: dict[str, Action] = {"permit": Permit(), "trust": Permit(), "deny": Deny()}


@dataclass(frozen=True, slots=True)
class Scope:
    """What entries are read against. ``any_address``: what ``any`` stands for; ``own``: addresses of interfaces by
    name; ``inspected``: rule numbers of an FTD that its inspection engine decides together with the list."""

    device: str
    book: Book
    any_address: Addresses
    own: Mapping[str, Intervals]
    interfaces: frozenset[str]
    inspected: frozenset[str] = frozenset()


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an access list. ``open_``: what more it asks that is not in the configuration."""

    span: SourceSpan
    permits: bool
    services: tuple[Service, ...]
    source: Addresses
    destination: Addresses
    open_: tuple[str, ...] = ()
    active: bool = True
    ingress: str = ""
    egress: str = ""

    def doubts(self) -> Iterator[str]:
        """Everything about it that is open."""
        yield from self.open_
        yield from (doubt for side in (self.source, self.destination) for doubt in side.doubts)
        yield from (s.doubt for s in self.services if s.doubt)

    def match(self, device: str, mirrored: bool = False, original: bool = False) -> Match:
        """Its condition; ``mirrored``: with source and destination exchanged. ``original``: asked of the destination
        that the packet had before it was translated."""
        where = _Unknowns(device, self.span)
        services = self.services
        if mirrored:
            services = tuple(replace(s, sport=s.dport, dport=s.sport) for s in services)
        source, target = (self.destination, self.source) if mirrored else (self.source, self.destination)
        parts = [
            either(*[s.match(where, Field.ORIG_DPORT if original else Field.DPORT) for s in services]),
            source.match(Field.SRC, where),
            target.match(Field.ORIG_DST if original else Field.DST, where),
        ]
        if self.ingress:
            parts.append(Ingress(frozenset({self.ingress})))
        if self.egress:
            parts.append(Egress(frozenset({self.egress})))
        return both(*parts, *[where[doubt] for doubt in self.open_])

    def as_sent(self, device: str, mirrored: bool = False) -> Match:
        """Its condition on the packet as it came in, asked after its destination was translated."""
        return either(
            both(_PLAIN, self.match(device, mirrored)), both(_TRANSLATED, self.match(device, mirrored, original=True))
        )

    def rules(self, device: str, name: str, as_sent: bool = False) -> Iterator[Rule]:
        """As rules of a filter; two where the inspection engine of an FTD may still deny what the list permits."""
        match = self.as_sent(device) if as_sent else self.match(device)
        yield Rule(match, Permit() if self.permits else Deny(), self.span, name, "", self.active)
        if any(doubt.startswith(_ENGINE) for doubt in self.open_):
            certain = replace(self, open_=tuple(d for d in self.open_ if not d.startswith(_ENGINE)))
            yield Rule(certain.match(device), Deny(), self.span, name, "", self.active)


class _Unknowns(Mapping[str, Unknown]):
    """The unknown of each doubt: one for each of its wordings and each device."""

    def __init__(self, device: str, span: SourceSpan) -> None:
        self._device, self._span = device, span

    def __getitem__(self, doubt: str) -> Unknown:
        return Unknown(Reason("{device}: {doubt}", device=self._device, doubt=doubt), self._span)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_ENGINE = "the inspection engine permits rule "
_LOG_LEVELS = frozenset({
    "alerts", "critical", "debugging", "emergencies", "errors", "informational", "notifications", "warnings", "disable",
    "default",
})  # fmt: skip


def read_entry(words: Words, scope: Scope, span: SourceSpan) -> Entry:
    """``permit|deny …`` of an extended (or FTD's advanced) list. Raises ``UnreadableError``, ``ValueError`` or
    ``IndexError`` where malformed."""
    action = words.take()
    if action not in ACTIONS:
        raise UnreadableError(Reason("not an action: {action}", action=action[:40]))
    services = _protocol(words, scope.book)
    open_ = list(_identity(words))
    ingress = _interface(words, scope)
    source = _address(words, scope)
    plain = not any(s.sport or s.dport or s.icmp or s.doubt for s in services)
    if plain:
        services = (_together(services),)  # a group of protocols may have ports behind the addresses
    protocols = services[0].protocols if plain else None
    sport = _port_group(words, scope.book, protocols) if plain else None
    open_ += _identity(words)
    egress = _interface(words, scope)
    destination = _address(words, scope)
    if plain and sport is not None:
        services = tuple(replace(services[0], sport=s.dport, doubt=s.doubt) for s in sport)
    services = _target(words, scope.book, services, protocols) if plain else services
    active = True
    while words.peek():
        word = words.take()
        if word == "inactive":
            active = False
        elif word == "time-range":
            open_.append(Reason("it is a time of time-range {name}", name=words.take()))
        elif word == "log":
            _log(words)
        elif word == "rule-id":
            rule = words.take()
            if action == "permit" and rule in scope.inspected:
                open_.append(f"{_ENGINE}{rule}")
        elif word == "event-log":
            words.take()
        elif word.startswith(("(hitcnt=", "0x")):
            continue  # as "show access-list" prints it
        else:
            raise UnreadableError(Reason("a word that is not known: {word}", word=word[:40]))
    return Entry(span, action != "deny", services, source, destination, tuple(open_), active, ingress, egress)


def read_standard(words: Words, scope: Scope, span: SourceSpan) -> Entry:
    """``permit|deny any4|host A|A M`` of a standard list: about destinations, for routes and tunnels."""
    action = words.take()
    if action not in ("permit", "deny"):
        raise UnreadableError(Reason("not an action: {action}", action=action[:40]))
    return Entry(span, action == "permit", (Service(),), ANY, _address(words, scope))


def _protocol(words: Words, book: Book) -> tuple[Service, ...]:
    word = words.take()
    if word == "object":
        return book.object_services(words.take())
    if word == "object-group":
        return book.group_services(words.take())
    return (Service(protocol(word)),)


def _together(services: tuple[Service, ...]) -> Service:
    """Services without ports as one."""
    if any(s.protocols is None for s in services):
        return Service()
    return Service(Intervals.from_spans(span for s in services if s.protocols for span in s.protocols.spans))


def _identity(words: Words) -> Iterator[str]:
    """Users and security groups: who they are is not in the configuration."""
    while True:
        word = words.peek()
        if word in ("user", "user-group", "object-group-user", "object-group-security"):
            words.take()
            who = words.take()
            if (word, who) != ("user", "any"):
                yield f"the user is one of {word} {who}"
        elif word == "security-group":
            words.take()
            yield f"a host is in security-group {words.take()} {words.take()}"
        else:
            return


def _interface(words: Words, scope: Scope) -> str:
    """``ifc NAME``, if that comes next."""
    if not words.skip("ifc"):
        return ""
    name = words.take()
    if name not in scope.interfaces:
        raise UnreadableError(Reason("an interface that is not defined: {name}", name=name[:40]))
    return name


def _address(words: Words, scope: Scope) -> Addresses:
    word = words.take()
    if word == "any":
        return scope.any_address
    if word in ("any4", "any6"):
        return ANY4 if word == "any4" else ANY6
    if word == "host":
        return Addresses(Intervals.of(parse_address(scope.book.address(words.take()))))
    if word == "object":
        return scope.book.object_addresses(words.take())
    if word == "object-group":
        return scope.book.group_addresses(words.take())
    if word == "interface":
        name = words.take()
        own = scope.own.get(name)
        return Addresses(own) if own else Addresses(doubts=(Reason("an address of interface {name}", name=name),))
    if word == "object-group-network-service":
        return Addresses(doubts=(f"{word} {words.take()}",))
    address = scope.book.address(word)
    if "/" in address:
        return Addresses(prefix_span(*prefix6(address)))
    if ":" in address:
        raise UnreadableError("an IPv6 address without length")
    return masked(address, words.take())


def _port_group(words: Words, book: Book, protocols: Intervals | None) -> tuple[Service, ...] | None:
    """Ports, or a group of them, behind an address. A group of networks there is the next address instead."""
    limits = ports(words)
    if limits is not None:
        _needs_ports(protocols)
        return (Service(protocols, None, limits),)
    if words.peek() == "object-group" and book.kind_of(words.peek(1)) == "service":
        words.take()
        return tuple(_of(protocols, s) for s in book.group_services(words.take()))
    return None


def _of(protocols: Intervals | None, found: Service) -> Service:
    """A group's ports as asked of the entry's protocol."""
    if protocols is None:
        return found
    both_ = protocols if found.protocols is None else protocols & found.protocols
    return replace(found, protocols=both_)


def _needs_ports(protocols: Intervals | None) -> None:
    if protocols is None or not protocols <= PORTED:
        raise UnreadableError("ports of a protocol that has none")


def _target(
    words: Words, book: Book, services: tuple[Service, ...], protocols: Intervals | None
) -> tuple[Service, ...]:
    """What stands behind the destination: ports, a group of ports or of ICMP types, an ICMP type."""
    if is_icmp(protocols):
        found = _icmp_group(words, book)
        if found is None:
            types = icmp_types(words, protocols == Intervals.of(58))
            return services if types is None else (Service(protocols, None, None, types),)
        return tuple(Service(protocols, None, None, s.icmp, s.doubt) for s in found)
    found = _port_group(words, book, protocols)
    if found is None:
        return services
    return tuple(
        replace(s, dport=f.dport, doubt=f.doubt or s.doubt, protocols=f.protocols) for s in services for f in found
    )


def _icmp_group(words: Words, book: Book) -> tuple[Service, ...] | None:
    if words.peek() != "object-group":
        return None
    words.take()
    return book.group_services(words.take())


def _log(words: Words) -> None:
    if words.peek() in _LOG_LEVELS or words.peek().isdigit():
        words.take()
    if words.skip("interval"):
        number(words.take(), 600)
