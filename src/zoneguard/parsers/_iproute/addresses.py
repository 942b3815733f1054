"""Interfaces and addresses as ``ip addr``, ``ip -o addr``, ``ip -br addr`` and ``ip link`` show them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6, parse_address, prefix_span
from zoneguard.model.device import Interface, InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason

_HEAD = re.compile(r"\d{1,9}:\s+([^\s:@]+)(?:@[^\s:]+)?:\s+<([^<>]*)>.*")
_ONE_LINE = re.compile(r"\d{1,9}:\s+([^\s:@]+)\s+(inet6?|link/\S+)\s+(\S+)(.*)")
_BRIEF = re.compile(r"([^\s:@]+)(?:@\S+)?\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|TESTING|NOTPRESENT)\b(.*)")
_ADDRESS = re.compile(r"inet6?\s+(\S+)(?:\s+peer\s+(\S+))?(.*)")
_DETAIL = re.compile(
    r"(?:valid_lft|link/|altname|RX|TX|qdisc|promiscuity|veth|bridge|bridge_slave|bond|bond_slave|vxlan|gre|tun|dummy|macvlan|"
    r"ipvlan|prog/|parentbus|permaddr|numtxqueues|group|\d+\s+\d+\s+\d+)\b"
)
NOT_ROUTED = prefix_span(127 << 24, 8) | Intervals.of(V6 + 1) | prefix_span(V6 + (0xFE80 << 112), 10)
"""Loopback and IPv6 link-local addresses: every box has them, and none is reached through another."""


@dataclass(slots=True)
class Seen:
    """An interface as far as it is known. ``listed``: address → prefix length, as ``ip addr`` says."""

    name: str
    span: SourceSpan
    enabled: bool = True
    vlan: int | None = None
    description: str = ""
    listed: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Interfaces:
    """All interfaces seen. ``current`` is the one to which indented lines belong."""

    seen: dict[str, Seen] = field(default_factory=dict)
    current: Seen | None = None

    def get(self, name: str, span: SourceSpan) -> Seen:
        """The interface of that name, from now on known."""
        return self.seen.setdefault(name, Seen(name, span))

    def read(self, line: str, span: SourceSpan) -> str | None:
        """Take in one line. ``None``: it is none of these; otherwise why it may be left aside (empty: understood)."""
        text = line.strip()
        head = _HEAD.fullmatch(text)
        if head:
            self.current = self.get(head[1], span)
            self.current.enabled = "UP" in head[2].split(",")
            return ""
        one = _ONE_LINE.fullmatch(text)
        if one:
            interface = self.get(one[1], span)
            return (
                self._address(interface, f"{one[2]} {one[3]}{one[4]}")
                if one[2].startswith("inet")
                else Reason("link detail")
            )
        if not line[:1].isspace():
            return self._brief(text, span)
        if self.current is None:
            return None
        if text.startswith("inet"):
            return self._address(self.current, text)
        vlan = re.match(r"vlan\s.*\bid\s+(\d{1,4})\b", text)
        if vlan:
            self.current.vlan = int(vlan[1])
            return ""
        if text.startswith("alias "):
            self.current.description = text[6:].strip()
            return ""
        return Reason("link detail") if _DETAIL.match(text) else None

    def _brief(self, text: str, span: SourceSpan) -> str | None:
        brief = _BRIEF.fullmatch(text)
        if brief is None:
            return None
        interface = self.get(brief[1], span)
        for word in brief[2].split():
            if "/" in word and self._address(interface, f"inet {word}") is None:
                return None
        return ""

    @staticmethod
    def _address(interface: Seen, text: str) -> str | None:
        parts = _ADDRESS.fullmatch(text)
        if parts is None:
            return None
        address_text, slash, length_text = parts[1].partition("/")
        try:
            address = parse_address(address_text)
            width = 128 if address >= V6 else 32
            length = int(length_text) if slash and length_text.isascii() and length_text.isdigit() else width
        except ValueError:
            return None
        if length > width:
            return None
        if address in NOT_ROUTED:
            return Reason("loopback and link-local addresses are not reached from elsewhere")
        if " tentative" in parts[3] and "dadfailed" in parts[3]:
            return Reason("a duplicate address is not used")
        interface.listed[address] = length
        return ""


def interface_of(seen: Seen, found: dict[int, int]) -> Interface:
    """The interface with the addresses that ``ip addr`` lists, and those ``found`` in routes that it does not list."""
    addresses = {address: length for address, length in found.items() if address not in seen.listed} | seen.listed
    return Interface(
        seen.name,
        seen.span,
        tuple(InterfaceAddress(address, length) for address, length in addresses.items()),
        seen.enabled,
        vlan=seen.vlan,
        description=seen.description,
    )
