"""The names in an X.509 certificate (RFC 5280): common name of the subject, DNS names and addresses it stands for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

SEQUENCE, SET, OBJECT_ID, OCTETS = 0x30, 0x31, 0x06, 0x04
_COMMON_NAME = bytes.fromhex("550403")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")
_EXTENSIONS = 0xA3
_DNS, _ADDRESS = 0x82, 0x87
MAX_NAMES = 50


def certificate_names(der: bytes) -> list[str]:
    """Names in order, each once; empty where ``der`` is no certificate."""
    fields = [tbs for _, certificate in _values(der) for _, tbs in _values(certificate)]
    if not fields:
        return []
    parts = list(_values(fields[0]))
    if parts and parts[0][0] == 0xA0:  # explicit version
        parts = parts[1:]
    names = _common_names(parts[4][1]) if len(parts) > 4 else []
    for tag, body in parts[5:]:
        if tag == _EXTENSIONS:
            names += _alternative_names(body)
    return list(dict.fromkeys(names))[:MAX_NAMES]


def _values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each DER value in ``der``; stops where the length is not possible."""
    position = 0
    while position + 2 <= len(der):
        tag, size = der[position], der[position + 1]
        position += 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                return
            size = int.from_bytes(der[position : position + count], "big")
            position += count
        if position + size > len(der):
            return
        yield tag, der[position : position + size]
        position += size


def _common_names(subject: bytes) -> list[str]:
    return [
        pair[1][1].decode("utf-8", "replace")
        for _, relative in _values(subject)
        for _, attribute in _values(relative)
        if len(pair := list(_values(attribute))) == 2 and pair[0][1] == _COMMON_NAME
    ]


def _alternative_names(extensions: bytes) -> list[str]:
    names = []
    for _, listed in _values(extensions):
        for _, extension in _values(listed):
            parts = list(_values(extension))
            if len(parts) < 2 or parts[0][1] != _ALTERNATIVE_NAMES:
                continue
            for _, general in _values(parts[-1][1]):
                names += [text for tag, body in _values(general) if (text := _general_name(tag, body))]
    return names


def _general_name(tag: int, body: bytes) -> str:
    if tag == _DNS:
        return body.decode("ascii", "backslashreplace")
    if tag == _ADDRESS and len(body) in (4, 16):
        return str(ipaddress.ip_address(body))
    return ""
