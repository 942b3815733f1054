"""A packet set as the few rows a person would write: maximal boxes, the largest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, format_addresses
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field
from zoneguard.model.packet import PROTOCOL_NAMES, Packet
from zoneguard.model.packets.packetset import PacketSet

SHOWN = (Field.SRC, Field.DST, Field.PROTO, Field.DPORT, Field.ICMP, Field.SPORT)
HIDDEN = tuple(f for f in Field if f not in (*SHOWN, Field.FRAGMENT))
ORDERS = (
    (Field.SPORT, Field.DPORT, Field.ICMP, Field.PROTO, Field.DST, Field.SRC),
    (Field.SPORT, Field.DST, Field.SRC, Field.DPORT, Field.ICMP, Field.PROTO),
    (Field.SPORT, Field.SRC, Field.DPORT, Field.ICMP, Field.PROTO, Field.DST),
)
WHOLE = {Field.PROTO: 255, Field.DPORT: 65535, Field.SPORT: 65535, Field.ICMP: 65535}


@dataclass(frozen=True, slots=True)
class Box:
    """A product of value sets, one a field; a field the packets do not have is ``None``.

    ``fragments``: the box is of later fragments, which have no ports.
    """

    src: Intervals
    dst: Intervals
    proto: Intervals
    dport: Intervals | None = None
    icmp: Intervals | None = None
    sport: Intervals | None = None
    fragments: bool = False


def boxes(packets: PacketSet) -> Iterator[Box]:
    """Boxes whose union is exactly ``packets`` in the fields of ``SHOWN``, greedily the largest first (may overlap).

    Later fragments are listed where the rows of first fragments do not imply them.
    """
    space = packets.space
    open_set = packets.may().forget(*HIDDEN)
    first, later = (open_set & space.field(Field.FRAGMENT, Intervals.of(f)) for f in (0, 1))
    implied = first.forget(Field.DPORT, Field.SPORT, Field.FRAGMENT)
    yield from _boxes(first, False)
    yield from _boxes(later - implied, True)


def _boxes(whole: PacketSet, fragments: bool) -> Iterator[Box]:
    rest = whole
    while rest:
        seed = rest.witness()
        grown = [_grow(whole, seed, order, fragments) for order in ORDERS]
        box, members = max(grown, key=lambda g: (g[1] & rest).count())
        yield box
        rest = rest - members


def _grow(whole: PacketSet, seed: Packet, order: tuple[Field, ...], fragments: bool) -> tuple[Box, PacketSet]:
    """The largest box around ``seed`` inside ``whole`` when the fields widen in this order."""
    space = whole.space
    family = ALL_V6 if seed.src >= V6 else ALL_V4
    ported = seed.proto in PORT_PROTOCOLS and not fragments
    has = {Field.DPORT: ported, Field.SPORT: ported, Field.ICMP: seed.proto in ICMP_PROTOCOLS and not fragments}
    values: dict[Field, Intervals] = {f: Intervals.of(seed.get(f)) for f in SHOWN if has.get(f, True)}
    frame = space.field(Field.FRAGMENT, Intervals.of(int(fragments))) & space.field(Field.SRC, family)

    def line(*without: Field) -> PacketSet:
        result = frame
        for field, chosen in values.items():
            if field not in without and not _open(field, chosen):
                result = result & space.field(field, chosen)
        return result

    for field in order:
        if field in values:
            spread = _spread(field, family, values)
            values[field] = spread - (line(field) - whole).project(field)
    box = Box(
        src=values[Field.SRC],
        dst=values[Field.DST],
        proto=values[Field.PROTO],
        dport=values.get(Field.DPORT),
        icmp=values.get(Field.ICMP),
        sport=values.get(Field.SPORT),
        fragments=fragments,
    )
    return box, line() & whole


def _spread(field: Field, family: Intervals, values: dict[Field, Intervals]) -> Intervals:
    """The values that ``field`` could take at most, given what the other fields are limited to."""
    if field in (Field.SRC, Field.DST):
        return family
    if field is Field.PROTO:
        limited = {f for f in (Field.DPORT, Field.SPORT, Field.ICMP) if f in values and not _open(f, values[f])}
        if limited:
            return ICMP_PROTOCOLS if Field.ICMP in limited else PORT_PROTOCOLS
    return Intervals.span(0, WHOLE[field])


def _open(field: Field, values: Intervals) -> bool:
    """Whether a field of ports takes every value, so that packets without it may share the box."""
    return field in WHOLE and values == Intervals.span(0, WHOLE[field])


def protocol_text(box: Box) -> str:
    """``tcp``, ``tcp,udp``, ``any`` or numbers."""
    if box.proto == Intervals.span(0, 255):
        return "any"
    names = [PROTOCOL_NAMES.get(low, str(low)) if low == high else f"{low}-{high}" for low, high in _short(box.proto)]
    return ",".join(names)


def _short(values: Intervals) -> Iterator[tuple[int, int]]:
    for low, high in values.spans:
        if high - low < 3:
            yield from ((v, v) for v in range(low, high + 1))
        else:
            yield low, high


def ports_text(box: Box) -> str:
    """Destination ports, ICMP types or both empty; ``from …`` where the source port is limited."""
    parts = []
    if box.dport is not None and not _open(Field.DPORT, box.dport):
        parts.append(_numbers(box.dport))
    if box.icmp is not None and not _open(Field.ICMP, box.icmp):
        parts.append("type " + ",".join(_icmp(low, high) for low, high in box.icmp.spans))
    if box.sport is not None and not _open(Field.SPORT, box.sport):
        parts.append("from " + _numbers(box.sport))
    if box.fragments:
        parts.append("fragments")
    return " ".join(parts) or "any"


def _numbers(values: Intervals) -> str:
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in values.spans)


def _icmp(low: int, high: int) -> str:
    if low == high:
        return f"{low >> 8}/{low & 255}"
    if low & 255 == 0 and high & 255 == 255:
        return str(low >> 8) if low >> 8 == high >> 8 else f"{low >> 8}-{high >> 8}"
    return f"{low >> 8}/{low & 255}-{high >> 8}/{high & 255}"


def address_text(addresses: Intervals, limit: int = 4) -> str:
    """Prefixes and ranges, comma separated; past ``limit`` the number that is left is said."""
    if addresses == ALL_V4:
        return "any IPv4"
    if addresses == ALL_V6:
        return "any IPv6"
    texts = format_addresses(addresses)
    more = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" (+{more})" if more > 0 else "")
