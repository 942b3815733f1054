"""IPv4 and IPv6 addresses in one integer space, so that one set type serves both families.

IPv4 address ``a`` is the integer ``a``; IPv6 address ``a`` is ``V6 + a`` with ``V6 = 2**128``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from zoneguard.model.intervals import Intervals

V6 = 1 << 128
ALL_V4 = Intervals.span(0, (1 << 32) - 1)
ALL_V6 = Intervals.span(V6, V6 + (1 << 128) - 1)
ALL_ADDRESSES = ALL_V4 | ALL_V6
_QUAD = re.compile(r"\.".join(["(0|[1-9][0-9]{0,2})"] * 4) + "(?:/([0-9]{1,2}))?")
"""The usual IPv4 forms, read without ``ipaddress``, which takes ten times as long."""


def parse_address(text: str) -> int:
    """``10.0.0.1`` or ``2001:db8::1`` as a member of the shared space. Raises ``ValueError``."""
    usual = _usual(text)
    if usual is not None and "/" not in text:
        return usual[0]
    address = ipaddress.ip_address(text)
    return int(address) + (V6 if address.version == 6 else 0)


def address_or_none(text: str) -> int | None:
    """The same; ``None`` where it is no address, as a name."""
    try:
        return parse_address(text)
    except ValueError:
        return None


def _usual(text: str) -> tuple[int, int] | None:
    """Address and prefix length of ``10.0.0.1`` or ``10.0.0.0/8``; ``None``: written otherwise, or wrong."""
    match = _QUAD.fullmatch(text)
    if match is None:
        return None
    a, b, c, d, length = (int(part or 32) for part in match.groups())
    return (a << 24 | b << 16 | c << 8 | d, length) if max(a, b, c, d) < 256 and length < 33 else None


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
    usual = _usual(text)
    if usual is not None:
        low = usual[0] >> 32 - usual[1] << 32 - usual[1]
        return Intervals.span(low, low + (1 << 32 - usual[1]) - 1)
    network = ipaddress.ip_network(text, strict=False)
    base = V6 if network.version == 6 else 0
    return Intervals.span(base + int(network.network_address), base + int(network.broadcast_address))


def prefix_of(text: str) -> tuple[int, int]:
    """``(network address in the shared space, prefix length)`` of ``text``. Raises ``ValueError``."""
    usual = _usual(text)
    if usual is not None:
        return usual[0] >> 32 - usual[1] << 32 - usual[1], usual[1]
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
