"""Community ID version 1, the flow identifier that Zeek, Suricata, Wireshark and others share.

Meaning: the community-id-spec of Corelight; ICMP's answer types as its reference implementation maps them.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from zoneguard.model.addresses import V6

if TYPE_CHECKING:
    from hashlib import _Hash

ICMP, ICMPV6 = 1, 58
WITH_PORTS = frozenset({6, 17, 132})
ICMP_ANSWERS = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17}
ICMPV6_ANSWERS = {128: 129, 129: 128, 130: 131, 131: 130, 133: 134, 134: 133, 135: 136, 136: 135, 139: 140, 140: 139,
                  144: 145, 145: 144}  # fmt: skip


def icmp_ports(proto: int, kind: int, code: int) -> tuple[int, int, bool]:
    """What stands for ports in an ICMP flow, and whether messages of this kind are never answered by their like."""
    answer = (ICMP_ANSWERS if proto == ICMP else ICMPV6_ANSWERS).get(kind)
    return (kind, code, True) if answer is None else (kind, answer, False)


def community_id(proto: int, ends: tuple[int, int], ports: tuple[int, int], icmp: int = 0, seed: int = 0) -> str:
    """``1:…`` for a flow between two addresses of the shared space.

    ``icmp`` is ``type * 256 + code`` of the opening packet for ICMP and ICMPv6, whose ``ports`` are not looked at.
    """
    width, base = (16, V6) if ends[0] >= V6 else (4, 0)
    a, b = ((end - base).to_bytes(width) for end in ends)
    p, q = ports
    oneway = False
    if proto in (ICMP, ICMPV6):
        p, q, oneway = icmp_ports(proto, icmp >> 8, icmp & 0xFF)
    if not oneway and (b, q) < (a, p):
        a, b, p, q = b, a, q, p
    hashed = seed.to_bytes(2) + a + b + bytes((proto, 0))
    if proto in WITH_PORTS or proto in (ICMP, ICMPV6):
        hashed += p.to_bytes(2) + q.to_bytes(2)
    return "1:" + b2a_base64(_sha1()(hashed, usedforsecurity=False).digest(), newline=False).decode()


@cache
def _sha1() -> Callable[..., _Hash]:
    from hashlib import sha1  # noqa: PLC0415 (a flow table does not need OpenSSL)

    return sha1
