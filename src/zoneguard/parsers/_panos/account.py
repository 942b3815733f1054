"""The fate of every line of a PAN-OS configuration, by what the schema says of its words."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.schema import ROOT
from zoneguard.parsers._panos.specs import Spec
from zoneguard.parsers._panos.tree import FIRST, Lines, Node, spans


class Accountant:
    """Walks a tree once. A line that holds several words is understood where one of them is read."""

    def __init__(self, export: Export) -> None:
        self._ledger = export.ledger
        self._understood: list[Lines] = []
        self._ignored: list[tuple[str, Lines]] = []

    def account(self, root: Node, unused: Iterable[tuple[Node, str]]) -> None:
        """Enter everything below ``root``; ``unused``: parts that are not read, with the reason."""
        aside = {id(node): Spec(reason=reason) for node, reason in unused}
        self._below(root, ROOT, Concern.FILTER, aside)
        for reason, (first, last) in self._ignored:
            self._ledger.ignored(reason, first, last)
        self._ledger.understood_each(self._understood)

    def _node(self, node: Node, spec: Spec, concern: Concern, aside: dict[int, Spec]) -> None:
        if aside and id(node) in aside:
            spec = aside[id(node)]
        if spec.whole:
            self._understood += spans(node)
            if spec.depth and any(child.children for child in node.children.values()):
                self._deeper(node, spec, concern)
        elif spec.reason:
            self._ignored += ((spec.reason, lines) for lines in spans(node))
        else:
            self._own(node)
            self._below(node, spec, concern, aside)

    def _deeper(self, node: Node, spec: Spec, concern: Concern) -> None:
        """Words below the values of a setting: nobody has read them."""
        level = list(node.children.values())
        for _ in range(spec.depth - 1):
            level = [child for each in level for child in each.children.values()]
        for value in level:
            if value.children:
                reason = Reason('words behind the value of "{name}" are not known', name=node.name)
                self._ledger.not_understood(spans(value)[0][0], reason, concern)

    def _own(self, node: Node) -> None:
        """The lines of the word itself: where a block opens and ends, or lines of a ``set`` form that end at it."""
        if node.marks is None:
            self._understood += ((node.first, node.first), (node.last, node.last))
        elif node.marks is FIRST:
            self._understood.append((node.first, node.first))
        else:
            self._understood += node.marks

    def _below(self, node: Node, spec: Spec, concern: Concern, aside: dict[int, Spec]) -> None:
        concern = spec.concern or concern
        below, each = spec.below, spec.each
        for name, child in node.children.items():
            found = below.get(name) or each
            if found is not None:
                self._node(child, found, concern, aside)
            elif child.children or child.marks is not None or spec.below:
                self._unknown(child, concern, spec.bounded)

    def _unknown(self, node: Node, concern: Concern, bounded: bool) -> None:
        first = True
        for start, last in sorted(spans(node)):
            reason = (
                Reason('"{name}" is not known here', name=node.name)
                if first
                else Reason('part of "{name}", which is not known here', name=node.name)
            )
            self._ledger.not_understood(start, reason, concern if first else Concern.OTHER, bounded)
            for line in range(start + 1, last + 1):
                self._ledger.not_understood(
                    line, Reason('part of "{name}", which is not known here', name=node.name), Concern.OTHER
                )
            first = False
