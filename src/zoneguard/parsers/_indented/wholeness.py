"""Files that are not the whole of one device: a part of a configuration, or several of them behind each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zoneguard.model.device import Concern, Interface, Misunderstood
from zoneguard.parsers import Source

PART = "this file is a part of a configuration: it has no interface with an address"
SEVERAL = "another device begins here: put each device into a file of its own"
SECOND = "a second address that is not secondary: which of them is in force is not known"


def missing(source: Source, interfaces: Iterable[Interface]) -> tuple[Misunderstood, ...]:
    """What a file without addresses leaves out altogether."""
    if any(interface.addresses for interface in interfaces):
        return ()
    return (Misunderstood(source.span(1, max(1, len(source.lines))), "", PART, Concern.INTERFACE),)


class Hostnames:
    """The hostnames of a file: a second one that differs begins another device."""

    def __init__(self, not_understood: Callable[[int, str, Concern], object]) -> None:
        self._not_understood = not_understood
        self._known = ""

    def named(self, name: str, line: int) -> None:
        """``hostname NAME`` in line ``line``."""
        if self._known and name != self._known:
            self._not_understood(line, SEVERAL, Concern.FILTER)
        self._known = self._known or name
