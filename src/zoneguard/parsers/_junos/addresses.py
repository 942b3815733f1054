"""Address books: named addresses and sets, of a zone, attached to zones, or global.

A name is looked up in the book of the policy's zone first, then in the global one; wildcard masks compare the bits that
are set ("Configuring address books and address sets", security policies user guide).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, Unknown, either
from zoneguard.model.quick import quick
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.sets import flatten
from zoneguard.parsers._junos.tree import Node, latest

GLOBAL = "global"
_ANY = {"any": ALL_ADDRESSES, "any-ipv4": ALL_V4, "any-ipv6": ALL_V6}
_KINDS = frozenset(
    {"dns-name", "wildcard-address", "range-address", "ip-prefix", "description", "ipv4-only", "ipv6-only"}
)


@quick
@dataclass(frozen=True, slots=True)
class AddressMatch:
    """Exactly ``exact``, addresses with ``masks`` (as written), and what meets one of the open conditions ``open``
    (key and where)."""

    exact: Intervals = Intervals()
    masks: tuple[str, ...] = ()
    open: tuple[tuple[str, Node], ...] = ()

    def __or__(self, other: AddressMatch) -> AddressMatch:
        return AddressMatch(
            self.exact | other.exact,
            tuple(dict.fromkeys((*self.masks, *other.masks))),
            tuple(dict.fromkeys((*self.open, *other.open))),
        )


def union(parts: Iterable[AddressMatch]) -> AddressMatch:
    """Everything in some part; the exact sets are put together at once."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    exact = Intervals.from_spans([span for part in known for span in part.exact.spans])
    rest = AddressMatch()
    for part in known:
        if part.masks or part.open:
            rest = rest | part
    return AddressMatch(exact, rest.masks, rest.open)


class AddressBooks:
    """The books of one scope."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self._export, self._scope = export, scope
        self._books: dict[str, Node] = {}
        self._of_zone: dict[str, list[str]] = {}
        self._known: dict[tuple[str, str], AddressMatch] = {}
        self._leaves: dict[tuple[str, str], AddressMatch] = {}
        self._written: dict[tuple[str, str], Node] = {}
        self._matches: dict[tuple[object, ...], Match] = {}
        security = scope.root.at("security")
        for name, book in security.at("address-book").children.items():
            self._books[name] = book
            for zone in book.at("attach", "zone").children:
                self._of_zone.setdefault(zone, []).append(name)
            book.at("attach").take()
        for zone, node in security.at("zones", "security-zone").children.items():
            inside = node.children.get("address-book")
            if inside is not None:
                self._books[f"zone {zone}"] = inside
                self._of_zone.setdefault(zone, []).insert(0, f"zone {zone}")
        self._addresses, self._sets = (
            {name: book.at(kind).children for name, book in self._books.items()} for kind in ("address", "address-set")
        )
        for book in self._books.values():
            _take(book)

    def match(self, field: Field, names: Sequence[Node], zones: Sequence[str]) -> Match:
        """The condition that the words ``names`` of a policy between ``zones`` put on ``field``.

        What is open is entered with its line.
        """
        key = (field, *(n.word for n in names), None, *zones)
        known = self._matches.get(key)
        if known is None:
            found = union([self._named(node, zones) for node in names])
            known = self._condition(field, found)
            if not found.open:
                self._matches[key] = known
        return known

    def _condition(self, field: Field, found: AddressMatch) -> Match:
        if found.exact == ALL_ADDRESSES:
            return ALWAYS
        parts: list[Match] = [In(field, found.exact)] if found.exact or not (found.masks or found.open) else []
        parts += [m for text in found.masks if (m := values.masked(field, text)) is not None]
        for key, node in found.open:
            parts.append(
                Unknown(
                    Reason("{label}: {value} {key}", label=self._scope.label, value=field.value, key=key),
                    self._export.source.span(node.line or 1),
                )
            )
        return either(*parts)

    def exact(self, name: Node) -> Intervals | None:
        """The addresses of one name of the global book, ``None`` where they are not known exactly."""
        found = self._named(name, ())
        return None if found.masks or found.open else found.exact

    def _named(self, node: Node, zones: Sequence[str]) -> AddressMatch:
        whole = _ANY.get(node.word)
        if whole is not None:
            return AddressMatch(whole)
        for zone in zones:
            for book in self._of_zone.get(zone, ()):
                if self._defines(book, node.word):
                    return self._resolve(book, node.word)
        if self._defines(GLOBAL, node.word):
            return self._resolve(GLOBAL, node.word)
        reason = Reason('the address "{name}" is not defined in this file', name=node.word)
        self._export.open(self._scope, node.word, node, reason)
        return AddressMatch(open=((f'is in "{node.word}", which is not defined', node),))

    def _defines(self, book: str, name: str) -> bool:
        return name in self._addresses.get(book, ()) or name in self._sets.get(book, ())

    def _resolve(self, book: str, name: str) -> AddressMatch:
        """What a name of a book stands for in the end."""
        known = self._known.get((book, name))
        if known is None and name in self._addresses[book]:
            known = self._known[book, name] = self._leaf(book, name)
        elif known is None:
            leaves, circles = flatten((book, name), self._members)
            parts = [self._leaf(*leaf) for leaf in leaves]
            for where, circle in circles:
                group = self._books[where].at("address-set", circle)
                self._export.open(
                    self._scope, circle, group, Reason('the address set "{name}" contains itself', name=circle)
                )
                parts.append(AddressMatch(open=((f'is in "{circle}", which contains itself', group),)))
            known = self._known[book, name] = union(parts)
        return known

    def _members(self, key: tuple[str, str]) -> list[tuple[str, str]] | None:
        """The members of a set, each with the book that defines it; ``None`` for an address."""
        book, name = key
        group = self._sets[book].get(name) if book else None
        if group is None or name in self._addresses[book]:
            return None
        found = []
        for member in (*group.values("address"), *group.values("address-set")):
            where = next((b for b in (book, GLOBAL) if self._defines(b, member.word)), "")
            self._written.setdefault((where, member.word), member)
            found.append((where, member.word))
        return found

    def _leaf(self, book: str, name: str) -> AddressMatch:
        """An address, or a member that no book defines."""
        if book:
            known = self._leaves.get((book, name))
            if known is None:
                known = self._leaves[book, name] = self._address(name, self._addresses[book][name])
            return known
        if name in _ANY:
            return AddressMatch(_ANY[name])
        member = self._written[book, name]
        self._export.open(
            self._scope, name, member, Reason('the address "{name}" is not defined in this file', name=name)
        )
        return AddressMatch(open=((f'is in "{name}", which is not defined', member),))

    def _address(self, name: str, entry: Node) -> AddressMatch:
        parts = []
        chosen = latest([node for word, node in entry.children.items() if word != "description"])
        for kind, node in () if chosen is None else ((chosen.word, chosen),):
            if kind not in _KINDS:
                found = values.prefix(kind)
                parts.append(AddressMatch(found) if found is not None else self._opened(name, node, "cannot be read"))
            elif kind == "dns-name":
                parts.append(self._opened(name, node, "is a name whose addresses are not in the file"))
            elif kind == "wildcard-address":
                masks = [w for w in node.children if values.masked(Field.SRC, w) is not None]
                parts.append(AddressMatch(masks=tuple(masks)))
                if len(masks) < len(node.children):
                    parts.append(self._opened(name, node, "cannot be read"))
            elif kind == "range-address":
                parts += [self._range(name, node, low) for low in node.children.values()]
            elif kind == "ip-prefix":
                parts += [AddressMatch(p) for w in node.children if (p := values.prefix(w)) is not None]
        return union(parts) if parts else self._opened(name, entry, "has no address")

    def _range(self, name: str, node: Node, low: Node) -> AddressMatch:
        highs = list(low.at("to").children)
        found = values.address_range(low.word, highs[0] if highs else low.word)
        return AddressMatch(found) if found is not None else self._opened(name, node, "cannot be read")

    def _opened(self, name: str, node: Node, why: str) -> AddressMatch:
        self._export.open(self._scope, name, node, Reason('the address "{name}" {why}', name=name, why=as_reason(why)))
        return AddressMatch(open=((f'is in "{name}" ({node.text})', node),))


_DEPTHS = {"address": 1, "address-set": 1, "wildcard-address": 1, "dns-name": 2, "range-address": 3}
"""How many words follow in an entry of a book: ``range-address A to B``; a prefix stands alone."""


def _take(book: Node) -> None:
    """Books are understood as a whole: what cannot be read in them is entered when it is used, or here."""
    book.used = True
    for kind in ("address", "address-set"):
        found = book.children.get(kind)
        if found is not None:
            found.take(1)
            for word, setting in ((w, s) for entry in found.children.values() for w, s in entry.children.items()):
                if word == "description":
                    setting.ignore(LABEL)
                else:
                    setting.take(_DEPTHS.get(word, 0))
    description = book.children.get("description")
    if description is not None:
        description.ignore(LABEL)
