"""NAT descriptors (command reference 23) → stages of translation, and the filter that IP masquerade is.

The network behind the interface that a descriptor is applied to is the outside. A packet from there is translated
before it meets filters and routing, a packet to there after them. Static entries come before dynamic ones.

Where the outer address is one that the peer assigns, it is not in the file. A packet that the peer sends over the line
is then taken as sent to it unless another interface leads to its destination.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, V6, parse_address
from zoneguard.model.device import (
    Concern,
    Deny,
    EgressAddress,
    Filter,
    KeepHost,
    NatRule,
    Permit,
    Rewrite,
    Rule,
    RuleList,
    SetTo,
    Shift,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, In, Match, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._yamaha.config import Config, Descriptor, Doubt, Port, Reading
from zoneguard.parsers._yamaha.filters import TCP, UDP, UnreadableError, mask_length, ports
from zoneguard.parsers._yamaha.lines import Command

_MOST_STATIC = 1024  # addresses that one static entry may map one by one
_PROTOCOLS = {"icmp": 1, "tcp": TCP, "udp": UDP, "gre": 47, "esp": 50, "ah": 51}
_SESSION = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))


def read_nat(command: Command, config: Config) -> Reading:
    """A command ``nat descriptor …``. Raises ``UnreadableError``, ``ValueError`` or ``IndexError`` where malformed."""
    words = command.words
    if words[1] != "descriptor":
        return False
    what = words[2] if words[2] != "masquerade" else Reason("masquerade {words}", words=words[3])
    rest = words[3:] if what == words[2] else words[4:]
    if what == "type":
        return _type(command, config, rest)
    if what == "address" and rest[0] in ("outer", "inner"):
        if rest[0] == "outer":
            _descriptor(config, rest[1]).outer = _checked(rest[2:])
        else:
            _descriptor(config, rest[1]).inner = _checked(rest[2:])
        return True
    if what == "static":
        descriptor = _descriptor(config, rest[0])
        list(_static_entries(rest[2:]))
        descriptor.static[rest[1]] = command
        return True
    if what == "masquerade static":
        descriptor = _descriptor(config, rest[0])
        list(_masquerade_entries(rest[2:]))
        descriptor.masquerade[rest[1]] = command
        return True
    if what == "masquerade incoming":
        if rest[1] not in ("through", "reject", "discard", "forward") or (rest[1] == "forward") != (len(rest) == 3):
            raise UnreadableError(Reason("not an action: {action}", action=rest[1]))
        descriptor = _descriptor(config, rest[0])
        descriptor.incoming, descriptor.incoming_span = rest[1:], command.span
        return True
    return False


def _type(command: Command, config: Config, rest: Sequence[str]) -> Reading:
    if rest[1] not in ("none", "nat", "masquerade", "nat-masquerade"):
        raise UnreadableError(Reason("not a type of translation: {word}", word=rest[1]))
    descriptor = _descriptor(config, rest[0])
    descriptor.kind, descriptor.span = rest[1], command.span
    return Doubt("hairpin translation is not modelled", Concern.NAT) if "hairpin=on" in rest else True


def _descriptor(config: Config, number: str) -> Descriptor:
    if not number.isdigit():
        raise UnreadableError(Reason("not the number of a NAT descriptor: {number}", number=number))
    return config.descriptors.setdefault(number, Descriptor())


def _checked(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words:
        raise UnreadableError("no address")
    if words[0] not in ("ipcp", "primary", "secondary", "map-e", "hb46pp", "auto"):
        _addresses(words)
    return words


def _addresses(words: Sequence[str]) -> Intervals:
    spans = []
    for word in words:
        low, _, high = word.partition("-")
        spans.append((_v4(low), _v4(high or low)))
    return Intervals.from_spans(spans)


def _v4(text: str) -> int:
    value = parse_address(text)
    if value >= V6:
        raise UnreadableError(Reason("not an IPv4 address: {text}", text=text))
    return value


def _static_entries(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """``OUTER=INNER [COUNT]`` or ``OUTER=INNER/MASK`` as outer, inner and host bits."""
    outer, _, rest = words[0].partition("=")
    inner, _, mask = rest.partition("/")
    if mask:
        yield _v4(outer), _v4(inner), 32 - mask_length(mask)
        return
    count = int(words[1]) if len(words) > 1 else 1
    if not 0 < count <= _MOST_STATIC:
        raise UnreadableError(Reason("a static translation of {count} addresses", count=count))
    for at in range(count):
        yield _v4(outer) + at, _v4(inner) + at, 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """Static masquerade: packets of ``protocol`` to the outer ``ports`` go to ``inner``, port moved by ``delta``."""

    inner: int
    protocol: int
    ports: Intervals | None
    delta: int


def _masquerade_entries(words: Sequence[str]) -> Iterator[_Entry]:
    """``INNER PROTOCOL [[OUTER=]INNER_PORT,…]``."""
    inner = _v4(words[0])
    for name in words[1].split(","):
        protocol = _PROTOCOLS.get(name, int(name) if name.isascii() and name.isdigit() else 256)
        if protocol > 255:
            raise UnreadableError(Reason("not a protocol: {name}", name=name))
        if protocol not in (TCP, UDP) and words[2:3] not in ((), ("*",)) and "," not in words[1]:
            raise UnreadableError("ports of a protocol that has none")
        if protocol not in (TCP, UDP) or words[2:3] in ((), ("*",)):
            yield _Entry(inner, protocol, None, 0)
            continue
        for item in words[2].split(","):
            outside, _, inside = item.rpartition("=")
            target = ports(inside) or Intervals()
            source = (ports(outside) or Intervals()) if outside else target
            if len(source.spans) != len(target.spans) or source.size != target.size or not source:
                raise UnreadableError(Reason("ports that do not correspond: {text}", text=item))
            for (low, high), (to, _) in zip(source.spans, target.spans, strict=True):
                yield _Entry(inner, protocol, Intervals.span(low, high), to - low)


@dataclass(frozen=True, slots=True)
class Translations:
    """What the descriptors of one interface do: to packets that come in, that are refused, that go out."""

    incoming: tuple[Translate, ...] = ()
    refused: tuple[Filter, ...] = ()
    outgoing: tuple[Translate, ...] = ()


def translations(config: Config, port: Port, elsewhere: Intervals) -> Translations:
    """The stages for ``port``. ``elsewhere``: destinations that other interfaces lead to."""
    span, numbers = config.translations[port.name]
    known = [(n, d) for n in numbers if (d := config.descriptors.get(n)) is not None and d.kind != "none"]
    if not known:
        return Translations()
    inward: list[NatRule] = []
    refusing: list[Rule] = []
    outward: list[NatRule] = []
    for number, descriptor in known:
        outer = _outer(descriptor, port, elsewhere)
        inward.extend(_inward(number, descriptor, outer, span))
        outward.extend(_outward(number, descriptor, port, span))
        if "masquerade" in descriptor.kind:
            refusing.extend(_refusals(descriptor, outer, span))
    name = f"nat descriptor {' '.join(n for n, _ in known)} on {port.name}"
    here = frozenset({port.name})
    translated = [
        Rule(In(Field.DNAT, Intervals.of(1)), Permit(), span, name, implied=True),
        Rule(_SESSION, Permit(), span, name, implied=True),
    ]
    return Translations(
        (Translate(RuleList(name, tuple(inward), Permit(), span), Field.DST, ingress=here),),
        (Filter(RuleList(name, (*translated, *refusing), Permit(), span), ingress=here),) if refusing else (),
        (Translate(RuleList(name, tuple(outward), Permit(), span), Field.SRC, egress=here),),
    )


def undefined(config: Config, name: str) -> list[str]:
    """The numbers applied to an interface for which no descriptor with a type is in the file."""
    return [n for n in config.translations[name][1] if n not in config.descriptors or not config.descriptors[n].span]


def _outer(descriptor: Descriptor, port: Port, elsewhere: Intervals) -> Intervals:
    word = descriptor.outer[0]
    if word in ("ipcp", "primary", "secondary", "map-e", "hb46pp"):
        own = port.secondary if word == "secondary" else port.addresses
        found = [a.address for a in own if a.address < V6][:1]
        return Intervals.of(*found) if found else ALL_V4 - elsewhere
    return _addresses(descriptor.outer)


def _inner(descriptor: Descriptor) -> Intervals:
    return ALL_V4 if descriptor.inner[0] == "auto" else _addresses(descriptor.inner)


def _inward(number: str, descriptor: Descriptor, outer: Intervals, span: SourceSpan) -> Iterator[NatRule]:
    name = f"nat descriptor {number}"
    for entry_id, command in descriptor.static.items():
        for outside, inside, bits in _static_entries(command.words[5:]):
            yield _static_rule(Field.DST, outside, inside, bits, command.span, f"{name} static {entry_id}")
    if "masquerade" in descriptor.kind:
        first = Intervals.of(outer.first) if descriptor.outer[0][0].isdigit() else outer
        for entry_id, command in descriptor.masquerade.items():
            for entry in _masquerade_entries(command.words[6:]):
                match: Match = both(In(Field.DST, first), In(Field.PROTO, Intervals.of(entry.protocol)))
                moved: tuple[Rewrite, ...] = (Shift(Field.DPORT, entry.delta),) if entry.delta else ()
                if entry.ports is not None:
                    match = both(match, In(Field.DPORT, entry.ports))
                to = SetTo(Field.DST, Intervals.of(entry.inner))
                yield NatRule(match, command.span, (to, *moved), f"{name} masquerade static {entry_id}")
        if descriptor.incoming[0] == "forward":
            to = SetTo(Field.DST, Intervals.of(_v4(descriptor.incoming[1])))
            yield NatRule(
                In(Field.DST, first), descriptor.incoming_span or span, (to,), f"{name} incoming", implied=True
            )
    if descriptor.kind.startswith("nat"):  # an address in use is translated both ways, and which are is not in the file
        bound = Unknown(Reason("an inner host is bound to the outer address of {name}", name=name), span)
        to = SetTo(Field.DST, _inner(descriptor))
        yield NatRule(both(In(Field.DST, outer), bound), span, (to,), f"{name} dynamic")


def _outward(number: str, descriptor: Descriptor, port: Port, span: SourceSpan) -> Iterator[NatRule]:
    name = f"nat descriptor {number}"
    for entry_id, command in descriptor.static.items():
        for outside, inside, bits in _static_entries(command.words[5:]):
            yield _static_rule(Field.SRC, inside, outside, bits, command.span, f"{name} static {entry_id}")
    rewrite: Rewrite = EgressAddress()
    if descriptor.outer[0] == "secondary" and port.secondary:
        rewrite = SetTo(Field.SRC, Intervals.of(port.secondary[0].address))
    elif descriptor.outer[0] == "primary" and port.addresses:
        rewrite = SetTo(Field.SRC, Intervals.of(port.addresses[0].address))
    elif descriptor.outer[0][0].isdigit():
        pool = _addresses(descriptor.outer)
        rewrite = SetTo(Field.SRC, Intervals.of(pool.first) if descriptor.kind == "masquerade" else pool)
    yield NatRule(In(Field.SRC, _inner(descriptor)), descriptor.span or span, (rewrite,), name)


def _static_rule(field: Field, before: int, after: int, bits: int, span: SourceSpan, name: str) -> NatRule:
    size = 1 << bits
    start = before & ~(size - 1)
    match = In(field, Intervals.span(start, start + size - 1))
    if start == after & ~(size - 1):
        return NatRule(match, span, (), name)  # onto itself: exempt from translation
    to = KeepHost(field, after & ~(size - 1), bits) if bits else SetTo(field, Intervals.of(after))
    return NatRule(match, span, (to,), name)


def _refusals(descriptor: Descriptor, outer: Intervals, span: SourceSpan) -> Iterator[Rule]:
    """What becomes of a packet to the outer address that no translation takes (23.10)."""
    here = In(Field.DST, outer)
    where = descriptor.incoming_span or span
    if descriptor.incoming[0] == "through":
        low = both(In(Field.PROTO, Intervals.of(TCP)), In(Field.DPORT, Intervals.span(0, 1023)))
        yield Rule(both(here, low), Deny(reject=True), where, "masquerade incoming through", implied=True)
    elif descriptor.incoming[0] != "forward":
        yield Rule(here, Deny(), where, f"masquerade incoming {descriptor.incoming[0]}", implied=True)
