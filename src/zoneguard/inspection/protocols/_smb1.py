"""SMB 1 (MS-CIFS 2.2.4, MS-SMB 2.2.4): opening, reading, writing and closing files, with chained commands."""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.protocols._remote_files import Beside, Files, Handle, Piece
from zoneguard.inspection.protocols._smb_transport import Message
from zoneguard.model.spans import CaptureSpan

HEADER_SIZE = 32
CLOSE, READ, WRITE = 0x04, 0x0A, 0x0B
OPEN_X, READ_X, WRITE_X, TREE_CONNECT_X, NT_CREATE_X = 0x2D, 0x2E, 0x2F, 0x75, 0xA2
_LOCKING_X, _SESSION_SETUP_X, _LOGOFF_X = 0x24, 0x73, 0x74
_CHAINED = {OPEN_X, READ_X, WRITE_X, TREE_CONNECT_X, NT_CREATE_X, _LOCKING_X, _SESSION_SETUP_X, _LOGOFF_X}
_TRANSACTIONS = frozenset({0x25, 0x26, 0x32, 0x33, 0xA0, 0xA1})  # answers are as long as was asked for
_OLD = frozenset({0x13, 0x14, 0x1A, 0x1B, 0x1D, 0x1E, 0x1F, 0x2C, 0xC1, 0xD0, 0xD1, 0xD5, 0xD7})
"""Other ways to read, write, print and send, which are not read."""
_PIPE_CALL = 0x25
_UNICODE = 0x8000
_EMPTIED = (0, 2, 3)
_NONE = 0xFF
_DISK = 0


class _Part(NamedTuple):
    """One command of a chain: its parameter ``words``, and where its data bytes begin and end in the stream."""

    command: int
    words: bytes
    start: int
    end: int


class _Asked(NamedTuple):
    """A request: ``file`` is its file (``None``: the one opened in the same chain), ``at`` when it was sent."""

    command: int
    at: CaptureSpan | None
    path: str = ""
    file: bytes | None = None
    offset: int = 0
    piece: Piece | None = None
    size: int = 0


class Smb1:
    """Requests wait in a queue for each (process, multiplex) number; an answer takes the last one sent before it."""

    def __init__(self, files: Files, up: bytes, down: bytes) -> None:
        self.files = files
        self.beside = Beside()
        self.unclaimed = 0
        self._up, self._down = up, down
        self._waiting: dict[tuple[int, bytes], deque[_Asked]] = defaultdict(deque)
        self._shares: dict[bytes, str] = {}
        self._pipes: dict[bytes, str] = {}

    def run(self, requests: Iterable[Message], answers: Iterable[Message]) -> None:
        """Follow both sides."""
        for message in requests:
            if not _is_answer(message):
                for part in _parts(message, self._up):
                    asked = self._request(message, part)
                    self._waiting[part.command, message.head[26:28] + message.head[30:32]].append(asked)
        for message in answers:
            if _is_answer(message):
                opened = b""
                for part in _parts(message, self._down):
                    opened = self._answer(message, part, opened)
        for queue in self._waiting.values():
            for asked in queue:
                if asked.piece is not None and asked.file is not None:
                    self.files.wrote(asked.file, asked.piece)

    def _request(self, message: Message, part: _Part) -> _Asked:
        words, command = part.words, part.command
        file, offset, piece, path = None, 0, None, ""
        if command in (NT_CREATE_X, OPEN_X):
            path = self._name(message, part.start)
        elif command == TREE_CONNECT_X and len(words) >= 8:
            path = self._name(message, part.start + int.from_bytes(words[6:8], "little"))
        elif command in (READ_X, WRITE_X) and len(words) >= 10:
            file, high = words[4:6], words[24:28] if command == WRITE_X else words[20:24]
            offset = int.from_bytes(words[6:10] + high, "little")
            if command == WRITE_X and len(words) >= 24:
                high_length, length, at = struct.unpack_from("<HHH", words, 18)
                start = min(message.start + at, message.end)
                piece = Piece(offset, start, min(start + length + (high_length << 16), message.end))
        elif command in (READ, WRITE) and len(words) >= 8:
            file, offset = words[:2], int.from_bytes(words[4:8], "little")
            if command == WRITE:
                start = min(part.start + 3, part.end)
                piece = Piece(offset, start, min(start + int.from_bytes(words[2:4], "little"), part.end))
        elif command == CLOSE:
            file = words[:2]
        elif command == _PIPE_CALL and len(words) >= 32:
            file = words[30:32]
        size = message.end - message.start
        if command in _OLD:
            self.beside.strange[0] += size
        else:
            self.beside.weigh(False, size, piece.end - piece.start if piece else 0)
        return _Asked(command, message.at, path, file, offset, piece, size)

    def _answer(self, message: Message, part: _Part, opened: bytes) -> bytes:
        """Act on an answer; returns the file that was opened in this chain."""
        asked = self._claim(message, part)
        if asked is None:
            self.unclaimed += part.command in (READ, READ_X) and len(part.words) >= 10
            return opened
        done, size = message.head[5:9] == bytes(4), message.end - message.start
        if part.command in _OLD:
            self.beside.strange[1] += size
        else:
            free = part.command in (READ, READ_X) or part.command in _TRANSACTIONS
            self.beside.weigh(True, size, size if free else 0)
        if asked.command in (NT_CREATE_X, OPEN_X):
            return self._opening(message, part.words, asked) if done else opened
        file = asked.file if asked.file is not None else opened
        if asked.command == TREE_CONNECT_X and done:
            self._shares[message.head[24:26]] = asked.path
        elif file in self._pipes:
            self.beside.piped(self._pipes[file], asked.size, size)
        elif asked.command in (READ_X, READ) and done:
            self.files.read(file, self._read_piece(message, part, asked.offset))
        elif asked.piece is not None:
            self.files.wrote(file, asked.piece, refused=not done)
        elif asked.command == CLOSE and done:
            self.files.closed(file)
        return opened

    def _opening(self, message: Message, words: bytes, asked: _Asked) -> bytes:
        """A file or, which is none, a pipe."""
        if asked.command == NT_CREATE_X and len(words) >= 65:
            file, kind, action = words[5:7], words[63:65], int.from_bytes(words[7:11], "little")
            size, fresh = int.from_bytes(words[55:63], "little"), action in _EMPTIED
        elif asked.command == OPEN_X and len(words) >= 24:
            file, kind, action = words[4:6], words[18:20], words[22] & 3
            size, fresh = int.from_bytes(words[12:16], "little"), action in _EMPTIED
        else:
            return b""
        self._pipes.pop(file, None)
        if int.from_bytes(kind, "little") != _DISK:
            self._pipes[file] = asked.path
            return file
        share = self._shares.get(message.head[24:26], "")
        path = "\\".join(p for p in (share, asked.path.lstrip("\\")) if p)
        self.files.opened(file, Handle(path, size, fresh))
        return file

    def _claim(self, message: Message, part: _Part) -> _Asked | None:
        """The request that ``part`` answers; earlier ones of the same number were answered outside of the capture."""
        queue = self._waiting.get((part.command, message.head[26:28] + message.head[30:32]))
        if not queue:
            return None
        asked = queue.popleft()
        while queue and _before(queue[0].at, message.at):
            asked = queue.popleft()
        return asked

    def _read_piece(self, message: Message, part: _Part, offset: int) -> Piece:
        if part.command == READ:
            start = min(part.start + 3, part.end)
            return Piece(offset, start, min(start + int.from_bytes(part.words[:2], "little"), part.end))
        if len(part.words) < 16:
            return Piece(offset, part.start, part.start)
        length, at, high = struct.unpack_from("<HHH", part.words, 10)
        start = min(message.start + at, message.end)
        return Piece(offset, start, min(start + length + (high << 16), message.end))

    def _name(self, message: Message, start: int) -> str:
        """A name up to its end mark; names in Unicode lie on an even offset of the message."""
        if int.from_bytes(message.head[10:12], "little") & _UNICODE:
            start += (start - message.start) % 2
            raw = self._up[start : min(start + 1024, message.end)]
            return raw.decode("utf-16-le", "replace").partition("\0")[0]
        return decode_text(self._up[start : min(start + 512, message.end)].partition(b"\0")[0])


def _is_answer(message: Message) -> bool:
    return len(message.head) > 9 and bool(message.head[9] & 0x80)


def _before(earlier: CaptureSpan | None, later: CaptureSpan | None) -> bool:
    return earlier is not None and later is not None and (earlier.time, earlier.frame) <= (later.time, later.frame)


def _parts(message: Message, data: bytes) -> Iterator[_Part]:
    """The commands of a chain, each later in the message than the one before."""
    if len(message.head) < HEADER_SIZE + 3:
        return
    command, position = message.head[4], message.start + HEADER_SIZE
    while position < message.end:
        words = data[position + 1 : min(position + 1 + 2 * data[position], message.end)]
        start = position + 1 + len(words) + 2
        yield _Part(command, words, min(start, message.end), message.end)
        if command not in _CHAINED or len(words) < 4 or words[0] == _NONE:
            return
        following = message.start + int.from_bytes(words[2:4], "little")
        if following <= position:
            return
        command, position = words[0], following
