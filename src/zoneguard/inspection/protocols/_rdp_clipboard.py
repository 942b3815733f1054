"""The clipboard of an RDP session (MS-RDPECLIP 2.2): what either side pasted, and the files that it fetched by it.

What is pasted is a ``body`` of the format's own type, text in UTF-8 and a bitmap with the header that files have; files
are put together from the ranges that were fetched of them.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.inspection import Content
from zoneguard.inspection.carving import Track
from zoneguard.inspection.protocols._rdp_channels import Message
from zoneguard.inspection.protocols._remote_files import Files, Handle, Piece
from zoneguard.inspection.recording import Carriage, Recorder

_FORMATS, _WANTED, _PASTED, _FILE_WANTED, _FILE = 2, 4, 5, 8, 9
_SMALL = frozenset((1, 3, 6, 7, 10, 11))  # ready, list received, temporary folder, capabilities, lock, unlock
_LARGEST = 1024  # bytes of a small message; a temporary folder takes 520
_FAILED, _ASCII = 2, 4
_STANDARD = {
    1: "CF_TEXT", 2: "CF_BITMAP", 3: "CF_METAFILEPICT", 7: "CF_OEMTEXT", 8: "CF_DIB", 9: "CF_PALETTE",
    13: "CF_UNICODETEXT", 14: "CF_ENHMETAFILE", 15: "CF_HDROP", 16: "CF_LOCALE", 17: "CF_DIBV5",
}  # fmt: skip
_TYPES = {
    "CF_TEXT": "text/plain", "CF_OEMTEXT": "text/plain", "CF_UNICODETEXT": "text/plain", "HTML Format": "text/html",
    "text/html": "text/html", "Rich Text Format": "application/rtf",
}  # fmt: skip
_FILES = "FileGroupDescriptorW"
_NUMBERS = frozenset(("CF_LOCALE", "Preferred DropEffect", "Performed DropEffect", "Paste Succeeded"))
_ENTRY, _NAME, _HAS_SIZE = 592, 72, 0x40
_SIZE, _RANGE = 1, 2
_MAX_NAMES, _MAX_FILES = 1000, 10_000


@dataclass(slots=True)
class _Owner:
    """What one side offers, and what the other asked it for. ``lists``: how many lists of formats it sent."""

    formats: dict[int, str] = field(default_factory=dict)
    lists: int = 0
    files: list[tuple[str, int | None]] = field(default_factory=list)
    wanted: deque[str] = field(default_factory=deque)
    streams: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # file, what is wanted, from which byte on
    unasked: int = 0


class Clipboard:
    """Reads the messages of both sides in order; ``used`` counts what was pasted or fetched, ``strange`` the bytes of
    each side that are no clipboard."""

    def __init__(self, recorder: Recorder, client: Track, server: Track) -> None:
        self._recorder = recorder
        self._owners = {True: _Owner(), False: _Owner()}  # by whether what it offers goes to the server
        self._files = {True: Files(recorder, server, client), False: Files(recorder, client, server)}
        self._opened: set[bytes] = set()
        self.used: list[str] = []
        self.strange = {True: 0, False: 0}

    def read(self, talk: Iterable[Message]) -> None:
        """Record what was pasted, then the files that were fetched."""
        for message in talk:
            if self._recorder.full():
                return
            self._message(message)
        for files in self._files.values():
            files.record()

    def _message(self, message: Message) -> None:
        data, up = message.carved.data, message.up
        if len(data) < 8:
            self.strange[up] += len(data)
            return
        kind, flags, size = struct.unpack_from("<HHI", data)
        body = data[8 : 8 + size]
        mine, other = self._owners[up], self._owners[not up]
        if kind == _FORMATS:
            mine.formats, mine.lists = dict(_formats(body, flags)), mine.lists + 1
        elif kind == _WANTED and len(body) >= 4:
            number = int.from_bytes(body[:4], "little")
            other.wanted.append(other.formats.get(number) or _STANDARD.get(number, ""))
        elif kind == _PASTED:
            name = mine.wanted.popleft() if mine.wanted else ""
            if not flags & _FAILED and body:
                self._pasted(message, name, body)
        elif kind == _FILE_WANTED and len(body) >= 24:
            stream, file, what, low, high = struct.unpack_from("<IIIII", body)
            other.streams[stream] = file, what, high << 32 | low
        elif kind == _FILE:
            if not flags & _FAILED and len(body) >= 4:
                self._fetched(message, int.from_bytes(body[:4], "little"), len(body))
        elif kind not in _SMALL or size > _LARGEST:
            self.strange[up] += len(data)
        self.strange[up] += max(0, len(data) - 8 - size - 8)  # some put a few zeros behind

    def _pasted(self, message: Message, name: str, body: bytes) -> None:
        owner = self._owners[message.up]
        if name == _FILES:
            owner.files = list(_descriptors(body))
            return
        if name in _NUMBERS and len(body) <= 8:
            return
        self._used(name or "unknown format")
        carved = message.carved
        ranges = (8, 8 + len(body))
        track = carved.track
        damaged = carved.damaged(*ranges)
        carriage = Carriage(track.stream.to_responder, carved.frames(*ranges), damaged=damaged)
        content = Content(_as_file(name, body), "", _TYPES.get(name, ""))
        self._recorder.file("body", content, carriage, facts=(("clipboard-format", name[:100]),) if name else ())

    def _fetched(self, message: Message, stream: int, size: int) -> None:
        """An answer about a file: its length, or bytes of it."""
        owner, files = self._owners[message.up], self._files[message.up]
        file, what, offset = owner.streams.pop(stream, (-1, 0, owner.unasked))
        number = struct.pack("<?Iq", message.up, owner.lists, file)
        if number not in self._opened:
            if self._full():
                return
            self._opened.add(number)
            known = owner.files[file : file + 1] if file >= 0 else owner.files if len(owner.files) == 1 else []
            path, length = known[0] if known else ("", None)
            files.opened(number, Handle(path, length if file >= 0 else None))
            self._used(f"file {path}")
        if what & _SIZE:
            if size >= 12:
                files.handle(number).size = int.from_bytes(message.carved.data[12:20], "little")
            return
        if file < 0:
            owner.unasked += size - 4
        for start, end in message.carved.ranges(12, 8 + size):
            files.read(number, Piece(offset, start, end))
            offset += end - start

    def _full(self) -> bool:
        return len(self.used) >= _MAX_FILES

    def _used(self, what: str) -> None:
        if not self._full():
            self.used.append(what)


def _formats(body: bytes, flags: int) -> Iterator[tuple[int, str]]:
    """Numbers and names, which have 32 bytes each, or end with a zero where both sides can do that."""
    if len(body) % 36 == 0 and _short(body, flags):
        for start in range(0, len(body), 36)[:_MAX_NAMES]:
            (number,) = struct.unpack_from("<I", body, start)
            yield number, _name(body[start + 4 : start + 36], ascii_names=bool(flags & _ASCII))
        return
    position = 0
    for _ in range(_MAX_NAMES):
        if position + 6 > len(body):
            return
        (number,) = struct.unpack_from("<I", body, position)
        end = position + 4
        while end + 2 <= len(body) and body[end : end + 2] != b"\0\0":
            end += 2
        yield number, body[position + 4 : end].decode("utf-16-le", "replace")
        position = end + 2


def _short(body: bytes, flags: int) -> bool:
    """Whether names have 32 bytes each: behind the end of one are zeros."""
    names = [body[start + 4 : start + 36] for start in range(0, len(body), 36)[:_MAX_NAMES]]
    wide = 1 if flags & _ASCII else 2
    for name in names:
        end = next((i for i in range(0, 32, wide) if not any(name[i : i + wide])), 32)
        if any(name[end:]):
            return False
    return True


def _name(raw: bytes, *, ascii_names: bool) -> str:
    return raw.decode("latin-1" if ascii_names else "utf-16-le", "replace").partition("\0")[0]


def _descriptors(body: bytes) -> Iterator[tuple[str, int | None]]:
    """Names and lengths of the files that are offered."""
    count = min(int.from_bytes(body[:4], "little"), (len(body) - 4) // _ENTRY, _MAX_FILES)
    for start in range(4, 4 + count * _ENTRY, _ENTRY):
        flags, (high, low) = struct.unpack_from("<I", body, start)[0], struct.unpack_from("<II", body, start + 64)
        name = body[start + _NAME : start + _ENTRY].decode("utf-16-le", "replace").partition("\0")[0]
        yield name, (high << 32 | low) if flags & _HAS_SIZE else None


def _as_file(name: str, body: bytes) -> bytes:
    """What is pasted as a program would write it into a file."""
    if name in ("CF_DIB", "CF_DIBV5"):
        header = int.from_bytes(body[:4], "little")
        colours, used = int.from_bytes(body[14:16], "little"), int.from_bytes(body[32:36], "little")
        masks = 12 if header == 40 and body[16:20] == b"\3\0\0\0" else 0
        palette = 4 * (used or (1 << colours if colours <= 8 else 0))
        return struct.pack("<2sIHHI", b"BM", 14 + len(body), 0, 0, 14 + header + masks + palette & 0xFFFFFFFF) + body
    if name == "CF_UNICODETEXT":
        try:
            return body.decode("utf-16-le").rstrip("\0").encode()
        except UnicodeDecodeError:
            return body
    return body.rstrip(b"\0") if name in _TYPES else body
