"""The objects of an input by type and id, whatever told them.

``az network … list`` and ``show`` put the properties of an object beside its name; the REST interface, Resource Graph
and templates put them under ``properties``. A template may hold parts of an object as resources of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import address_or_none
from zoneguard.model.device import Concern
from zoneguard.parsers._azure.expressions import Template
from zoneguard.parsers._azure.kinds import HARMLESS, NETWORK, NIC, NSG, PARTS, READ, VNET
from zoneguard.parsers._azure.words import members_of
from zoneguard.parsers._cloud import OTHER_FORMAT, account_members, unread
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NEVER_READ = "a network resource that is not read"
NESTED = "a deployment within the template, whose resources are not read"
LOOPED = "a resource that is made in a loop or on a condition"
NO_NAME = "a resource whose name the template alone does not tell"


@dataclass(slots=True)
class Item:
    """One object: its name, its id in small letters, its properties."""

    type: str
    name: str
    id: str
    node: Node
    properties: Node
    template: Template
    more: dict[str, list[Node]] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """The property ``key`` as text, of an expression its value; empty where there is none or it is not known."""
        if self.template.is_none:
            return self.properties.text(key)
        return self.template.text(self.properties.get(key)) or ""

    def parts(self, key: str) -> Iterator[Item]:
        """The objects that the property ``key`` lists, and those that are resources of their own, each name once."""
        seen: set[str] = set()
        listed = self.properties.get(key)
        known = self.template.node(listed) if listed else None
        kind = f"{self.type}/{key.lower()}"
        for node in (*(known.items() if known else ()), *self.more.get(key, ())):
            part = item(node, kind, self.id, self.template)
            name = part.name.lower()
            if name not in seen or not name:
                seen.add(name)
                yield part

    def is_told(self, key: str) -> bool:
        """Whether the list ``key`` is known, as an empty one is."""
        listed = self.properties.get(key)
        return listed is None or self.template.node(listed) is not None

    def reference(self, key: str) -> str:
        """The id, in small letters, of the object that the property ``key`` names."""
        found = self.properties.get(key)
        return (self.template.text(found.get("id")) or "").lower() if found else ""

    def references(self, key: str) -> list[str]:
        """The ids of the objects that the property ``key`` lists."""
        found = self.properties.get(key)
        return [(self.template.text(node.get("id")) or "").lower() for node in found.items()] if found else []

    def texts(self, key: str) -> list[Node]:
        """The entries of the list ``key``, expressions evaluated as far as they can be."""
        listed = self.properties.get(key)
        known = self.template.node(listed) if listed else None
        return [self.template.node(node) or node for node in (known.items() if known else ())]


@dataclass(slots=True)
class Estate:
    """All objects of one input."""

    items: dict[str, list[Item]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Item]:
        """The objects of a type."""
        return self.items.get(kind, [])

    def find(self, kind: str, reference: str) -> Item | None:
        """The object of a type that ``reference`` means; an id without a subscription means any of that name."""
        for one in self.of(kind):
            if one.id == reference:
                return one
        named = [one for one in self.of(kind) if reference and provider_part(one.id) == provider_part(reference)]
        partial = [one for one in named if "/subscriptions/" not in one.id or "/subscriptions/" not in reference]
        return partial[0] if len(partial) == 1 else None


def provider_part(text: str) -> str:
    """An id from its provider on: what a template knows of it."""
    return text.rpartition("/providers/")[2]


def private_address(configuration: Item) -> int | None:
    """The private address of an IP configuration, or ``None`` where it is not told or cannot be read."""
    return address_or_none(configuration.text("privateIPAddress") or configuration.text("privateIpAddress"))


def same(a: str, b: str) -> bool:
    """Whether two ids may be of one object."""
    whole = "/subscriptions/" in a and "/subscriptions/" in b
    return bool(a and b) and (a == b if whole else provider_part(a) == provider_part(b))


def item(node: Node, kind: str, parent: str, template: Template) -> Item:
    """The object that ``node`` tells, a part of ``parent`` where that is given."""
    name = template.text(node.get("name")) or ""
    name = name.rpartition("/")[2] if parent else name
    own = template.text(node.get("id"))
    own = own or (f"{parent}/{kind.rpartition('/')[2]}/{name}" if parent else _path(kind, name))
    properties = node.get("properties")
    known = template.node(properties) if properties else node
    return Item(kind, name, own.lower(), node, known or node, template)


def _path(kind: str, name: str) -> str:
    provider, *kinds = kind.split("/")
    pairs = zip(kinds, name.split("/"), strict=False)
    return f"/providers/{provider}" + "".join(f"/{k}/{n}" for k, n in pairs)


def gathered(documents: Iterable[Node], ledger: Ledger) -> Estate:
    """The objects of all documents; ``ledger`` is told of resources that may matter and are not read."""
    estate = Estate()
    parts: list[tuple[str, str, Node, Template]] = []
    for document in documents:
        template = Template(document if "deploymenttemplate" in document.text("$schema").lower() else None)
        found = 0
        for node, outer in _resources(document, "", 0):
            kind, name = _kind(node, outer), template.text(node.get("name"))
            found += 1
            if not kind.startswith((NETWORK, "microsoft.resources/deployments")):
                continue
            if kind not in READ:
                if kind not in HARMLESS:
                    reason = NEVER_READ if kind.startswith(NETWORK) else NESTED
                    unread(ledger, node, reason, f"{kind} {name or ''}".strip())
                continue
            ledger.understood(node.first, node.last)
            account_members(ledger, members_of(kind), node)
            if node.get("copy") or node.get("condition"):
                ledger.not_understood(node.first, LOOPED, Concern.FILTER, about=f"{kind} {name or ''}".strip())
            if name is None:
                ledger.not_understood(node.first, NO_NAME, Concern.FILTER, about=node.text("name"))
            elif kind in PARTS:
                parts.append((kind, name if "/" in name else f"{outer.partition('|')[2]}/{name}", node, template))
            else:
                estate.items.setdefault(kind, []).append(item(node, kind, "", template))
        if not found and not _is_empty(document):
            unread(ledger, document, OTHER_FORMAT)
    for kind, name, node, template in parts:
        _attach(estate, kind, name, node, template)
    return estate


def _is_empty(document: Node) -> bool:
    """Whether it is the answer that there is nothing."""
    lists = [document.value, *(node.value for key in ("value", "data") if (node := document.get(key)))]
    return any(value in ([], {}) for value in lists)


def _attach(estate: Estate, kind: str, name: str, node: Node, template: Template) -> None:
    """A part to the object that it is of, which need not be in the input itself."""
    whole, _, _ = kind.rpartition("/")
    own = (template.text(node.get("id")) or "").lower()
    parent = own.rpartition("/")[0].rpartition("/")[0] or _path(whole, name.rpartition("/")[0]).lower()
    owner = estate.find(whole, parent)
    if owner is None:
        owner = Item(whole, parent.rpartition("/")[2], parent, node, Node({}, node.first, node.last), template)
        estate.items.setdefault(whole, []).append(owner)
    owner.more.setdefault(PARTS[kind], []).append(node)


def _resources(node: Node, outer: str, depth: int) -> Iterator[tuple[Node, str]]:
    """Every resource of a document: of a list, an answer (``value``, ``data``), a template, one within another.

    With each goes ``TYPE|NAME`` of the resource around it.
    """
    if depth > 8:
        return
    for part in node.items():
        yield from _resources(part, outer, depth + 1)
    if _kind(node, outer):
        yield node, outer
        outer = f"{_kind(node, outer)}|{node.text('name')}"
    for key in ("value", "data", "resources", "NewNSG", "newVNet", "NewNIC", "publicIp"):
        inner = node.get(key)
        if inner is not None:
            parts = (n for _, n in inner.members()) if key == "resources" and isinstance(inner.value, dict) else [inner]
            for part in parts:
                yield from _resources(part, outer, depth + 1)


def _kind(node: Node, outer: str) -> str:
    """The type of a resource in small letters, by what it says or by what it holds; empty where it is none."""
    said = node.text("type").lower()
    if "/" in said:
        return said
    if said and outer:
        return f"{outer.partition('|')[0]}/{said}"
    properties = node.get("properties") or node
    for key, kind in (("defaultSecurityRules", NSG), ("addressSpace", VNET), ("ipConfigurations", NIC)):
        if properties.get(key) and node.get("name") and not said:
            return kind
    return ""
