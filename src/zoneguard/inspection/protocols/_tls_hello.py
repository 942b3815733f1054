"""What TLS says in clear: hello messages (RFC 8446, 5246), server name (6066), ALPN (7301), certificate names."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.inspection.protocols._certificate import certificate_names
from zoneguard.inspection.protocols._ja4 import ja4

HANDSHAKE = 22
MAX_HANDSHAKE = 256 << 10
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
_SERVER_NAME, _ALPN, _VERSIONS, _ECH = 0, 16, 43, 0xFE0D
_VERSION_NAMES = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
Facts = tuple[tuple[str, str], ...]


def is_hello(data: bytes, kind: int) -> bool:
    """Whether ``data`` starts with a record that holds a hello of ``kind``."""
    return (
        len(data) >= 6
        and data[0] == HANDSHAKE
        and data[1] == 3
        and data[2] <= 4
        and 4 <= int.from_bytes(data[3:5], "big") <= 0x4800
        and data[5] == kind
    )


def session_facts(client: bytes, server: bytes) -> Facts:
    """``tls`` (version), ``sni``, ``alpn``, ``certificate`` (names), ``ech``, ``ja4``, as far as both show them."""
    facts: dict[str, str] = {}
    for kind, body in _messages(client):
        if kind == CLIENT_HELLO:
            facts |= _hello(body, client=True)
    for kind, body in _messages(server):
        if kind == SERVER_HELLO:
            facts |= _hello(body, client=False)
        elif kind == CERTIFICATE:
            size = int.from_bytes(body[3:6], "big")
            if names := certificate_names(body[6 : 6 + size]):
                facts["certificate"] = ", ".join(names)
    return tuple(facts.items())


def client_facts(handshake: bytes, transport: str = "q") -> Facts:
    """What a client's hello says that stands without records, as in QUIC; also one whose end is missing."""
    if handshake[:1] != bytes((CLIENT_HELLO,)):
        return ()
    return tuple(
        _hello(handshake[4 : 4 + int.from_bytes(handshake[1:4], "big")], client=True, transport=transport).items()
    )


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole handshake messages up to the first record that is none."""
    pending = bytearray()
    position = 0
    while position + 5 <= len(data) and data[position] == HANDSHAKE and len(pending) < MAX_HANDSHAKE:
        size = int.from_bytes(data[position + 3 : position + 5], "big")
        pending += data[position + 5 : position + 5 + size]
        position += 5 + size
        while len(pending) >= 4 and len(pending) >= 4 + (length := int.from_bytes(pending[1:4], "big")):
            yield pending[0], bytes(pending[4 : 4 + length])
            del pending[: 4 + length]


def _hello(body: bytes, *, client: bool, transport: str = "t") -> dict[str, str]:
    facts = {"tls": _version(body[:2])}
    position = 35 + (body[34] if len(body) > 34 else 0)
    ciphers = b""
    if client:
        ciphers = body[position + 2 : position + 2 + int.from_bytes(body[position : position + 2], "big")]
        position += 2 + int.from_bytes(body[position : position + 2], "big")
        position += 1 + (body[position] if position < len(body) else 0)
    else:
        position += 3
    extensions = list(_extensions(body[position:]))
    for kind, value in extensions:
        if kind == _SERVER_NAME and client and len(value) > 5:
            facts["sni"] = value[5 : 5 + int.from_bytes(value[3:5], "big")].decode("ascii", "backslashreplace")
        elif kind == _ALPN and (names := _alpn(value)):
            facts["alpn"] = names
        elif kind == _VERSIONS and not client and len(value) == 2:
            facts["tls"] = _version(value)
        elif kind == _ECH and client:
            facts["ech"] = "offered"
    if client and ciphers:
        numbers = [int.from_bytes(ciphers[i : i + 2], "big") for i in range(0, len(ciphers) - 1, 2)]
        facts["ja4"] = ja4(transport, int.from_bytes(body[:2], "big"), numbers, extensions)
    return facts


def _extensions(block: bytes) -> Iterator[tuple[int, bytes]]:
    end = min(len(block), 2 + int.from_bytes(block[:2], "big"))
    position = 2
    while position + 4 <= end:
        size = int.from_bytes(block[position + 2 : position + 4], "big")
        yield int.from_bytes(block[position : position + 2], "big"), block[position + 4 : position + 4 + size]
        position += 4 + size


def _alpn(value: bytes) -> str:
    names = []
    position = 2
    while position < len(value) and value[position]:
        names.append(value[position + 1 : position + 1 + value[position]].decode("ascii", "backslashreplace"))
        position += 1 + value[position]
    return ",".join(names)


def _version(raw: bytes) -> str:
    return _VERSION_NAMES.get(int.from_bytes(raw, "big"), raw.hex())
