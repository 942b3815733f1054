"""LZH archives, still common in Japan: headers of levels 0 to 2, methods lh0 and lh4 to lh7 (LHA for UNIX, header.doc).

Also what compressed 一太郎 documents hold. Work is bounded by the budget; a block that breaks the rules ends its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import DAMAGED, SHORT, Expanded
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.model.text import N_, Text

_STORED = (b"-lh0-", b"-lz4-", b"-pm0-")
_FOLDER = b"-lhd-"
_WINDOWS = {b"-lh4-": 12, b"-lh5-": 13, b"-lh6-": 15, b"-lh7-": 16}
_CODES, _LENGTHS = 510, 19  # literals and lengths of copies; lengths of codes
_NAME, _PATH, _WIDE_NAME, _WIDE_PATH = 0x01, 0x02, 0x44, 0x45
MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Member:
    """``start`` to ``end`` of the packed bytes; ``size`` of the file, ``crc`` its CRC-16."""

    name: str
    method: bytes
    start: int
    end: int
    size: int
    crc: int


def members(data: bytes) -> Iterator[Member]:
    """Every file up to the end mark or the first header that is none."""
    at = 0
    for _ in range(MAX_MEMBERS):
        found = _header(data, at)
        if found is None:
            return
        if found.method != _FOLDER:
            yield found
        at = found.end


def _header(data: bytes, at: int) -> Member | None:
    head = data[at : at + 26]
    if len(head) < 24 or not head[0] or head[2:3] != b"-" or head[6:7] != b"-":
        return None
    method, packed, size, level = head[2:7], _u32(head, 7), _u32(head, 11), head[20]
    if level in (0, 1):
        end = at + 2 + head[0]
        name, position = data[at + 22 : at + 22 + head[21]], at + 22 + head[21]
        crc, following = _u16(data, position), _u16(data, end - 2)
    elif level == 2:
        end = at + _u16(head, 0)
        name, crc, following = b"", _u16(head, 21), _u16(head, 24)
    else:
        return None
    if end > len(data) or end <= at:
        return None
    parts: dict[int, bytes] = {}
    position = end if level == 1 else at + 26
    while level and following >= 3 and position + following <= len(data):
        parts.setdefault(data[position], data[position + 1 : position + following - 2])
        position += following
        following = _u16(data, position - 2)
    if level == 1:  # its further headers count as packed bytes
        packed, end = packed - (position - end), position
    if packed < 0:
        return None
    return Member(_name(name, parts), method, end, end + packed, size, crc)


def _name(name: bytes, parts: dict[int, bytes]) -> str:
    if _WIDE_NAME in parts or _WIDE_PATH in parts:
        wide = parts.get(_WIDE_PATH, b"") + parts.get(_WIDE_NAME, b"")
        return wide.decode("utf-16-le", "replace").replace("\uffff", "/")
    whole = parts.get(_PATH, b"").replace(b"\xff", b"/") + parts.get(_NAME, name)
    return decode_text(whole).replace("\\", "/")


def read(data: bytes, member: Member, budget: Budget) -> Expanded:
    """The file itself."""
    packed = data[member.start : member.end]
    cut: Text | str = "" if len(packed) == member.end - member.start else SHORT
    if member.method in _STORED:
        out: bytes = packed[: max(0, budget.room)]
        budget.expand(len(out))
        problem = cut
    elif member.method in _WINDOWS:
        decoder = _Decoder(packed, _WINDOWS[member.method])
        out, problem = decoder.run(member.size, budget)
        problem = cut or problem
    else:
        name = member.method.decode("ascii", "replace")
        return Expanded(b"", 0, N_("compression method {name} has no reader", name=name))
    if not problem and (len(out) != member.size or _crc16(out) != member.crc):
        problem = DAMAGED
    return Expanded(out, len(packed), problem)


class _Decoder:
    """Blocks of Huffman codes for literals and copies."""

    def __init__(self, data: bytes, window: int) -> None:
        self._data = data
        self._at = self._held = self._bits = 0
        self._places = window + 1  # of distances' codes
        self._place_bits = 4 if window < 15 else 5

    def run(self, size: int, budget: Budget) -> tuple[bytes, Text | str]:
        """At most ``size`` bytes, and what is wrong with them."""
        out = bytearray()
        told = 0
        while len(out) < size:
            left = self._take(16)
            room = budget.room
            if room <= 0 or not left or self._at > len(self._data) + 8:
                return bytes(out), budget.spent or SHORT
            lengths = self._short_codes(_LENGTHS, 5, 3)
            codes = self._long_codes(lengths)
            places = self._short_codes(self._places, self._place_bits, -1)
            if not codes or not places or not self._block(out, left, codes, places, min(size, len(out) + room)):
                return bytes(out), DAMAGED
            budget.expand(len(out) - told)
            told = len(out)
        return bytes(out[:size]), ""

    def _block(self, out: bytearray, left: int, codes: list[int], places: list[int], limit: int) -> bool:
        while left and len(out) < limit:
            left -= 1
            code = self._symbol(codes)
            if 0 <= code < 256:
                out.append(code)
                continue
            place = self._symbol(places)
            if code < 0 or place < 0:
                return False
            start = len(out) - 1 - (place if place < 2 else (1 << place - 1) + self._take(place - 1))
            for at in range(start, start + code - 253):
                out.append(out[at] if at >= 0 else 0x20)  # the window begins blank
        return True

    def _peek(self, count: int) -> int:
        while self._bits < count:
            piece = self._data[self._at : self._at + 4]
            self._held = (self._held & ((1 << self._bits) - 1)) << 32 | int.from_bytes(piece.ljust(4, b"\0"), "big")
            self._at += 4
            self._bits += 32
        return self._held >> self._bits - count & ((1 << count) - 1)

    def _take(self, count: int) -> int:
        value = self._peek(count)
        self._bits -= count
        return value

    def _symbol(self, table: list[int]) -> int:
        """The symbol whose code comes next; -1: there is none. An entry is symbol × 32 + length of the code."""
        entry = table[self._peek(16)]
        self._bits -= entry & 31
        return entry >> 5

    def _short_codes(self, count: int, bits: int, special: int) -> list[int]:
        given = self._take(bits)
        if not given:
            return [self._take(bits) << 5] * 65536
        lengths: list[int] = []
        while len(lengths) < min(given, count):
            length = self._take(3)
            while length >= 7 and self._take(1):
                length += 1
                if length > 16:
                    return []
            lengths.append(length)
            if len(lengths) == special:
                lengths += [0] * self._take(2)
        return _table(lengths)

    def _long_codes(self, table: list[int]) -> list[int]:
        given = self._take(9)
        if not given:
            return [self._take(9) << 5] * 65536
        lengths: list[int] = []
        while table and len(lengths) < min(given, _CODES):
            symbol = self._symbol(table)
            if symbol < 0:
                return []
            if symbol > 2:
                lengths.append(symbol - 2)
            elif symbol == 2:
                lengths += [0] * (20 + self._take(9))
            else:
                lengths += [0] * (3 + self._take(4) if symbol else 1)
        return _table(lengths)


def _table(lengths: Sequence[int]) -> list[int]:
    """By the next 16 bits: which symbol they begin with; empty where the codes do not fit together."""
    table: list[int] = []
    for length in range(1, 17):
        for symbol, own in enumerate(lengths):
            if own == length:
                table += [symbol << 5 | length] * (1 << 16 - length)
        if len(table) > 65536:
            return []
    return table + [-32] * (65536 - len(table))


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value


def _crc_entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


_CRC = [_crc_entry(n) for n in range(256)]


def _u16(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 2], "little")


def _u32(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 4], "little")
