"""SMB 1, 2 and 3: files that were read from and written to shares, with their paths.

A file is asserted only if this conversation holds every byte of it from 0 to its length: read up to the length that was
told at opening, or written from empty and closed. Encrypted and compressed messages are opaque; pipes are no files, but
more than is looked up by them is said, and so are messages longer than theirs are.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._remote_files import Files
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._smb1 import Smb1
from zoneguard.inspection.protocols._smb2 import Smb2
from zoneguard.inspection.protocols._smb_transport import (
    COMPRESSED,
    ENCRYPTED,
    MAGIC,
    SMB1,
    SMB2,
    Lost,
    Message,
    messages,
)
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_, Text

_SESSION_REQUEST = b"\x81\0\0\x44"
_SESSION_ANSWER = (b"\x82\0\0\0", b"\x83\0\0\1")


def recognise(conversation: Conversation) -> float:
    """By the first message, or a NetBIOS session request; by any message where the beginning is missing."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if b"SMB" not in client and b"SMB" not in server:
        return 0.8 if client[:4] == _SESSION_REQUEST and server[:4] in (*_SESSION_ANSWER, b"") else 0.0
    asks, answers = _begins(client, _SESSION_REQUEST, 72), _begins(server, _SESSION_ANSWER[0], 4)
    if asks or answers:
        turned = asks and _is_answer(client)
        return 0.5 if turned else 0.97
    if client[:4] == _SESSION_REQUEST and server[:4] in (*_SESSION_ANSWER, b""):
        return 0.8
    return (
        0.6 if MAGIC.search(client) and MAGIC.search(server) else 0.4 if MAGIC.search(client + b"." + server) else 0.0
    )


def _begins(data: bytes, prefix: bytes, size: int) -> bool:
    return MAGIC.match(data, size if data.startswith(prefix) else 0) is not None


def _is_answer(data: bytes) -> bool:
    """Whether the first message of ``data`` says that it answers."""
    match = MAGIC.search(data)
    start = match.start() + 4 if match else 0
    header = data[start : start + 20]
    return (header[:4] == SMB2 and bool(header[16:17] > b"" and header[16] & 1)) or (
        header[:4] == SMB1 and len(header) > 9 and bool(header[9] & 0x80)
    )


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """Files read and written, then what could not be followed."""
    asking, answering = (Track(stream) for stream in sides(conversation, _score))
    recorder = Recorder(conversation, "smb")
    asked, answered = _Said(asking), _Said(answering)
    unclaimed = 0
    for magic, dialect in ((SMB1, Smb1), (SMB2, Smb2)):
        if not (asked.of[magic] or answered.of[magic]):
            continue
        files = Files(recorder, asking, answering)
        reader = dialect(files, asking.data, answering.data)
        reader.run(asked.of[magic], answered.of[magic])
        files.record()
        reader.beside.record(recorder, asking, answering)
        unclaimed += reader.unclaimed
    if unclaimed:
        reason = N_("{count} answers with content belong to requests that are not in the capture", count=unclaimed)
        _session(recorder, Certainty.PARTIAL, reason, answering)
    _not_followed(recorder, asked, answered)
    recorder.missing_ends(asking, answering)
    return recorder.transfers


class _Said:
    """What one side said: its messages by how they begin, and the bytes in which others may have been."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.of: dict[bytes, list[Message]] = {magic: [] for magic in (SMB1, SMB2, ENCRYPTED, COMPRESSED)}
        self.lost = 0
        for item in messages(track):
            if isinstance(item, Message):
                self.of.get(item.head[:4], []).append(item)  # one that is shorter is of no dialect
            if isinstance(item, Lost) or not item.whole:
                self.lost += item.end - item.start

    @property
    def hidden(self) -> int:
        """Bytes of encrypted and compressed messages."""
        return sum(m.end - m.start for magic in (ENCRYPTED, COMPRESSED) for m in self.of[magic])


def _not_followed(recorder: Recorder, asked: _Said, answered: _Said) -> None:
    """Encrypted messages, and gaps in which messages may have been."""
    if asked.hidden or answered.hidden:
        reason = N_(
            "SMB 3 encrypted or compressed: {sent} bytes sent, {received} received",
            sent=asked.hidden, received=answered.hidden,
        )  # fmt: skip
        _session(recorder, Certainty.OPAQUE, reason, asked.track, answered.track)
    for said in (asked, answered):
        if said.lost:
            reason = N_("{size} bytes cannot be read as SMB messages", size=said.lost)
            _session(recorder, Certainty.PARTIAL, reason, said.track)


def _session(recorder: Recorder, certainty: Certainty, reason: Text, *tracks: Track) -> None:
    larger = max(reversed(tracks), key=lambda track: len(track.data))
    carriage = Carriage(larger.stream.to_responder, session_ends(*tracks))
    recorder.session("session", certainty, reason, carriage, size=sum(len(track.data) for track in tracks))


SIGNS = Signs((b"\0", *(bytes((kind,)) for kind in range(0x81, 0x84))), words=(b"SMB",), otherwise=0.6)
PLUGIN = Protocol("smb", "SMB file sharing", recognise, inspect, signs=SIGNS)
