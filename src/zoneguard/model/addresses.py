"""IPv4 and IPv6 addresses in one integer space, so that one set type serves both families.

IPv4 address ``a`` is the integer ``a``; IPv6 address ``a`` is ``V6 + a`` with ``V6 = 2**128``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_pton

from zoneguard.model.intervals import Intervals

V6 = 1 << 128
ALL_V4 = Intervals.span(0, (1 << 32) - 1)
ALL_V6 = Intervals.span(V6, V6 + (1 << 128) - 1)
ALL_ADDRESSES = ALL_V4 | ALL_V6


def parse_v4(text: str) -> int:
    """``10.0.0.1``. Raises ``ValueError``."""
    try:
        return int.from_bytes(inet_pton(AF_INET, text))
    except OSError:
        raise ValueError(text) from None


def parse_v6(text: str) -> int:
    """``2001:db8::1`` in the shared space; a zone identifier is left out. Raises ``ValueError``."""
    try:
        return V6 + int.from_bytes(inet_pton(AF_INET6, text))
    except OSError:
        return V6 + int(ipaddress.IPv6Address(text))


def parse_address(text: str) -> int:
    """``10.0.0.1`` or ``2001:db8::1`` as a member of the shared space. Raises ``ValueError``."""
    return parse_v6(text) if ":" in text else parse_v4(text)


def address_or_none(text: str) -> int | None:
    """The same; ``None`` where it is no address, as a name."""
    try:
        return parse_address(text)
    except ValueError:
        return None


def format_address(value: int) -> str:
    """The usual text of a member of the shared space."""
    if value >= V6:
        return str(ipaddress.IPv6Address(value - V6))
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def endpoint_text(address: int, port: int) -> str:
    """``192.0.2.1:80`` or ``[2001:db8::1]:80``."""
    text = format_address(address)
    return f"[{text}]:{port}" if address >= V6 else f"{text}:{port}"


def parse_prefix(text: str) -> Intervals:
    """``10.0.0.0/8``, ``10.0.0.0/255.0.0.0``, ``10.0.0.1`` or an IPv6 form; host bits may be set. ``ValueError``."""
    return prefix_span(*prefix_of(text))


def prefix_of(text: str) -> tuple[int, int]:
    """``(network address in the shared space, prefix length)`` of ``text``. Raises ``ValueError``."""
    base, slash, length = text.partition("/")
    width = 128 if ":" in base else 32
    bits = width
    if slash:
        if not length.isascii() or not length.isdecimal() or len(length) > 3 or int(length) > width:
            return _masked(text)
        bits = int(length)
    return parse_address(base) >> width - bits << width - bits, bits


def _masked(text: str) -> tuple[int, int]:
    """The same of ``10.0.0.0/255.0.0.0``."""
    network = ipaddress.ip_network(text, strict=False)
    return int(network.network_address) + (V6 if network.version == 6 else 0), network.prefixlen


def prefix_span(network: int, length: int) -> Intervals:
    """The addresses of the prefix ``network/length``, ``network`` in the shared space."""
    return Intervals.span(network, network + (1 << ((128 if network >= V6 else 32) - length)) - 1)


def prefixes(addresses: Intervals) -> Iterator[tuple[int, int]]:
    """The fewest prefixes ``(network in the shared space, length)`` whose union is ``addresses``, in order."""
    for family, base, width in ((ALL_V4, 0, 32), (ALL_V6, V6, 128)):
        for low, high in (addresses & family).spans:
            start = low
            while start <= high:
                offset = start - base
                bits = (offset & -offset).bit_length() - 1 if offset else width
                bits = min(bits, (high - start + 1).bit_length() - 1)
                yield start, width - bits
                start += 1 << bits


def format_prefix(network: int, length: int) -> str:
    """``10.0.0.0/8`` from the shared space."""
    return f"{format_address(network)}/{length}"


def format_mac(mac: int) -> str:
    """``00:00:5e:00:53:20`` of 48 bits."""
    return mac.to_bytes(6, "big").hex(":")


def format_addresses(addresses: Intervals) -> list[str]:
    """The shortest list of prefixes, single addresses and ``low-high`` ranges that a person would write."""
    if addresses == ALL_ADDRESSES:
        return ["any"]
    out: list[str] = []
    for low, high in (addresses & ALL_V4).spans + (addresses & ALL_V6).spans:
        size = high - low + 1
        if size == 1:
            out.append(format_address(low))
        elif size & (size - 1) == 0 and (low - (V6 if low >= V6 else 0)) % size == 0:
            out.append(format_prefix(low, (128 if low >= V6 else 32) - (size.bit_length() - 1)))
        else:
            out.append(f"{format_address(low)}-{format_address(high)}")
    return out


LOCAL = Intervals.from_spans(
    span
    for network, length in ((127 << 24, 8), (0xA9FE << 16, 16), (V6 + (0xFE80 << 112), 10))
    for span in prefix_span(network, length).spans
)
"""Addresses of one host or one link: loopback and link-local."""
