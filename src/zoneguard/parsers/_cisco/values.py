"""Words of a Cisco command line → addresses, masks, ports; ``UnreadableError`` for what is none."""

from __future__ import annotations

from functools import lru_cache

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, parse_address, parse_prefix, prefix_of
from zoneguard.model.device import InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, In, Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.names import ICMP, ICMP6, PROTOCOLS, TCP_PORTS, UDP_PORTS

FULL = (1 << 32) - 1
MAX_PORT = 65535
TCP, UDP, SCTP = 6, 17, 132


class UnreadableError(ValueError):
    """The words are no value of the kind that is asked for; the message says what they are not."""


class Cursor:
    """The words of a line, taken one after the other."""

    def __init__(self, words: tuple[str, ...], at: int = 0) -> None:
        self.words = words
        self.at = at

    def peek(self, ahead: int = 0) -> str:
        """The next word; ``""`` behind the last."""
        at = self.at + ahead
        return self.words[at] if at < len(self.words) else ""

    def take(self) -> str:
        """The next word, which is then behind. ``UnreadableError`` behind the last."""
        if self.at >= len(self.words):
            raise UnreadableError("the line ends too early")
        self.at += 1
        return self.words[self.at - 1]

    def skip(self, *options: str) -> bool:
        """Whether the next word is one of ``options``; if so it is behind."""
        found = self.at < len(self.words) and self.words[self.at] in options
        self.at += found
        return found

    @property
    def done(self) -> bool:
        """Whether no word is left."""
        return self.at >= len(self.words)


@lru_cache(maxsize=65536)
def ipv4(text: str) -> int:
    """``10.0.0.1``."""
    parts = text.split(".")
    if len(parts) != 4:
        raise UnreadableError(Reason("not an IPv4 address: {text}", text=text[:40]))
    value = 0
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) <= 3 and int(part) <= 255):
            raise UnreadableError(Reason("not an IPv4 address: {text}", text=text[:40]))
        value = value << 8 | int(part)
    return value


def ipv6(text: str) -> int:
    """``2001:db8::1`` in the shared space."""
    try:
        value = parse_address(text) if ":" in text else 0
    except ValueError:
        value = 0
    if value < V6:
        raise UnreadableError(Reason("not an IPv6 address: {text}", text=text[:60]))
    return value


def address(text: str) -> int:
    """An address of either family."""
    return ipv6(text) if ":" in text else ipv4(text)


def is_address(text: str) -> bool:
    """Whether the word is an address of either family."""
    try:
        address(text)
    except UnreadableError:
        return False
    return True


def mask_length(text: str) -> int:
    """The length of a subnet mask without holes: ``255.255.255.0`` → 24."""
    rest = ~ipv4(text) & FULL
    if rest & (rest + 1):
        raise UnreadableError(Reason("a mask with holes: {text}", text=text))
    return 32 - rest.bit_length()


def interface_address(text: str, mask: str = "") -> InterfaceAddress:
    """``10.0.0.1 255.255.255.0``, ``10.0.0.1/24`` or ``2001:db8::1/64``."""
    if mask:
        return InterfaceAddress(ipv4(text), mask_length(mask))
    own, slash, length = text.partition("/")
    value = address(own)
    if not slash or not length.isascii() or not length.isdigit() or int(length) > (128 if value >= V6 else 32):
        raise UnreadableError(Reason("an address without the length of its prefix: {text}", text=text[:60]))
    return InterfaceAddress(value, int(length))


def prefix(text: str) -> tuple[int, int]:
    """``10.0.0.0/8`` or ``2001:db8::/32`` → network in the shared space and length; host bits are dropped."""
    own, slash, length = text.partition("/")
    address(own)
    if not slash or not (length.isascii() and length.isdigit()):
        raise UnreadableError(Reason("not a prefix: {text}", text=text[:60]))
    try:
        return prefix_of(text)
    except ValueError:
        raise UnreadableError(Reason("not a prefix: {text}", text=text[:60])) from None


@lru_cache(maxsize=65536)
def prefix_addresses(text: str) -> Intervals:
    """Every address of ``10.0.0.0/8`` or ``2001:db8::/32``."""
    prefix(text)
    return parse_prefix(text)


def wildcard(field: Field, text: str, mask: str) -> Match:
    """``10.0.0.0 0.0.0.255``: bits set in the mask may be anything; they need not be contiguous."""
    return masked(field, ipv4(text), ~ipv4(mask) & FULL)


def netmask(field: Field, text: str, mask: str) -> Match:
    """``10.0.0.0 255.255.255.0``: bits set in the mask must be those of the address."""
    return masked(field, ipv4(text), ipv4(mask))


@lru_cache(maxsize=65536)
def masked(field: Field, value: int, mask: int) -> Match:
    """The IPv4 addresses that agree with ``value`` in the bits of ``mask``."""
    rest = ~mask & FULL
    if rest & (rest + 1):
        return Bits(field, value & mask, mask)
    return In(field, Intervals.span(value & mask, value & mask | rest))


def family(v6: bool, field: Field = Field.DST) -> Match:
    """The packets of one version of IP."""
    return In(field, ALL_V6 if v6 else ALL_V4)


def undecided(what: str, span: SourceSpan) -> Unknown:
    """A condition that the input leaves open, told apart from those of other files; equal words hold together."""
    return Unknown(Reason("{what} ({file})", what=what, file=span.file), span)


def number(text: str, most: int) -> int:
    """A decimal number from 0 to ``most``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise UnreadableError(Reason("not a number up to {most}: {text}", most=most, text=text[:40]))
    return int(text)


def protocol(text: str) -> int:
    """A protocol by name or number."""
    known = PROTOCOLS.get(text)
    return number(text, 255) if known is None else known


def port(text: str, proto: int | None) -> int:
    """A port by number or by the name it has in ``proto`` (``None``: TCP and UDP agree, or one has it)."""
    if text.isascii() and text.isdigit():
        return number(text, MAX_PORT)
    tables = {TCP: (TCP_PORTS,), UDP: (UDP_PORTS,), None: (TCP_PORTS, UDP_PORTS)}.get(proto, ())
    found = {table[text] for table in tables if text in table}
    if len(found) != 1:
        raise UnreadableError(Reason("not a port: {text}", text=text[:40]))
    return found.pop()


def ports(cursor: Cursor, proto: int | None) -> Intervals | None:
    """``eq``, ``neq`` (with several ports), ``lt``, ``gt`` or ``range`` if that comes next, else ``None``."""
    operator = cursor.peek()
    if operator not in ("eq", "neq", "lt", "gt", "range"):
        return None
    cursor.take()
    first = port(cursor.take(), proto)
    if operator == "range":
        last = port(cursor.take(), proto)
        if last < first:
            raise UnreadableError("a range of ports from high to low")
        return Intervals.span(first, last)
    if operator == "lt":
        return Intervals.span(0, first - 1)
    if operator == "gt":
        return Intervals.span(first + 1, MAX_PORT)
    listed = [first]
    while (more := _port_or_none(cursor.peek(), proto)) is not None:
        listed.append(more)
        cursor.take()
    chosen = Intervals.of(*listed)
    return chosen if operator == "eq" else Intervals.span(0, MAX_PORT) - chosen


def _port_or_none(text: str, proto: int | None) -> int | None:
    if not text:
        return None
    try:
        return port(text, proto)
    except UnreadableError:
        return None


def icmp(cursor: Cursor, v6: bool) -> Intervals | None:
    """A message by name, or by number and perhaps code, if that comes next: values of ``Field.ICMP``; else ``None``."""
    word = cursor.peek()
    known = (ICMP6 if v6 else ICMP).get(word)
    if known is not None:
        cursor.take()
        return icmp_values(*known)
    if not (word.isascii() and word.isdigit()):
        return None
    kind = number(cursor.take(), 255)
    code = cursor.peek()
    if code.isascii() and code.isdigit():
        return icmp_values(kind, number(cursor.take(), 255))
    return icmp_values(kind, None)


def icmp_values(kind: int, code: int | None) -> Intervals:
    """The values of ``Field.ICMP`` of one type, with one code or any."""
    return Intervals.span(kind << 8, kind << 8 | 255) if code is None else Intervals.of(kind << 8 | code)
