"""One concrete packet: a witness, or what ``trace`` follows."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from zoneguard.model.addresses import format_address
from zoneguard.model.match import ConnState, Field

PROTOCOL_NAMES = {1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp",
                  51: "ah", 58: "icmpv6", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp",
                  136: "udplite"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Packet:
    """Field values as ``model.match.Field`` documents them."""

    src: int
    dst: int
    proto: int
    sport: int = 0
    dport: int = 0
    icmp: int = 0
    state: int = ConnState.NEW
    flags: int = 0
    fragment: int = 0
    mac: int = 0
    mark: int = 0
    dnat: int = 0
    orig_dst: int = 0
    orig_dport: int = 0

    def get(self, field: Field) -> int:
        """The value of ``field``."""
        value: int = getattr(self, field.value)
        return value

    def __str__(self) -> str:
        return self.text()

    def text(self, unspecified: Container[Field] = ()) -> str:
        """As ``tcp 10.0.0.1:1024 > 10.0.0.2:443``; ports that may be any are left out."""
        name = PROTOCOL_NAMES.get(self.proto, str(self.proto))
        src, dst = format_address(self.src), format_address(self.dst)
        if self.proto in (1, 58):
            return f"{name} {src} > {dst} type {self.icmp >> 8} code {self.icmp & 255}"
        if self.sport or self.dport:
            sport = "" if Field.SPORT in unspecified else f":{self.sport}"
            dport = "" if Field.DPORT in unspecified else f":{self.dport}"
            return f"{name} {src}{sport} > {dst}{dport}"
        return f"{name} {src} > {dst}"
