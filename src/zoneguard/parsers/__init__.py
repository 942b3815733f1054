"""One vendor or export format a file: text → Device, plus an account of every line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.device import Device, LineAccount
from zoneguard.model.spans import SourceSpan


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded input. ``lines[0]`` is line 1; line ends are stripped. ``file`` is the path as the user wrote it."""

    file: str
    lines: tuple[str, ...]
    encoding: str = "utf-8"

    def span(self, first: int, last: int | None = None) -> SourceSpan:
        """Lines ``first`` to ``last``, 1-based."""
        return SourceSpan(self.file, first, first if last is None else last)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of one input: devices (several, where the file holds several) and the account of its lines."""

    devices: tuple[Device, ...]
    account: LineAccount


class Kind(StrEnum):
    CONFIG = "config"  # a device's configuration
    ROUTES = "routes"  # a routing table: a device with interfaces and routes only


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser plugin.

    ``sniff`` gives a confidence from 0 (cannot be) to 1 (certain), from the content alone. ``parse`` takes the source
    and the device's name in the project; it never raises on any text: what it cannot read it accounts for.
    """

    name: str
    title: str
    sniff: Callable[[Source], float]
    parse: Callable[[Source, str], Parsed]
    kind: Kind = Kind.CONFIG
