"""SMB 2 and 3 (MS-SMB2 2.2): opening, reading, writing and closing files, in compounds and out of order."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from zoneguard.inspection.protocols._remote_files import Beside, Files, Handle, Piece
from zoneguard.inspection.protocols._smb_transport import Message

HEADER_SIZE = 64
NEGOTIATE, TREE_CONNECT, CREATE, CLOSE, READ, WRITE, SET_INFO = 0, 3, 5, 6, 8, 9, 17
LISTS = frozenset({11, 14, 15, 16})  # controls, folders, changes, attributes: answers as long as was asked for
PENDING = 0x103
_RESPONSE = 1
_PRECEDING = b"\xff" * 16
_PIPE = 2
_EMPTIED = (0, 2, 3)  # superseded, created, overwritten
_SET_END_OF_FILE = (1, 20)
_FILE_AT = {READ: 16, WRITE: 16, CLOSE: 8, SET_INFO: 16}


_HEADER = struct.Struct("<8xIH2xIIQ4xI")  # status, command, flags, where the next one begins, number, tree


class _Part(NamedTuple):
    """One command of a compound: ``start`` and ``end`` in the stream, ``head`` with its header and fixed body."""

    start: int
    end: int
    head: bytes
    status: int
    command: int
    flags: int
    following: int
    number: int
    tree: int

    @property
    def body(self) -> bytes:
        return self.head[HEADER_SIZE:]


class _Asked(NamedTuple):
    """A request: ``file`` is the number of its file, or of the request in the same compound that opens it; ``offset``
    is where it reads or the length it sets."""

    command: int
    tree: int
    path: str = ""
    file: bytes | int = b""
    offset: int = 0
    piece: Piece | None = None
    size: int = 0


class Smb2:
    """First all requests, which have numbers of their own, then all answers; ``files`` gets what these say.
    ``unclaimed`` counts answers with content whose requests were not seen."""

    def __init__(self, files: Files, up: bytes, down: bytes) -> None:
        self.files = files
        self.beside = Beside()
        self.unclaimed = 0
        self._piped: dict[bytes, str] = {}
        self._client = self._server = b""
        self._up, self._down = up, down
        self._asked: dict[int, _Asked] = {}
        self._shares: dict[int, str] = {}
        self._pipes: set[int] = set()
        self._opened: dict[int, bytes] = {}

    def run(self, requests: Iterable[Message], answers: Iterable[Message]) -> None:
        """Follow both sides."""
        for message in requests:
            opening: bytes | int = b""
            for part in _parts(message, self._up):
                if not part.flags & _RESPONSE:
                    opening = self._request(part, opening)
        for message in answers:
            for part in _parts(message, self._down):
                if part.flags & _RESPONSE and part.status != PENDING:
                    self._answer(part)
        for asked in self._asked.values():  # sent all the same, though the answer was not seen
            if asked.piece is not None and asked.tree not in self._pipes and (number := self._number(asked.file)):
                self.files.wrote(number, asked.piece)

    def _request(self, part: _Part, opening: bytes | int) -> bytes | int:
        """Note what is asked; returns the file that later commands of the compound may mean."""
        body, command = part.body, part.command
        path, offset, piece = "", 0, None
        file: bytes | int = b""
        if command == NEGOTIATE:
            self._client = body[12:28]
        elif command == TREE_CONNECT:
            path = self._text(part, *struct.unpack_from("<HH", body, 4))
        elif command == CREATE and len(body) >= 48:
            path = self._text(part, *struct.unpack_from("<HH", body, 44))
            file = part.number
        elif command in _FILE_AT and len(body) >= _FILE_AT[command] + 16:
            said = body[_FILE_AT[command] : _FILE_AT[command] + 16]
            file = opening if said == _PRECEDING else said
            offset = int.from_bytes(body[8:16], "little")
            if command == WRITE:
                at, length = struct.unpack_from("<HI", body, 2)
                start = min(part.start + at, part.end)
                piece = Piece(offset, start, min(start + length, part.end))
            elif command == SET_INFO:
                if (body[2], body[3]) != _SET_END_OF_FILE:
                    return file or opening
                at = part.start + int.from_bytes(body[8:10], "little")
                offset = int.from_bytes(self._up[at : min(at + 8, part.end)], "little")
        size = part.end - part.start
        self.beside.weigh(False, size, piece.end - piece.start if piece else 0)
        self._asked[part.number] = _Asked(command, part.tree, path, file, offset, piece, size)
        return file or opening

    def _answer(self, part: _Part) -> None:
        asked = self._asked.get(part.number)
        if asked is None or asked.command != part.command:
            self.unclaimed += part.command == READ and part.status == 0
            return
        del self._asked[part.number]
        body, done, size = part.body, part.status == 0, part.end - part.start
        self.beside.weigh(True, size, size if part.command == READ or part.command in LISTS else 0)
        if asked.command == NEGOTIATE and done:
            self._server = body[8:24]
        elif asked.command == TREE_CONNECT and done:
            self._shares[part.tree] = asked.path
            self._pipes.discard(part.tree)
            if body[2] == _PIPE:
                self._pipes.add(part.tree)
        elif asked.tree in self._pipes:
            self._by_pipe(part, asked, size)
        elif asked.command == CREATE and done and len(body) >= 80:
            self._opened[part.number] = body[64:80]
            path = "\\".join(p for p in (self._shares.get(asked.tree, ""), asked.path) if p)
            fresh = int.from_bytes(body[4:8], "little") in _EMPTIED
            self.files.opened(body[64:80], Handle(path, int.from_bytes(body[48:56], "little"), fresh))
        elif number := self._number(asked.file):
            self._on_file(part, asked, number, done)

    def _shared(self, number: bytes) -> str:
        """What an open file is known by on every connection of a session; empty where both peers did not say who they
        are, since the numbers of sessions and files are the same on many servers."""
        if not (self._client and self._server):
            return ""
        return _digest(self._client + self._server + number)

    def _by_pipe(self, part: _Part, asked: _Asked, size: int) -> None:
        if asked.command == CREATE and part.status == 0:
            self._opened[part.number] = part.body[64:80]
            self._piped[part.body[64:80]] = asked.path
        elif number := self._number(asked.file):
            self.beside.piped(self._piped.get(number, "?"), asked.size, size)

    def _on_file(self, part: _Part, asked: _Asked, number: bytes, done: bool) -> None:
        if asked.command in (READ, WRITE):
            self.files.handle(number).shared = self._shared(part.head[40:48] + number)
        if asked.command == READ and done:
            start = min(part.start + part.body[2], part.end)
            end = min(start + int.from_bytes(part.body[4:8], "little"), part.end)
            self.files.read(number, Piece(asked.offset, start, end))
        elif asked.piece is not None:
            self.files.wrote(number, asked.piece, refused=not done)
        elif asked.command == SET_INFO and done:
            self.files.handle(number).resized = asked.offset
        elif asked.command == CLOSE:
            self.files.closed(number)

    def _number(self, file: bytes | int) -> bytes:
        """The number of a file, also of one that an earlier command of the compound opened."""
        return self._opened.get(file, b"") if isinstance(file, int) else file

    def _text(self, part: _Part, offset: int, length: int) -> str:
        start = part.start + offset
        return self._up[start : min(start + length, part.end)].decode("utf-16-le", "replace")


@lru_cache(maxsize=64)
def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _parts(message: Message, data: bytes) -> Iterator[_Part]:
    """The commands of a compound."""
    start = message.start
    while start + HEADER_SIZE + 8 <= message.end:
        fields = _HEADER.unpack_from(data, start)
        following = fields[3]
        end = start + following if HEADER_SIZE <= following <= message.end - start else message.end
        yield _Part(start, end, data[start : min(end, start + 256)].ljust(HEADER_SIZE + 8, b"\0"), *fields)
        if end == message.end:
            return
        start = end
