"""The one packet under way: its fields, the interfaces it came and leaves by, and what is supposed of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from zoneguard.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, V6, format_addresses
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    All,
    AnyOf,
    Bits,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Not,
    Unknown,
    names_match,
)
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static._trace_choices import Doubt, Script, UndecidableError

ADDRESS_FIELDS = frozenset({Field.SRC, Field.DST, Field.ORIG_DST})
HEADER_FIELDS = frozenset({Field.SRC, Field.DST, Field.PROTO, Field.SPORT, Field.DPORT, Field.ICMP, Field.MAC})
MAX_FREE_BITS = 12
BITS = {
    Field.PROTO: 8,
    Field.SPORT: 16,
    Field.DPORT: 16,
    Field.ICMP: 16,
    Field.STATE: 3,
    Field.FLAGS: 8,
    Field.FRAGMENT: 1,
    Field.MAC: 48,
    Field.MARK: 32,
    Field.DNAT: 1,
    Field.ORIG_DPORT: 16,
}

_FIRST_FRAGMENT = In(Field.FRAGMENT, Intervals.of(0))
_HAS_PORTS = All((In(Field.PROTO, PORT_PROTOCOLS), _FIRST_FRAGMENT))
_TRANSLATED = In(Field.DNAT, Intervals.of(1))
PRESENT: dict[Field, Match] = {
    Field.SPORT: _HAS_PORTS,
    Field.DPORT: _HAS_PORTS,
    Field.ICMP: All((In(Field.PROTO, ICMP_PROTOCOLS), _FIRST_FRAGMENT)),
    Field.FLAGS: All((In(Field.PROTO, Intervals.of(6)), _FIRST_FRAGMENT)),
    Field.ORIG_DST: _TRANSLATED,
    Field.ORIG_DPORT: All((_TRANSLATED, _HAS_PORTS)),
}


def format_values(field: Field, values: Intervals) -> str:
    """``10.0.0.1, 10.0.0.4-10.0.0.6`` or ``80, 8000-8010``."""
    if field in ADDRESS_FIELDS:
        return ", ".join(format_addresses(values))
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in values.spans)


def domain(field: Field, like: int = 0) -> Intervals:
    """Every value of ``field``; of an address field, those of the family of ``like``."""
    if field in ADDRESS_FIELDS:
        return ALL_V6 if like >= V6 else ALL_V4
    return Intervals.span(0, (1 << BITS[field]) - 1)


class Traveller:
    """A packet some of whose fields may be pools: it has one value of many (a translation pool, a field not given).

    A question on which a pool is divided, or one that rests on an ``Unknown``, is put to the script; from then on the
    pool holds the values that fit the answer. ``packet`` shows the lowest value of each pool.
    """

    def __init__(self, packet: Packet, script: Script, pools: Mapping[Field, Intervals] = MappingProxyType({})) -> None:
        self.packet = packet
        self.script = script
        self.pools: dict[Field, Intervals] = {}
        self.device = ""
        self.ingress = ""
        self.egress = ""
        self._answers: dict[tuple[str, str, int], bool] = {}
        self._origin: dict[Field, SourceSpan | None] = {}
        self._arrived_state: Intervals | None = None
        self._revision = 0
        self._open: In | Unknown | None = None
        for field, values in pools.items():
            self._set(field, values)

    def enter(self, device: str, ingress: str) -> None:
        """Come into a forwarding context of ``device`` by ``ingress``."""
        self.device, self.ingress, self.egress = device, ingress, ""

    def cross_wire(self) -> None:
        """Leave for another context: marks, translations and a state that rules have set stay behind.

        The sender's MAC is now the forwarder's: some address.
        """
        for field in (Field.MARK, Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT):
            self.assign(field, Intervals.of(0))
        self.assign(Field.MAC, domain(Field.MAC))
        if self._arrived_state is not None:
            self.assign(Field.STATE, self._arrived_state)
            self._arrived_state = None

    def values(self, field: Field) -> Intervals:
        """The values the field may have: one, or a pool."""
        return self.pools.get(field) or Intervals.of(self.packet.get(field))

    def assign(self, field: Field, values: Intervals, span: SourceSpan | None = None) -> None:
        """Rewrite ``field`` to one of ``values``, as line ``span`` says.

        Raises ``UndecidableError`` where there is no value, or one that the field cannot have.
        """
        if not values or not values <= (ALL_ADDRESSES if field in ADDRESS_FIELDS else domain(field)):
            raise UndecidableError(N_("a rewrite of {field} leads to no possible value", field=field.value), span)
        if values == self.values(field):
            return
        if field in HEADER_FIELDS:
            self._revision += 1
        if field is Field.STATE and self._arrived_state is None:
            self._arrived_state = self.values(field)
        self._origin[field] = span
        self._set(field, values)

    def holds(self, match: Match) -> bool:
        """Whether the packet matches, by the script where that is open."""
        self._open = None
        while (verdict := self._evaluate(match)) is None:
            self._settle()
        return verdict

    def _set(self, field: Field, values: Intervals) -> None:
        self.pools.pop(field, None)
        if values.size > 1:
            self.pools[field] = values
        self.packet = replace(self.packet, **{field.value: values.first})

    def _settle(self) -> None:
        question, self._open = self._open, None
        if isinstance(question, Unknown):
            doubt = Doubt(N_("whether {key} holds", key=question.key), question.span)
            self._answers[self.device, question.key, self._revision] = self.script.choose(doubt, 2) == 0
        elif question is not None:
            pool, inside = self.pools[question.field], question.values
            what = N_(
                "which of {values} is the {field}",
                values=format_values(question.field, pool),
                field=question.field.value,
            )
            doubt = Doubt(what, self._origin.get(question.field))
            self._set(question.field, inside if self.script.choose(doubt, 2) == 0 else pool - inside)

    def _evaluate(self, match: Match) -> bool | None:
        """Kleene's three values; ``None`` leaves the first open question in ``_open``."""
        if isinstance(match, In | Bits):
            guard = PRESENT.get(match.field)
            if guard is not None and (present := self._evaluate(guard)) is not True:
                return present
            return self._compare(match)
        if isinstance(match, All | AnyOf):
            return self._combine(match.parts, decisive=isinstance(match, AnyOf))
        if isinstance(match, Not):
            part = self._evaluate(match.part)
            return None if part is None else not part
        if isinstance(match, Ingress):
            return names_match(match.names, self.ingress)
        if isinstance(match, Egress):
            return names_match(match.names, self.egress)
        assert isinstance(match, Unknown)
        answer = self._answers.get((self.device, match.key, self._revision))
        if answer is None and self._open is None:
            self._open = match
        return answer

    def _combine(self, parts: tuple[Match, ...], decisive: bool) -> bool | None:
        """``AnyOf`` where ``decisive`` is True, ``All`` where it is False."""
        result: bool | None = not decisive
        for part in parts:
            verdict = self._evaluate(part)
            if verdict is decisive:
                return decisive
            if verdict is None:
                result = None
        return result

    def _divide(self, field: Field, values: Intervals) -> bool | None:
        pool = self.pools[field]
        inside = pool & values
        if not inside or inside == pool:
            return bool(inside)
        if self._open is None:
            self._open = In(field, inside)
        return None

    def _compare(self, match: In | Bits) -> bool | None:
        if match.field in self.pools:
            return self._divide(match.field, match.values if isinstance(match, In) else self._accepted(match))
        value = self.packet.get(match.field)
        return value in match.values if isinstance(match, In) else accepts(match, value)

    def _accepted(self, match: Bits) -> Intervals:
        pool = self.pools[match.field]
        if pool.size <= 1 << MAX_FREE_BITS:
            return Intervals.of(*(value for value in pool if accepts(match, value)))
        return bits_values(match)


def accepts(match: Bits, value: int) -> bool:
    """Whether ``value`` of the field is one that ``match`` asks for."""
    family = match.field not in ADDRESS_FIELDS or (value >= V6) == (match.mask >= V6)
    return family and value & match.mask == match.value


def bits_values(match: Bits) -> Intervals:
    """The values that ``match`` accepts. Raises ``UndecidableError`` where its mask scatters too many to list."""
    if match.field in ADDRESS_FIELDS:
        family = V6 if match.mask >= V6 else 0
        full = family | ((1 << (128 if family else 32)) - 1)
    else:
        family, full = 0, (1 << BITS[match.field]) - 1
    if match.value & ~match.mask or match.value & family != family:
        return Intervals()
    free = full & ~match.mask
    run = (~free & (free + 1)).bit_length() - 1
    scattered = free >> run << run
    if scattered.bit_count() > MAX_FREE_BITS:
        raise UndecidableError(
            N_("a wildcard mask is asked of a {field} that has one of many values", field=match.field.value)
        )
    spans: list[tuple[int, int]] = []
    bits = scattered
    while True:
        low = match.value | bits
        spans.append((low, low + (1 << run) - 1))
        if not bits:
            return Intervals.from_spans(spans)
        bits = (bits - 1) & scattered
