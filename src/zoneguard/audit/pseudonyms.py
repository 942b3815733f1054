"""A pseudonym for every address, and one only, that a key gives.

Pseudonyms keep prefixes (after Xu, Fan, Ammar and Moon, Prefix-Preserving IP Address Anonymization, 2002): two
addresses share as many leading bits as their pseudonyms do, so that a network stays a network and a rule still covers
what it covers. Blocks with a meaning of their own keep it: a private address becomes a private address.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from hashlib import blake2b
from ipaddress import ip_network

from zoneguard.model.addresses import (
    V6,
    format_address,
    format_addresses,
    format_mac,
    format_prefix,
    parse_address,
    prefix_of,
    prefix_span,
    prefixes,
)
from zoneguard.model.intervals import Intervals

KEY_BYTES = 32
_KEPT_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
                "::ffff:0:0/96", "64:ff9b::/96", "2000::/3", "fc00::/8", "fd00::/8", "fe80::/10")  # fmt: skip
_UNCHANGED = ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8")
_IPV4 = r"(?<!\d)(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\d)"
# a run of what could be one
_IPV6 = r"(?<![0-9A-Za-z.])(?:[0-9A-Fa-f]{1,4}:|::)(?:[0-9A-Fa-f.]*:)*[0-9A-Fa-f.]*(?![0-9A-Za-z])"
_ALONE = re.compile(_IPV4)
_ADDRESS = re.compile(rf"({_IPV4}|{_IPV6})(?:/(\d{{1,3}})(?!\d)|(\s?-\s?)({_IPV4}|{_IPV6}))?")
_MAC = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
                  r"|(?<!\.)[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z])")  # fmt: skip


_JOINED = re.compile(r"(?<![0-9A-Za-z])(?<!\d[-_])(?<![0-9A-Fa-f]{2}[-_])(\d{1,3})([-_])(\d{1,3})\2(\d{1,3})\2(\d{1,3})"
                     r"(?:\2(\d{1,2}))?(?!\2?\d)(?![0-9A-Za-z])")  # fmt: skip
_WIDE = re.compile("[\uff0d-\uff1a\uff21-\uff26\uff41-\uff46]+|(?<=[0-9\uff10-\uff19])\u3002(?=[0-9\uff10-\uff19])")
"""Full-width digits and what stands between them; an ideographic full stop between digits."""


class Pseudonyms:
    """The pseudonyms that ``key`` (``KEY_BYTES`` bytes) gives: the same for the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.address = cache(self._address)

    def _address(self, address: int) -> int:
        """Of an address of the shared space."""
        base, width = (V6, 128) if address >= V6 else (0, 32)
        if any(address in block for block in _unchanged()):
            return address
        return base + self._scrambled(address - base, width, _ancestors(width))

    def prefix(self, network: int, length: int) -> tuple[int, int]:
        """Of a network of the shared space, without host bits."""
        base, width = (V6, 128) if network >= V6 else (0, 32)
        host = width - length
        return base + ((self.address(network) - base) >> host << host), length

    def addresses(self, addresses: Intervals) -> Intervals:
        """Of a set of addresses: as many."""
        mapped = (prefix_span(*self.prefix(*prefix)).spans for prefix in prefixes(addresses))
        return Intervals.from_spans(span for spans in mapped for span in spans)

    def mac(self, mac: int) -> int:
        """Of a MAC address: the maker (the upper half) stays; so does an address of a group."""
        if mac >> 40 & 1:
            return mac
        return self._scrambled(mac, 48, frozenset(), first=24)

    def _scrambled(self, value: int, width: int, kept: frozenset[tuple[int, int]], first: int = 0) -> int:
        """Each bit from the ``first``, turned or not by what is before it; behind a prefix that is ``kept`` never."""
        out = value
        for i in range(first, width):
            before = value >> (width - i)
            if (i, before) not in kept and self._turns(width, i, before):
                out ^= 1 << (width - 1 - i)
        return out

    def _turns(self, width: int, length: int, prefix: int) -> int:
        asked = bytes((width, length)) + prefix.to_bytes(16, "big")
        return blake2b(asked, digest_size=1, key=self._key).digest()[0] & 1

    def text(self, text: str) -> str:
        """``text`` with each address, prefix, range of addresses and MAC address in it replaced."""
        text = _WIDE.sub(lambda m: unicodedata.normalize("NFKC", m[0]).replace("\u3002", "."), text)
        if "." in text or ":" in text or "-" in text or "_" in text:
            return _ADDRESS.sub(self._replaced, self._without_names(text))
        return text

    def _without_names(self, text: str) -> str:
        """With MAC addresses replaced, and between them names that are made of addresses."""
        out, end = [], 0
        for found in _MAC.finditer(text):
            out += [_JOINED.sub(self._replaced_joined, text[end : found.start()]), self._replaced_mac(found)]
            end = found.end()
        return "".join([*out, _JOINED.sub(self._replaced_joined, text[end:])])

    def _replaced_joined(self, match: re.Match[str]) -> str:
        """``10-20-0-0`` and ``10-20-0-0-16``, as names of hosts and zones have them."""
        octets = [int(match[n]) for n in (1, 3, 4, 5)]
        if max(octets) > 255 or int(match[6] or 0) > 32:
            return match[0]
        address = int.from_bytes(bytes(octets), "big")
        shown = self._prefix_text(address, match[6]) if match[6] else format_address(self.address(address))
        return shown.replace(".", match[2]).replace("/", match[2])

    def _replaced(self, match: re.Match[str]) -> str:
        written, length, dash, end = match.groups()
        low, rest = _read(written)
        if low is None:
            first = _ALONE.sub(lambda m: format_address(self.address(_read(m[0])[0] or 0)), written)
            return first + self.text(match[0][len(written) :])
        if rest or not (length or end):
            return format_address(self.address(low)) + self.text(match[0][len(written) - len(rest) :])
        if length:
            return self._prefix_text(low, length)
        high, rest = _read(end)
        if high is None or rest or low > high or (low >= V6) != (high >= V6):
            return self.text(written) + dash + self.text(end)
        return ", ".join(format_addresses(self.addresses(Intervals.span(low, high))))

    def _prefix_text(self, address: int, length: str) -> str:
        host = (128 if address >= V6 else 32) - int(length)
        if host >= 0 and not (address & ((1 << host) - 1)):
            return format_prefix(*self.prefix(address, int(length)))
        return f"{format_address(self.address(address))}/{length}"

    def _replaced_mac(self, match: re.Match[str]) -> str:
        digits = re.sub(r"[^0-9A-Fa-f]", "", match[0])
        mac = format_mac(self.mac(int(digits, 16)))
        if not match[1]:
            return ".".join(mac.replace(":", "")[i : i + 4] for i in (0, 4, 8))
        return mac.replace(":", match[1])


def _read(text: str) -> tuple[int | None, str]:
    """The longest address that ``text`` begins with, and what follows it (a colon or a full stop of the sentence)."""
    ends = [len(text), *(m.start() for m in reversed(list(re.finditer(r"[:.]", text))))]
    for end in ends:
        try:
            if ":" not in text:
                return int.from_bytes(bytes(map(int, text.split("."))), "big"), ""  # also as 010.001.002.003
            return parse_address(text[:end]), text[end:]
        except ValueError:
            continue
    return None, text


@cache
def _unchanged() -> tuple[Intervals, ...]:
    return tuple(prefix_span(*prefix_of(block)) for block in _UNCHANGED)


@cache
def _ancestors(width: int) -> frozenset[tuple[int, int]]:
    """The prefixes ``(length, bits)`` above every block that stays where it is."""
    blocks = (ip_network(block) for block in (*_KEPT_BLOCKS, *_UNCHANGED))
    own = [(int(b.network_address), b.prefixlen) for b in blocks if b.max_prefixlen == width]
    return frozenset((i, network >> (width - i)) for network, length in own for i in range(length))
