"""Files opened, read and written on a server (SMB, NFS), put together from their pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from zoneguard.inspection import Content
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.ranges import OPEN, RANGE, RESOURCE, WRITTEN, piece_of, spans
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty
from zoneguard.model.text import N_, Text

MAX_PIECES = 4_000_000
_VERSIONS = 4  # of a file that a part of it is held against
OVERHEAD = 16 << 10
"""Bytes of a message beside the content of a file that any client and server have, lists of folders apart."""
LOOKED_UP = frozenset(
    {"srvsvc", "wkssvc", "lsarpc", "lsass", "samr", "netlogon", "winreg", "svcctl", "browser", "mdssvc"}
)
"""Pipes by which accounts, shares and services are looked up, in every session."""
MAX_LOOKUPS, MAX_PIPE = 1 << 20, 4 << 10
"""Bytes of one direction: of such pipes, and of any other, that are taken for no content."""


class Piece(NamedTuple):
    """Bytes of a file from ``offset`` on, at ``start`` to ``end`` of a stream."""

    offset: int
    start: int
    end: int

    @property
    def reach(self) -> int:
        """The offset in the file behind the piece."""
        return self.offset + self.end - self.start


@dataclass(slots=True)
class Handle:
    """An open file. ``size`` at opening (``None``: not seen); ``fresh``: created or emptied by the opening;
    ``resized``: the length it was given later; ``shared``: what names it in other connections as well."""

    path: str = ""
    size: int | None = None
    fresh: bool = False
    resized: int | None = None
    closed: bool = False
    shared: str = ""
    refused: int = 0
    reads: list[Piece] = field(default_factory=list)
    writes: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Beside:
    """What messages carry that is no content of a file, to the server and back: ``strange`` bytes, and by pipes."""

    strange: list[int] = field(default_factory=lambda: [0, 0])
    pipes: dict[str, list[int]] = field(default_factory=dict)

    def weigh(self, answer: bool, size: int, content: int = 0) -> None:
        """A message of so many bytes, of which so many are content."""
        self.strange[answer] += size if size - content > OVERHEAD else 0

    def piped(self, pipe: str, sent: int, received: int) -> None:
        """So many bytes went by a pipe."""
        there = self.pipes.setdefault(pipe.lower().replace("/", "\\").rpartition("\\")[2], [0, 0])
        there[0] += sent
        there[1] += received

    def record(self, recorder: Recorder, asking: Track, answering: Track) -> None:
        """Say what may have carried something."""
        for back, track in enumerate((asking, answering)):
            recorder.strange(track, self.strange[back])
            looked_up = sum(sizes[back] for name, sizes in self.pipes.items() if name in LOOKED_UP)
            others = {name: sizes[back] for name, sizes in self.pipes.items() if name not in LOOKED_UP}
            size = (looked_up if looked_up > MAX_LOOKUPS else 0) + sum(s for s in others.values() if s > MAX_PIPE)
            if size:
                reason = N_("{size} bytes went by pipes, which are not read", size=size)
                facts = (("pipes", ",".join(sorted(self.pipes))[:200]),)
                carriage = Carriage(track.stream.to_responder, session_ends(asking, answering))
                recorder.session("session", Certainty.PARTIAL, reason, carriage, size=size, facts=facts)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What was recorded of one opening, at this place of the recorder's transfers; ``clear``: without damage, and its
    pieces do not contradict each other."""

    at: int
    path: str
    track: Track
    pieces: list[Piece]
    whole: bool
    clear: bool


class Files:
    """Collects pieces by handle and records a transfer for what was read and one for what was written."""

    def __init__(self, recorder: Recorder, asking: Track, answering: Track) -> None:
        self.recorder = recorder
        self.asking, self.answering = asking, answering
        self._open: dict[bytes, Handle] = {}
        self._done: list[Handle] = []
        self._pieces = 0
        self._recorded: list[_Recorded] = []

    def opened(self, number: bytes, handle: Handle) -> None:
        """A file was opened under ``number``, which may have been another's before."""
        if (former := self._open.pop(number, None)) is not None:
            self._done.append(former)
        self._open[number] = handle

    def handle(self, number: bytes) -> Handle:
        """The file that is open under ``number``; one whose opening was not seen has no name."""
        return self._open.setdefault(number, Handle())

    def read(self, number: bytes, piece: Piece) -> None:
        """The server answered with ``piece``."""
        self._add(self.handle(number).reads, piece)

    def wrote(self, number: bytes, piece: Piece, *, refused: bool = False) -> None:
        """The client sent ``piece``."""
        handle = self.handle(number)
        handle.refused += refused
        self._add(handle.writes, piece)

    def closed(self, number: bytes) -> None:
        """Nothing more comes under ``number``."""
        handle = self._open.pop(number, None)
        if handle is not None:
            handle.closed = True
            self._done.append(handle)

    def _add(self, pieces: list[Piece], piece: Piece) -> None:
        self._pieces += 1
        if piece.end > piece.start and self._pieces < MAX_PIECES:
            pieces.append(piece)

    def record(self) -> None:
        """Record every file that carried content, in the order of their openings. A part of one that another opening
        holds as a whole, byte for byte, is as certain as that."""
        for handle in (*self._done, *self._open.values()):
            if self.recorder.full():
                break
            if handle.reads:
                self._file(handle, self.answering, handle.reads, handle.size, "read")
            if handle.writes:
                self._file(handle, self.asking, handle.writes, self._written_size(handle), "write")

        self._settle()

    def _settle(self) -> None:
        """Each whole file is put together once, the first few of a name."""
        parts: dict[tuple[str, bool], list[_Recorded]] = {}
        for part in self._recorded:
            if part.clear and not part.whole and part.path:
                parts.setdefault((part.path, part.track is self.asking), []).append(part)
        versions: dict[tuple[str, bool], int] = {}
        for known in self._recorded if parts else ():
            name = known.path, known.track is self.asking
            if known.whole and parts.get(name) and versions.get(name, 0) < _VERSIONS:
                versions[name] = versions.get(name, 0) + 1
                data = known.track.carve(*((p.start, p.end) for p in known.pieces)).data
                within = [part for part in parts[name] if _within(part, data)]
                for part in within:
                    transfers = self.recorder.transfers
                    transfers[part.at] = piece_of(transfers[known.at], transfers[part.at])
                settled = {part.at for part in within}
                parts[name] = [part for part in parts[name] if part.at not in settled]

    def _written_size(self, handle: Handle) -> int | None:
        """How long the file is once written: known if it began empty, or was overwritten to its end and beyond."""
        reach = max(p.reach for p in handle.writes)
        if not handle.closed or handle.size is None:
            return None
        if handle.resized is not None:
            return handle.resized
        return reach if handle.fresh else max(reach, handle.size)

    def _file(self, handle: Handle, track: Track, pieces: list[Piece], size: int | None, operation: str) -> None:
        ordered, agreed = _in_order(track, pieces)
        contiguous = agreed and _joined(ordered)
        carved = track.carve(*((p.start, p.end) for p in ordered))
        whole = contiguous and size == len(carved)
        reason: Text | str = ""
        if not whole:
            reason = N_("not every byte of the file is in this conversation")
        carriage = Carriage(
            track.stream.to_responder, carved.frames(), whole, carved.damaged(), reason,
            refused=operation == "write" and handle.refused == len(pieces),
        )  # fmt: skip
        facts = [("path", handle.path), ("operation", operation), ("size", "" if size is None else str(size))]
        facts.append(("handle", handle.shared))
        told = "" if whole or not agreed or carriage.damaged else spans((p.offset, p.reach) for p in ordered)
        if told and handle.shared:
            written = WRITTEN if handle.fresh and handle.resized is None else str(size)
            total = OPEN if size is None else written if operation == "write" else str(size)
            facts += [(RANGE, f"{told}/{total}"), (RESOURCE, f"{handle.shared}/{operation}")]
        name = handle.path.replace("/", "\\").rpartition("\\")[2]
        at, clear = len(self.recorder.transfers), agreed and not carriage.damaged
        self._recorded.append(_Recorded(at, handle.path, track, ordered, whole and clear, clear))
        self.recorder.file("file", Content(carved.data, name), carriage, facts=[f for f in facts if f[1]])


def _within(part: _Recorded, data: bytes) -> bool:
    """Whether all bytes of ``part`` are those of the whole file at the same place."""
    return all(part.track.data[p.start : p.end] == data[p.offset : p.reach] for p in part.pieces)


def _in_order(track: Track, pieces: list[Piece]) -> tuple[list[Piece], bool]:
    """Pieces by offset, what was sent twice only once; whether they do not contradict each other."""
    out: list[Piece] = []
    agreed = True
    for piece in sorted(pieces, key=lambda p: (p.offset, -p.reach)):
        reached = out[-1].reach if out else 0
        overlap = max(0, min(reached, piece.reach) - piece.offset) if out else 0
        if overlap and not _same(track, out, piece, overlap):
            agreed = False
        if piece.reach > reached or not out:
            out.append(Piece(piece.offset + overlap, piece.start + overlap, piece.end) if overlap else piece)
    return out, agreed


def _joined(pieces: list[Piece]) -> bool:
    """Whether there is no hole from 0 on."""
    return not pieces or (pieces[0].offset == 0 and all(a.reach == b.offset for a, b in pairwise(pieces)))


def _same(track: Track, out: list[Piece], piece: Piece, overlap: int) -> bool:
    """Whether the first ``overlap`` bytes of ``piece`` are those that came before."""
    for earlier in reversed(out):
        low, high = max(earlier.offset, piece.offset), min(earlier.reach, piece.offset + overlap)
        if high > low:
            theirs = track.data[earlier.start + low - earlier.offset : earlier.start + high - earlier.offset]
            ours = track.data[piece.start + low - piece.offset : piece.start + high - piece.offset]
            if theirs != ours:
                return False
        if earlier.offset <= piece.offset:
            break
    return True
