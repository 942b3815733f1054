"""The standard security handler of PDF (ISO 32000-2, 7.6.4) where the password to open is empty.

So are files that only forbid printing or copying, as offices like to send them: any reader opens them, and so does
whoever inspects them. With another password nothing is opened, and none is tried.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from zoneguard.inspection import aes

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_REFERENCE = re.compile(rb"/Encrypt\s*(?:(\d{1,10})\s+(\d{1,5})\s+R|(<<))")
_FIRST_ID = re.compile(rb"/ID\s*\[\s*(<[0-9A-Fa-f\s]*>|\()")
_NUMBER = rb"\s*(-?\d{1,11})"
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_LONGEST = 8192  # of an encryption dictionary
MAX_STREAM = 16 << 20


@dataclass(frozen=True, slots=True)
class Crypt:
    """``method`` of streams and of embedded files: ``V2`` (RC4), ``AESV2``, ``AESV3``, ``Identity``."""

    key: bytes
    streams: str
    files: str

    def decrypt(self, data: bytes, number: int, generation: int, *, file: bool = False) -> bytes | None:
        """A stream of the object ``number``; ``None`` where it is too long or no whole number of blocks."""
        method = self.files if file else self.streams
        if method == "Identity":
            return data
        if len(data) > MAX_STREAM:
            return None
        key = self.key
        if method != "AESV3":
            salt = number.to_bytes(5, "little")[:3] + generation.to_bytes(3, "little")[:2]
            salt += b"sAlT" if method == "AESV2" else b""
            key = hashlib.md5(key + salt, usedforsecurity=False).digest()[: min(16, len(key) + 5)]
        if method == "V2":
            return rc4(data, key)
        body = data[16:].rstrip(b"\r\n") if len(data) % 16 else data[16:]
        if len(data) < 32 or len(body) % 16:
            return None
        plain = aes.cbc_decrypt(body, key, data[:16])
        return plain[: -plain[-1]] if 1 <= plain[-1] <= 16 else plain


def open_without_password(data: bytes) -> Crypt | None:
    """How ``data`` is decrypted; ``None`` where it needs a password, or another handler."""
    body = _dictionary(data)
    if not body or b"/Standard" not in body:
        return None
    version, revision = _integer(body, b"V", 0), _integer(body, b"R", 0)
    size = _integer(body, b"Length", 40) // 8
    methods = _methods(body) if version >= 4 else ("V2", "V2")
    owner, user = _string(body, b"O"), _string(body, b"U")
    if revision in (5, 6):
        key = _key_of_revision_6(body, user, revision)
    elif revision in (2, 3, 4):
        key = _key_of_revision_4(body, data, owner, user, revision, 16 if version == 4 else size if version > 1 else 5)
    else:
        return None
    return Crypt(key, *methods) if key and "" not in methods else None


def _dictionary(data: bytes) -> bytes:
    """The encryption dictionary; empty where readers may see different ones."""
    found = {match.group(0).split(None, 1)[-1]: match for match in _REFERENCE.finditer(data)}
    if len(found) != 1:
        return b""
    (match,) = found.values()
    if match[3]:
        return data[match.start(3) : match.start(3) + _LONGEST]
    objects = {
        data[at.end() : at.end() + _LONGEST].partition(b"endobj")[0]
        for at in re.finditer(rb"(?<!\d)%b\s+%b\s+obj\b" % (match[1], match[2]), data)
    }
    return objects.pop() if len(objects) == 1 else b""


def _integer(body: bytes, name: bytes, default: int) -> int:
    """Of the outer dictionary: those of crypt filters come first and stand within ``/CF``."""
    outer = re.sub(rb"/CF\s*<<.*?>>\s*>>", b"", body, flags=re.DOTALL)
    found = re.search(rb"/" + name + _NUMBER, outer)
    return int(found[1]) if found else default


def _string(body: bytes, name: bytes) -> bytes:
    found = re.search(rb"/" + name + rb"\s*(?:<([0-9A-Fa-f\s]*)>|\()", body)
    if found is None:
        return b""
    return _hexadecimal(found[1]) if found[1] is not None else _literal(body, found.end())


def _hexadecimal(raw: bytes) -> bytes:
    digits = b"".join(raw.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _literal(body: bytes, start: int) -> bytes:
    """The string whose opening parenthesis is before ``start``."""
    depth, at = 1, start
    while at < len(body) and depth:
        sign = body[at : at + 1]
        at += 2 if sign == b"\\" else 1
        depth += (sign == b"(") - (sign == b")")
    return _ESCAPE.sub(_unescaped, body[start : at - 1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 8) & 0xFF,)) if found[1] else _ESCAPED.get(found[2], found[2])


def _methods(body: bytes) -> tuple[str, str]:
    """Of streams and of embedded files; an unknown one is the empty string, which nothing opens."""
    filters = {
        name.decode("latin-1"): method.decode("latin-1")
        for name, method in re.findall(rb"/([^\s/<>\[\]()]{1,40})\s*<<[^<>]*?/CFM\s*/([A-Za-z0-9]{1,10})", body)
    }
    chosen: list[str] = []
    for key in (b"StmF", b"EFF"):
        found = re.search(rb"/" + key + rb"\s*/([^\s/<>\[\]()]{1,40})", body)
        name = found[1].decode("latin-1") if found else "Identity" if key == b"StmF" else chosen[0]
        chosen.append(name)
    known = {"Identity": "Identity", **{name: method for name, method in filters.items() if method in _KNOWN}}
    return known.get(chosen[0], ""), known.get(chosen[1], "")


_KNOWN = frozenset(("V2", "AESV2", "AESV3"))


def _key_of_revision_4(body: bytes, data: bytes, owner: bytes, user: bytes, revision: int, size: int) -> bytes:
    """Algorithms 2, 4 and 5."""
    found = _FIRST_ID.search(data)
    first = b"" if found is None else _literal(data, found.end()) if found[1] == b"(" else _hexadecimal(found[1][1:-1])
    allowed = _integer(body, b"P", 0) & 0xFFFFFFFF
    open_metadata = revision >= 4 and re.search(rb"/EncryptMetadata\s+false", body) is not None
    seed = _PAD + owner[:32] + allowed.to_bytes(4, "little") + first + (b"\xff" * 4 if open_metadata else b"")
    key = _md5(seed)[:size]
    if revision == 2:
        return key if rc4(_PAD, key) == user[:32] else b""
    for _ in range(50):
        key = _md5(key)[:size]
    check = _md5(_PAD + first)
    for turn in range(20):
        check = rc4(check, bytes(byte ^ turn for byte in key))
    return key if check == user[:16] else b""


def _key_of_revision_6(body: bytes, user: bytes, revision: int) -> bytes:
    """Algorithms 2.A and 13: the key is behind the hash of the empty password, and ``Perms`` proves it."""
    sealed, allowed = _string(body, b"UE"), _string(body, b"Perms")
    if len(user) < 48 or len(sealed) < 32 or len(allowed) < 16:
        return b""
    salt = user[40:48]
    middle = hashlib.sha256(salt).digest() if revision == 5 else _hash_of_revision_6(salt)
    key = aes.cbc_decrypt(sealed[:32], middle, bytes(16))
    return key if aes.cbc_decrypt(allowed[:16], key, bytes(16))[9:12] == b"adb" else b""


def _hash_of_revision_6(salt: bytes) -> bytes:
    """Algorithm 2.B for an empty password."""
    value = hashlib.sha256(salt).digest()
    turn = 0
    while True:
        mixed = aes.cbc_encrypt(value * 64, value[:16], value[16:32])
        kind = sum(mixed[:16]) % 3
        value = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[kind](mixed).digest()
        turn += 1
        if turn >= 64 and mixed[-1] <= turn - 32:
            return value[:32]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def rc4(data: bytes, key: bytes) -> bytes:
    """``data`` under the RC4 stream of ``key``."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    out = bytearray(data)
    i = j = 0
    for at in range(len(out)):
        i = (i + 1) & 0xFF
        own = state[i]
        j = (j + own) & 0xFF
        other = state[j]
        state[i], state[j] = other, own
        out[at] ^= state[(own + other) & 0xFF]
    return bytes(out)
