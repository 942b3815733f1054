"""Entities (who) and applications (what), of which rules of the firewall, NAT and policy routing are made.

An entity is a matter of addresses: a zone is its networks, a network its subnets, a host its addresses. A subnet may
name the interface behind which it lies; it holds then for packets that come in, or leave, by this interface ("UTM /
エンティティー定義" and "UTM / アプリケーション定義" of the command references).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from zoneguard.model.addresses import ALL_V4, prefix_span
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    NEVER,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Unknown,
    both,
    either,
)
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.config import Config, Entity, Member
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.words import ALL_PORTS, UnreadableError, address, number, prefix

_UNKNOWN = "this line of an entity is not known"
_NO_PROTOCOL = "an application without protocol: a rule that names it has no effect"
_INNER = {"zone": "network", "network": "host", "host": ""}

# Applications that every AR router has (the references name HTTP, FTP, SMTP, POP3, IMAP and list the rest by ``show
# application``), with the registered port of the service of that name.
PREDEFINED: dict[str, tuple[tuple[int, int], ...]] = {
    "ftp": ((6, 21),), "ssh": ((6, 22),), "telnet": ((6, 23),), "smtp": ((6, 25),), "tftp": ((17, 69),),
    "http": ((6, 80),), "pop3": ((6, 110),), "ntp": ((17, 123),), "imap": ((6, 143),), "https": ((6, 443),),
    "smtps": ((6, 465),), "imaps": ((6, 993),), "pop3s": ((6, 995),), "syslog": ((17, 514),), "snmp": ((17, 161),),
}  # fmt: skip
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "ipv6-icmp": 58}


def read_zone(line: Line, config: Config) -> None:
    """``zone NAME`` with its networks and their hosts."""
    _entity(line, config, "", "zone")


def _entity(line: Line, config: Config, parent: str, kind: str) -> None:
    if len(line.words) != 2:
        raise UnreadableError(Reason("a {kind} without name", kind=kind))
    name = f"{parent}.{line.words[1]}" if parent else line.words[1]
    known = config.entities.setdefault(name, Entity(name, line.span))
    if parent:
        config.entities[parent].inside.append(name)
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words[0] == _INNER[kind]:
            inner = _INNER[kind]
            config.read(child, Concern.FILTER, partial(_entity, config=config, parent=name, kind=inner))
        elif kind == "network" and words[:2] in (("ip", "subnet"), ("ipv6", "subnet")):
            if not config.read(child, Concern.FILTER, partial(_subnet, known=known), bounded=True):
                _open(child, known)
        elif kind == "host" and words[:2] in (("ip", "address"), ("ipv6", "address")):
            if not config.read(child, Concern.FILTER, partial(_host, known=known, config=config), bounded=True):
                _open(child, known)
        elif words[0] == "description":
            config.ledger.ignored(Reason("remark"), child.number)
        else:
            config.ledger.understood(child.number)
            config.not_understood(child.number, _UNKNOWN, Concern.FILTER, bounded=True)
            _open(child, known)


def _open(line: Line, known: Entity) -> None:
    known.own.append(
        Member(
            Intervals(),
            doubt=Reason("{words} of entity {name} holds", words=" ".join(line.words)[:80], name=known.name),
        )
    )


def _subnet(line: Line, known: Entity) -> None:
    words = line.words[2:]
    if not words:
        raise UnreadableError("a subnet without address")
    addresses = prefix_span(*prefix(words[0], line.head == "ipv6"))
    if len(words) == 1:
        known.own.append(Member(addresses))
    elif len(words) == 3 and words[1].lower() == "interface":
        known.own.append(Member(addresses, words[2].lower()))
    else:
        raise UnreadableError("this form of a subnet is not known")


def _host(line: Line, known: Entity, config: Config) -> None:
    words = tuple(word.lower() for word in line.words[2:])
    if words[:2] == ("dynamic", "interface") and len(words) == 3:
        known.dynamic = words[2]
        return
    if words[:1] == ("dynamic",) or len(words) != 1:
        config.not_understood(
            line.number, "the addresses of this host are not in the configuration", Concern.FILTER, bounded=True
        )
        _open(line, known)
        return
    value = address(words[0], line.head == "ipv6")
    known.own.append(Member(Intervals.span(value, value)))


def read_application(line: Line, config: Config) -> None:
    """``application NAME``: protocol, ports, ICMP type and code. Names are the same in any case."""
    if len(line.words) != 2:
        raise UnreadableError("an application without name")
    name = line.words[1].lower()
    protocol: Match | None = None
    parts: dict[str, Match] = {}
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        config.ledger.understood(child.number)
        try:
            if words[0] == "protocol" and len(words) == 2:
                value = _PROTOCOLS[words[1]] if words[1] in _PROTOCOLS else number(words[1], 0, 255)
                protocol = In(Field.PROTO, Intervals.of(value))
            elif words[0] in ("sport", "dport"):
                field = Field.SPORT if words[0] == "sport" else Field.DPORT
                parts[words[0]] = In(field, _ports(words[1:]))
            elif words[0] in ("icmp-type", "icmp-code") and len(words) == 2:
                parts[words[0]] = _icmp(words[0], words[1])
            elif words[0] == "dscp":
                config.ledger.ignored("the firewall and NAT do not ask the DSCP", child.number)
            else:
                raise UnreadableError("this line of an application is not known")
        except UnreadableError as error:
            config.not_understood(child.number, str(error), Concern.FILTER, bounded=True)
            parts[f"line {child.number}"] = Unknown(
                Reason("{words} of application {name}", words=" ".join(words)[:60], name=name), child.span
            )
    if protocol is None:
        config.not_understood(line.number, _NO_PROTOCOL, Concern.FILTER, bounded=True)
    match = None if protocol is None else both(protocol, *(p for p in parts.values() if p is not ALWAYS))
    config.applications[name] = (line.span, match)


def _ports(words: tuple[str, ...]) -> Intervals:
    if words == ("any",):
        return ALL_PORTS
    if len(words) == 3 and words[1] == "to":
        return Intervals.span(number(words[0], 0, 65535), number(words[2], 0, 65535))
    if len(words) != 1:
        raise UnreadableError("not a port or a range of ports")
    return Intervals.of(number(words[0], 0, 65535))


def _icmp(kind: str, text: str) -> Match:
    if text == "any":
        return ALWAYS
    value = number(text, 0, 255)
    if kind == "icmp-type":
        return In(Field.ICMP, Intervals.span(value << 8, value << 8 | 255))
    return In(Field.ICMP, Intervals.from_spans((kind << 8 | value, kind << 8 | value) for kind in range(256)))


class Book:
    """Entities and applications by name, as conditions. Each thing that is not known is told once, by ``line``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._entities: dict[tuple[str, Field, bool], Match] = {}
        self._services: dict[str, Match] = {}

    def entity(self, name: str, field: Field, span: SourceSpan, by_interface: bool = True) -> Match:
        """Packets whose ``field`` is an address of the entity. ``by_interface`` of ``False``: where the packet leaves
        is not known yet, so that whether it lies behind a subnet's interface is left open."""
        key = (name, field, by_interface)
        if key not in self._entities:
            members = list(self._members(name))
            if name not in self._config.entities:
                reason = Reason(
                    'the entity "{name}" is not defined: the rule has no effect, or this file is a part', name=name
                )
                self._config.not_understood(span.first, reason, Concern.FILTER, bounded=True)
                return Unknown(Reason("the packet's {value} is of entity {name}", value=field.value, name=name), span)
            self._entities[key] = either(*(self._member(m, field, span, by_interface) for m in members))
        return self._entities[key]

    def _members(self, name: str) -> Iterator[Member]:
        known = self._config.entities.get(name)
        if known is None:
            return
        yield from known.own
        if known.dynamic:
            yield self._dynamic(known)
        for inner in known.inside:
            yield from self._inside(inner, known)

    def _inside(self, name: str, parent: Entity) -> Iterator[Member]:
        """What a network adds to its zone, or a host to its network: nothing where the network's subnets hold it.

        A host that has the address of an interface is the router itself, which forwards nothing to or from there.
        """
        if "." not in parent.name:
            yield from self._members(name)
            return
        subnets = [m.addresses for m in parent.own]
        for member in self._members(name):
            covered = any(member.addresses <= subnet for subnet in subnets)
            if not covered or (member.doubt and not self.dynamic(name)):
                doubt = member.doubt or Reason(
                    "{name} is of entity {parent}, in none of whose subnets it lies", name=name, parent=parent.name
                )
                yield Member(member.addresses, member.interface, doubt)

    def _dynamic(self, known: Entity) -> Member:
        port = self._config.ports.get(known.dynamic)
        own = [a.address for a in port.addresses] if port else []
        if own:
            return Member(Intervals.of(*own))
        return Member(ALL_V4, doubt=Reason("the address is that of {interface}", interface=known.dynamic))

    def _member(self, member: Member, field: Field, span: SourceSpan, by_interface: bool) -> Match:
        parts: list[Match] = []
        if member.addresses or not member.doubt:
            parts.append(In(field, member.addresses))
        if member.doubt:
            parts.append(Unknown(Reason("{value}: {doubt}", value=field.value, doubt=member.doubt), span))
        if member.interface and field is Field.SRC:
            parts.append(Ingress(frozenset({member.interface})))
        elif member.interface and by_interface:
            parts.append(Egress(frozenset({member.interface})))
        elif member.interface:
            parts.append(Unknown(Reason("the packet will leave by {interface}", interface=member.interface), span))
        return both(*parts)

    def addresses(self, name: str) -> Intervals | None:
        """The addresses of an entity that is wholly known; ``None`` otherwise."""
        members = list(self._members(name))
        if not members or any(m.doubt for m in members):
            return None
        return Intervals.from_spans(s for m in members for s in m.addresses.spans)

    def dynamic(self, name: str) -> str:
        """The interface whose address the host has; ``""`` for another entity."""
        known = self._config.entities.get(name)
        return known.dynamic if known else ""

    def application(self, name: str, span: SourceSpan) -> Match:
        """Packets of the application."""
        lowered = name.lower()
        if lowered == "any":
            return ALWAYS
        if lowered in self._config.applications:
            return self._config.applications[lowered][1] or NEVER
        if lowered not in self._services:
            self._services[lowered] = self._predefined(lowered, span)
        return self._services[lowered]

    def _predefined(self, name: str, span: SourceSpan) -> Match:
        if self._config.recognises is not None:
            reason = Reason('the application "{name}" may be recognised by content', name=name)
        elif name == "ping":
            return both(In(Field.PROTO, Intervals.of(1)), In(Field.ICMP, Intervals.span(8 << 8, 8 << 8 | 255)))
        elif name == "dns":
            over_tcp = Unknown(Reason("the application dns is TCP as well"), span)
            port = In(Field.DPORT, Intervals.of(53))
            self._config.not_understood(
                span.first, 'whether "dns" is TCP as well is not documented', Concern.FILTER, bounded=True
            )
            return both(
                port, either(In(Field.PROTO, Intervals.of(17)), both(In(Field.PROTO, Intervals.of(6)), over_tcp))
            )
        elif name in PREDEFINED:
            return either(
                *(both(In(Field.PROTO, Intervals.of(p)), In(Field.DPORT, Intervals.of(d))) for p, d in PREDEFINED[name])
            )
        else:
            reason = Reason('the application "{name}" is not defined in this file', name=name)
        self._config.not_understood(span.first, reason, Concern.FILTER, bounded=True)
        return Unknown(Reason("the packet is of application {name}", name=name), span)
