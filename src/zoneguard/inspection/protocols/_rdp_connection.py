"""The clear part of an RDP connection (MS-RDPBCGR 2.2.1): negotiation, and the conference data that names channels."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

TPKT = 3
CONNECT_REQUEST, CONNECT_CONFIRM, DATA = 0xE0, 0xD0, 0xF0
STANDARD, TLS, CREDSSP, RDSTLS, CREDSSP_EARLY = 0, 1, 2, 4, 8
SECURITY = {STANDARD: "standard", TLS: "tls", CREDSSP: "credssp", RDSTLS: "rdstls", CREDSSP_EARLY: "credssp"}
_NEGOTIATION_REQUEST, _NEGOTIATION_ANSWER, _NEGOTIATION_FAILURE = 1, 2, 3
_CLIENT_CORE, _CLIENT_NETWORK = 0xC001, 0xC003
_SERVER_SECURITY, _SERVER_NETWORK, _SERVER_MESSAGES = 0x0C02, 0x0C03, 0x0C04
_COOKIE = re.compile(rb"Cookie: mstshash=([^\r\n]{0,200})\r\n")
_TOKEN = re.compile(rb"Cookie: msts=([^\r\n]{0,200})\r\n")
_CONNECT_INITIAL, _CONNECT_RESPONSE = b"\x7f\x65", b"\x7f\x66"
_CLIENT_KEY, _SERVER_KEY = b"Duca", b"McDn"


@dataclass(frozen=True, slots=True)
class Channel:
    """A static virtual channel that the client asked for; ``number`` 0: declined, ``None``: no answer seen."""

    name: str
    options: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The client's first packet; ``requested`` is the set of security protocols as bits, ``end`` what follows it."""

    end: int
    cookie: str = ""
    requested: int | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """The server's first packet; ``selected``: the security protocol, ``failure``: why there is none."""

    end: int
    selected: int = STANDARD
    failure: int | None = None


@dataclass(frozen=True, slots=True)
class Conference:
    """What the two sides agree on before anything is encrypted. ``encryption`` is the server's level, 0: none;
    ``own``: the numbers of the channels that the screen itself uses."""

    client_name: str = ""
    channels: tuple[Channel, ...] = ()
    encryption: int | None = None
    own: frozenset[int] = frozenset()


def packet(data: bytes, position: int = 0) -> tuple[int, int, int] | None:
    """Kind, start of the variable part and end of the X.224 packet at ``position``; ``None`` where there is none."""
    if len(data) < position + 7 or data[position] != TPKT or data[position + 1] != 0:
        return None
    size = int.from_bytes(data[position + 2 : position + 4], "big")
    header = data[position + 4]
    if size < 7 or header + 5 > size:
        return None
    kind = data[position + 5] & 0xF0
    return kind, position + (11 if kind in (CONNECT_REQUEST, CONNECT_CONFIRM) else 7), position + size


def read_request(data: bytes) -> Request | None:
    """The connection request, if ``data`` begins with one that RDP's clients send."""
    found = packet(data)
    if found is None or found[0] != CONNECT_REQUEST:
        return None
    _, start, end = found
    variable = data[start:end]
    cookie = _COOKIE.match(variable) or _TOKEN.match(variable)
    rest = variable[cookie.end() :] if cookie else variable
    requested = None
    if len(rest) >= 8 and rest[0] == _NEGOTIATION_REQUEST and rest[2:4] == b"\x08\0":
        requested = int.from_bytes(rest[4:8], "little")
    elif rest:
        return None  # another protocol over ISO transport
    return Request(end, cookie.group(1).decode("utf-8", "replace") if cookie else "", requested)


def read_confirm(data: bytes) -> Confirm | None:
    """The connection confirm."""
    found = packet(data)
    if found is None or found[0] != CONNECT_CONFIRM:
        return None
    _, start, end = found
    rest = data[start:end]
    if len(rest) >= 8 and rest[0] == _NEGOTIATION_ANSWER:
        return Confirm(end, int.from_bytes(rest[4:8], "little"))
    if len(rest) >= 8 and rest[0] == _NEGOTIATION_FAILURE:
        return Confirm(end, failure=int.from_bytes(rest[4:8], "little"))
    return Confirm(end) if not rest else None


def read_conference(client: bytes, server: bytes) -> Conference | None:
    """What is in the MCS connect packets that follow the negotiation; ``None`` where the client's is not readable."""
    asked = _user_data(client, _CONNECT_INITIAL, _CLIENT_KEY)
    if asked is None:
        return None
    conference = Conference()
    for kind, block in _blocks(asked):
        if kind == _CLIENT_CORE:
            name = block[20:52].decode("utf-16-le", "replace").partition("\0")[0]
            conference = replace(conference, client_name=name)
        elif kind == _CLIENT_NETWORK:
            conference = replace(conference, channels=tuple(_channels(block)))
    for kind, block in _blocks(_user_data(server, _CONNECT_RESPONSE, _SERVER_KEY) or b""):
        if kind == _SERVER_SECURITY and len(block) >= 8:
            conference = replace(conference, encryption=int.from_bytes(block[4:8], "little"))
        elif kind == _SERVER_NETWORK:
            numbers = [int.from_bytes(block[i : i + 2], "little") for i in range(4, len(block) - 1, 2)]
            answered = zip(conference.channels, [*numbers, *[None] * len(conference.channels)], strict=False)
            conference = replace(conference, channels=tuple(replace(c, number=n) for c, n in answered))
        if kind in (_SERVER_NETWORK, _SERVER_MESSAGES):
            conference = replace(conference, own=conference.own | {int.from_bytes(block[:2], "little")})
    return conference


def _user_data(data: bytes, mark: bytes, key: bytes) -> bytes | None:
    """The GCC user data of the first data packet: blocks behind the key and a PER length of one or two bytes."""
    found = packet(data)
    if found is None or found[0] != DATA or found[2] > len(data) or data[found[1] : found[1] + 2] != mark:
        return None
    at = data.find(key, found[1], found[2])
    if at < 0:
        return None
    at += len(key)
    return data[at + (2 if data[at : at + 1] >= b"\x80" else 1) : found[2]]


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each block of settings."""
    position = 0
    while position + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, position)
        if size < 4:
            return
        yield kind, data[position + 4 : position + size]
        position += size


def _channels(block: bytes) -> Iterator[Channel]:
    count = min(int.from_bytes(block[:4], "little"), (len(block) - 4) // 12, 31)
    for number in range(count):
        raw = block[4 + 12 * number : 16 + 12 * number]
        yield Channel(raw[:8].partition(b"\0")[0].decode("latin-1"), int.from_bytes(raw[8:], "little"))
