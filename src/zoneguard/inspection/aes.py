"""AES (FIPS 197) over many blocks at once, and GCM (SP 800-38D) with its check: for keys that are no secret.

QUIC's first packets are encrypted with keys that anybody can compute, PDF files with an empty password. Nothing here is
fit to keep a secret: table look-ups take time that depends on the key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
BLOCK = 16
_REDUCTION = 0xE1 << 120


def _double(value: int) -> int:
    return (value << 1 ^ (0x11B if value & 0x80 else 0)) & 0xFF


def _product(one: int, other: int) -> int:
    out = 0
    while other:
        out ^= one if other & 1 else 0
        one, other = _double(one), other >> 1
    return out


def _substitutes() -> list[int]:
    """Inverse in the field, then an affine map."""
    out = [0x63] * 256
    power, inverse = 1, 1
    for _ in range(255):
        spread = inverse | inverse << 8
        out[power] = (inverse ^ spread >> 4 ^ spread >> 5 ^ spread >> 6 ^ spread >> 7 ^ 0x63) & 0xFF
        power, inverse = _product(power, 3), _product(inverse, 0xF6)
    return out


_S = np.array(_substitutes(), np.uint8)
_S_BACK = np.argsort(_S).astype(np.uint8)
_ROWS = np.array([0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11])
_ROWS_BACK = np.argsort(_ROWS)
_TIMES = {factor: np.array([_product(n, factor) for n in range(256)], np.uint8) for factor in (2, 3, 9, 11, 13, 14)}
_T = [
    [int.from_bytes(bytes(_product(substitute, factor) for factor in factors), "big") for substitute in _S.tolist()]
    for factors in ((2, 1, 1, 3), (3, 2, 1, 1), (1, 3, 2, 1), (1, 1, 3, 2))
]


def round_keys(key: bytes) -> Bytes:
    """The keys of all rounds, one a row; ``key`` has 16, 24 or 32 bytes."""
    words = [key[i : i + 4] for i in range(0, len(key), 4)]
    count, constant = len(words), 1
    while len(words) < 4 * (count + 7):
        word = words[-1]
        if len(words) % count == 0:
            turned = bytes(int(_S[b]) for b in word[1:] + word[:1])
            word = bytes((turned[0] ^ constant,)) + turned[1:]
            constant = _double(constant)
        elif count > 6 and len(words) % count == 4:
            word = bytes(int(_S[b]) for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[-count], word, strict=True)))
    return np.frombuffer(b"".join(words), np.uint8).reshape(-1, BLOCK)


def encrypt(blocks: Bytes, keys: Bytes) -> Bytes:
    """``blocks`` (n by 16), each by itself."""
    state = blocks ^ keys[0]
    for key in keys[1:-1]:
        column = _S[state][:, _ROWS].reshape(-1, 4, 4)
        mixed = _TIMES[2][column] ^ _TIMES[3][np.roll(column, -1, 2)] ^ np.roll(column, -2, 2) ^ np.roll(column, -3, 2)
        state = mixed.reshape(-1, BLOCK) ^ key
    last: Bytes = _S[state][:, _ROWS] ^ keys[-1]
    return last


def decrypt(blocks: Bytes, keys: Bytes) -> Bytes:
    """The inverse of ``encrypt``."""
    state = blocks ^ keys[-1]
    for key in keys[-2:0:-1]:
        column = (_S_BACK[state[:, _ROWS_BACK]] ^ key).reshape(-1, 4, 4)
        turned = (np.roll(column, -turn, 2) for turn in range(4))
        parts = [_TIMES[factor][part] for factor, part in zip((14, 11, 13, 9), turned, strict=True)]
        state = (parts[0] ^ parts[1] ^ parts[2] ^ parts[3]).reshape(-1, BLOCK)
    last: Bytes = _S_BACK[state[:, _ROWS_BACK]] ^ keys[0]
    return last


def block(data: bytes, key: bytes) -> bytes:
    """One block."""
    return encrypt(_blocks(data), round_keys(key)).tobytes()


def cbc_decrypt(data: bytes, key: bytes, start: bytes) -> bytes:
    """``data``, whole blocks, chained from ``start``."""
    blocks = _blocks(data)
    before = np.concatenate((_blocks(start), blocks[:-1]))
    return (decrypt(blocks, round_keys(key)) ^ before).tobytes()


def cbc_encrypt(data: bytes, key: bytes, start: bytes) -> bytes:
    """``data``, whole blocks, chained from ``start``: one after the other, so with tables of words."""
    keys = [int.from_bytes(row.tobytes()[i : i + 4], "big") for row in round_keys(key) for i in range(0, BLOCK, 4)]
    substitutes = _S.tolist()
    out = bytearray()
    state = [int.from_bytes(start[i : i + 4], "big") for i in range(0, BLOCK, 4)]
    for at in range(0, len(data), BLOCK):
        words = [w ^ int.from_bytes(data[at + 4 * i : at + 4 * i + 4], "big") ^ keys[i] for i, w in enumerate(state)]
        a, b, c, d = words
        for turn in range(4, len(keys) - 4, 4):
            a, b, c, d = (
                _T[0][a >> 24] ^ _T[1][b >> 16 & 255] ^ _T[2][c >> 8 & 255] ^ _T[3][d & 255] ^ keys[turn],
                _T[0][b >> 24] ^ _T[1][c >> 16 & 255] ^ _T[2][d >> 8 & 255] ^ _T[3][a & 255] ^ keys[turn + 1],
                _T[0][c >> 24] ^ _T[1][d >> 16 & 255] ^ _T[2][a >> 8 & 255] ^ _T[3][b & 255] ^ keys[turn + 2],
                _T[0][d >> 24] ^ _T[1][a >> 16 & 255] ^ _T[2][b >> 8 & 255] ^ _T[3][c & 255] ^ keys[turn + 3],
            )
        turned = ((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c))
        state = [
            int.from_bytes(bytes(substitutes[word >> 24 - 8 * i & 255] for i, word in enumerate(four)), "big") ^ last
            for four, last in zip(turned, keys[-4:], strict=True)
        ]
        out += b"".join(word.to_bytes(4, "big") for word in state)
    return bytes(out)


def gcm_decrypt(sealed: bytes, key: bytes, nonce: bytes, header: bytes) -> bytes | None:
    """What is in ``sealed``, whose last 16 bytes are the check; ``None`` where that is wrong. ``nonce``: 12 bytes."""
    if len(sealed) < BLOCK:
        return None
    data, tag = sealed[:-BLOCK], sealed[-BLOCK:]
    count = -(-len(data) // BLOCK)
    counters = b"".join(nonce + n.to_bytes(4, "big") for n in range(1, count + 2))
    stream = encrypt(_blocks(counters + bytes(BLOCK)), round_keys(key)).tobytes()
    plain = bytes(a ^ b for a, b in zip(data, stream[BLOCK:], strict=False))
    lengths = (8 * len(header)).to_bytes(8, "big") + (8 * len(data)).to_bytes(8, "big")
    check = _ghash(_padded(header) + _padded(data) + lengths, stream[-BLOCK:])
    return plain if bytes(a ^ b for a, b in zip(check, stream, strict=False)) == tag else None


def _ghash(data: bytes, key: bytes) -> bytes:
    factor = int.from_bytes(key, "big")
    out = 0
    for at in range(0, len(data), BLOCK):
        value, out = out ^ int.from_bytes(data[at : at + BLOCK], "big"), 0
        other = factor
        for bit in range(127, -1, -1):
            if value >> bit & 1:
                out ^= other
            other = other >> 1 ^ (_REDUCTION if other & 1 else 0)
    return out.to_bytes(BLOCK, "big")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _blocks(data: bytes) -> Bytes:
    return np.frombuffer(data, np.uint8).reshape(-1, BLOCK)
