"""The coders of 7z archives, run one behind the other: LZMA, LZMA2, deflate, bzip2, zstd, Brotli, filters.

PPMd, deflate64, BCJ2 and encryption have no reader here.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import DAMAGED, RAW, SHORT, Expanded, expand_up_to, inflate, unbrotli, unzstd
from zoneguard.model.text import N_, Text

AES = bytes.fromhex("06f10701")
_COPY, _LZMA, _LZMA2, _DELTA = b"\0", b"\x03\x01\x01", b"\x21", b"\x03"
_DEFLATE, _BZIP2, _ZSTD, _BROTLI = (bytes.fromhex(h) for h in ("040108", "040202", "04f71101", "04f71102"))
_BRANCHES = {
    bytes.fromhex(method): number
    for methods, number in (
        (("04", "03030103"), lzma.FILTER_X86),
        (("05", "03030205"), lzma.FILTER_POWERPC),
        (("06", "03030401"), lzma.FILTER_IA64),
        (("07", "03030501"), lzma.FILTER_ARM),
        (("08", "03030701"), lzma.FILTER_ARMTHUMB),
        (("09", "03030805"), lzma.FILTER_SPARC),
    )
    for method in methods
}
_NAMES = {
    AES: "AES-256",
    bytes.fromhex("030401"): "PPMd",
    bytes.fromhex("040109"): "Deflate64",
    bytes.fromhex("0303011b"): "BCJ2",
    b"\x0a": "ARM64",
}
_LARGEST_WINDOW = 256 << 20
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Coder:
    """``size``: how many bytes come out of it."""

    method: bytes
    properties: bytes
    size: int


def run(data: bytes, coders: Iterable[Coder], budget: Budget) -> Expanded:
    """``data`` through every one of ``coders``; what one cannot read ends it."""
    used = len(data)
    problem: Text | str = ""
    for coder in coders:
        step = _one(data, coder, budget)
        data, problem = step.data, problem or step.problem
        if not data:
            break
    return Expanded(data, used, problem)


def _one(data: bytes, coder: Coder, budget: Budget) -> Expanded:
    if coder.method == _COPY:
        return _sized(Expanded(data, len(data)), coder)
    if coder.method in (_LZMA, _LZMA2):
        return _lzma(data, coder, budget)
    if coder.method in _BRANCHES:
        return _filtered(data, {"id": _BRANCHES[coder.method]})
    if coder.method == _DELTA:
        return _filtered(data, {"id": lzma.FILTER_DELTA, "dist": 1 + int.from_bytes(coder.properties[:1], "little")})
    if coder.method == _DEFLATE:
        return _sized(inflate(data, budget, RAW), coder)
    if coder.method == _BZIP2:
        return _bunzip(data, coder, budget)
    if coder.method == _ZSTD:
        return _sized(unzstd(data, budget), coder)
    if coder.method == _BROTLI:
        return _sized(unbrotli(data, budget), coder)
    name = _NAMES.get(coder.method, coder.method.hex())
    return Expanded(b"", 0, N_("compression method {name} has no reader", name=name))


def _sized(expanded: Expanded, coder: Coder) -> Expanded:
    """What is longer or shorter than announced is said to be damaged; an end mark is not asked for."""
    right = len(expanded.data) == coder.size
    problem = "" if right and expanded.problem is SHORT else expanded.problem
    return Expanded(expanded.data[: coder.size], expanded.used, problem or ("" if right else DAMAGED))


def _lzma(data: bytes, coder: Coder, budget: Budget) -> Expanded:
    """The window is no larger than what comes out, whatever is announced."""
    room = max(4096, min(coder.size, budget.room, _LARGEST_WINDOW))
    properties = coder.properties
    if coder.method == _LZMA2 and len(properties) == 1 and properties[0] <= 40:
        window = 0xFFFFFFFF if properties[0] == 40 else (2 | properties[0] & 1) << (properties[0] // 2 + 11)
        chain = {"id": lzma.FILTER_LZMA2, "dict_size": max(4096, min(window, room))}
    elif coder.method == _LZMA and len(properties) == 5 and properties[0] < 225:
        chain = {
            "id": lzma.FILTER_LZMA1,
            "dict_size": max(4096, min(int.from_bytes(properties[1:], "little"), room)),
            "lc": properties[0] % 9,
            "lp": properties[0] // 9 % 5,
            "pb": properties[0] // 45,
        }
    else:
        return Expanded(b"", 0, DAMAGED)
    return expand_up_to(data, coder.size, budget, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]))


def _bunzip(data: bytes, coder: Coder, budget: Budget) -> Expanded:
    """7-Zip writes several streams one behind the other where several threads packed them."""
    out: list[bytes] = []
    used = size = 0
    problem: Text | str = ""
    while used < len(data) and size < coder.size and not problem:
        step = expand_up_to(memoryview(data)[used:], coder.size - size, budget, bz2.BZ2Decompressor, stop_at_end=True)
        out.append(step.data)
        size, used, problem = size + len(step.data), used + max(1, step.used), step.problem
    return Expanded(b"".join(out), used, problem or ("" if size == coder.size else SHORT))


def _filtered(data: bytes, filter_: dict[str, int]) -> Expanded:
    """A branch or delta filter undone. liblzma runs them only in front of LZMA2, which may hold bytes as they are."""
    wrapped = bytearray()
    for at in range(0, len(data), _CHUNK):
        piece = data[at : at + _CHUNK]
        wrapped += bytes((2 if at else 1,)) + (len(piece) - 1).to_bytes(2, "big") + piece
    chain = [filter_, {"id": lzma.FILTER_LZMA2, "dict_size": _CHUNK}]
    try:
        return Expanded(
            lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain).decompress(bytes(wrapped) + b"\0"), len(data)
        )
    except (lzma.LZMAError, ValueError):
        return Expanded(data, len(data), DAMAGED)
