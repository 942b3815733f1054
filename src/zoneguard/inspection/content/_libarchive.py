"""libarchive, where it is installed, for what has no reader here: packed files of RAR, PPMd and BCJ2 of 7z, LZX.

It is optional (a system library, BSD licence). Each archive is read by a process of its own with bounded memory, time
and output. A process that reads nothing itself is kept to make these: that takes a tenth of starting Python each time.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from zoneguard.inspection import Budget

_CHILD = Path(__file__).with_name("_libarchive_child.py")
_SECONDS = 20
_HEAD = 24
_NAMES = 4096  # bytes that a file may take beside its content, on the average
_PIECE = 1 << 20
MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of an archive; one that is not ``whole`` has the bytes up to the damage or the limit."""

    name: str
    data: bytes
    whole: bool
    encrypted: bool


@cache
def library() -> str:
    """The name of the library, empty where there is none or a process cannot be bounded."""
    return (ctypes.util.find_library("archive") or "") if find_spec("resource") is not None else ""


def unpack(data: bytes, budget: Budget) -> list[File]:
    """The files of an archive as far as they can be read; nothing where the library is missing or fails at once."""
    room = budget.room
    if not library() or room <= 0:
        return []
    files = list(_files(_read(data, room)))
    budget.expand(sum(len(file.data) for file in files))
    return files


def _read(data: bytes, room: int) -> bytes:
    """What a process of its own says of an archive; nothing where none can be made, or it does not end."""
    for _ in range(2):  # the one that was kept may have ended meanwhile
        try:
            return _maker().read(data, room)
        except TimeoutError:
            _forget()
            break
        except OSError:
            _forget()
    return b""


class _Maker:
    """The process that makes one for each archive."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        with contextlib.ExitStack() as failing:
            self._mine, theirs = map(failing.enter_context, socket.socketpair())
            self._process = subprocess.Popen(  # noqa: S603  # our own program, with the name of a library
                [sys.executable, "-I", str(_CHILD), library()],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )  # fmt: skip
            theirs.close()
            failing.pop_all()

    def read(self, data: bytes, room: int) -> bytes:
        """What the process that is made for it says of an archive, as far as it came to. Raises ``OSError`` where none
        is made, ``TimeoutError`` where it does not end."""
        ending = time.monotonic() + 2 * _SECONDS
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                socket.send_fds(self._mine, [b"%d %d %d" % (room, MAX_MEMBERS, _SECONDS)], [theirs.fileno()])
            mine.settimeout(2 * _SECONDS)
            with contextlib.suppress(ConnectionError):  # it may end before it has all
                mine.sendall(data)
                mine.shutdown(socket.SHUT_WR)
            out = bytearray()
            with contextlib.suppress(ConnectionError):
                while len(out) < room + MAX_MEMBERS * _NAMES:
                    mine.settimeout(max(0.001, ending - time.monotonic()))
                    piece = mine.recv(_PIECE)
                    if not piece:
                        break
                    out += piece
            return bytes(out)

    def end(self) -> None:
        """End it and what it made; a copy of this process, which did not start it, leaves it alone."""
        self._mine.close()
        if os.getpid() == self._owner:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@cache
def _maker() -> _Maker:
    maker = _Maker()
    atexit.register(maker.end)
    return maker


def _forget() -> None:
    """End the process; the next archive gets another one. Nothing where none could be started."""
    if _maker.cache_info().currsize:
        maker = _maker()
        atexit.unregister(maker.end)
        maker.end()
        _maker.cache_clear()


def _files(raw: bytes) -> Iterator[File]:
    at = 0
    while at + _HEAD <= len(raw):
        named, state, size = (int.from_bytes(raw[at + i : at + i + 8], "big") for i in (0, 8, 16))
        at += _HEAD
        held = raw[at + named : at + named + size]
        name = raw[at : at + named].decode("utf-8", "replace")
        yield File(name, held, state == 0 and len(held) == size, state == 2)
        at += named + size
