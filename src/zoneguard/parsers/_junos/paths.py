"""``apply-path``: a prefix list of everything that some place of the configuration holds."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.groups import matches
from zoneguard.parsers._junos.tree import Node

MAX_FOUND = 100_000


def expand_path(root: Node, path: Node) -> Iterator[Node]:
    """The prefixes at ``path`` (``"protocols bgp group <*> neighbor <*>"``); what is no prefix there is left out."""
    here = [root]
    for word in path.word.split():
        if word[:1] == "<":
            here = [c for node in here for w, c in node.children.items() if matches(word, w)][:MAX_FOUND]
        else:
            here = [c for node in here if (c := node.children.get(word)) is not None]
    for node in here:
        if values.network(node.word) is not None:
            yield node
