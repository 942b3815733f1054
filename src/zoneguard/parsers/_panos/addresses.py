"""PAN-OS address objects, groups, regions and literal addresses, resolved to sets and, where they are no plain set, to
conditions.

A name means the object of that name before it means an address ("Address objects", and Batfish's lab of names that look
like addresses). The members of a dynamic group are the objects with its tags, and whatever is registered at run time;
FQDN objects, external lists, and regions of the vendor are not in the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, All, AnyOf, Bits, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.quick import quick
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.export import Doubt, Export
from zoneguard.parsers._panos.layout import Vsys
from zoneguard.parsers._panos.tags import tagged
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers.accounting import endless

MAX_NESTING = 64
MAX_RESOLVED = 3_000_000
"""Names looked up for the rules of one virtual system, those in groups again for each group: some seconds of work."""
KINDS = ("ip-netmask", "ip-range", "ip-wildcard", "fqdn")
_TRANSLATED = In(Field.DNAT, Intervals.of(1))
_UNTRANSLATED = In(Field.DNAT, Intervals.of(0))
_WHERE = {Field.SRC: "the source is", Field.DST: "the destination is", Field.ORIG_DST: "the destination is"}


@quick
@dataclass(frozen=True, slots=True)
class AddressMatch:
    """Addresses: those of ``exact``, and what meets one of ``others``, conditions on ``Field.SRC``."""

    exact: Intervals = Intervals()
    others: tuple[Match, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    everything: bool = False

    def on(self, target: Field) -> Match:
        """The condition that ``target`` is one of the addresses."""
        if self.everything:
            return ALWAYS
        if not self.others:
            return In(target, self.exact)
        parts = (In(Field.SRC, self.exact), *self.others) if self.exact else self.others
        return _retarget(either(*parts), target)

    def originally(self) -> Match:
        """The condition that the destination was one of the addresses before this device translated it."""
        if self.everything:
            return ALWAYS
        return either(both(_UNTRANSLATED, self.on(Field.DST)), both(_TRANSLATED, self.on(Field.ORIG_DST)))


EVERYTHING = AddressMatch(everything=True)


def union(parts: Iterable[AddressMatch]) -> AddressMatch:
    """Everything in some part."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    if not any(part.others or part.doubts or part.everything for part in known):
        return AddressMatch(Intervals.from_spans([span for part in known for span in part.exact.spans]))
    return AddressMatch(
        Intervals.from_spans(span for part in known for span in part.exact.spans),
        tuple(dict.fromkeys(other for part in known for other in part.others)),
        tuple(dict.fromkeys(doubt for part in known for doubt in part.doubts)),
        any(part.everything for part in known),
    )


def _retarget(match: Match, target: Field) -> Match:
    """A condition on the source put to another address field."""
    if isinstance(match, In):
        return In(target, match.values)
    if isinstance(match, Bits):
        return Bits(target, match.value, match.mask)
    if isinstance(match, Unknown):
        return Unknown(Reason("{where} {key}", where=as_reason(_WHERE[target]), key=match.key), match.span)
    if isinstance(match, Not):
        return Not(_retarget(match.part, target))
    assert isinstance(match, All | AnyOf)
    return type(match)(tuple(_retarget(part, target) for part in match.parts))


class AddressBook:
    """The address objects that one virtual system sees, by name."""

    def __init__(self, export: Export, vsys: Vsys) -> None:
        self._export = export
        self._vsys = vsys
        self._known: dict[str, AddressMatch] = {}
        self._unions: dict[tuple[str, ...], AddressMatch] = {}
        self._resolved = 0
        self._tables = [(layer.below("address"), layer.below("address-group")) for layer in vsys.layers]

    def union(self, names: Sequence[str], line: int) -> AddressMatch:
        """The addresses that ``names``, written in line ``line``, stand for."""
        if "any" in names:
            return EVERYTHING
        key = tuple(names)
        result = self._unions.get(key)
        if result is None:
            result = union([self._resolve(name, line, ()) for name in key])
            if not result.doubts:
                self._unions[key] = result
        return result

    def one(self, name: str) -> Intervals | None:
        """The addresses of a literal or an object that is a plain set; ``None`` for any other."""
        found = self._resolve(name, 0, ())
        return None if found.others or found.everything or not found.exact else found.exact

    def object(self, name: str) -> Node | None:
        """The address object of that name, of the nearest layer that has one."""
        return self._find("address", name)

    def literal(self, text: str) -> str:
        """The ``address/length`` that ``text`` stands for: that of the object of that name, else itself."""
        known = self.object(text)
        return text if known is None else known.word("ip-netmask")

    def _find(self, table: str, name: str) -> Node | None:
        return next((node for layer in self._vsys.layers if (node := layer.at(table, name)) is not None), None)

    def _resolve(self, name: str, line: int, inside: tuple[str, ...]) -> AddressMatch:
        self._resolved += 1
        if self._resolved > MAX_RESOLVED:
            reason = "the rules name more addresses, through groups, than are resolved"
            return self._unknown(f'in "{name}"', Doubt(line, reason))
        if name in inside or len(inside) > MAX_NESTING:
            what = endless(name in inside, MAX_NESTING)
            return self._unknown(
                f'in "{name}", which {what}', Doubt(line, Reason('the group "{name}" {what}', name=name, what=what))
            )
        found = self._known.get(name)
        if found is None:
            found = self._look_up(name, line, inside)
            if found is None:
                reason = Reason('the address "{name}" is neither an address nor defined in this file', name=name)
                return self._unknown(f'in "{name}"', Doubt(line, reason))
            self._known[name] = found
        return found

    def _look_up(self, name: str, line: int, inside: tuple[str, ...]) -> AddressMatch | None:
        """The object, group, region, list or literal ``name``; an object goes before a literal."""
        for entries, groups in self._tables:
            entry = entries.get(name)
            if entry is not None and (entry.children or name not in groups):
                return self._object(entry)
            group = groups.get(name)
            if group is not None:
                return self._group(group, (*inside, name))
        region = self._find("region", name)
        if region is not None and region.below("address"):
            return union(
                self._resolve(word, region.line("address"), (*inside, name)) for word in region.words("address")
            )
        listed = self._find("external-list", name)
        if listed is not None:
            reason = Reason('the addresses of the external list "{name}" are not in the file', name=name)
            return self._unknown(f'in the external list "{name}"', Doubt(line, reason))
        literal = values.address_span(name)
        if literal is not None:
            return AddressMatch(values.with_mapped(literal))
        if region is not None or (len(name) == 2 and name.isalpha() and name.isupper()) or name.startswith("panw-"):
            reason = Reason('the addresses of "{name}" are the vendor\'s and not in the file', name=name)
            return self._unknown(f'in the region or list "{name}"', Doubt(line, reason))
        return None

    def _group(self, group: Node, inside: tuple[str, ...]) -> AddressMatch:
        line = group.line("static")
        if group.at("dynamic") is None:
            return union([self._resolve(name, line, inside) for name in group.words("static")])
        line = group.line("dynamic")
        names = sorted(tagged(group.word("dynamic", "filter"), self._holders) or ())
        members = [self._resolve(name, line, inside) for name in names]
        reason = Reason(
            'what is registered for the dynamic group "{group}" at run time is not in the file', group=group.name
        )
        open_part = self._unknown(f'registered for the dynamic group "{group.name}"', Doubt(line, reason))
        return union([*members, open_part])

    @cached_property
    def _holders(self) -> dict[str, frozenset[str]]:
        """The objects that have each tag; of one name that of the nearest layer."""
        found: dict[str, set[str]] = defaultdict(set)
        seen: set[str] = set()
        for layer in self._vsys.layers:
            for name, entry in layer.below("address").items():
                for tag in entry.below("tag") if name not in seen else ():
                    found[tag].add(name)
                seen.add(name)
        return {tag: frozenset(names) for tag, names in found.items()}

    def _object(self, entry: Node) -> AddressMatch:
        kinds = [kind for kind in KINDS if kind in entry.children]
        if len(kinds) > 1:
            kinds = [max(kinds, key=lambda kind: entry.children[kind].last)]
        kind = kinds[0] if kinds else ""
        text = entry.word(kind) if kind else ""
        if kind == "fqdn":
            doubt = Doubt(
                entry.line(kind),
                Reason('the addresses of "{name}" ({text}) are not in the file', name=entry.name, text=text),
            )
            return self._unknown(f'in "{entry.name}" (fqdn {text})', doubt)
        if kind == "ip-wildcard":
            pair = values.wildcard(text)
            if pair is not None:
                return AddressMatch(others=(Bits(Field.SRC, *pair),))
        elif kind:
            span = values.address_span(text)
            if span is not None:
                return AddressMatch(values.with_mapped(span))
        doubt = Doubt(
            entry.line(kind) if kind else entry.first,
            Reason('the addresses of "{name}" cannot be read', name=entry.name),
        )
        return self._unknown(f'in "{entry.name}"', doubt)

    def _unknown(self, key: str, doubt: Doubt) -> AddressMatch:
        unknown = Unknown(
            Reason("{key} of {label}", key=key, label=self._vsys.label), self._export.source.span(doubt.line)
        )
        return AddressMatch(others=(unknown,), doubts=(doubt,))


def negated(match: Match) -> Match:
    """Everything else, of both families; the negation of "any" is nothing."""
    return NEVER if match is ALWAYS else Not(match)
