"""Files that are not the whole of a device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zoneguard.model.device import Concern, Interface, Misunderstood
from zoneguard.parsers import Source
from zoneguard.parsers.accounting import Ledger

PART = "this file is a part of a configuration: it has no interface with an address"
INSIDE = "the file begins inside a block: what stands above it is missing"
SECOND = "a second address that is not secondary: which of them is in force is not known"


def report_beginning(first: int, indents: Sequence[int], ledger: Ledger) -> None:
    """``indents`` of all commands, of which the one of line ``first`` is the first: later ones stand further left only
    where the beginning of the file is missing."""
    if indents and indents[0] > min(indents):
        ledger.not_understood(first, INSIDE, Concern.FILTER)


def missing(source: Source, interfaces: Iterable[Interface]) -> tuple[Misunderstood, ...]:
    """What a file without addresses leaves out altogether."""
    if any(interface.addresses for interface in interfaces):
        return ()
    return (Misunderstood(source.whole, "", PART, Concern.INTERFACE),)
