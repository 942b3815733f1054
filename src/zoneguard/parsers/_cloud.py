"""What parsers of clouds share: addresses in JSON, of which one that cannot be read is no error but open."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import parse_prefix
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._json_lines import Node
from zoneguard.parsers.accounting import Ledger

OTHER_FORMAT = (
    "JSON of another format than the one that is named or taken; leave it to detection, or name the right one"
)
"""Of a document in which nothing is of the parser's format."""

REST = "the rest of an object that is not understood, as is said at its first line"


def unread(ledger: Ledger, node: Node, reason: str, about: str = "") -> None:
    """``node`` may matter and is not read at all: said once, at its first line."""
    ledger.ignored(REST, node.first, node.last)
    ledger.not_understood(node.first, reason, Concern.FILTER, about=about)


def prefix(text: str) -> Intervals | None:
    """A block or an address, or ``None`` where it cannot be read."""
    try:
        return parse_prefix(text)
    except ValueError:
        return None


def union(blocks: Iterable[Intervals]) -> Intervals:
    """The addresses of all blocks."""
    return Intervals.from_spans(span for block in blocks for span in block.spans)


class Doubting:
    """A part of a cloud's parser that leaves things open: each is said once, at its first line, and bounded.

    ``concern``: what it may change.
    """

    def __init__(self, source: Source, ledger: Ledger, concern: Concern = Concern.FILTER) -> None:
        self._source = source
        self._ledger = ledger
        self._concern = concern

    def _doubt(self, node: Node, reason: str, what: str) -> Unknown:
        """``what`` of ``node`` may hold or not, for ``reason``."""
        self._say(node, reason, what)
        key = Reason("{what} ({file}:{first})", what=what, file=self._source.file, first=node.first)
        return Unknown(key, self._span(node))

    def _say(self, node: Node, reason: str, what: str) -> None:
        self._ledger.not_understood(node.first, reason, self._concern, bounded=True, about=what)

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)
