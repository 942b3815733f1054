"""Files that go in byte ranges over several connections, put together again: of HTTP (RFC 9110, 14), SMB 3
(MS-SMB2 3.2.4.1.7, multichannel) and FTP (RFC 3659, 5).

Of HTTP it is what one client got from one server under one address, query included, with one total length and the
same validators (``ETag``, ``Last-Modified``); of SMB what went by one open file of one session, whose length some
connection told. Bytes that were sent twice must agree. A piece whose bytes are all in a file that was put together is
as certain as that file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from zoneguard.inspection import Content, Conversation, Keep
from zoneguard.inspection.known import Known
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Flow, FlowState, Stream, Transfer

PROTOCOLS = {"smb": "smb-channels", "raw": "ftp-ranges"}
PROTOCOL = "http-ranges"
RANGE, RESOURCE, JOINED, PIECE_OF = "range", "range-of", "joined", "piece-of"
OPEN, WRITTEN = "*", "new"
"""Lengths of files: one that is not known here, that of one that was begun anew, written and closed."""
MAX_SPANS = 2000
HELD = 256 << 20
_Resource = tuple[frozenset[int], bool, str]  # both hosts, direction, what the ranges are of


def resource(target: str, host: str, *validators: str) -> str:
    """A name for what ranges are taken from, that does not show what a query holds."""
    return hashlib.sha256("\n".join((target, host, *validators)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Part:
    transfer: Transfer
    data: bytes
    first: int
    total: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What one connection carries of the file ``of`` from ``offset`` on; ``length`` of the file, empty where it is not
    known; ``to_the_end``: the file ends where this does, unless it is cut off, or ``written`` and added to later."""

    of: str
    offset: int
    length: str
    to_the_end: bool
    written: bool = False


@dataclass(slots=True)
class Ranges:
    """Sound ranges as they are carved, at most ``room`` bytes of them; what is more stays a range. ``then`` is handed
    every content, as without this; ``known``: what the run has examined."""

    then: Keep | None = None
    room: int = HELD
    known: Known | None = None
    _parts: dict[_Resource, list[_Part]] = field(default_factory=dict)
    _joined: dict[_Resource, Transfer] = field(default_factory=dict)
    _pieces: dict[str, Transfer] = field(default_factory=dict)

    def keep(self, transfer: Transfer, data: bytes) -> None:
        """Take in one carved content."""
        facts = dict(transfer.facts)
        if RESOURCE in facts:
            several_addresses = transfer.protocol == "smb"
            hosts = frozenset(() if several_addresses else (transfer.flow.src, transfer.flow.dst))
            resource = hosts, transfer.to_responder, facts[RESOURCE]
            if JOINED in facts:
                self._joined[resource] = transfer
            elif len(data) <= self.room:
                self._take(resource, transfer, data, facts[RANGE])
        if self.then is not None:
            self.then(transfer, data)

    def keep_piece(self, piece: Piece, conversation: Conversation) -> Keep:
        """Takes in the bare content of ``conversation`` as this piece of a file, up to its first damage."""

        def keep(transfer: Transfer, data: bytes) -> None:
            stream = conversation.to_responder if transfer.to_responder else conversation.to_originator
            size = min([len(data), *(start for start, _ in (*stream.gaps, *stream.conflicts))])
            begun = conversation.flow.state is not FlowState.MIDSTREAM
            told = _length(piece, size, ends=piece.to_the_end and stream.complete and size == len(data))
            of_it = transfer.protocol in PROTOCOLS and not transfer.parent and begun
            if told and of_it and 0 < size <= self.room:
                resource = frozenset((transfer.flow.src, transfer.flow.dst)), transfer.to_responder, piece.of
                self._take(resource, transfer, data, f"{piece.offset}-{piece.offset + size - 1}/{told}")
            self.keep(transfer, data)

        return keep

    def _take(self, resource: _Resource, transfer: Transfer, data: bytes, told: str) -> None:
        self.room -= len(data)
        ranges, _, total = told.partition("/")
        parts = self._parts.setdefault(resource, [])
        position = 0
        for span in ranges.split(","):
            first, last = map(int, span.split("-"))
            parts.append(_Part(transfer, data[position : position + last + 1 - first], first, total))
            position += last + 1 - first

    def joined(self) -> Iterator[Transfer]:
        """The files that only several connections together hold, and what is inside them."""
        for resource, parts in self._parts.items():
            flows = dict.fromkeys(p.transfer.flow for p in parts)
            alone = any(_whole(p for p in parts if p.transfer.flow == flow) is not None for flow in flows)
            data = _whole(parts)
            if data is None:
                continue
            if alone:
                spanning = (p.transfer for p in parts if len(p.data) == len(data))
                whole = self._joined.get(resource) or next(spanning, None)
            else:
                found = _record(parts, data, self.then, self.known)
                yield from found
                whole = found[0]
            if whole is not None:
                self._pieces |= {p.transfer.key: whole for p in parts if p.transfer is not whole}

    def settled(self, transfers: Iterable[Transfer]) -> Iterator[Transfer]:
        """The same transfers; once all were ``joined``, the pieces of whole files are as certain as these."""
        for transfer in transfers:
            whole = self._pieces.get(transfer.key)
            yield transfer if whole is None else piece_of(whole, transfer)


def piece_of(whole: Transfer, piece: Transfer) -> Transfer:
    """The piece, all of whose bytes are in ``whole``."""
    facts = (*piece.facts, (PIECE_OF, whole.key))
    return replace(piece, certainty=whole.certainty, reason=whole.reason, facts=facts)


def spans(pieces: Iterable[tuple[int, int]]) -> str:
    """Ranges of a file (first byte, behind the last), in order, as a fact tells them; empty if there are too many."""
    joined: list[list[int]] = []
    for first, end in pieces:
        if joined and joined[-1][1] == first:
            joined[-1][1] = end
        else:
            joined.append([first, end])
    return ",".join(f"{first}-{end - 1}" for first, end in joined) if len(joined) <= MAX_SPANS else ""


def _length(piece: Piece, size: int, *, ends: bool) -> str:
    """The length of the file of which so much was carried; empty where the piece is of no use for others."""
    if piece.written:
        return OPEN if piece.offset == 0 else WRITTEN if ends else ""
    if ends and piece.offset == 0:
        return ""  # the whole file
    return piece.length or (str(piece.offset + size) if ends else OPEN)


def _whole(parts: Iterable[_Part]) -> bytes | None:
    """The file, where ``parts`` hold all of it and do not contradict each other."""
    ordered = sorted(parts, key=lambda p: p.first)
    data = bytearray()
    for part in ordered:
        there = data[part.first : part.first + len(part.data)]
        if part.first > len(data) or part.data[: len(there)] != there:
            return None
        data += part.data[len(there) :]
    totals = {part.total for part in ordered} - {OPEN}
    known = totals == {WRITTEN} or totals == {str(len(data))}
    return bytes(data) if ordered and known else None


def _record(parts: list[_Part], data: bytes, keep: Keep | None, known: Known | None) -> list[Transfer]:
    """Under the flow of the part that came first, with the frames of all."""
    ordered = sorted(parts, key=lambda p: p.first)
    transfers = [p.transfer for p in ordered]
    origin = min(transfers, key=lambda t: (t.flow.first.time, t.flow.first.frame))
    flow = origin.flow
    empty = Conversation(flow, _empty(flow, True), _empty(flow, False), keep, bool(origin.sketch), known=known)
    recorder = Recorder(empty, PROTOCOLS.get(origin.protocol, PROTOCOL))
    frames = tuple(dict.fromkeys(f for t in transfers for f in t.frames))
    count = len({t.flow for t in transfers})
    facts = (
        *(
            (name, value)
            for name, value in dict(f for t in transfers for f in t.facts).items()
            if name in ("url", "path")
        ),
        (JOINED, f"{len(parts)} ranges, {count} connections"),
    )
    name = next((t.name for t in transfers if t.name), "")
    recorder.file("file", Content(data, name), Carriage(origin.to_responder, frames), facts=facts)
    return recorder.transfers


def _empty(flow: Flow, to_responder: bool) -> Stream:
    return Stream(flow, to_responder, b"", ())
