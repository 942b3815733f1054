"""Inner parts of a configuration that were pasted without what is around them, put where they belong.

Only where the words of the part allow one place: ``policies`` with pairs of zones stand under ``security`` and nowhere
else. What may stand in several places, as ``policy`` or a ``filter`` of no family, stays and is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from zoneguard.parsers._junos.tree import Node

_INTERFACE = re.compile(r"(?:ge|xe|et|fe|so|t1|gr|ip|reth|ae|irb|lo|st|vlan|fxp|em|me)-?\d[\w/:-]*|irb|vlan")
_WITHIN: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "policies": (("security",), frozenset({"from-zone", "global", "default-policy"})),
    "zones": (("security",), frozenset({"security-zone", "functional-zone"})),
    "nat": (("security",), frozenset({"source", "destination", "static", "proxy-arp"})),
    "source": (("security", "nat"), frozenset({"rule-set", "pool"})),
    "destination": (("security", "nat"), frozenset({"rule-set", "pool"})),
}
"""A word, where it belongs, and one of the words that must be below it."""
_ALONE: Mapping[str, tuple[str, ...]] = {
    "from-zone": ("security", "policies"),
    "security-zone": ("security", "zones"),
    "application": ("applications",),
    "application-set": ("applications",),
    "prefix-list": ("policy-options",),
    "policy-statement": ("policy-options",),
}


def settle(root: Node) -> None:
    """Put the parts at the top of the tree that belong elsewhere there."""
    for word, node in list(root.children.items()):
        place = _place(word, node)
        if place:
            del root.children[word]
            _hang(root, place, node)


def _place(word: str, node: Node) -> tuple[str, ...]:
    """The words above the node where it belongs; none where it stays."""
    if word in _WITHIN:
        place, needed = _WITHIN[word]
        return place if needed & node.children.keys() else ()
    if word in _ALONE:
        return _ALONE[word]
    if word == "static":
        return ("routing-options",) if "route" in node.children else ("security", "nat") * ("rule-set" in node.children)
    if word == "address-book":
        books = node.children.values()
        return ("security",) if books and not node.children.keys() & {"address", "address-set"} else ()
    if word == "family":
        named = [f for family in node.children.values() for f in family.at("filter").children.values()]
        return ("firewall",) if named and all("term" in f.children for f in named) else ()
    return ("interfaces",) if _INTERFACE.fullmatch(word) and "unit" in node.children else ()


def _hang(root: Node, place: tuple[str, ...], node: Node) -> None:
    """The node below ``place``; what it says is added where the same is there already."""
    for word in place:
        root = root.child(word)
    _merge(root, node)


def _merge(root: Node, node: Node) -> None:
    known = root.children.get(node.word)
    if known is None:
        root.add(node)
        return
    known.lines += node.lines
    known.frames += node.frames
    for child in node.children.values():
        _merge(known, child)
