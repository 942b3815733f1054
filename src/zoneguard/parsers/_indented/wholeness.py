"""Files that are not the whole of a device."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.device import Concern, Interface, Misunderstood
from zoneguard.parsers import Source

PART = "this file is a part of a configuration: it has no interface with an address"
SECOND = "a second address that is not secondary: which of them is in force is not known"


def missing(source: Source, interfaces: Iterable[Interface]) -> tuple[Misunderstood, ...]:
    """What a file without addresses leaves out altogether."""
    if any(interface.addresses for interface in interfaces):
        return ()
    return (Misunderstood(source.whole, "", PART, Concern.INTERFACE),)
