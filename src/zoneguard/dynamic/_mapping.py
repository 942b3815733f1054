"""A window over a file on disk: mapped into memory piece by piece, so that nothing is copied and little is held."""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from zoneguard.dynamic._window import Window
from zoneguard.dynamic.columns import PADDING

PIECE = 32 << 20
TAIL = 1 << 20  # the end of a file is read, because nothing may be mapped behind it


class MappedWindow(Window):
    """As ``Window`` over ``stream``, of which the file at ``descriptor`` is the whole content.

    ``seen`` is handed each mapped piece of the file once, in order, and the offset at which it begins. A file that
    grows is read on where the stream gives more; one that somebody cuts off meanwhile ends the process, as any mapped
    file does.
    """

    def __init__(self, stream: io.BufferedReader, descriptor: int, seen: Callable[[memoryview, int], None]) -> None:
        super().__init__(stream)
        self._file = stream
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._begin = 0  # the offset in the file of ``data[0]``
        self._mapped = True
        self._seen = seen

    def slide(self, at: int) -> bool:
        """Forget the bytes before ``at`` and map on, or read on near the end of the file."""
        if not self._mapped:
            return super().slide(at)
        begin, known = self._begin + at, self._begin + self.end
        upto = min(max(known, begin) + PIECE, self._size - TAIL)
        if upto <= known:
            return self._read_on(at)
        aligned = begin - begin % mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(self._descriptor, upto + PADDING - aligned, access=mmap.ACCESS_READ, offset=aligned)
        mapped.madvise(mmap.MADV_SEQUENTIAL)
        self.data = np.frombuffer(mapped, np.uint8)[begin - aligned :]
        self._begin, self.end = begin, upto - begin
        self.view = self.data.data[: self.end]
        self._seen(self.data.data[known - begin : self.end], known)
        return True

    def _read_on(self, at: int) -> bool:
        self._mapped = False
        self._file.seek(self._begin + self.end)
        return super().slide(at)


def mappable(raw: BinaryIO) -> bool:
    """Whether it is a file on disk, and long enough to be worth it."""
    if not isinstance(raw, io.FileIO):
        return False
    status = os.fstat(raw.fileno())
    return stat.S_ISREG(status.st_mode) and status.st_size > 4 * TAIL
