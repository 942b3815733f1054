"""Words of a FortiOS configuration as numbers; every function gives ``None`` for what it cannot read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from zoneguard.model.addresses import V6, address_or_none, parse_v4, parse_v6
from zoneguard.model.device import InterfaceAddress
from zoneguard.model.intervals import Intervals

ZERO = "0.0.0.0"  # noqa: S104 (what FortiOS writes for "none" or "any")
ALL_PORTS = Intervals.span(0, 65535)
_FULL = (1 << 32) - 1


def ipv4(text: str) -> int | None:
    """``10.0.0.1``."""
    try:
        return parse_v4(text)
    except ValueError:
        return None


def ipv6(text: str) -> int | None:
    """``2001:db8::1`` in the shared space."""
    try:
        return parse_v6(text)
    except ValueError:
        return None


def number(text: str, limit: int) -> int | None:
    """A decimal number from 0 to ``limit``."""
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if value <= limit else None


@lru_cache(256)
def _mask(text: str) -> int | None:
    """``255.0.0.0`` or the length that it stands for, as 32 bits."""
    length = number(text, 32)
    return (_FULL << (32 - length)) & _FULL if length is not None else ipv4(text)


def address_and_mask(words: Sequence[str]) -> tuple[int, int] | None:
    """IPv4 ``10.0.0.1 255.0.0.0``, ``10.0.0.1/8`` or ``10.0.0.1/255.0.0.0``; any mask, as 32 bits."""
    if len(words) == 1:
        words = words[0].split("/")
    if len(words) != 2:
        return None
    base, mask = ipv4(words[0]), _mask(words[1])
    return None if base is None or mask is None else (base, mask)


def mask_length(mask: int) -> int | None:
    """The length of a contiguous 32-bit mask."""
    inverse = mask ^ _FULL
    return None if inverse & (inverse + 1) else 32 - inverse.bit_length()


def interface_address(words: Sequence[str]) -> InterfaceAddress | None:
    """``10.0.0.1 255.0.0.0``, ``10.0.0.1/8`` or ``2001:db8::1/64``."""
    if len(words) == 1 and ":" in words[0]:
        text, _, length_text = words[0].partition("/")
        base, length = ipv6(text), number(length_text or "128", 128)
        return None if base is None or length is None else InterfaceAddress(base, length)
    pair = address_and_mask(words)
    if pair is None:
        return None
    length = mask_length(pair[1])
    return None if length is None else InterfaceAddress(pair[0], length)


def address_span(text: str) -> Intervals | None:
    """``a``, ``a-b``, ``a/length`` or ``a/mask`` of either family."""
    low_text, dash, high_text = text.partition("-")
    if dash:
        low, high = address_or_none(low_text), address_or_none(high_text)
        if low is None or high is None or low > high or (low >= V6) != (high >= V6):
            return None
        return Intervals.span(low, high)
    if "/" not in text:
        single = address_or_none(text)
        return None if single is None else Intervals.of(single)
    whole = interface_address((text,))
    return None if whole is None else whole.subnet


def ports(text: str) -> Intervals | None:
    """``80`` or ``80-90``."""
    low_text, dash, high_text = text.partition("-")
    low = number(low_text, 65535)
    high = number(high_text, 65535) if dash else low
    return None if low is None or high is None or low > high else Intervals.span(low, high)


def mac(text: str) -> int | None:
    """``00:0c:29:ab:cd:ef`` as 48 bits."""
    digits = text.replace(":", "").replace("-", "")
    if len(digits) != 12:
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return None


def mac_span(text: str) -> Intervals | None:
    """One MAC address or ``first-last``."""
    first, _, last = text.partition("-") if text.count(":") != 5 else (text, "", "")
    low, high = mac(first), mac(last or first)
    return None if low is None or high is None or low > high else Intervals.span(low, high)
