"""Words of a PAN-OS configuration as numbers; every function gives ``None`` for what it cannot read."""

from __future__ import annotations

from zoneguard.model.addresses import V6, address_or_none
from zoneguard.model.device import InterfaceAddress
from zoneguard.model.intervals import Intervals

ALL_PORTS = Intervals.span(0, 65535)
_FULL = (1 << 32) - 1


def number(text: str, limit: int) -> int | None:
    """A decimal number from 0 to ``limit``."""
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if value <= limit else None


def interface_address(text: str) -> InterfaceAddress | None:
    """``10.0.0.1/8``, ``2001:db8::1/64``, or an address alone with its whole length."""
    pair = _with_length(text)
    return None if pair is None else InterfaceAddress(*pair)


def _with_length(text: str) -> tuple[int, int] | None:
    base_text, slash, length_text = text.partition("/")
    base = address_or_none(base_text)
    if base is None:
        return None
    bits = 128 if base >= V6 else 32
    length = number(length_text, bits) if slash else bits
    return None if length is None else (base, length)


def address_span(text: str) -> Intervals | None:
    """``a``, ``a-b`` or ``a/length`` of either family; host bits may be set."""
    if "-" in text:
        low_text, _, high_text = text.partition("-")
        low, high = address_or_none(low_text.strip()), address_or_none(high_text.strip())
        if low is None or high is None or low > high or (low >= V6) != (high >= V6):
            return None
        return Intervals.span(low, high)
    pair = _with_length(text)
    if pair is None:
        return None
    base, length = pair
    rest = (1 << ((128 if base >= V6 else 32) - length)) - 1
    return Intervals.span(base & ~rest, base | rest)


def wildcard(text: str) -> tuple[int, int] | None:
    """``10.20.1.0/0.0.248.255`` as value and mask: bits of the wildcard that are 1 may be anything."""
    base_text, slash, mask_text = text.partition("/")
    base, free = address_or_none(base_text), address_or_none(mask_text)
    if not slash or base is None or free is None or base >= V6 or free >= V6:
        return None
    mask = free ^ _FULL
    return base & mask, mask


def with_mapped(spans: Intervals) -> Intervals:
    """``spans`` with the IPv4 addresses that an IPv6 range ``::/96`` or wider stands for too.

    "The set of IPv4 addresses is treated as a subset of the set of IPv6 addresses" (Networking Administrator's Guide,
    "NAT Policy Rules").
    """
    if not spans.spans or spans.spans[-1][1] < V6:
        return spans
    more = [(low - V6, min(high - V6, _FULL)) for low, high in spans.spans if V6 <= low <= V6 + _FULL < high]
    return Intervals.from_spans((*spans.spans, *more)) if more else spans


def ports(text: str) -> Intervals | None:
    """``80``, ``80-90`` or ``80,443,8000-8010``."""
    spans = []
    for part in text.split(","):
        low_text, dash, high_text = part.strip().partition("-")
        low = number(low_text, 65535)
        high = number(high_text, 65535) if dash else low
        if low is None or high is None or low > high:
            return None
        spans.append((low, high))
    return Intervals.from_spans(spans)


def mac(text: str) -> int | None:
    """``00:0c:29:ab:cd:ef`` as 48 bits."""
    digits = text.replace(":", "").replace("-", "")
    try:
        return int(digits, 16) if len(digits) == 12 and digits.isalnum() else None
    except ValueError:
        return None
