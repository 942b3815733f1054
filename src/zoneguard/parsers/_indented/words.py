"""Words → addresses, ports and names of interfaces, where switches differ from what Cisco's command lines share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.values import Cursor, UnreadableError, mask_length, wildcard

__all__ = ["UnreadableError", "mask_length", "wildcard"]

ALL_PORTS = Intervals.span(0, 65535)
MAX_RANGE = 5000  # members of one list of interfaces; more is no list of interfaces
_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MAC = re.compile(r"(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4}|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)


class Words(Cursor):
    """Words taken one after the other: ``peek`` gives the next in lower case, ``take`` as it was written."""

    def peek(self, ahead: int = 0) -> str:
        """The next word in lower case; ``""`` behind the last."""
        return super().peek(ahead).lower()

    def took(self, word: str) -> bool:
        """Whether the next word is ``word``; it is passed then."""
        if self.peek() != word:
            return False
        self.at += 1
        return True

    @property
    def rest(self) -> tuple[str, ...]:
        """What is left, in lower case."""
        return tuple(word.lower() for word in self.words[self.at :])


def number(text: str, low: int, high: int) -> int:
    """A decimal number from ``low`` to ``high``. Raises ``UnreadableError``."""
    if not (is_number(text) and low <= int(text) <= high):
        raise UnreadableError(Reason("not a number from {low} to {high}: {text}", low=low, high=high, text=text[:40]))
    return int(text)


def is_number(text: str) -> bool:
    """Whether ``text`` is decimal digits, few enough for a number."""
    return text.isascii() and text.isdigit() and len(text) <= 10


def is_quad(text: str) -> bool:
    """Whether ``text`` has the form of an IPv4 address."""
    return _QUAD.fullmatch(text) is not None


def address(text: str, v6: bool = False) -> int:
    """An address of that version in the shared space. Raises ``UnreadableError``."""
    return values.ipv6(text) if v6 else values.ipv4(text)


def prefix(text: str, v6: bool = False) -> tuple[int, int]:
    """``A.B.C.D/M`` or ``X:X::X/M`` as network and length; host bits are cleared. Raises ``UnreadableError``."""
    network, length = values.prefix(text)
    if (network >= V6) != v6:
        raise UnreadableError(Reason("not a network: {text}", text=text[:60]))
    return network, length


def span_of(text: str, v6: bool) -> Intervals:
    """The addresses of a prefix. Raises ``UnreadableError``."""
    return prefix_span(*prefix(text, v6))


def mac(text: str) -> int:
    """``HHHH.HHHH.HHHH`` or six octets as 48 bits. Raises ``UnreadableError``."""
    if not _MAC.fullmatch(text):
        raise UnreadableError(Reason("not a MAC address: {text}", text=text[:40]))
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
            raise UnreadableError(Reason("a range that ends before it begins: {low} {high}", low=low, high=high))
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
                raise UnreadableError(Reason("more than {count} interfaces in one list", count=MAX_RANGE))
            yield name


_END = re.compile(r"(.*?)(\d+)")


def _range(item: str) -> Iterator[str]:
    first, dash, last = item.partition("-")
    start = _END.fullmatch(first)
    end = _END.fullmatch(last)
    if not dash or start is None or end is None:
        if dash or not item:
            raise UnreadableError(Reason("not a range of interfaces: {text}", text=item[:60]))
        yield item
        return
    low, high = number(start[2], 0, 1 << 31), number(end[2], 0, 1 << 31)
    if not start[1].endswith(end[1]) or high < low or high - low > MAX_RANGE:
        raise UnreadableError(Reason("not a range of interfaces: {text}", text=item[:60]))
    for value in range(low, high + 1):
        yield f"{start[1]}{value}"
