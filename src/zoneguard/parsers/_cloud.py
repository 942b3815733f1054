"""Addresses as clouds write them in JSON: one that cannot be read is no error but open."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import parse_address, parse_prefix
from zoneguard.model.intervals import Intervals


def prefix(text: str) -> Intervals | None:
    """A block or an address, or ``None`` where it cannot be read."""
    try:
        return parse_prefix(text)
    except ValueError:
        return None


def number(text: str) -> int | None:
    """An address, or ``None`` where it cannot be read."""
    try:
        return parse_address(text)
    except ValueError:
        return None


def union(blocks: Iterable[Intervals]) -> Intervals:
    """The addresses of all blocks."""
    return Intervals.from_spans(span for block in blocks for span in block.spans)
