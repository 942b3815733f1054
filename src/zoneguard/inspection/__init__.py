"""Streams → Transfers with hazards. Observation only: whether a transfer is allowed is said by checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from zoneguard.model.flows import Flow, Hazard, Stream, Transfer
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:
    from zoneguard.inspection.known import Known

TCP, UDP = 6, 17
SAMPLE = 64 << 10
"""Bytes of a side, its first ones, by which protocols are recognised."""
Keep = Callable[[Transfer, bytes], None]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both directions of one TCP flow, reassembled, or of one UDP flow, a segment a datagram.

    ``keep`` is handed each carved content with its transfer; ``sketched``: contents get a sketch; ``name``: that under
    which another conversation announced what this one carries, if one did; ``known``: what the run has examined;
    ``depth``: how many others it is inside of.
    """

    flow: Flow
    to_responder: Stream
    to_originator: Stream
    keep: Keep | None = None
    sketched: bool = False
    name: str = ""
    known: Known | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Signs:
    """What a protocol is never recognised without: a side that ``begins`` with one of these, in letters of either case;
    or, with a confidence of at most ``otherwise``, a line that begins with one of ``lines`` (patterns, of letters as
    they are) or one of ``words``, among the first ``SAMPLE`` bytes of a side."""

    begins: tuple[bytes, ...]
    lines: tuple[bytes, ...] = ()
    words: tuple[bytes, ...] = ()
    otherwise: float = 0.0


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol plugin. ``recognise`` gives a confidence from 0 to 1 from the bytes alone, never from the port;
    ``inspect`` never raises on any bytes: what it cannot read is a transfer that says so. ``transports``: the IP
    protocol numbers whose flows it is asked about; one with ``signs`` is asked only where there are such."""

    name: str
    title: str
    recognise: Callable[[Conversation], float]
    inspect: Callable[[Conversation], Iterable[Transfer]]
    transports: frozenset[int] = frozenset({TCP})
    signs: Signs | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A whole or partial file: its bytes, the name it was sent under and the media type that was claimed. ``opened``:
    who gives it looks himself for files that are written into its text."""

    data: bytes
    name: str = ""
    claimed_type: str = ""
    whole: bool = True
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one content, with everything inside it, may cost: nesting, contained files, expanded bytes, seconds."""

    depth: int = 8
    members: int = 10_000
    expanded: int = 256 << 20
    seconds: float = 30.0


class Budget:
    """What is left of ``limits``. ``spent`` is the first limit that was hit, or ``None``."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.spent: Text | None = None
        self._members = self.limits.members
        self._bytes = self.limits.expanded
        self._deadline = time.monotonic() + self.limits.seconds

    @property
    def room(self) -> int:
        """How many more bytes may be expanded; 0 once any limit is hit."""
        if self.spent is None and time.monotonic() > self._deadline:
            self.exceed(N_("inspection was stopped after {seconds} seconds", seconds=int(self.limits.seconds)))
        return 0 if self.spent is not None else self._bytes

    def member(self) -> bool:
        """Ask for one more contained file."""
        self._members -= 1
        if self._members < 0:
            self.exceed(N_("more than {count} contained files", count=self.limits.members))
        return self.room > 0

    def expand(self, size: int) -> None:
        """``size`` bytes were expanded."""
        self._bytes -= size
        if self._bytes <= 0:
            self.exceed(N_("expands to more than {size} bytes", size=self.limits.expanded))

    @property
    def left(self) -> tuple[int, int]:
        """How many more files may be contained, and bytes expanded."""
        return self._members, self._bytes

    def pay(self, members: int, expanded: int) -> bool:
        """Spend as much at once; not where that is more than there is."""
        if self.spent is not None or members > self._members or expanded >= self._bytes:
            return False
        self._members -= members
        self._bytes -= expanded
        return True

    def exceed(self, reason: Text) -> None:
        """Nothing more may be spent, for ``reason``; the first reason stands."""
        self.spent = self.spent or reason


@dataclass(frozen=True, slots=True)
class Examination:
    """What a content family saw. ``opaque`` says why a part cannot be read at all (encrypted, no reader), ``partial``
    why a part was not read (limit, damage). ``members`` are contained files."""

    media_type: str = ""
    hazards: tuple[Hazard, ...] = ()
    opaque: Text | str = ""
    partial: Text | str = ""
    members: tuple[Content, ...] = ()


class Recognition(IntEnum):
    """How sure a family is that a content is of its kind."""

    NO = 0
    WEAK = 1  # by name, claimed type or the look of its text
    STRONG = 2  # by magic bytes


@dataclass(frozen=True, slots=True)
class ContentFamily:
    """A content plugin, one file family. ``recognise`` looks at magic bytes first; ``examine`` never raises and
    expands nothing beyond its budget."""

    name: str
    title: str
    recognise: Callable[[Content], Recognition]
    examine: Callable[[Content, Budget], Examination]
