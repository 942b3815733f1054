"""A sliding window over a byte stream: readers look for records in it and hold one piece of the file at a time."""

from __future__ import annotations

from importlib import import_module
from typing import BinaryIO

import numpy as np

from zoneguard.dynamic._buffers import Buffers
from zoneguard.dynamic.columns import PADDING, U8

CHUNK = 16 << 20  # enough packets for columns; a mapped file would have to be fetched page by page
LEAST = 4 << 20  # below that, what has to be done for each piece would be felt
ROUND = 1 << 20  # of which buffers are multiples, so that the next piece fits too
AT_ONCE = 1 << 18  # what of a damaged stream lies in front of the damage, and is not told, is less
BUFFERS = 3  # what a reader and its reader hold, and one to fill
MAX_RECORD = 16 << 20  # no network frame is larger: a bigger length is damage


class Window:
    """``data[:end]`` are the bytes at hand, followed by ``PADDING`` zeros; ``view`` is those bytes alone.

    ``begin`` is where in the stream ``data`` begins, or -1 where that is not told.
    ``failure`` says why the stream ended before its end (damaged compression), or is empty. Buffers that nobody looks
    at any more are filled again; one that is looked at stays as it is, for as long as that may be.
    """

    def __init__(self, stream: BinaryIO, chunk: int = CHUNK) -> None:
        self._stream = stream
        self._chunk = self._most = chunk
        self._buffers = Buffers(BUFFERS)
        self.data: U8 = np.zeros(PADDING, np.uint8)
        self.view = self.data.data[:0]
        self.end = 0
        self.begin = 0
        self.failure = ""

    def suit(self, size: int) -> None:
        """Read about so many bytes at a time from now on, if these are neither too few nor too many."""
        self._chunk = min(self._most, max(LEAST, size))

    def slide(self, at: int) -> bool:
        """Forget the bytes before ``at`` and read on; False where nothing more comes. Old ``data`` stays as it was."""
        rest = bytes(self.view[at:])
        kept = len(rest)
        self.data = self.data[:0].copy()  # so that a buffer at which only the window looks is filled again
        self.view = self.data.data
        size = kept + self._chunk + PADDING
        data = np.frombuffer(self._buffers.get(size + -size % ROUND), np.uint8)
        data.data[:kept] = rest
        got = self._read(data.data[kept : kept + self._chunk])
        self.begin += at if self.begin >= 0 else 0
        self.end = kept + got
        data[self.end : self.end + PADDING] = 0
        self.data, self.view = data[: self.end + PADDING], data.data[: self.end]
        return got > 0

    def _read(self, into: memoryview) -> int:
        """Fill ``into`` as far as the stream gives; a pipe gives less at a time."""
        got = 0
        while got < len(into) and not self.failure:
            try:
                n = self._stream.readinto(into[got : got + AT_ONCE])  # type: ignore[attr-defined]
            except damage() as error:
                self.failure = str(error) or type(error).__name__
                break
            if not n:
                break
            got += n
        return got


def damage() -> tuple[type[Exception], ...]:
    """What readers of compressed streams raise where these are damaged; asked when something was raised."""
    return EOFError, OSError, import_module("zlib").error, import_module("lzma").LZMAError
