"""Words → addresses, ports and protocols: conditions on a packet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, parse_address, prefix_of, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Bits, Field, In, Match, both

ALL_PORTS = Intervals.span(0, 65535)
MAX_RANGE = 5000  # members of one list of numbers; more is no list of ports or VLANs
_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MAC = re.compile(r"(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4}|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)


class UnreadableError(ValueError):
    """A word that is none of the forms of the manual; the text says which."""


class Words:
    """Words taken one after the other. Past the end ``peek`` gives ``""`` and ``take`` raises ``UnreadableError``."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._at = 0

    def peek(self) -> str:
        """The next word in lower case."""
        return self._words[self._at].lower() if self._at < len(self._words) else ""

    def take(self) -> str:
        """The next word as written."""
        if self._at >= len(self._words):
            raise UnreadableError("the line ends too early")
        self._at += 1
        return self._words[self._at - 1]

    def took(self, word: str) -> bool:
        """Whether the next word is ``word``; it is passed then."""
        if self.peek() != word:
            return False
        self._at += 1
        return True

    @property
    def rest(self) -> tuple[str, ...]:
        """What is left, in lower case."""
        return tuple(word.lower() for word in self._words[self._at :])


def number(text: str, low: int, high: int) -> int:
    """A decimal number from ``low`` to ``high``. Raises ``UnreadableError``."""
    if not (is_number(text) and low <= int(text) <= high):
        raise UnreadableError(f"not a number from {low} to {high}: {text[:40]}")
    return int(text)


def is_number(text: str) -> bool:
    """Whether ``text`` is decimal digits, few enough for a number."""
    return text.isascii() and text.isdigit() and len(text) <= 10


def is_quad(text: str) -> bool:
    """Whether ``text`` has the form of an IPv4 address."""
    return _QUAD.fullmatch(text) is not None


def address(text: str, v6: bool = False) -> int:
    """An address of that version in the shared space. Raises ``UnreadableError``."""
    try:
        value = parse_address(text)
    except ValueError:
        raise UnreadableError(f"not an address: {text[:60]}") from None
    if (value >= V6) != v6:
        raise UnreadableError(f"an address of the other version of IP: {text[:60]}")
    return value


def prefix(text: str, v6: bool = False) -> tuple[int, int]:
    """``A.B.C.D/M`` or ``X:X::X/M`` as network and length; host bits are cleared. Raises ``UnreadableError``."""
    try:
        network, length = prefix_of(text)
    except ValueError:
        raise UnreadableError(f"not a network: {text[:60]}") from None
    if (network >= V6) != v6 or "/" not in text:
        raise UnreadableError(f"not a network: {text[:60]}")
    return network, length


def mask_length(text: str) -> int:
    """``255.255.255.0`` → 24. Raises ``UnreadableError`` for a mask with holes."""
    value = address(text)
    rest = ~value & 0xFFFFFFFF
    if rest & (rest + 1):
        raise UnreadableError(f"not a mask: {text}")
    return 32 - rest.bit_length()


def masked(field: Field, text: str, wildcard: str) -> Match:
    """``A.B.C.D W.W.W.W``: bits set in the wildcard are not compared. Raises ``UnreadableError``."""
    value, ignored = address(text), address(wildcard)
    mask = ~ignored & 0xFFFFFFFF
    if ignored & (ignored + 1) == 0:
        return In(field, Intervals.span(value & mask, value & mask | ignored))
    return both(In(field, ALL_V4), Bits(field, value & mask, mask))


def span_of(text: str, v6: bool) -> Intervals:
    """The addresses of a prefix. Raises ``UnreadableError``."""
    return prefix_span(*prefix(text, v6))


def mac(text: str) -> int:
    """``HHHH.HHHH.HHHH`` or six octets as 48 bits. Raises ``UnreadableError``."""
    if not _MAC.fullmatch(text):
        raise UnreadableError(f"not a MAC address: {text[:40]}")
    return int(re.sub(r"[.:-]", "", text), 16)


def ports(words: Words, field: Field, names: Mapping[str, int]) -> Match:
    """``eq P``, ``ne P``, ``lt P``, ``gt P``, ``range P P``, or nothing: any port. Raises ``UnreadableError``."""
    operator = words.peek()
    if operator not in ("eq", "ne", "lt", "gt", "range"):
        return ALWAYS
    words.take()
    low = port(words.take(), names)
    if operator == "range":
        high = port(words.take(), names)
        if low > high:
            raise UnreadableError(f"a range that ends before it begins: {low} {high}")
        return In(field, Intervals.span(low, high))
    one = {
        "eq": Intervals.of(low),
        "ne": ALL_PORTS - Intervals.of(low),
        "lt": Intervals.span(0, low - 1),
        "gt": Intervals.span(low + 1, 65535),
    }
    return In(field, one[operator])


def port(text: str, names: Mapping[str, int]) -> int:
    """A port by number or name. Raises ``UnreadableError``."""
    return names[text.lower()] if text.lower() in names else number(text, 0, 65535)


def family(v6: bool) -> Intervals:
    """Every address of a version of IP."""
    return ALL_V6 if v6 else ALL_V4


def numbers(text: str, high: int) -> Intervals:
    """``1,5-7`` from 0 to ``high``. Raises ``UnreadableError``."""
    spans: list[tuple[int, int]] = []
    for item in text.split(","):
        low, _, end = item.partition("-")
        first = number(low, 0, high)
        spans.append((first, number(end, first, high) if end else first))
    return Intervals.from_spans(spans)


def expanded(text: str) -> Iterator[str]:
    """``port1.0.1-1.0.4,vlan10-12`` → every name. A range runs over the last number. Raises ``UnreadableError``."""
    count = 0
    for item in text.split(","):
        for name in _range(item):
            count += 1
            if count > MAX_RANGE:
                raise UnreadableError(f"more than {MAX_RANGE} interfaces in one list")
            yield name


_END = re.compile(r"(.*?)(\d+)")


def _range(item: str) -> Iterator[str]:
    first, dash, last = item.partition("-")
    start = _END.fullmatch(first)
    end = _END.fullmatch(last)
    if not dash or start is None or end is None:
        if dash or not item:
            raise UnreadableError(f"not a range of interfaces: {item[:60]}")
        yield item
        return
    low, high = number(start[2], 0, 1 << 31), number(end[2], 0, 1 << 31)
    if not start[1].endswith(end[1]) or high < low or high - low > MAX_RANGE:
        raise UnreadableError(f"not a range of interfaces: {item[:60]}")
    for value in range(low, high + 1):
        yield f"{start[1]}{value}"
