"""Parts of a configuration as the API answers them or an export by XPath cuts them out: what they are parts of.

An element or an entry outside of its place is put there where its own words allow one place only: rules of security
name an application and an action, those of NAT a translation; objects have the types of their table. Everything else
stays where it is, and is said not to be known there.
"""

from __future__ import annotations

from zoneguard.parsers._panos.layout import VSYS_TABLES
from zoneguard.parsers._panos.tree import Node

_SECURITY, _NAT = ("rulebase", "security", "rules"), ("rulebase", "nat", "rules")
_RULE = frozenset({"from", "to", "source", "destination"})
_TRANSLATION = frozenset({"source-translation", "destination-translation", "dynamic-destination-translation"})
_OBJECTS = (
    ("address", frozenset({"ip-netmask", "ip-range", "ip-wildcard", "fqdn"})),
    ("address-group", frozenset({"static", "dynamic"})),
)
_DEVICE = frozenset({"vsys", "deviceconfig", "template", "template-stack", "device-group"})
_NETWORK = frozenset({"interface", "virtual-router", "logical-router"})
_ROUTED = frozenset({"layer3", "layer2", "virtual-wire", "tap", "external"})


def settle(root: Node) -> None:
    """Put the parts of the document ``root`` that stand outside of their places there."""
    inner = root
    for wrapper in ("response", "result"):
        inner = inner.at(wrapper) or inner
    for around in (root,) if inner is root else (root, inner):
        for word, node in list(around.children.items()):
            place = _place(word, node)
            beside = around is not inner and word not in ("response", "result")
            if (place or beside) and _hang(inner, place, node):
                del around.children[word]


def _place(word: str, node: Node) -> tuple[str, ...]:
    """The words above the node where it belongs; none where it may stay."""
    children = frozenset(node.children)
    if word in ("security", "nat", "pbf", "application-override") and "rules" in children:
        return ("rulebase",)
    if word == "rules":
        found = {_rules(entry) for entry in node.children.values()}
        return found.pop()[:-1] if len(found) == 1 else ()
    if word in _NETWORK and not children & _RULE:
        return ("network",)
    if word in VSYS_TABLES or word in _DEVICE or word in ("config", "devices", "network", "shared", "policy"):
        return ()
    return _entry(node, children)


def _entry(node: Node, children: frozenset[str]) -> tuple[str, ...]:
    """The table of an entry without one."""
    if rules := _rules(node):
        return rules
    if children & _DEVICE or node.below("network").keys() & _NETWORK:
        return ("devices",)
    if node.below("network").keys() & _ROUTED:
        return ("zone",)
    if children & {"rulebase", "zone", "import"}:
        return ("vsys",)
    tables = [table for table, kinds in _OBJECTS if children & kinds]
    if node.below("protocol").keys() & {"tcp", "udp", "sctp"}:
        tables.append("service")
    return (tables[0],) if len(tables) == 1 else ()


def _rules(node: Node) -> tuple[str, ...]:
    """The table of rules that an entry is of; empty where that is open."""
    children = frozenset(node.children)
    if not children >= _RULE:
        return ()
    if {"application", "action"} <= children:
        return _SECURITY
    return _NAT if children & _TRANSLATION and not children & {"application", "action"} else ()


def _hang(root: Node, place: tuple[str, ...], node: Node) -> bool:
    """Put the node below ``place``, unless something of it is there already."""
    known = root.at(*place, node.name)
    if known is node or (known is not None and known.children.keys() & node.children.keys()):
        return False
    for word in place:
        found = root.children.get(word)
        if found is node:
            return False
        if found is None:
            found = Node(word, node.first, node.last)
            _put(root, found)
        found.first, found.last = min(found.first, node.first), max(found.last, node.last)
        root = found
    if known is None:
        _put(root, node)
    else:
        _put(known, *node.children.values())
        known.first, known.last = min(known.first, node.first), max(known.last, node.last)
    return True


def _put(root: Node, *nodes: Node) -> None:
    """``nodes`` as the last below ``root``; words without any below them share a table, which stays empty."""
    if not root.children:
        root.children = {}
    root.children.update((node.name, node) for node in nodes)
