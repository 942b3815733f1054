"""Content encodings of HTTP bodies (RFC 9110, 8.4.1): gzip, deflate, br (RFC 7932) and zstd (RFC 8878).

And what nobody registered, but some servers send and some clients take: lzma, xz and bzip2.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import GZIP, RAW, ZLIB, Expanded, bunzip, inflate, unbrotli, unxz, unzstd
from zoneguard.inspection.mime.headers import Headers
from zoneguard.model.text import N_, Text

MAX_CODINGS = 4
_Expander = Callable[[memoryview, Budget], Expanded]
_OTHERS: dict[str, _Expander] = {"br": unbrotli, "zstd": unzstd, "lzma": unxz, "xz": unxz, "bzip2": bunzip}


def decoded(data: bytes, headers: Headers) -> tuple[bytes, Text | str]:
    """``data`` out of its content encodings, and why not, where it cannot be."""
    codings = encoded(headers)
    if len(codings) > MAX_CODINGS:
        return data, N_("more than {count} content encodings", count=MAX_CODINGS)
    for coding in reversed(codings):
        expander = _expander(coding, data)
        if expander is None:
            return data, N_("no reader for the content encoding {name}", name=coding[:40])
        data, problem = _members(data, expander)
        if problem:
            return data, problem
    return data, ""


def encoded(headers: Headers) -> list[str]:
    """The encodings that were applied, in order."""
    said = ",".join((*headers.all("content-encoding"), *headers.all("transfer-encoding"))).lower().split(",")
    return [c for c in map(str.strip, said) if c not in ("", "identity", "chunked")]


def _expander(coding: str, data: bytes) -> _Expander | None:
    if coding in ("gzip", "x-gzip"):
        return lambda packed, budget: inflate(packed, budget, GZIP)
    if coding == "deflate":
        wbits = ZLIB if _is_zlib(data) else RAW
        return lambda packed, budget: inflate(packed, budget, wbits)
    return _OTHERS.get(coding.removeprefix("x-"))


def _members(data: bytes, expander: _Expander) -> tuple[bytes, Text | str]:
    """Everything in ``data``: gzip and zstd may be several pieces one behind the other."""
    view, budget = memoryview(data), Budget()
    out: list[bytes] = []
    position = 0
    while position < len(data):
        expanded = expander(view[position:], budget)
        if expanded.problem and out and not expanded.data:
            rest = len(data) - position
            return b"".join(out), N_("{size} bytes follow the end of the compressed data", size=rest)
        out.append(expanded.data)
        if expanded.problem:
            return b"".join(out), expanded.problem
        position += max(1, expanded.used)
        if not budget.member():
            return b"".join(out), budget.spent or ""
    return b"".join(out), ""


def _is_zlib(data: bytes) -> bool:
    try:
        zlib.decompressobj().decompress(data[:64])
    except zlib.error:
        return False
    return True
