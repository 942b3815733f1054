"""NFS versions 2 and 3 (RFC 1094, RFC 1813) and MOUNT: names, reads and writes of files, out of calls and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zoneguard.inspection.protocols._onc_rpc import Answer, Call, Reader, TruncatedError
from zoneguard.inspection.protocols._remote_files import Files, Piece

NFS, MOUNT, PORT_MAPPER, LOCKS, STATUS = 100003, 100005, 100000, 100021, 100024
PROGRAMS = frozenset({NFS, MOUNT, PORT_MAPPER, LOCKS, STATUS, 100011, 100227})
READABLE = (2, 3)
HANDLE = 32  # bytes of a file's handle in version 2
ATTRIBUTES = {2: 68, 3: 84}
SIZE_AT = 20
BEFORE = 24  # attributes before an operation
LOOKUP, CREATE, READ, WRITE = "lookup", "create", "read", "write"
_NFS = {
    2: {4: LOOKUP, 9: CREATE, 6: READ, 8: WRITE},
    3: {3: LOOKUP, 8: CREATE, 6: READ, 7: WRITE},
}
_MOUNT = 1


@dataclass(slots=True)
class _Asked:
    """What a call asked: of which file, by which name, from which offset; ``piece`` is what it wrote."""

    kind: str
    version: int
    handle: bytes = b""
    name: str = ""
    offset: int = 0
    piece: Piece | None = None


@dataclass(slots=True)
class Nfs:
    """Takes in calls, then answers. ``unclaimed`` answers carry content and belong to no call that was seen, ``broken``
    messages end early, ``strange`` calls are of a version or a protection that is not read."""

    files: Files
    unclaimed: int = 0
    broken: int = 0
    strange: int = 0
    _asked: dict[int, _Asked] = field(default_factory=dict)
    _paths: dict[bytes, str] = field(default_factory=dict)
    _written: list[tuple[_Asked, bool]] = field(default_factory=list)

    def call(self, call: Call) -> None:
        """A request of the client."""
        if call.program not in (NFS, MOUNT) or call.procedure == 0:
            return
        if call.sealed or (call.program == NFS and call.version not in READABLE):
            self.strange += 1
            return
        self._try(lambda: self._call(call))

    def answer(self, answer: Answer) -> None:
        """An answer of the server."""
        asked = self._asked.pop(answer.number, None)
        if asked is None:
            self.unclaimed += answer.accepted and answer.results.end - answer.results.at > 256
            return
        self._try(lambda: self._answer(asked, answer))

    def finish(self) -> None:
        """Name the files and hand over what was written, answered or not."""
        for asked in self._asked.values():
            if asked.kind == WRITE:
                self._written.append((asked, False))
        for asked, refused in self._written:
            if asked.piece is not None:
                self.files.wrote(asked.handle, asked.piece, refused=refused)
        for handle, path in self._paths.items():
            self.files.handle(handle).path = path

    def _try(self, read: Callable[[], None]) -> None:
        try:
            read()
        except TruncatedError:
            self.broken += 1

    def _call(self, call: Call) -> None:
        reader = call.arguments
        if call.program == MOUNT:
            if call.procedure == _MOUNT:
                name = reader.bytes().decode("utf-8", "backslashreplace")
                self._asked[call.number] = _Asked(LOOKUP, 3 if call.version == 3 else 2, name=name)
            return
        kind = _NFS[call.version].get(call.procedure)
        if kind is None:
            return
        asked = _Asked(kind, call.version, _handle(reader, call.version))
        if kind in (LOOKUP, CREATE):
            asked.name = reader.bytes().decode("utf-8", "backslashreplace")
        elif kind == READ:
            asked.offset = reader.number(8 if call.version == 3 else 4)
        else:
            reader.skip(0 if call.version == 3 else 4)
            asked.offset = reader.number(8 if call.version == 3 else 4)
            reader.skip(8 if call.version == 3 else 4)
            start, end = reader.opaque()
            asked.piece = Piece(asked.offset, start, end)
        self._asked[call.number] = asked

    def _answer(self, asked: _Asked, answer: Answer) -> None:
        reader = answer.results
        done = answer.accepted and reader.number() == 0
        if asked.kind == WRITE:
            self._written.append((asked, not done))
        if not done:
            return
        if asked.kind in (LOOKUP, CREATE):
            self._named(asked, reader)
        elif asked.kind == READ:
            size = _size(reader, asked.version)
            if asked.version == 3:
                reader.skip(8)
            start, end = reader.opaque()
            self.files.handle(asked.handle).size = size
            self.files.read(asked.handle, Piece(asked.offset, start, end))
        else:
            if asked.version == 3 and reader.number():
                reader.skip(BEFORE)
            size = _size(reader, asked.version)
            handle = self.files.handle(asked.handle)
            handle.resized, handle.closed = size, True
            handle.size = handle.size if handle.size is not None else size

    def _named(self, asked: _Asked, reader: Reader) -> None:
        """The handle of a name; what hangs below an unknown handle is named from there."""
        if asked.kind == CREATE and asked.version == 3 and not reader.number():
            return
        parent = self._paths.get(asked.handle, "")
        self._paths[_handle(reader, asked.version)] = f"{parent}/{asked.name}" if parent else asked.name


def _handle(reader: Reader, version: int) -> bytes:
    if version == 3:
        return reader.bytes()
    start = reader.skip(HANDLE)
    return reader.data[start : start + HANDLE]


def _size(reader: Reader, version: int) -> int | None:
    """The size of the file out of its attributes, if they are there."""
    if version == 3 and not reader.number():
        return None
    start = reader.skip(ATTRIBUTES[version])
    wide = 8 if version == 3 else 4
    return int.from_bytes(reader.data[start + SIZE_AT : start + SIZE_AT + wide], "big")
