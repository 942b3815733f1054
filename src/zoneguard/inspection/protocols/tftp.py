"""TFTP (RFC 1350, options by RFC 2347 and 2348): files by their blocks, requests by what they ask for.

A server answers from a port of its own: the request is one flow, the blocks are another. The session of the request
has the client's end point as its ``data-connection``, by which the file gets its name (``joining``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from zoneguard.inspection import UDP, Content, Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.inspection.segments import bounds
from zoneguard.model.addresses import endpoint_text
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

READ, WRITE, DATA, ACK, ERROR, OPTIONS = range(1, 7)
OPERATIONS = {READ: "read", WRITE: "write"}
MODES = frozenset({b"octet", b"netascii", b"mail"})
OTHER = frozenset({READ, WRITE, ERROR, OPTIONS})
BLOCK = 512
SAMPLE = 8
_Datagram = tuple[int, int]


@dataclass(slots=True)
class _File:
    """Blocks in order from the first: ``pieces`` of the stream, ``last`` number, whether a short block ``ended`` it;
    ``broken``: a block is missing, or came twice with different bytes."""

    pieces: list[_Datagram] = field(default_factory=list)
    last: int = 0
    ended: bool = False
    broken: bool = False


def recognise(conversation: Conversation) -> float:
    """By a request, or by numbered blocks of one side that the other acknowledges."""
    up, down = conversation.to_responder, conversation.to_originator
    asked = [_request(up.data[a:b]) for a, b in _first(up)]
    if asked and all(asked) and not _strange(down):
        return 0.9
    for sender, other in ((up, down), (down, up)):
        codes = [_code(sender.data, a, b) for a, b in _first(sender)]
        answers = [_code(other.data, a, b) for a, b in _first(other)]
        if DATA in codes and ACK in answers and {*codes} <= {DATA, *OTHER} and {*answers} <= {ACK, *OTHER}:
            return 0.9
    return 0.0


def _strange(stream: Stream) -> bool:
    return not {_code(stream.data, a, b) for a, b in _first(stream)} <= {DATA, ACK, ERROR, OPTIONS}


def _first(stream: Stream) -> Sequence[_Datagram]:
    return bounds(stream.segments)[:SAMPLE]


def _code(data: bytes, start: int, end: int) -> int:
    """The operation, 0 where the datagram is none of TFTP."""
    code = int.from_bytes(data[start : start + 2], "big")
    size = end - start
    if code in OPERATIONS:
        return code if _request(data[start:end]) else 0
    closed = data[end - 1 : end] == b"\0"
    fits = {DATA: size >= 4, ACK: size == 4, ERROR: size >= 5 and closed, OPTIONS: closed}
    return code if size >= 4 and fits.get(code, False) else 0


def _request(datagram: bytes) -> tuple[str, str, bytes] | None:
    """Operation, path and mode."""
    operation = OPERATIONS.get(int.from_bytes(datagram[:2], "big"))
    parts = datagram[2:].split(b"\0")
    if operation is None or len(parts) < 3 or not parts[0] or parts[1].lower() not in MODES or parts[-1]:
        return None
    return operation, parts[0].decode("utf-8", "backslashreplace"), parts[1].lower()


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The requests, then the file of each direction that sent blocks."""
    recorder = Recorder(conversation, "tftp")
    flow = conversation.flow
    up = conversation.to_responder
    for segment in up.segments:
        if (request := _request(up.data[segment.start : segment.end])) is not None:
            operation, path, mode = request
            told = f"{endpoint_text(flow.src, flow.sport)} {operation} {path}"
            facts = (("data-connection", told), ("mode", mode.decode("ascii")))
            carriage = Carriage(True, (segment.at,))
            recorder.session("session", Certainty.INSPECTED, "", carriage, facts=facts)
            if recorder.full():
                return recorder.transfers
    block = _block_size(up) or _block_size(conversation.to_originator) or BLOCK
    name = conversation.name  # that of the first file; of further ones between the same ports it is told later
    for stream in (up, conversation.to_originator):
        for file in _files(stream, block):
            _record(recorder, stream, file, name)
            name = ""
    return recorder.transfers


def _block_size(stream: Stream) -> int:
    """The block size that the server agreed to, 0 where it said none."""
    for start, end in _first(stream):
        if _code(stream.data, start, end) == OPTIONS:
            words = stream.data[start + 2 : end].split(b"\0")
            said = {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=False)}
            value = said.get(b"blksize", b"")
            return int(value) if value.isdigit() and len(value) < 6 else 0
    return 0


def _files(stream: Stream, block: int) -> Iterator[_File]:
    """A new file begins with each block 1 behind a short block; 16-bit numbers start again at 0 or 1."""
    file = _File()
    for start, end in bounds(stream.segments):
        if _code(stream.data, start, end) != DATA:
            continue
        number = int.from_bytes(stream.data[start + 2 : start + 4], "big")
        piece = (start + 4, end)
        if file.ended and number == 1 and file.pieces and not _again(stream, file, piece):
            yield file
            file = _File()
        if file.pieces and number == file.last:
            before = file.pieces[-1]
            file.broken |= stream.data[slice(*before)] != stream.data[slice(*piece)]
            continue
        following = {file.last + 1} if file.last < 0xFFFF else {0, 1}
        file.broken |= number not in following or file.ended
        file.broken |= piece[1] - piece[0] > block
        file.ended = piece[1] - piece[0] < block
        file.last = number
        file.pieces.append(piece)
    if file.pieces:
        yield file


def _again(stream: Stream, file: _File, piece: _Datagram) -> bool:
    """Whether ``piece`` is the only block of ``file``, sent twice."""
    return file.last == 1 and stream.data[slice(*file.pieces[-1])] == stream.data[slice(*piece)]


def _record(recorder: Recorder, stream: Stream, file: _File, name: str) -> None:
    track = Track(stream)
    carved = track.carve(*file.pieces)
    damaged = file.broken or carved.damaged()
    reason = N_("blocks are missing or contradict each other") if file.broken else ""
    carriage = Carriage(stream.to_responder, carved.frames(), file.ended, damaged, reason)
    recorder.file("file", Content(carved.data, name), carriage, facts=(("blocks", str(len(file.pieces))),))


SIGNS = Signs(tuple(bytes((0, code)) for code in range(READ, OPTIONS + 1)))
PLUGIN = Protocol("tftp", "TFTP", recognise, inspect, frozenset({UDP}), SIGNS)
