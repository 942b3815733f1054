"""Values as iptables writes and reads them: addresses with masks, ports, protocols, marks, ICMP types.

Every reader raises ``UnreadableError`` for text that iptables refuses or that names something only the box can resolve.
Numbers are read as ``strtoul`` with base 0 does: ``010`` is eight, ``0x10`` sixteen (checked against 1.8.9).
"""

from __future__ import annotations

import re
from functools import lru_cache

from zoneguard.model.addresses import V6, parse_v4, parse_v6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import NEVER, Bits, Field, In, Match, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.names import ICMP, ICMP6, PROTOCOLS, SERVICES, TCP_FLAGS

_V4_BITS = (1 << 32) - 1
_V6_BITS = V6 - 1
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
_HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,20}\.?")


class UnreadableError(Exception):
    """The text says nothing that can be put into the model; the message says why."""


def number(text: str, highest: int = _V4_BITS) -> int:
    """A number from 0 to ``highest``, decimal, octal with a leading 0 or hexadecimal with 0x."""
    if not _NUMBER.fullmatch(text):
        raise UnreadableError(Reason("{text} is not a number", text=repr(text)))
    try:
        value = int(text, 16 if text[:2] in ("0x", "0X") else 8 if text[0] == "0" else 10)
    except ValueError:
        raise UnreadableError(Reason("{text} is not a number", text=repr(text))) from None
    if value > highest:
        raise UnreadableError(Reason("{text} is larger than {highest}", text=text, highest=highest))
    return value


@lru_cache(maxsize=65536)
def address(text: str, v6: bool) -> int:
    """One address of the shared space; IPv4 may lack its last parts, which are then zero."""
    if v6:
        try:
            return parse_v6(text.strip("[]"))
        except ValueError:
            raise UnreadableError(Reason("{text} is not an IPv6 address", text=repr(text))) from None
    try:
        return parse_v4(text)
    except ValueError:
        parts = [number(p) for p in text.split(".")]
    if len(parts) > 4 or max(parts) > 255:
        raise UnreadableError(Reason("{text} is not an IPv4 address", text=repr(text)))
    return int.from_bytes(bytes(parts).ljust(4, b"\0"))


@lru_cache(maxsize=65536)
def network(text: str, v6: bool) -> tuple[int, int]:
    """``(value, mask)`` of ``address[/mask]``, ``value & ~mask == 0``; the mask may have holes.

    Both are of the shared space: for IPv6 bit 128 is set in both.
    """
    host, slash, mask_text = text.partition("/")
    width, family = (128, V6) if v6 else (32, 0)
    value = address(host, v6)
    if not slash:
        mask = (1 << width) - 1
    elif mask_text.isascii() and mask_text.isdigit():
        length = number(mask_text, width)
        mask = ((1 << length) - 1) << (width - length)
    else:
        if not v6 and mask_text.count(".") != 3:
            raise UnreadableError(Reason("{mask_text} is not a mask", mask_text=repr(mask_text)))
        mask = address(mask_text, v6) - family
    return value & (family | mask), family | mask


def network_span(value: int, mask: int) -> tuple[int, int] | None:
    """First and last address of a network without holes in its mask; ``None`` where it has some."""
    family, full = (V6, _V6_BITS) if mask >= V6 else (0, _V4_BITS)
    free = full & ~mask
    return (value, value | free) if free & (free + 1) == 0 and value >= family else None


@lru_cache(maxsize=65536)
def in_networks(field: Field, text: str, v6: bool) -> Match:
    """``field`` lies in one of the comma-separated networks. A host name is unreadable: the box resolved it."""
    spans: list[tuple[int, int]] = []
    scattered: list[Match] = []
    for item in text.split(","):
        value, mask = network(item, v6)
        span = network_span(value, mask)
        if span is None:
            scattered.append(Bits(field, value, mask))
        else:
            spans.append(span)
    plain = In(field, Intervals.from_spans(spans))
    if not scattered:
        return plain
    return either(*([plain] if spans else []), *scattered)


def is_host_name(text: str) -> bool:
    """Whether ``text``, which is no address, may be a name that iptables looks up when it loads the rule."""
    return bool(_HOST_NAME.fullmatch(text)) and not text.replace(".", "").isdigit()


def address_range(text: str, v6: bool) -> Intervals:
    """``from-to`` or one address; empty where reversed (the kernel then never matches)."""
    low, dash, high = text.partition("-")
    return Intervals.span(address(low, v6), address(high if dash else low, v6))


@lru_cache(maxsize=4096)
def protocol(text: str) -> int | None:
    """The number of a protocol; ``None`` for all of them."""
    name = text.lower()
    if name in ("all", "0"):
        return None
    if name in PROTOCOLS:
        return PROTOCOLS[name] or None
    if not name[:1].isdigit():
        raise UnreadableError(Reason("the protocol {text} is not known here", text=repr(text)))
    return number(name, 255) or None


def port(text: str) -> int:
    """A port by number or by service name."""
    if text.isascii() and text.isdigit():
        return number(text, 65535)
    if text.lower() in SERVICES:
        return SERVICES[text.lower()]
    if text[:1].isdigit():
        return number(text, 65535)
    raise UnreadableError(Reason("the service {text} is not known here", text=repr(text)))


@lru_cache(maxsize=4096)
def ports(text: str, separator: str = ":") -> Intervals:
    """Ports and port ranges, comma-separated; in a range the first may be missing (0) and the last too (65535).

    A reversed range with ``:`` holds no port, as in the kernel: old versions of iptables let it in and it is exported.
    """
    spans: list[tuple[int, int]] = []
    for item in text.split(","):
        low_text, dash, high_text = item.partition(separator)
        low = port(low_text) if low_text or not dash else 0
        high = low if not dash else port(high_text) if high_text else 65535
        if low > high and separator != ":":
            raise UnreadableError(Reason("the port range {text} is reversed", text=item))
        spans.append((low, high))
    return Intervals.from_spans(spans)


def icmp_type(text: str, v6: bool) -> Intervals | None:
    """``type * 256 + code`` of a type, ``type/code`` or name; ``None`` for every type."""
    known = (ICMP6 if v6 else ICMP).get(text.lower())
    if known is None:
        type_text, slash, code_text = text.partition("/")
        if not type_text[:1].isdigit():
            raise UnreadableError(Reason("the ICMP type {text} is not known here", text=repr(text)))
        known = number(type_text, 255), number(code_text, 255) if slash else None
    kind, code = known
    if kind == 255 and code is None and (not v6 or text.lower() == "any"):
        return None
    return Intervals.span(kind << 8 | (code or 0), kind << 8 | (255 if code is None else code))


def tcp_flags(mask_text: str, value_text: str) -> Match:
    """Of the flags in the first list exactly those of the second are set."""
    flags = [0, 0]
    for i, text in enumerate((mask_text, value_text)):
        for name in text.split(","):
            if name.upper() not in TCP_FLAGS:
                raise UnreadableError(Reason("{name} is not a TCP flag", name=repr(name)))
            flags[i] |= TCP_FLAGS[name.upper()]
    mask, value = flags
    return NEVER if value & ~mask else Bits(Field.FLAGS, value, mask)


def masked(text: str) -> tuple[int, int]:
    """``value[/mask]`` of a mark; without a mask all 32 bits count."""
    value, slash, mask = text.partition("/")
    return number(value), number(mask) if slash else _V4_BITS


def mac(text: str) -> int:
    """``00:11:22:33:44:55`` as 48 bits."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,2}([:-][0-9A-Fa-f]{1,2}){5}", text):
        raise UnreadableError(Reason("{text} is not a MAC address", text=repr(text)))
    return int("".join(part.zfill(2) for part in re.split("[:-]", text)), 16)
