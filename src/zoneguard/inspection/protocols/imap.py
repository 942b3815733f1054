"""IMAP 4 (RFC 3501, 9051): every mail that a client fetched or put into a mailbox, with its parts.

Contents go as literals, bytes behind their number. One that is the whole of a message (``BODY[]``, ``RFC822``, the
literal of ``APPEND``) is a mail; pieces of a message are put together where they begin with the first byte and its size
was told; a part that was fetched alone is partial. Behind an accepted ``STARTTLS`` or ``COMPRESS`` (RFC 4978) all is
opaque. What is neither command nor answer, or longer than these are, is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.inspection import Content, Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track
from zoneguard.inspection.mailing import record_mail
from zoneguard.inspection.mime import decode
from zoneguard.inspection.mime.headers import no_headers
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._upgraded import record_upgraded
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Transfer
from zoneguard.model.text import N_

_GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)[ \r\n]", re.IGNORECASE)
_COMMAND = re.compile(
    rb"(?i)[!-)+-~]{1,64} "
    rb"(?:CAPABILITY|NOOP|LOGIN|AUTHENTICATE|STARTTLS|ID|ENABLE|SELECT|EXAMINE|LOGOUT|UID|FETCH|APPEND)\b"
)
_FETCHES = re.compile(rb"(?im)^[!-)+-~]{1,64} (?:UID )?FETCH \S+ ")
_FETCHED = re.compile(rb"(?m)^\* \d{1,10} FETCH \(")
_LINE = re.compile(rb"([^\n]{0,%d})\n" % (1 << 20))
_LITERAL = re.compile(rb"~?\{(\d{1,10})\+?\}\r?\Z")
_OF_MESSAGE = re.compile(rb"\* (\d{1,10}) FETCH ", re.IGNORECASE)
_ITEM = re.compile(
    rb"(?:BODY|BINARY)\[([^\]]{0,2000})\](?:<(\d{1,12})>)? ?\Z|RFC822(\.TEXT|\.HEADER)? ?\Z", re.IGNORECASE
)
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})", re.IGNORECASE)
_APPEND = re.compile(rb"\S+ APPEND ", re.IGNORECASE)
_ASKS = re.compile(rb"[!-~]{1,64} [A-Za-z]{2,20}(?: [ -~\x80-\xff]*)?\Z|[A-Za-z0-9+/=]*\Z|\*\Z")
"""A command, an answer to a challenge, ``DONE``."""
_TELLS = re.compile(rb"(?i)\*(?: |\Z)|\+(?: |\Z)|[!-~]{1,64} (?:OK|NO|BAD)(?: |\Z)")
_STATUS = re.compile(rb"(?i)(?:\*|[!-~]{1,64}) (?:OK|NO|BAD|BYE)(?: |\Z)|\+")
_UPGRADE = re.compile(rb"(\S+) (STARTTLS|COMPRESS [A-Z]+)\s*\Z", re.IGNORECASE)
MAX_TEXT = 64 << 10
"""Bytes of a line that are ordinary: structures and headers of a message, lists."""
MAX_LITERAL, MAX_WORD = 64 << 10, 1024
"""Bytes of a literal that is no mail: of header lines and of all others together; of a name, a password, a subject."""
STRAY = 200  # bytes among header lines that are none
MAX_COMMANDS = 4 << 20  # of a session's commands, literals apart


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with its literals: ``texts`` around them, ``start`` to ``end`` of the stream."""

    texts: tuple[bytes, ...]
    literals: tuple[tuple[int, int], ...]
    start: int
    end: int
    whole: bool = True


@dataclass(slots=True)
class _Pieces:
    """Pieces of one message by their offset in it, and its size, where that was told."""

    size: int | None = None
    at: dict[int, tuple[int, int]] = field(default_factory=dict)


def recognise(conversation: Conversation) -> float:
    """By greeting and command; where the beginning is missing by what is fetched."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _GREETING.match(server):
        return 0.96 if _COMMAND.match(client) else 0.8 if not client else 0.0
    told = not server or (b" FETCH (" in server and _FETCHED.search(server))
    if told and b"fetch" in client.lower() and _FETCHES.search(client):
        return 0.75
    return 0.6 if not client and _FETCHED.match(server) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """Every mail in the order of its transfer, those that were put into a mailbox first."""
    session = _Session(conversation)
    session.run()
    return session.recorder.transfers


class _Session:
    def __init__(self, conversation: Conversation) -> None:
        self.recorder = Recorder(conversation, "imap")
        asking, answering = sides(conversation, _score)
        self.client, self.server = Track(asking), Track(answering)
        self.strange = {self.client: 0, self.server: 0}
        self.pieces: dict[bytes, _Pieces] = {}
        self.words = {self.client: 0, self.server: 0}
        self.status = 0

    def run(self) -> None:
        said = commands = 0
        upgrades: dict[bytes, tuple[bytes, int]] = {}
        for line in self._lines(self.client):
            said += sum(map(len, line.texts))
            commands += 1
            if asked := _UPGRADE.match(line.texts[0]):
                upgrades[asked[1]] = asked[2].upper(), line.end
            self._weigh(self.client, line)
            self._appended(line)
        client_end = len(self.client.data)
        for line in self._lines(self.server):
            tag, _, rest = line.texts[0].partition(b" ")
            if tag in upgrades and rest[:2].upper() == b"OK":
                how, client_end = upgrades[tag]
                record_upgraded(self.recorder, how.decode("latin-1"), self.client, client_end, self.server, line.end)
                break
            self._weigh(self.server, line)
            self._fetched(line)
            if self.recorder.full():
                break
        for pieces in self.pieces.values():
            self._together(pieces)
        if client_end == len(self.client.data):
            self.strange[self.client] += said if said > MAX_COMMANDS else 0
            self.strange[self.server] += self.status if self.client.data and self.status > _status_room(commands) else 0
            for track, size in self.strange.items():
                self.recorder.strange(track, size)
        self.recorder.missing_ends(self.client, self.server)

    def _lines(self, track: Track) -> Iterator[_Line]:
        """Lines with their literals; where a gap touches what is no literal, on with the next line behind it."""
        data, position = track.data, 0
        while position < len(data):
            line = _line(data, position)
            around = _around(line)
            if any(track.damaged(start, end) for start, end in around):
                self.recorder.lost_answers(track, line.start, line.end)
                lost = max(end for start, end in around if track.damaged(start, end))
                following = data.find(b"\n", lost)
                position = len(data) if following < 0 else following + 1
                continue
            yield line
            position = line.end

    def _weigh(self, track: Track, line: _Line) -> None:
        size = sum(map(len, line.texts))
        known = (_ASKS if track is self.client else _TELLS).match(line.texts[0])
        if known is None or size > MAX_TEXT:
            self.strange[track] += size
        elif _STATUS.match(line.texts[0]):
            self.status += size

    def _appended(self, line: _Line) -> None:
        """The mails of an APPEND; what else is long is said."""
        appends = _APPEND.match(line.texts[0]) is not None
        for literal in line.literals:
            if appends:
                self._mail(self.client, [literal], line.whole)
            else:
                self._word(self.client, literal)

    def _fetched(self, line: _Line) -> None:
        message = _OF_MESSAGE.match(line.texts[0])
        told = b" ".join(line.texts)
        for before, literal in zip(line.texts, line.literals, strict=False):
            item = _ITEM.search(_LITERAL.sub(b"", before))
            whole = line.whole or literal is not line.literals[-1]
            if message is None or item is None:
                self._word(self.server, literal)
            elif item[2] is not None and not item[1]:
                pieces = self.pieces.setdefault(message[1], _Pieces())
                pieces.at.setdefault(int(item[2]), literal)
            elif not item[1] and not item[3]:
                self._mail(self.server, [literal], whole)
            elif (item[1] or b"").upper().startswith(b"HEADER") or (item[3] or b"").upper() == b".HEADER":
                lines = self.server.data[slice(*literal)]
                stray = no_headers(lines)
                self.strange[self.server] += len(lines) if len(lines) > MAX_LITERAL else stray if stray > STRAY else 0
            else:
                self._part(literal)
        if message is not None and (size := _SIZE.search(told)) is not None:
            self.pieces.setdefault(message[1], _Pieces()).size = int(size[1])

    def _word(self, track: Track, literal: tuple[int, int]) -> None:
        """A literal that is neither a mail nor a part of one."""
        size = literal[1] - literal[0]
        self.words[track] += size
        if size > MAX_WORD or self.words[track] > MAX_LITERAL:
            self.strange[track] += size

    def _together(self, pieces: _Pieces) -> None:
        """A message out of its pieces, as far as they follow each other."""
        joined: list[tuple[int, int]] = []
        reached = 0
        for offset, (start, end) in sorted(pieces.at.items()):
            if offset > reached:
                break
            joined.append((min(end, start + reached - offset), end))
            reached = max(reached, offset + end - start)
        if joined or pieces.at:
            self._mail(self.server, joined or list(pieces.at.values()), bool(joined) and reached == pieces.size)

    def _mail(self, track: Track, pieces: list[tuple[int, int]], whole: bool) -> None:
        carved = track.carve(*pieces)
        damaged = any(track.damaged(*piece) for piece in pieces)
        carriage = Carriage(track.stream.to_responder, carved.frames(), whole, damaged)
        record_mail(self.recorder, carved, carriage)

    def _part(self, literal: tuple[int, int]) -> None:
        """A part without its headers, which tell how it is encoded: as base64, where it is nothing else."""
        carved = self.server.carve(literal)
        data = carved.data
        if re.fullmatch(rb"[A-Za-z0-9+/=\s]{8,}", data):
            data = decode(data, "base64").data
        reason = N_("a part of a mail, fetched without what says how it is encoded")
        carriage = Carriage(self.server.stream.to_responder, carved.frames(), False, carved.damaged(), reason)
        self.recorder.file("attachment", Content(data, whole=False), carriage)


def _status_room(commands: int) -> int:
    """Bytes of status lines that so many commands account for."""
    return MAX_LITERAL + 1024 * commands


def _line(data: bytes, position: int) -> _Line:
    texts: list[bytes] = []
    literals: list[tuple[int, int]] = []
    start = position
    while True:
        match = _LINE.match(data, position)
        if match is None:
            end = min(len(data), position + (1 << 20))
            return _Line((*texts, data[position:end]), tuple(literals), start, max(end, position), whole=False)
        texts.append(match[1].rstrip(b"\r"))
        position = match.end()
        literal = _LITERAL.search(match[1][-16:])
        if literal is None or len(literals) >= 1000:
            return _Line(tuple(texts), tuple(literals), start, position)
        end = min(position + int(literal[1]), len(data))
        literals.append((position, end))
        if end < position + int(literal[1]) or end == len(data):
            return _Line(tuple(texts), tuple(literals), start, end, whole=end == position + int(literal[1]))
        position = end


def _around(line: _Line) -> list[tuple[int, int]]:
    """The ranges of the line that are no literals."""
    edges = [line.start, *(edge for literal in line.literals for edge in literal), line.end]
    return list(zip(edges[::2], edges[1::2], strict=True))


SIGNS = Signs((b"* ",), lines=(rb"\* \d", rb"[!-)+-~]{1,64}+ (?i:uid |)(?i:fetch) "), otherwise=0.75)
PLUGIN = Protocol("imap", "IMAP mail", recognise, inspect, signs=SIGNS)
