"""Compound files (OLE2, MS-CFB) read with work bounded by the file's size, whole, damaged or cut short.

Own reader, because common ones follow the sector tables as far as a hostile header says.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
END = 0xFFFFFFFC  # this and above are marks, not sectors
STORAGE, STREAM, ROOT = 1, 2, 5
MAX_ENTRIES = 50_000
ENTRY_SIZE = 128


@dataclass(frozen=True, slots=True)
class Entry:
    """A storage or stream; ``path`` from the root, joined by ``/``. An orphan (not in the tree) is under ``?``."""

    path: str
    kind: int
    start: int
    size: int
    clsid: bytes

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(slots=True)
class Compound:
    """An opened compound file. ``damaged``: some chain of sectors ends where it should not, or streams overlap so that
    reading them would cost many times the file's size."""

    data: bytes
    entries: list[Entry] = field(default_factory=list)
    clsid: bytes = b""
    damaged: bool = False
    _size: int = 512
    _mini_size: int = 64
    _cutoff: int = 4096
    _fat: array[int] = field(default_factory=lambda: array("I"))
    _mini_fat: array[int] = field(default_factory=lambda: array("I"))
    _mini: bytes = b""
    _index: dict[str, Entry] = field(default_factory=dict)
    _readable: int = 0

    def streams(self) -> Iterator[Entry]:
        """Every stream."""
        return (e for e in self.entries if e.kind == STREAM)

    def find(self, path: str) -> Entry | None:
        """The entry at ``path``, letters' case aside."""
        return self._index.get(path.lower())

    def read(self, entry: Entry, limit: int = 1 << 26) -> bytes:
        """The bytes of a stream, as many as are there, at most ``limit``."""
        size = min(entry.size, limit)
        self._readable -= size
        if self._readable < 0:
            self.damaged = True
            return b""
        if entry.size < self._cutoff:
            return self._mini_chain(entry.start, size)
        return self._chain(entry.start, size)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self.data[start : start + self._size]

    def _chain(self, start: int, size: int | None = None) -> bytes:
        """The sectors from ``start`` on, up to ``size`` bytes."""
        out: list[bytes] = []
        number, left = start, len(self._fat) if size is None else -(-size // self._size)
        while left > 0 and number < len(self._fat):
            out.append(self._sector(number))
            number, left = self._fat[number], left - 1
        if (size is not None and left) or (size is None and number < END):
            self.damaged = True
        joined = b"".join(out)
        return joined if size is None else joined[:size]

    def _mini_chain(self, start: int, size: int) -> bytes:
        out: list[bytes] = []
        number, left = start, -(-size // self._mini_size)
        while left > 0 and number < len(self._mini_fat):
            out.append(self._mini[number * self._mini_size : (number + 1) * self._mini_size])
            number, left = self._mini_fat[number], left - 1
        if left > 0:
            self.damaged = True
        return b"".join(out)[:size]

    def load(self) -> None:
        """Read the tables and the directory."""
        header = self.data[:512]
        shift, mini_shift = header[30], header[32]
        self._size = 1 << shift if shift in (9, 12) else 512
        self._mini_size = 1 << mini_shift if 3 <= mini_shift < shift else 64
        self._cutoff = _u32(header, 56) or 4096
        self._fat = self._load_fat(header)
        directory = self._chain(_u32(header, 48))
        records = _records(directory)
        if not any(kind == ROOT for _, kind, *_ in records.values()):
            self.damaged = True
            records = _records(self.data[512:], plausible_only=True)
        self._walk(records)
        self._index = {e.path.lower(): e for e in reversed(self.entries)}
        self._readable = 8 * len(self.data) + (1 << 20)
        self._mini_fat = _table(self._chain(_u32(header, 60), min(_u32(header, 64), len(self._fat)) * self._size))

    def _load_fat(self, header: bytes) -> array[int]:
        """The sector table: its own sectors are listed in the header and in a chain of further lists."""
        sectors = len(self.data) // self._size
        numbers = [n for n in _table(header[76:512]) if n < sectors]
        following, seen = _u32(header, 68), set()
        while following < sectors and following not in seen:
            seen.add(following)
            listed = _table(self._sector(following))
            numbers += [n for n in listed[:-1] if n < sectors]
            following = listed[-1] if listed else END
        table = array("I")
        for number in dict.fromkeys(numbers):
            table.extend(_table(self._sector(number)))
            if len(table) > sectors:
                break
        return table

    def _walk(self, records: dict[int, _Record]) -> None:
        """Paths by the tree of the directory; what the tree does not reach is listed too."""
        seen: set[int] = set()
        roots = [n for n, record in records.items() if record[1] == ROOT][:1]
        for root in roots:
            _, _, _, _, child, self.clsid, start, size = records[root]
            self._mini = self._chain(start, min(size, len(self.data)))
            seen.add(root)
            self._descend(records, child, seen)
        for number, (name, kind, _, _, _, clsid, start, size) in records.items():
            if number not in seen and kind in (STORAGE, STREAM):
                self.entries.append(Entry(f"?/{name}", kind, start, size, clsid))

    def _descend(self, records: dict[int, _Record], child: int, seen: set[int]) -> None:
        pending = [(child, "")]
        while pending:
            number, prefix = pending.pop()
            if number in seen or number not in records:
                continue
            seen.add(number)
            name, kind, left, right, below, clsid, start, size = records[number]
            self.entries.append(Entry(prefix + name, kind, start, size, clsid))
            pending += [(left, prefix), (right, prefix)]
            if kind == STORAGE:
                pending.append((below, f"{prefix}{name}/"))


_Record = tuple[str, int, int, int, int, bytes, int, int]


@lru_cache(maxsize=1)
def open_compound(data: bytes) -> Compound | None:
    """The compound file in ``data``; ``None`` where it is none."""
    if not data.startswith(MAGIC):
        return None
    compound = Compound(data)
    if len(data) >= 512:
        compound.load()
    else:
        compound.damaged = True
    return compound


def _records(directory: bytes, plausible_only: bool = False) -> dict[int, _Record]:
    """Directory entries: name, kind, left, right, child, class, first sector, size, by their number."""
    out: dict[int, _Record] = {}
    for number in range(len(directory) // ENTRY_SIZE):
        raw = directory[number * ENTRY_SIZE : (number + 1) * ENTRY_SIZE]
        length, kind, colour = int.from_bytes(raw[64:66], "little"), raw[66], raw[67]
        if kind not in (STORAGE, STREAM, ROOT) or not 2 <= length <= 64 or length % 2:
            continue
        name = raw[: length - 2].decode("utf-16-le", "replace")
        if plausible_only and (colour > 1 or raw[length - 2 : length] != b"\0\0" or any(raw[length:64]) or not name):
            continue
        size = int.from_bytes(raw[120:124], "little")
        links = (_u32(raw, 68), _u32(raw, 72), _u32(raw, 76))
        out[number] = (name, kind, *links, raw[80:96], _u32(raw, 116), size)
        if len(out) >= MAX_ENTRIES:
            break
    return out


def _table(raw: bytes) -> array[int]:
    table = array("I", raw[: len(raw) // 4 * 4])
    if sys.byteorder == "big":
        table.byteswap()
    return table


def _u32(raw: bytes, offset: int) -> int:
    return int.from_bytes(raw[offset : offset + 4], "little")
