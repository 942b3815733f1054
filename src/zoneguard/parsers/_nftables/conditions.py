"""Comparisons as conditions on packets: single values, bits, sets and concatenations. Source: nft(8) 1.0.6,
"RELATIONAL EXPRESSION", "SETS", "MAPS"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zoneguard.model.addresses import V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Bits, Field, In, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.dimensions import Dimension, dimension
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import (
    Binary,
    Compare,
    Concat,
    Element,
    Elements,
    Expression,
    Flags,
    Literal,
    Range,
    Selector,
    SetName,
)


def comparison(rule: RuleScope, compare: Compare) -> list[Match]:
    """The conditions of ``left op right``, all of which must hold."""
    left, op, right = compare.left, compare.op, compare.right
    special = _bits_against_zero(left, op, right) or _fragment(left, op, right)
    if special is not None:
        if isinstance(special, Compare):
            return comparison(rule, special)
        return [special]
    if isinstance(right, Literal) and compare in rule.scope.compared:
        return rule.scope.compared[compare]
    sides = _sides(rule, left)
    guards = [guard for side in sides for guard in side.guards]
    if isinstance(right, SetName | Elements):
        if op not in ("==", "!=", "in"):
            raise UnreadableError(Reason("{op} with a set", op=op))
        match = member(rule, left, right)
    elif len(sides) > 1:
        match = _tuple(sides, right)
    else:
        implied = sides[0].field in (Field.SRC, Field.DST) and op not in ("!=", "!")
        matches = [*([] if implied else guards), _one(sides[0], op, right)]
        if sides[0].field is not None:
            rule.scope.compared[compare] = matches
        return matches
    return [*guards, Not(match) if op == "!=" else match]


def _sides(rule: RuleScope, left: Expression) -> list[Dimension]:
    parts = left.parts if isinstance(left, Concat) else (left,)
    return [_side(rule, part) for part in parts]


def _side(rule: RuleScope, part: Expression) -> Dimension:
    if isinstance(part, Selector):
        return dimension(rule, part)
    if isinstance(part, Binary):
        return _masked(rule, part)
    raise UnreadableError(Reason("{op} is not read here", op=nft.shown(part)))


def _one(side: Dimension, op: str, right: Expression) -> Match:
    if op == "in":
        return side.test(right)
    if op == "!":
        return Not(side.test(right))
    if op in ("==", "!="):
        if op == "!=" and side.flags and isinstance(right, Flags):
            raise UnreadableError(Reason("!= with a list of flags"))
        match = _exactly(side, right)
        return match if op == "==" else Not(match)
    if side.is_open:
        return side.test(Literal(f"{op} {nft.shown(right)}"))
    if side.spans is None or not side.highest:
        raise UnreadableError(Reason("{op} is not read here", op=op))
    spans = side.spans(right)
    value = spans.first
    lowest = V6 if value >= V6 else 0
    span = {">": (value + 1, side.highest), ">=": (value, side.highest), "<": (lowest, value - 1),
            "<=": (lowest, value)}[op]  # fmt: skip
    if side.field in (Field.SRC, Field.DST) and value < V6:
        span = span[0], min(span[1], (1 << 32) - 1)
    if side.field is None:
        return side.test(Range(str(span[0]), str(span[1]))) if span[0] <= span[1] else NEVER
    return In(side.field, Intervals.span(*span))


def _exactly(side: Dimension, value: Expression) -> Match:
    """Equal; of flags, exactly those."""
    if side.flags == "tcp":
        return Bits(Field.FLAGS, nft.flag_bits(value), 255)
    if side.flags == "state" and len(nft.names(value)) > 1:
        return NEVER  # a packet has one state
    if side.flags == "status":
        raise UnreadableError("ct status is exactly that")
    return side.test(value)


def _bits_against_zero(left: Expression, op: str, right: Expression) -> Compare | None:
    """``ct state & (new | related) != 0`` and ``ct status & dnat == dnat`` ask for some of the flags."""
    if not (isinstance(left, Binary) and left.op == "&" and isinstance(left.left, Selector) and op in ("==", "!=")):
        return None
    if left.left.words not in (("ct", "state"), ("ct", "status")):
        return None
    none = nft.shown(right) in ("0", "0x0")
    if not none and not (isinstance(right, Literal) and right == left.right):
        return None
    return Compare(left.left, "in" if (op == "!=") is none else "!", left.right)


def _fragment(left: Expression, op: str, right: Expression) -> Match | None:
    """``ip frag-off & 0x1fff != 0``: a later fragment."""
    offset = isinstance(left, Binary) and left.op == "&" and left.left == Selector(("ip", "frag-off"))
    if not offset or not isinstance(left, Binary) or nft.shown(left.right) not in ("8191", "0x1fff"):
        return None
    if nft.shown(right) not in ("0", "0x0") or op not in ("==", "!="):
        return None
    first = In(Field.FRAGMENT, Intervals.of(0))
    four = In(Field.SRC, nft.ip_versions(Literal("4")))
    return both(four, Not(first) if op == "!=" else first)


def _masked(rule: RuleScope, part: Binary) -> Dimension:
    """Bits of an address, a mark or TCP flags: ``(field & mask) ^ flipped`` is compared."""
    selector, mask, flipped = _affine(rule, part)
    side = dimension(rule, selector)
    field = side.masked
    if field is None:

        def unknown(value: Expression) -> Match:
            return rule.about_packet(Reason("{value} {value2}", value=nft.shown(part), value2=nft.shown(value)))

        return Dimension(side.guards, unknown)

    def test(value: Expression) -> Match:
        wanted = _number(selector, value) ^ flipped
        family = V6 if selector.words[0] == "ip6" else 0
        if wanted & ~mask:
            return NEVER
        return Bits(field, wanted | family, mask | family)

    return Dimension(side.guards, test)


def _affine(rule: RuleScope, expression: Expression) -> tuple[Selector, int, int]:
    """``(selector, mask, flipped)`` of ``& | ^`` with constants."""
    if isinstance(expression, Selector):
        full = (1 << 128) - 1 if expression.words[0] == "ip6" else (1 << 32) - 1
        return expression, 255 if expression.words == ("tcp", "flags") else full, 0
    if not isinstance(expression, Binary):
        raise UnreadableError(Reason("{op} is not read here", op=nft.shown(expression)))
    selector, mask, flipped = _affine(rule, expression.left)
    constant = _number(selector, expression.right)
    if expression.op == "&":
        return selector, mask & constant, flipped & constant
    if expression.op == "|":
        return selector, mask & ~constant, flipped & ~constant | constant
    if expression.op == "^":
        return selector, mask, flipped ^ constant
    raise UnreadableError(Reason("{op} is not read here", op=expression.op))


def _number(selector: Selector, value: Expression) -> int:
    """A constant that is compared with bits of ``selector``, without the family's bit."""
    header, field = selector.words[0], selector.words[-1]
    if header in ("ip", "ip6") and field in ("saddr", "daddr"):
        v6 = header == "ip6"
        return nft.masked_address(value, v6) - (V6 if v6 else 0)
    if selector.words == ("tcp", "flags"):
        return nft.flag_bits(value)
    return read.number(nft.name(value))


def member(rule: RuleScope, key: Expression, of: SetName | Elements) -> Match:
    """``key`` is in the set."""
    if isinstance(of, Elements):
        return _members(rule, key, of.items)
    scope = rule.scope
    named = scope.named_set(of.name)
    if named is None:
        return rule.undecided(Reason("the set {name} is not in this table", name=repr(of.name)))
    unknown = rule.about_packet(
        Reason(
            "{value} in {family} {name} {name2}",
            value=nft.shown(key),
            family=scope.table.family,
            name=scope.table.name,
            name2=of.name,
        )
    )
    if scope.is_changed(of.name, scope.changes.shrinks):
        return unknown
    cached = of.name, nft.shown(key)
    if cached not in scope.members:
        scope.members[cached] = _members(rule, key, named.elements, of.name, named.timeout)
    match = scope.members[cached]
    return either(match, unknown) if scope.is_changed(of.name, scope.changes.grows) else match


def _members(
    rule: RuleScope, key: Expression, elements: Sequence[Element], name: str = "", timeout: bool = False
) -> Match:
    if any(e.data is not None for e in elements):
        raise UnreadableError("a map where a set is expected")
    sides = _sides(rule, key)
    lasting = [e for e in elements if e.lasting and not timeout]
    passing = [e for e in elements if not e.lasting or timeout]
    parts = [union(sides, lasting)] if lasting else []
    if passing:
        unknown = rule.about_packet(Reason("{value} is still in the set {name}", value=nft.shown(key), name=name))
        parts.append(both(union(sides, passing), unknown))
    return either(*parts)


def sides_of(rule: RuleScope, key: Expression) -> list[Dimension]:
    """The dimensions of a key, for ``union``."""
    return _sides(rule, key)


def union(sides: Sequence[Dimension], elements: Iterable[Element]) -> Match:
    """One of the elements is the key; those that differ in their first part only are put together."""
    groups: dict[tuple[Expression, ...], list[Expression]] = {}
    for element in elements:
        if element.key is None:
            return ALWAYS
        parts = element.key.parts if isinstance(element.key, Concat) else (element.key,)
        if len(parts) != len(sides):
            raise UnreadableError(
                Reason("the element {key} has another number of parts", key=nft.shown(element.key)[:60])
            )
        groups.setdefault(parts[1:], []).append(parts[0])
    return either(*(_group(sides, first, rest) for rest, first in groups.items()))


def _group(sides: Sequence[Dimension], first: list[Expression], rest: tuple[Expression, ...]) -> Match:
    side = sides[0]
    if side.field is not None and side.spans is not None:
        spans = side.spans
        match: Match = In(side.field, Intervals.from_spans(s for value in first for s in spans(value).spans))
    else:
        match = either(*(_exactly(side, value) for value in first))
    return both(match, *(_exactly(s, value) for s, value in zip(sides[1:], rest, strict=True)))


def _tuple(sides: Sequence[Dimension], right: Expression) -> Match:
    return union(sides, [Element(right)])
