"""Hypothesis strategies for small worlds: packets, rule lists, contexts and networks in a few dozen addresses.

The universe is so small that rules, routes and packets meet all the time. Wire ``w`` (0 to 3) is the subnet
``10.0.0.(8w)/29`` and ``fd00::(8w)/125``; ``10.0.0.32/29`` lies on no wire. What is generated is well-formed: one
``Routing`` stage, lists without circles, rewrites within their field.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from hypothesis import strategies as st

from zoneguard.model.addresses import V6
from zoneguard.model.device import (
    Action,
    Continue,
    Deny,
    Device,
    EgressAddress,
    Filter,
    IngressAddress,
    Interface,
    InterfaceAddress,
    Jump,
    KeepHost,
    NatRule,
    Permit,
    PolicyRoute,
    Return,
    Rewrite,
    Route,
    RouteKind,
    Routing,
    Rule,
    RuleList,
    SetField,
    SetTo,
    Shift,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    All,
    AnyOf,
    Bits,
    ConnState,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Not,
    Unknown,
)
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan

V4_BASE, V6_BASE = 10 << 24, V6 + (0xFD00 << 112)
WIRES, WIRE_SIZE, OUTSIDE = 4, 8, 8
PORTS = (0, 22, 53, 80, 443)
PROTOCOLS = (6, 17, 1, 58, 50)
ICMPS = (0, 8 << 8, 3 << 8 | 1, 128 << 8)
MACS = (0x020000000001, 0x020000000002)
MARKS = (0, 1, 2, 3)
KEYS = ("country", "hours", "name")
SPAN = SourceSpan("generated", 1, 1)

_spans = st.integers(1, 999).map(lambda line: SourceSpan("generated", line, line))
families = st.sampled_from((V4_BASE, V4_BASE, V4_BASE, V6_BASE))


@cache
def addresses(base: int | None = None) -> st.SearchStrategy[int]:
    """An address of the universe, of the family of ``base`` (``V4_BASE``, ``V6_BASE``) or of either."""
    bases = families if base is None else st.just(base)
    return st.builds(int.__add__, bases, st.integers(0, WIRES * WIRE_SIZE + OUTSIDE - 1))


@cache
@st.composite
def address_sets(draw: st.DrawFn, base: int | None = None) -> Intervals:
    """A prefix or a range or two of the universe, of one family or both."""
    spans: list[tuple[int, int]] = []
    for _ in range(draw(st.integers(1, 2))):
        low = draw(addresses(base))
        size = draw(st.sampled_from((1, 1, 2, 4, 8, 16, 64)))
        spans.append((low - low % size, low - low % size + size - 1))
    return Intervals.from_spans(spans)


def _values(values: Iterable[int]) -> st.SearchStrategy[Intervals]:
    pool = tuple(values)
    return st.lists(st.sampled_from(pool), min_size=1, max_size=len(pool), unique=True).map(lambda v: Intervals.of(*v))


_FIELD_VALUES: dict[Field, st.SearchStrategy[Intervals]] = {
    Field.SRC: address_sets(),
    Field.DST: address_sets(),
    Field.PROTO: _values(PROTOCOLS),
    Field.SPORT: _values(PORTS) | st.just(Intervals.span(0, 1023)),
    Field.DPORT: _values(PORTS) | st.just(Intervals.span(23, 65535)),
    Field.ICMP: _values(ICMPS),
    Field.STATE: _values(range(5)),
    Field.FLAGS: _values((0, 2, 16, 18)),
    Field.FRAGMENT: _values((0, 1)),
    Field.MAC: _values(MACS),
    Field.MARK: _values(MARKS),
    Field.DNAT: _values((0, 1)),
    Field.ORIG_DST: address_sets(),
    Field.ORIG_DPORT: _values(PORTS),
}


@cache
@st.composite
def bits(draw: st.DrawFn) -> Bits:
    """A wildcard mask of an address, or bits of flags and marks."""
    field = draw(st.sampled_from((Field.SRC, Field.DST, Field.FLAGS, Field.MARK)))
    if field in (Field.SRC, Field.DST):
        base, free = draw(families), draw(st.integers(0, 63))
        full = (V6 | ((1 << 128) - 1)) if base >= V6 else (1 << 32) - 1
        mask = full & ~free
        return Bits(field, draw(addresses(base)) & mask, mask)
    mask = draw(st.integers(0, 31))
    return Bits(field, draw(st.integers(0, 31)) & mask, mask)


@cache
def matches(
    interfaces: tuple[str, ...] = (), unknowns: bool = False, depth: int = 2, routed: bool = True
) -> st.SearchStrategy[Match]:
    """A condition over the universe; of ``interfaces`` only where given, with ``Unknown`` only where asked for.

    ``routed``: the egress may be asked for too.
    """
    leaves: list[st.SearchStrategy[Match]] = [
        st.one_of([st.builds(In, st.just(field), values) for field, values in _FIELD_VALUES.items()]),
        st.one_of([st.builds(In, st.just(f), _FIELD_VALUES[f]) for f in (Field.SRC, Field.DST, Field.DPORT)]),
        bits(),
        st.just(ALWAYS),
    ]
    if interfaces:
        names = st.frozensets(st.sampled_from((*interfaces, "eth*")), min_size=1, max_size=2)
        leaves += [names.map(Ingress), names.map(Egress)] if routed else [names.map(Ingress)]
    if unknowns:
        leaves.append(st.builds(Unknown, st.sampled_from(KEYS), _spans))
    leaf = st.one_of(leaves)
    if not depth:
        return leaf
    part = matches(interfaces, unknowns, depth - 1, routed)
    parts = st.lists(part, max_size=3).map(tuple)
    return st.one_of(leaf, leaf, parts.map(All), parts.map(AnyOf), part.map(Not))


@cache
@st.composite
def packets(draw: st.DrawFn, base: int | None = None, states: tuple[int, ...] = tuple(range(5))) -> Packet:
    """A packet that may exist: the fields it does not have are 0, both addresses are of one family."""
    base = draw(families) if base is None else base
    proto = draw(st.sampled_from(PROTOCOLS))
    fragment = draw(st.sampled_from((0, 0, 0, 1)))
    ports = proto in PORT_PROTOCOLS and not fragment
    port = st.sampled_from(PORTS) if ports else st.just(0)
    return Packet(
        draw(addresses(base)),
        draw(addresses(base)),
        proto,
        draw(port),
        draw(port),
        icmp=draw(st.sampled_from(ICMPS)) if proto in ICMP_PROTOCOLS and not fragment else 0,
        state=draw(st.sampled_from(states)),
        flags=draw(st.sampled_from((0, 2, 16, 18))) if proto == 6 and not fragment else 0,
        fragment=fragment,
        mac=draw(st.sampled_from(MACS)),
    )


new_packets = packets(states=(ConnState.NEW,))


@cache
def actions(callable_lists: tuple[str, ...] = ()) -> st.SearchStrategy[Action]:
    """What a rule does; jumps only to ``callable_lists``."""
    marks = st.builds(SetField, st.just(Field.MARK), st.sampled_from(MARKS), st.sampled_from((1, 2, 3, 0xFFFFFFFF)))
    choices: list[st.SearchStrategy[Action]] = [
        st.just(Permit()),
        st.builds(Deny, st.booleans()),
        st.just(Continue()),
        st.just(Return()),
        marks,
    ]
    if callable_lists:
        choices += [st.builds(Jump, st.sampled_from(callable_lists), st.booleans())] * 2
    return st.one_of(choices)


@cache
def rules(
    interfaces: tuple[str, ...] = (),
    callable_lists: tuple[str, ...] = (),
    unknowns: bool = False,
    routed: bool = True,
) -> st.SearchStrategy[Rule]:
    """A rule of a filter."""
    enabled = st.sampled_from((True, True, True, True, False))
    return st.builds(
        Rule,
        matches(interfaces, unknowns, routed=routed),
        actions(callable_lists),
        _spans,
        st.just(""),
        st.just(""),
        enabled,
    )


@cache
@st.composite
def rewrites(draw: st.DrawFn, field: Field, base: int) -> Rewrite:
    """A rewrite that a stage of translation of ``field`` (``SRC``, ``DST``) may hold, in the family of ``base``."""
    port = Field.SPORT if field is Field.SRC else Field.DPORT
    pool = st.builds(
        lambda low, size: Intervals.span(low, min(low + size, base + WIRES * WIRE_SIZE + OUTSIDE - 1)),
        addresses(base),
        st.sampled_from((0, 0, 0, 1, 3)),
    )
    interface = EgressAddress() if field is Field.SRC else IngressAddress()
    choices: list[st.SearchStrategy[Rewrite]] = [
        pool.map(lambda v: SetTo(field, v)),
        addresses(base).map(lambda a: KeepHost(field, a, 3)),
        st.sampled_from((-8, 1, 5)).map(lambda d: Shift(field, d)),
        st.sampled_from((1, 58, 8000)).map(lambda d: Shift(port, d)),
        st.sampled_from(PORTS).map(lambda p: SetTo(port, Intervals.of(p))),
        st.just(interface if field is Field.SRC or base == V4_BASE else KeepHost(field, base, 4)),
    ]
    return draw(st.one_of(choices))


@cache
@st.composite
def nat_rules(draw: st.DrawFn, field: Field, interfaces: tuple[str, ...] = (), unknowns: bool = False) -> NatRule:
    """A rule of translation of ``field``, for one family; without rewrites: an exemption."""
    base = draw(families)
    family = In(Field.PROTO, Intervals.of(*(p for p in PROTOCOLS if p != (1 if base >= V6 else 58))))
    own = In(field, Intervals.span(base, base + 0xFFFF))
    made = draw(st.lists(rewrites(field, base), max_size=2))
    condition = draw(matches(interfaces, unknowns, 1, field is Field.SRC))
    return NatRule(All((own, family, condition)), draw(_spans), tuple(made))


@st.composite
def rule_lists(
    draw: st.DrawFn,
    name: str,
    default: Action,
    rule: st.SearchStrategy[Rule | NatRule],
    max_rules: int = 6,
) -> RuleList:
    """A list of that name."""
    return RuleList(name, tuple(draw(st.lists(rule, max_size=max_rules))), default, SPAN)


@cache
@st.composite
def called_lists(draw: st.DrawFn, interfaces: tuple[str, ...] = (), unknowns: bool = False) -> dict[str, RuleList]:
    """User lists that jump only to later ones.

    They may ask for the egress and be called where there is none yet (before routing, for local packets).
    """
    names = ("A", "B", "C")
    defaults: st.SearchStrategy[Action] = st.sampled_from((Return(), Return(), Permit(), Deny()))
    return {
        name: draw(rule_lists(name, draw(defaults), rules(interfaces, names[i + 1 :], unknowns), 3))
        for i, name in enumerate(names)
    }


@cache
@st.composite
def filters(draw: st.DrawFn, interfaces: tuple[str, ...], unknowns: bool = False, routed: bool = True) -> Filter:
    """A stage of filtering; ``routed``: after ``Routing``, so that it may depend on the egress."""
    some = st.none() | st.frozensets(st.sampled_from(interfaces), min_size=1)
    made = draw(
        rule_lists(
            "filter", Permit() if draw(st.booleans()) else Deny(), rules(interfaces, ("A", "B", "C"), unknowns, routed)
        )
    )
    return Filter(made, draw(some), draw(some) if routed else None, draw(st.booleans()))


@cache
@st.composite
def translations(draw: st.DrawFn, field: Field, interfaces: tuple[str, ...], unknowns: bool = False) -> Translate:
    """A stage of translation of ``field``."""
    some = st.none() | st.frozensets(st.sampled_from(interfaces), min_size=1)
    rule = st.one_of(
        nat_rules(field, interfaces, unknowns),
        nat_rules(field, interfaces, unknowns),
        rules(interfaces, routed=field is Field.SRC),
    )
    made = draw(rule_lists("nat", Permit(), rule.filter(_translates), 3))
    return Translate(made, field, draw(some), draw(some) if field is Field.SRC else None)


def _translates(rule: Rule | NatRule) -> bool:
    return isinstance(rule, NatRule) or not isinstance(rule.action, SetField)


def _neighbours(base: int, host: int) -> st.SearchStrategy[int]:
    """Next hops: a device may not name one of its own addresses."""
    return addresses(base).filter(lambda address: address % WIRE_SIZE != host)


@cache
@st.composite
def routes(draw: st.DrawFn, interfaces: tuple[str, ...], host: int = 1) -> Route:
    """A static route over the universe, or a blackhole, of a device that is number ``host`` on its wires."""
    base, offset = draw(families), draw(st.integers(0, WIRES * WIRE_SIZE + OUTSIDE - 1))
    free = draw(st.sampled_from((0, 2, 3, 4, 6, 128 if base >= V6 else 32)))
    size = 1 << free
    network = V6 * (base >= V6) if free >= 32 else base + offset - offset % size
    length = (128 if base >= V6 else 32) - free
    kind = draw(st.sampled_from((RouteKind.STATIC,) * 7 + (RouteKind.BLACKHOLE,)))
    by_link = draw(st.booleans())
    next_hop = None if by_link and draw(st.booleans()) else draw(_neighbours(base, host))
    interface = draw(st.sampled_from(interfaces)) if by_link else ""
    distance, metric = draw(st.sampled_from((1, 1, 5))), draw(st.sampled_from((0, 0, 10)))
    return Route(network, length, draw(_spans), kind, next_hop, interface, distance, metric)


@cache
@st.composite
def policy_routes(draw: st.DrawFn, interfaces: tuple[str, ...], host: int = 1) -> PolicyRoute:
    """A policy route to one interface or next hop, to several, or a stop rule."""
    target = st.tuples(st.none() | _neighbours(V4_BASE, host), st.sampled_from(interfaces))
    made = draw(st.lists(target, max_size=2))
    only_v4 = In(Field.DST, Intervals.span(V4_BASE, V4_BASE + 0xFFFF))
    return PolicyRoute(All((only_v4, draw(matches((), False, 1)))), draw(_spans), tuple(made))


@cache
@st.composite
def interfaces_on(draw: st.DrawFn, wires: tuple[int, ...], host: int) -> tuple[Interface, ...]:
    """``eth0``, ``eth1``, … on these wires with their addresses number ``host``; not all but ``eth0`` are up."""
    made = []
    for number, wire in enumerate(wires):
        offset = wire * WIRE_SIZE + host
        both = (InterfaceAddress(V4_BASE + offset, 29), InterfaceAddress(V6_BASE + offset, 125))
        enabled = number == 0 or draw(st.sampled_from((True,) * 9 + (False,)))
        made.append(Interface(f"eth{number}", draw(_spans), both[: draw(st.sampled_from((1, 2)))], enabled))
    return tuple(made)


@cache
@st.composite
def devices(
    draw: st.DrawFn,
    name: str = "fw",
    wires: tuple[int, ...] = (0, 1, 2),
    host: int = 1,
    unknowns: bool = False,
    nat: bool = True,
) -> Device:
    """A device with one context ``main``: filters and translations around routing, user lists, routes."""
    ports = draw(interfaces_on(wires, host))
    names = tuple(i.name for i in ports)
    stages: list[Stage] = draw(st.lists(filters(names, unknowns, routed=False), max_size=1))
    if nat and draw(st.booleans()):
        stages.append(draw(translations(Field.DST, names, unknowns)))
    stages.append(Routing())
    stages += draw(st.lists(filters(names, unknowns), max_size=2))
    if nat and draw(st.booleans()):
        stages.append(draw(translations(Field.SRC, names, unknowns)))
    stages += draw(st.lists(filters(names, unknowns), max_size=1))
    vrf = Vrf(
        "main",
        frozenset(names),
        tuple(draw(st.lists(routes(names, host), max_size=6))),
        tuple(stages),
        tuple(draw(st.lists(policy_routes(names, host), max_size=1))),
        draw(called_lists(names, unknowns)),
        tuple(draw(st.lists(filters(names, unknowns, routed=False), max_size=1))),
        draw(st.sampled_from((True,) * 9 + (False,))),
    )
    return Device(name, "generated", ports, (vrf,), SPAN)


@cache
@st.composite
def networks(draw: st.DrawFn, unknowns: bool = False, nat: bool = True) -> tuple[Device, ...]:
    """Two or three devices that share wires."""
    wires = draw(st.sampled_from((((0, 1), (1, 2)), ((0, 1), (1, 2), (2, 3)), ((0, 1), (1, 2), (2, 0)))))
    return tuple(draw(devices(f"fw{n}", w, n + 1, unknowns, nat)) for n, w in enumerate(wires))
