"""A large mixed capture: the Ethernet captures of a corpus, over and over, each time between other addresses."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from zoneguard.dynamic.columns import Frames
from zoneguard.dynamic.containers import find_captures, open_capture

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
ETHERNET = 1
MAX_FRAME = 1 << 18  # libpcap reads no longer ones


def write(path: Path, corpus: Path, size: int, without: str = "") -> int:
    """Write at least ``size`` bytes of the captures in ``corpus``, but for those named ``without``; returns the number
    of frames.

    Tags, tunnels, fragments and damage are as they were; the second byte of both addresses of plain IPv4 changes from
    round to round, so that flows are new ones.
    """
    frames = written = rounds = 0
    files = [file for file in find_captures(str(corpus)) if not without or without not in file]
    parts = [part for file in files for part in _records(file)]
    with path.open("wb") as out:
        out.write(HEADER)
        while written < size:
            for table, places in parts:
                table[places] = rounds & 0xFF
                out.write(table.tobytes())
                written += len(table)
            frames += sum(_count(table) for table, _ in parts) if not rounds else 0
            rounds += 1
    return frames * rounds


def _count(table: np.ndarray) -> int:
    count = at = 0
    while at < len(table):
        at += 16 + int.from_bytes(table[at + 8 : at + 12].tobytes(), "little")
        count += 1
    return count


def _records(file: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """The records of a capture as bytes, and where in them the second bytes of plain IPv4 addresses lie."""
    return [_table(frames) for frames in open_capture(file, digest=False).batches()]


def _table(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    records, places, end = [], [], 0
    columns = (frames.at, frames.caplen, frames.wirelen, frames.time, frames.link)
    for at, caplen, wirelen, time, link in zip(*(column.tolist() for column in columns), strict=True):
        if link != ETHERNET or caplen > MAX_FRAME:
            continue
        data = bytes(frames.data[at : at + caplen])
        records.append(struct.pack("<IIII", time // 10**9, time % 10**9 // 1000, caplen, wirelen) + data)
        if data[12:15] == b"\x08\x00\x45" and caplen >= 34:
            places += [end + 16 + 27, end + 16 + 31]
        end += 16 + caplen
    return np.frombuffer(bytearray(b"".join(records)), np.uint8), np.array(places, np.int64)
