"""Words of a command as addresses, masks, ports, and the conditions that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, parse_address, prefix_of, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Bits, Field, In, Match, Unknown, both, either
from zoneguard.model.quick import quick
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.names import ICMP, ICMP6, ICMP6_TYPES, ICMP_TYPES, PORTS, PROTOCOLS, SCTP, TCP, UDP

ALL_PORTS = Intervals.span(0, 65535)
PORTED = Intervals.of(TCP, UDP, SCTP)
_FULL = (1 << 32) - 1


class UnreadableError(ValueError):
    """A command, or a part of one, whose meaning cannot be told; the message says why."""


class Words:
    """The words of a command, taken from left to right; ``IndexError`` where there are no more."""

    def __init__(self, words: tuple[str, ...], at: int = 0) -> None:
        self._words, self._at = words, at

    def take(self) -> str:
        """The next word."""
        word = self._words[self._at]
        self._at += 1
        return word

    def peek(self, ahead: int = 0) -> str:
        """A word to come, or the empty word."""
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def skip(self, *words: str) -> bool:
        """Take the next word if it is one of ``words``."""
        found = self._at < len(self._words) and self._words[self._at] in words
        self._at += found
        return found

    def rest(self) -> tuple[str, ...]:
        """Every word that was not taken."""
        return self._words[self._at :]


@quick
@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of addresses: ``values``, ``bits`` as ``(value, mask)``, and what is open (``doubts``).

    ``every``: any address of any family, so no condition at all.
    """

    values: Intervals = Intervals()
    bits: tuple[tuple[int, int], ...] = ()
    doubts: tuple[str, ...] = ()
    every: bool = False

    def match(self, field: Field, where: Mapping[str, Unknown]) -> Match:
        """That ``field`` is one of them; ``where`` gives the unknown of each doubt, by ``FIELD DOUBT``."""
        if self.every:
            return ALWAYS
        if not self.bits and not self.doubts:
            return In(field, self.values)
        known: list[Match] = [In(field, self.values)] if self.values else []
        known += [Bits(field, value, mask) for value, mask in self.bits]
        return either(*known, *(where[f"{field.value} {doubt}"] for doubt in self.doubts))


ANY = Addresses(every=True)
ANY4 = Addresses(ALL_V4)
ANY6 = Addresses(ALL_V6)


def union(parts: Iterable[Addresses]) -> Addresses:
    """The addresses of several parts."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    if any(part.every for part in found):
        return ANY
    return Addresses(
        Intervals.from_spans([span for part in found for span in part.values.spans]),
        tuple(dict.fromkeys(pair for part in found for pair in part.bits)),
        tuple(dict.fromkeys(doubt for part in found for doubt in part.doubts)),
    )


@quick
@dataclass(frozen=True, slots=True)
class Service:
    """Protocols (``None``: any) with ports and ICMP types where they are limited."""

    protocols: Intervals | None = None
    sport: Intervals | None = None
    dport: Intervals | None = None
    icmp: Intervals | None = None
    doubt: str = ""

    def match(self, where: Mapping[str, Unknown], target: Field = Field.DPORT) -> Match:
        """That a packet is of this service; ``target``: the field of its destination port."""
        parts: list[Match] = [] if self.protocols is None else [In(Field.PROTO, self.protocols)]
        for field, values in ((Field.SPORT, self.sport), (target, self.dport), (Field.ICMP, self.icmp)):
            if values is not None:
                parts.append(In(field, values))
        if self.doubt:
            parts.append(where[f"service {self.doubt}"])
        return both(*parts) if parts else ALWAYS


@lru_cache(4096)
def v4(text: str) -> int:
    """An IPv4 address. Raises ``ValueError``."""
    value = parse_address(text)
    if value >= V6:
        raise UnreadableError("an IPv6 address where an IPv4 address is expected")
    return value


@lru_cache(4096)
def mask_length(text: str) -> int:
    """The prefix length of a netmask; ``UnreadableError`` where its bits are not contiguous."""
    mask = v4(text)
    hosts = ~mask & _FULL
    if hosts & (hosts + 1):
        raise UnreadableError("a mask with gaps")
    return 32 - hosts.bit_length()


def network(address: str, mask: str) -> tuple[int, int]:
    """``A.B.C.D M.M.M.M`` as prefix; host bits may be set."""
    length = mask_length(mask)
    return v4(address) >> (32 - length) << (32 - length), length


@lru_cache(4096)
def masked(address: str, mask: str) -> Addresses:
    """An address and a mask of an access list; a mask with gaps is compared bit by bit."""
    value, bits = v4(address), v4(mask)
    if (~bits & _FULL) & ((~bits & _FULL) + 1):
        return Addresses(bits=((value & bits, bits),))
    return Addresses(prefix_span(*network(address, mask)))


def prefix6(text: str) -> tuple[int, int]:
    """``2001:db8::/64``. Raises ``ValueError`` for what is no IPv6 prefix."""
    found = prefix_of(text)
    if found[0] < V6:
        raise UnreadableError("no IPv6 prefix")
    return found


def number(text: str, most: int) -> int:
    """A number from 0 to ``most``. Raises ``UnreadableError``."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise UnreadableError(Reason("not a number up to {most}: {text}", most=most, text=text[:40]))
    return int(text)


def port(text: str) -> int:
    """A port by number or name."""
    return PORTS[text] if text in PORTS else number(text, 65535)


@lru_cache(4096)
def protocol(text: str) -> Intervals | None:
    """A protocol by number or name; ``None`` for ``ip``."""
    if text == "ip":
        return None
    return Intervals.of(PROTOCOLS[text] if text in PROTOCOLS else number(text, 255))


def ports(words: Words) -> Intervals | None:
    """``eq P``, ``neq P``, ``lt P``, ``gt P`` or ``range P P``, if that comes next."""
    operator = words.peek()
    if operator not in ("eq", "neq", "lt", "gt", "range"):
        return None
    words.take()
    first = port(words.take())
    if operator == "range":
        last = port(words.take())
        return Intervals.span(min(first, last), max(first, last))
    if operator == "eq":
        return Intervals.of(first)
    if operator == "neq":
        return ALL_PORTS - Intervals.of(first)
    return Intervals.span(0, first - 1) if operator == "lt" else Intervals.span(first + 1, 65535)


def icmp_types(words: Words, v6: bool) -> Intervals | None:
    """``TYPE [CODE]`` as ``type * 256 + code``, if that comes next."""
    names = ICMP6_TYPES if v6 else ICMP_TYPES
    text = words.peek()
    if text not in names and not text.isdigit():
        return None
    words.take()
    kind = names[text] if text in names else number(text, 255)
    if words.peek().isdigit():
        return Intervals.of(kind * 256 + number(words.take(), 255))
    return Intervals.span(kind * 256, kind * 256 + 255)


def is_icmp(protocols: Intervals | None) -> bool:
    """Whether these are exactly ICMP or ICMPv6."""
    return protocols in (Intervals.of(ICMP), Intervals.of(ICMP6))
