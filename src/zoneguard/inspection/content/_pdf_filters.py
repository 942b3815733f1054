"""Filters of PDF streams (ISO 32000-1, 7.4) undone one behind the other: deflate, LZW, hexadecimal, base 85, runs.

Pictures' filters have no reader: nothing is embedded behind them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import DAMAGED, SHORT, Expanded, inflate
from zoneguard.model.text import N_, Text

_NO_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_SPACES = b"\0\t\n\x0c\r "
_CLEAR, _STOP = 256, 257
MAX_FILTERS = 8
NO_READER = N_("no reader for its filters")
_Undo = Callable[[bytes, Budget], Expanded]


def undo(data: bytes | memoryview, names: Sequence[str], budget: Budget) -> Expanded:
    """``data`` out of the filters among ``names``, which are those of a stream's dictionary in order."""
    chain = [name for name in names if name in _FILTERS or (name.endswith("Decode") and name != "DecodeParms")]
    if len(chain) > MAX_FILTERS or any(name not in _FILTERS for name in chain) or "Predictor" in names:
        return Expanded(b"", 0, NO_READER)
    expanded = Expanded(bytes(data), len(data))
    for name in chain:
        step = _FILTERS[name](expanded.data, budget)
        expanded = Expanded(step.data, step.used, expanded.problem or step.problem)
    return expanded


def _inflate(data: bytes, budget: Budget) -> Expanded:
    return inflate(data, budget)


def _hexadecimal(data: bytes, budget: Budget) -> Expanded:
    digits = data.partition(b">")[0].translate(None, _NO_HEX)
    out = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return _within(out, len(data), budget)


def _base85(data: bytes, budget: Budget) -> Expanded:
    body = data.translate(None, _SPACES).removeprefix(b"<~").partition(b"~")[0].replace(b"z", b"!!!!!")
    if len(body) % 5 == 1 or re.search(rb"[^!-u]", body):
        return Expanded(b"", 0, DAMAGED)
    pad = -len(body) % 5
    out = bytearray()
    padded = body + b"u" * pad
    for at in range(0, len(padded), 5):
        value = 0
        for digit in padded[at : at + 5]:
            value = value * 85 + digit - 33
        out += (value & 0xFFFFFFFF).to_bytes(4, "big")
    return _within(bytes(out[: len(out) - pad] if pad else out), len(data), budget)


def _run_lengths(data: bytes, budget: Budget) -> Expanded:
    out = bytearray()
    at = 0
    while at < len(data) and (length := data[at]) != 128:
        if length < 128:
            out += data[at + 1 : at + 2 + length]
            at += 2 + length
        else:
            out += data[at + 1 : at + 2] * (257 - length)
            at += 2
        if len(out) > budget.room:
            break
    return _within(bytes(out), len(data), budget, SHORT if at >= len(data) else "")


def _lzw(data: bytes, budget: Budget) -> Expanded:
    """Codes of 9 to 12 bits, highest first, that grow one code early."""
    table = [bytes([n]) for n in range(256)] + [b"", b""]
    out: list[bytes] = []
    size = bits = held = 0
    width, before, ended = 9, b"", False
    for byte in data:
        held, bits = (held << 8 | byte) & 0xFFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == _CLEAR:
            del table[258:]
            width, before = 9, b""
            continue
        if code == _STOP:
            ended = True
            break
        if code > len(table) or (code == len(table) and not before):
            return _within(b"".join(out), len(data), budget, DAMAGED)
        entry = table[code] if code < len(table) else before + before[:1]
        out.append(entry)
        size += len(entry)
        if before and len(table) < 4096:
            table.append(before + entry[:1])
        before = entry
        width = min(12, max(9, (len(table) + 1).bit_length()))
        if size > budget.room:
            break
    return _within(b"".join(out), len(data), budget, "" if ended else SHORT)


def _within(out: bytes, used: int, budget: Budget, problem: Text | str = "") -> Expanded:
    """``out`` as far as there is room for it."""
    room = budget.room
    budget.expand(len(out))
    return Expanded(out[:room], used, problem or (budget.spent or "" if len(out) > room else ""))


_FILTERS: dict[str, _Undo] = {
    **dict.fromkeys(("FlateDecode", "Fl"), _inflate),
    **dict.fromkeys(("LZWDecode", "LZW"), _lzw),
    **dict.fromkeys(("ASCIIHexDecode", "AHx"), _hexadecimal),
    **dict.fromkeys(("ASCII85Decode", "A85"), _base85),
    **dict.fromkeys(("RunLengthDecode", "RL"), _run_lengths),
}
