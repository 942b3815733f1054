"""libarchive, where it is installed, for what has no reader here: packed files of RAR, PPMd and BCJ2 of 7z, LZX.

It is optional (a system library, BSD licence) and runs in a process of its own with bounded memory, time and output.
"""

from __future__ import annotations

import ctypes.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from zoneguard.inspection import Budget

_CHILD = Path(__file__).with_name("_libarchive_child.py")
_SECONDS = 20
_HEAD = 24
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
    command = [sys.executable, "-I", str(_CHILD), str(room), str(MAX_MEMBERS), str(_SECONDS), library()]
    try:
        done = subprocess.run(  # noqa: S603  # our own program, with numbers and the name of a library
            command, input=data, capture_output=True, timeout=2 * _SECONDS, check=False, env={"LC_ALL": "C.UTF-8"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    files = list(_files(done.stdout))
    budget.expand(sum(len(file.data) for file in files))
    return files


def _files(raw: bytes) -> Iterator[File]:
    at = 0
    while at + _HEAD <= len(raw):
        named, state, size = (int.from_bytes(raw[at + i : at + i + 8], "big") for i in (0, 8, 16))
        at += _HEAD
        held = raw[at + named : at + named + size]
        name = raw[at : at + named].decode("utf-8", "replace")
        yield File(name, held, state == 0 and len(held) == size, state == 2)
        at += named + size
