"""What the readers of one PAN-OS file share: its lines, its ledger, and conditions that cannot be decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from zoneguard.model.device import Concern
from zoneguard.model.match import Match, Unknown
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._panos.layout import Vsys
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers.accounting import Ledger


class Doubt(NamedTuple):
    """A line on which a result depends and that the file alone does not decide."""

    line: int
    reason: str


@quick
@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and the lines that leave it open."""

    match: Match
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A source, and the account of its lines."""

    source: Source
    ledger: Ledger

    def span(self, node: Node) -> SourceSpan:
        """Where the node is written."""
        return self.source.span(node.first, max(node.first, node.last))

    def unknown(self, vsys: Vsys, key: str, line: int) -> Unknown:
        """A condition that line ``line`` leaves open, told apart from those of other virtual systems and devices."""
        return Unknown(Reason("{label}: {key}", label=vsys.label, key=key), self.source.span(line))

    def doubt(self, doubts: Iterable[Doubt], concern: Concern = Concern.FILTER) -> None:
        """Enter lines that the model holds as conditions which cannot be decided."""
        for line, reason in doubts:
            self.ledger.not_understood(line, reason, concern, bounded=True)
