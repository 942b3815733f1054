"""QUIC's first packets (RFC 9001, 5; RFC 9369, 3), opened with the keys that anybody can compute from what is in clear.

What the client says in them is its TLS hello, cut into frames in any order and over several packets.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.inspection import aes

LONG, FIXED = 0x80, 0x40
MAX_ID = 20
MAX_HELLO = 64 << 10
MAX_PACKETS = 20
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0, 1, 2, 3, 6, 0x1C


@dataclass(frozen=True, slots=True)
class Version:
    """``kind``: the two bits of the first byte that say Initial; ``prefix`` of the labels of its keys."""

    name: str
    kind: int
    salt: bytes
    prefix: bytes


VERSIONS = {
    0x00000001: Version("1", 0, bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), b"quic"),
    0x6B3343CF: Version("2", 1, bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), b"quicv2"),
    0xFF00001D: Version("draft-29", 0, bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"), b"quic"),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands in clear at the beginning of an Initial packet; ``end``: where its token begins."""

    version: Version
    destination: bytes
    source: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Initial:
    """A packet as it stands in a datagram: ``number`` is where its protected number begins, ``end`` where it ends."""

    opening: Opening
    start: int
    number: int
    end: int


def read_opening(data: bytes, start: int = 0) -> Opening | None:
    """The beginning of an Initial packet at ``start``, if its form, its version and its identifiers fit."""
    head = data[start : start + 6]
    if len(head) < 6 or head[0] & (LONG | FIXED) != LONG | FIXED:
        return None
    version = VERSIONS.get(int.from_bytes(head[1:5], "big"))
    if version is None or head[0] >> 4 & 3 != version.kind or head[5] > MAX_ID:
        return None
    at = start + 6 + head[5]
    if at >= len(data) or data[at] > MAX_ID or at + data[at] >= len(data):
        return None
    return Opening(version, data[start + 6 : at], data[at + 1 : at + 1 + data[at]], at + 1 + data[at])


def read_initial(data: bytes, start: int = 0) -> Initial | None:
    """The whole Initial packet at ``start`` of a datagram."""
    opening = read_opening(data, start)
    if opening is None:
        return None
    token, at = _number(data, opening.end)
    size, at = _number(data, at + token)
    return Initial(opening, start, at, at + size) if at + size <= len(data) and size >= 20 else None


def client_hello(datagrams: Iterable[bytes]) -> bytes:
    """The beginning of the handshake as far as the client's first packets hold it without a hole; empty: none of it."""
    pieces: dict[int, bytes] = {}
    names: list[bytes] = []
    for packet, data in _packets(datagrams):
        names.append(packet.opening.destination)
        for name in dict.fromkeys((names[-1], names[0])):  # a server's retry changes the name, and the keys with it
            plain = _opened(data, packet, name)
            if plain is not None:
                pieces |= {at: piece for at, piece in _crypto(plain) if len(piece) > len(pieces.get(at, b""))}
                break
    out = b""
    for at in sorted(pieces):
        if at > len(out) or len(out) > MAX_HELLO:
            break
        out = out[:at] + pieces[at] if at + len(pieces[at]) > len(out) else out
    return out


def _packets(datagrams: Iterable[bytes]) -> Iterator[tuple[Initial, bytes]]:
    count = 0
    for data in datagrams:
        at = 0
        while count < MAX_PACKETS and (packet := read_initial(data, at)) is not None:
            yield packet, data
            at = packet.end
            count += 1


def keys(version: Version, name: bytes) -> tuple[bytes, bytes, bytes]:
    """Key, starting value and key of the header's protection for what a client sends to ``name``."""
    secret = _expanded(hmac.digest(version.salt, name, hashlib.sha256), b"client in", 32)
    parts = ((b" key", 16), (b" iv", 12), (b" hp", 16))
    key, start, header = (_expanded(secret, version.prefix + part, size) for part, size in parts)
    return key, start, header


def _expanded(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1) without a context, of at most 32 bytes."""
    named = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes((len(named),)) + named + b"\0"
    return hmac.digest(secret, info + b"\1", hashlib.sha256)[:size]


def _opened(data: bytes, packet: Initial, name: bytes) -> bytes | None:
    """The frames of a packet; ``None`` where these are not its keys, or it was changed."""
    key, start, header = keys(packet.opening.version, name)
    mask = aes.block(data[packet.number + 4 : packet.number + 20], header)
    first = data[packet.start] ^ mask[0] & 0x0F
    size = 1 + (first & 3)
    number = bytes(a ^ b for a, b in zip(data[packet.number : packet.number + size], mask[1:], strict=False))
    clear = bytes((first,)) + data[packet.start + 1 : packet.number] + number
    nonce = (int.from_bytes(start, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    return aes.gcm_decrypt(data[packet.number + size : packet.end], key, nonce, clear)


def _crypto(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and data of each piece of the handshake, up to the first frame that no Initial packet may hold."""
    at = 0
    while at < len(frames):
        kind = frames[at]
        at += 1
        if kind == _CRYPTO:
            offset, at = _number(frames, at)
            size, at = _number(frames, at)
            yield offset, frames[at : at + size]
            at += size
        elif kind in (_ACK, _ACK_ECN):
            for _ in range(2):
                _, at = _number(frames, at)
            ranges, at = _number(frames, at)
            for _ in range(min(1 + 2 * ranges + 3 * (kind == _ACK_ECN), len(frames))):
                _, at = _number(frames, at)
        elif kind not in (_PADDING, _PING):
            return


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1, 2, 4 or 8 bytes by its first two bits, and what follows it."""
    if at >= len(data):
        return 0, len(data) + 1
    size = 1 << (data[at] >> 6)
    return int.from_bytes(data[at : at + size], "big") & ((1 << 8 * size - 2) - 1), at + size
