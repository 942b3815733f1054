"""What one Junos configuration holds: its tree, its version, and its logical systems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.model.match import Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers.accounting import Ledger

DEFAULT = "default"
"""The forwarding context of ``inet.0``."""

MANAGEMENT = ("fxp", "em", "me0", "vme")
"""How the names of interfaces begin that serve the management of the device alone."""

_SECURITY_VERSION = re.compile(r"\d+\.\d+X\d+|\d+\.\d+I\d|.*-SRX")


@dataclass(frozen=True, slots=True)
class Scope:
    """The whole device, or one of its logical systems: ``name`` (empty for the device itself), ``root`` of its tree."""

    name: str
    root: Node
    label: str

    def context(self, instance: str = DEFAULT) -> str:
        """The name of a routing instance's forwarding context."""
        return instance if not self.name else self.name if instance == DEFAULT else f"{self.name}:{instance}"


@dataclass(frozen=True, slots=True)
class Export:
    """A source, read."""

    source: Source
    ledger: Ledger
    device: str
    root: Node
    scopes: tuple[Scope, ...]

    def span(self, node: Node) -> SourceSpan:
        """Where the statement is written."""
        first, last = node.extent
        return self.source.span(max(1, first), max(1, last))

    def unknown(self, scope: Scope, key: str, node: Node) -> Unknown:
        """A condition that ``node`` leaves open, told apart from those of other devices."""
        return Unknown(Reason("{label}: {key}", label=scope.label, key=key), self.source.span(max(1, node.line)))

    def open(self, scope: Scope, key: str, node: Node, reason: str, concern: Concern = Concern.FILTER) -> Match:
        """Likewise, and the line is entered as one that the model holds as a condition which cannot be decided."""
        self.doubt(node, reason, concern, bounded=True)
        return self.unknown(scope, key, node)

    def doubt(self, node: Node, reason: str, concern: Concern, bounded: bool = False) -> None:
        """The statement may matter and is not in the model, or only as a condition that cannot be decided."""
        node.used = True
        self.ledger.not_understood(max(1, node.line), reason, concern, bounded)

    @property
    def security_version(self) -> bool:
        """Whether the version is one of the releases that run on security devices only."""
        return _SECURITY_VERSION.match(self.root.word_of("version")) is not None


def read_export(source: Source, ledger: Ledger, device: str, root: Node) -> Export:
    """The scopes of a tree."""
    scopes = [Scope("", root, device)]
    for name, node in root.at("logical-systems").children.items():
        scopes.append(Scope(name, node, f"{device}/{name}"))
    return Export(source, ledger, device, root, tuple(scopes))


def first_of(nodes: Iterable[Node], default: Node) -> Node:
    """The first node, ``default`` where there is none."""
    return next(iter(nodes), default)
