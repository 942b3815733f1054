"""A file that is hashed on the way, each byte once."""

from __future__ import annotations

import io
from importlib import import_module
from typing import BinaryIO

REST = 1 << 20


class Hashing(io.RawIOBase):
    """Passes ``raw`` through; with ``digest`` off nothing is hashed."""

    def __init__(self, raw: BinaryIO, digest: bool) -> None:
        self._raw = raw
        self._sha = import_module("hashlib").sha256() if digest else None  # loads OpenSSL
        self._at = 0
        self._hashed = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._raw.seek(offset, whence)
        return self._at

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        got: int = self._raw.readinto(into)  # type: ignore[attr-defined]
        if got:
            self.seen(memoryview(into)[:got], self._at)
            self._at += got
        return got

    def seen(self, piece: memoryview, offset: int) -> None:
        """Hash what of ``piece``, which lies at ``offset``, was not hashed yet; no byte before it may be missing."""
        if self._sha and offset + len(piece) > self._hashed:
            self._sha.update(piece[self._hashed - offset :])
            self._hashed = offset + len(piece)

    def drain(self) -> None:
        """Read what the reader left over, so that the hash covers the whole file."""
        if self._sha:
            if self._hashed != self._at:
                self.seek(self._hashed)
            rest = memoryview(bytearray(REST))
            while self.readinto(rest):
                pass

    def hexdigest(self) -> str:
        """64 hex digits, or nothing."""
        return self._sha.hexdigest() if self._sha else ""

    def close(self) -> None:
        self._raw.close()
        super().close()
