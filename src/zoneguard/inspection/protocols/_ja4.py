"""JA4, the fingerprint of a TLS client (FoxIO, JA4 technical details): which program spoke, not to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}
_SERVER_NAME, _SIGNATURES, _ALPN, _SUPPORTED = 0, 13, 16, 43


def ja4(transport: str, version: int, ciphers: Sequence[int], extensions: Sequence[tuple[int, bytes]]) -> str:
    """``transport`` is ``t`` (TCP) or ``q`` (QUIC); values that clients make up (GREASE) count nowhere."""
    values = dict(extensions)
    kinds = [kind for kind, _ in extensions if not _made_up(kind)]
    known = [cipher for cipher in ciphers if not _made_up(cipher)]
    offered = [n for n in _pairs(values.get(_SUPPORTED, b"")[1:]) if not _made_up(n)]
    shown = _VERSIONS.get(max(offered, default=version), "00")
    named = "d" if _SERVER_NAME in values else "i"
    head = f"{transport}{shown}{named}{min(99, len(known)):02}{min(99, len(kinds)):02}{_alpn(values.get(_ALPN, b''))}"
    others = [f"{kind:04x}" for kind in sorted(kinds) if kind not in (_SERVER_NAME, _ALPN)]
    signed = [f"{n:04x}" for n in _pairs(values.get(_SIGNATURES, b"")[2:])]
    tail = ",".join(others) + (f"_{','.join(signed)}" if signed else "")
    return f"{head}_{_short(','.join(f'{c:04x}' for c in sorted(known)))}_{_short(tail if others else '')}"


def _made_up(value: int) -> bool:
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def _pairs(raw: bytes) -> Iterable[int]:
    return (int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw) - 1, 2))


def _alpn(value: bytes) -> str:
    """First and last character of the first protocol; of other bytes their outer hexadecimal digits."""
    first = value[3 : 3 + value[2]] if len(value) > 3 else b""
    if not first:
        return "00"
    ends = first[:1] + first[-1:]
    return ends.decode("ascii") if ends.isalnum() and ends.isascii() else first.hex()[0] + first.hex()[-1]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "000000000000"
