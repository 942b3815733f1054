"""One vendor or export format a file: text → Device, plus an account of every line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.collector import paused_collector
from zoneguard.model.device import Concern, Device, LineAccount
from zoneguard.model.spans import SourceSpan


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded input. ``lines[0]`` is line 1; line ends are stripped. ``file`` is the path as the user wrote it.

    ``first``: lines before it are another device's of the same file; they are blank here and in nobody's account.
    ``doubts``: lines that were found not to be understood before a parser saw them. ``unended``: the last line has no
    line end.
    """

    file: str
    lines: tuple[str, ...]
    encoding: str = "utf-8"
    first: int = 1
    doubts: tuple[tuple[int, str, Concern], ...] = ()
    unended: bool = False

    def span(self, first: int, last: int | None = None) -> SourceSpan:
        """Lines ``first`` to ``last``, 1-based."""
        return SourceSpan(self.file, first, first if last is None else last)

    @property
    def own(self) -> tuple[str, ...]:
        """The lines without those of another device."""
        return self.lines[self.first - 1 :]

    @property
    def whole(self) -> SourceSpan:
        """All the lines of the device."""
        return SourceSpan(self.file, self.first, max(self.first, len(self.lines)))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of one input: devices (several, where the file holds several) and the account of its lines."""

    devices: tuple[Device, ...]
    account: LineAccount


class Kind(StrEnum):
    CONFIG = "config"  # a device's configuration
    ROUTES = "routes"  # a routing table: a device with interfaces and routes only


@dataclass(frozen=True, slots=True)
class Marks:
    """By what an export shows where a device begins, as patterns that a line begins with; empty: by nothing.

    ``begins``: the first lines of an export. ``whole``: they stand nowhere else, so that two of them are two devices
    even where nothing names these. ``ends``: its last line; ``promises``: the lines after which an export that has not
    this last line is cut short. ``hosts``: lines that name the device in the group
    ``host``, each with the pattern of the nearest line above that opens a block (``""``: any). ``apart``: the parser
    itself tells apart what several names belong to.
    """

    begins: str = ""
    whole: bool = False
    ends: str = ""
    promises: str = ""
    hosts: tuple[tuple[str, str], ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser plugin.

    ``sniff`` gives a confidence from 0 (cannot be) to 1 (certain), from the content alone. ``parse`` takes the source
    and the device's name in the project; it never raises on any text: what it cannot read it accounts for. The cyclic
    garbage collector is paused meanwhile.
    """

    name: str
    title: str
    sniff: Callable[[Source], float]
    parse: Callable[[Source, str], Parsed]
    kind: Kind = Kind.CONFIG
    marks: Marks = Marks()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parse", paused_collector()(self.parse))
