"""Devices of the client that a server of RDP uses (MS-RDPEFS 2.2, MS-RDPEPC): which are offered, and the files that
are read from drives, written to them, and printed.

The server asks and the client answers, so that what is written goes to the client. A file is asserted as one of a file
share is: read up to its length, or written from empty and closed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.inspection.carving import Track
from zoneguard.inspection.protocols._rdp_channels import Message
from zoneguard.inspection.protocols._remote_files import Files, Handle, Piece
from zoneguard.inspection.recording import Recorder

_ANNOUNCE, _REQUEST, _COMPLETION = (struct.pack("<HH", 0x4472, kind) for kind in (0x4441, 0x4952, 0x4943))
_DRIVE = 8
_KINDS = {1: "port", 2: "port", 4: "printer", _DRIVE: "drive", 0x20: "smart card"}
_CREATE, _CLOSE, _READ, _WRITE, _QUERY, _SET = 0, 2, 3, 4, 5, 6
_STANDARD, _RENAME, _END_OF_FILE = 5, 10, 20  # classes of what is asked about a file, or set
_AT_END = 0xC0000011
_ANEW, _IF_MISSING, _CREATED = frozenset((0, 2, 4, 5)), 3, 2
"""How a file is opened: made or emptied in any case; made if there is none, and the answer that there was none. Clients
answer 0 for what they opened, which would be that it was superseded."""
_REQUEST_BODY, _DATA = 24, 56  # bytes of a request before its own fields, and before what is written
_MAX_DEVICES, _MAX_FILES = 1000, 20_000


@dataclass(slots=True)
class _Asked:
    """A request of the server that is not answered yet."""

    kind: int
    file: bytes
    message: Message

    def number(self, offset: int, size: int = 4) -> int:
        """A field of the request, by its offset in what follows the common header."""
        start = _REQUEST_BODY + offset
        return int.from_bytes(self.message.carved.data[start : start + size], "little")


@dataclass(slots=True)
class Devices:
    """Reads the messages of both sides in order. ``offered``: the kinds of devices; ``other``: bytes of each direction
    that are neither offers nor uses of a device."""

    recorder: Recorder
    client: Track
    server: Track
    offered: list[str] = field(default_factory=list)
    other: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    _names: dict[int, tuple[int, str]] = field(default_factory=dict)
    _asked: dict[tuple[int, int], _Asked] = field(default_factory=dict)
    _ends: dict[bytes, int] = field(default_factory=dict)
    """Where the next bytes for a device go that has no offsets."""

    def read(self, talk: Iterable[Message]) -> None:
        """Record the files that went either way."""
        files = Files(self.recorder, self.server, self.client)
        for message in talk:
            data = message.carved.data
            if message.up and data.startswith(_ANNOUNCE):
                for device, kind, name in _announced(data):
                    self._names[device] = kind, name
                    self.offered.append(_KINDS.get(kind, f"device of type {kind}"))
            elif not message.up and data.startswith(_REQUEST) and len(data) >= _REQUEST_BODY:
                device, file, completion, kind = struct.unpack_from("<IIII", data, 4)
                if len(self._asked) < _MAX_FILES:
                    self._asked[device, completion] = _Asked(kind, struct.pack("<II", device, file), message)
            elif message.up and data.startswith(_COMPLETION) and len(data) >= 16:
                device, completion, status = struct.unpack_from("<III", data, 4)
                asked = self._asked.pop((device, completion), None)
                if asked is not None:
                    self._answered(files, asked, message, status)
                elif len(data) > _REQUEST_BODY:
                    self.other[True] += len(data)
            else:
                self.other[message.up] += len(data)
        for asked in self._asked.values():
            if asked.kind == _WRITE:
                self._wrote(files, asked, refused=False)
        files.record()

    def _answered(self, files: Files, asked: _Asked, answer: Message, status: int) -> None:
        data = answer.carved.data
        if asked.kind == _WRITE:
            self._wrote(files, asked, refused=bool(status))
        elif asked.kind == _READ:
            self._read(files, asked, answer, status)
        elif status:
            return
        elif asked.kind == _CREATE and len(data) >= 20:
            self._opened(files, asked, data)
        elif asked.kind == _CLOSE:
            files.closed(asked.file)
        elif asked.kind == _QUERY and asked.number(0) == _STANDARD and len(data) >= 36:
            handle = files.handle(asked.file)
            handle.size = handle.size if handle.fresh else int.from_bytes(data[28:36], "little")
        elif asked.kind == _SET:
            self._set(files.handle(asked.file), asked)

    def _opened(self, files: Files, asked: _Asked, data: bytes) -> None:
        device = int.from_bytes(asked.file[:4], "little")
        kind, drive = self._names.get(device, (_DRIVE, ""))
        request = asked.message.carved.data
        path = request[_DATA : _DATA + asked.number(28)].decode("utf-16-le", "replace").partition("\0")[0][:1000]
        how = asked.number(20)
        fresh = kind != _DRIVE or how in _ANEW or (how == _IF_MISSING and data[20:21] == bytes((_CREATED,)))
        parts = filter(None, (drive, *re.split(r"[\\/]+", path)))
        handle = Handle("\\".join((r"\\tsclient", *parts)), 0 if fresh else None, fresh)
        number = asked.file[:4] + data[16:20]
        files.opened(number, handle)
        self._ends.pop(number, None)
        if kind != _DRIVE:
            self._ends[number] = 0

    def _wrote(self, files: Files, asked: _Asked, *, refused: bool) -> None:
        carved = asked.message.carved
        offset = self._ends.get(asked.file, asked.number(4, 8))
        handle = files.handle(asked.file)
        for start, end in carved.ranges(_DATA, min(_DATA + asked.number(0), len(carved))):
            files.wrote(asked.file, Piece(offset, start, end), refused=refused)
            offset += end - start
        if asked.file in self._ends:
            self._ends[asked.file] = offset
        if handle.resized is not None:
            handle.resized = max(handle.resized, offset)

    def _read(self, files: Files, asked: _Asked, answer: Message, status: int) -> None:
        """Less than was wanted is the end of the file."""
        handle, offset, wanted = files.handle(asked.file), asked.number(4, 8), asked.number(0)
        if status:
            if status == _AT_END and handle.size is None:
                handle.size = offset
            return
        carved = answer.carved
        size = min(int.from_bytes(carved.data[16:20], "little"), max(0, len(carved) - 20))
        for start, end in carved.ranges(20, 20 + size):
            files.read(asked.file, Piece(offset, start, end))
            offset += end - start
        if size < wanted and handle.size is None:
            handle.size = offset

    def _set(self, handle: Handle, asked: _Asked) -> None:
        data, what = asked.message.carved.data, asked.number(0)
        if what == _END_OF_FILE:
            length = asked.number(32, 8)
            if length or handle.writes:
                handle.resized = length
            else:
                handle.size, handle.fresh = 0, True
        elif what == _RENAME:
            name = data[_DATA + 6 : _DATA + 6 + asked.number(34)].decode("utf-16-le", "replace").partition("\0")[0]
            if name:
                handle.path = name[:1000]


def _announced(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Number, kind and name of each device."""
    position = 8
    for _ in range(min(int.from_bytes(data[4:8], "little"), _MAX_DEVICES)):
        if position + 20 > len(data):
            return
        kind, number, name = struct.unpack_from("<II8s", data, position)
        yield number, kind, name.partition(b"\0")[0].decode("latin-1")
        position += 20 + int.from_bytes(data[position + 16 : position + 20], "little")
