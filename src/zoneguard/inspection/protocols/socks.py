"""SOCKS 4, 4a and 5 (RFC 1928, 1929): an agreement with a proxy. Another protocol goes on behind it, which is read by
the reader that knows it; what nobody knows, or is encrypted, is opaque.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recognising import DEEPEST, behind, inner, recogniser
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.addresses import endpoint_text, parse_address
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

_CONNECT, _BIND = 1, 2
_METHODS = frozenset((*range(10), *range(0x80, 0xFF)))
_GRANTED_4, _ANSWERS_4 = 0x5A, frozenset(range(0x5A, 0x5E))
_NO_PASSWORD, _PASSWORD = 0, 2
_LONGEST = 255  # letters of a user or a host
UNREAD = frozenset({"tls", "raw"})
"""Protocols that are told as what the session goes on in."""


@dataclass(frozen=True, slots=True)
class _Agreement:
    """What both sides agreed on: the offsets at which something else begins, whether it was ``granted``."""

    version: int
    command: int
    target: str
    granted: bool
    client_end: int
    server_end: int


class _ShortError(Exception):
    """There is less than an agreement needs."""


@dataclass(slots=True)
class _Bytes:
    data: bytes
    at: int = 0

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) < size:
            raise _ShortError
        self.at += size
        return taken

    def number(self, size: int = 1) -> int:
        return int.from_bytes(self.take(size), "big")

    def word(self) -> str:
        """What ends with a zero."""
        end = self.data.find(b"\0", self.at, self.at + _LONGEST + 1)
        if end < 0:
            raise _ShortError
        return self.take(end + 1 - self.at)[:-1].decode("latin-1")


def recognise(conversation: Conversation) -> float:
    """By both sides of a whole agreement."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    return 0.96 if _agreement(client, server) is not None else 0.0


def _agreement(client: bytes, server: bytes) -> _Agreement | None:
    try:
        return {b"\5": _version_5, b"\4": _version_4}.get(client[:1], _none)(_Bytes(client, 1), _Bytes(server))
    except _ShortError:
        return None


def _none(_client: _Bytes, _server: _Bytes) -> None:
    return None


def _version_4(client: _Bytes, server: _Bytes) -> _Agreement | None:
    command, port, address = client.number(), client.number(2), client.take(4)
    client.word()  # the user
    host = client.word() if address[:3] == bytes(3) and address[3] else str(ipaddress.ip_address(address))
    zero, answer, _ = server.number(), server.number(), server.take(6)
    if command not in (_CONNECT, _BIND) or zero or answer not in _ANSWERS_4:
        return None
    if command == _BIND and answer == _GRANTED_4:
        server.take(8)
    return _Agreement(4, command, _target(host, port), answer == _GRANTED_4, client.at, server.at)


def _version_5(client: _Bytes, server: _Bytes) -> _Agreement | None:
    offered = client.take(client.number())
    version, chosen = server.number(), server.number()
    if version != 5 or not offered or not _METHODS.issuperset(offered):
        return None
    if chosen == 0xFF:
        return _Agreement(5, 0, "", False, client.at, server.at)
    if chosen not in offered or chosen not in (_NO_PASSWORD, _PASSWORD):
        return None
    if chosen == _PASSWORD:
        if client.number() != 1 or server.number() != 1:
            return None
        client.take(client.number())
        client.take(client.number())
        if server.number():
            return _Agreement(5, 0, "", False, client.at, server.at)
    if client.number() != 5 or server.number() != 5:
        return None
    command, _, target = client.number(), client.number(), _address(client)
    answer, _, _ = server.number(), server.number(), _address(server)
    if command == _BIND and not answer:
        server.take(3)
        _address(server)
    return _Agreement(5, command, target, not answer, client.at, server.at)


def _address(data: _Bytes) -> str:
    kind = data.number()
    if kind == 3:
        host = data.take(data.number()).decode("latin-1")
    elif kind in (1, 4):
        host = str(ipaddress.ip_address(data.take(4 if kind == 1 else 16)))
    else:
        raise _ShortError
    return _target(host, data.number(2))


def _target(host: str, port: int) -> str:
    try:
        return endpoint_text(parse_address(host), port)
    except ValueError:
        return f"{host}:{port}"


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session with the proxy, then what goes on behind the agreement."""
    asking, answering = sides(conversation, _score)
    client, server = Track(asking), Track(answering)
    agreed = _agreement(client.data, server.data)
    recorder = Recorder(conversation, "socks")
    if agreed is None:
        return recorder.transfers
    sent, received = client.data[agreed.client_end :], server.data[agreed.server_end :]
    facts = [("tunnel", f"SOCKS {agreed.version}"), ("target", agreed.target)]
    carriage = Carriage(
        (client if len(sent) > len(received) else server).stream.to_responder, session_ends(client, server)
    )
    damaged = client.damaged(0, agreed.client_end) or server.damaged(0, agreed.server_end)
    inside = _inside(conversation, client, agreed) if agreed.granted and not damaged else None
    certainty, reason = Certainty.INSPECTED, N_("what follows is told by itself")
    if inside is None and (sent or received or damaged or agreed.command not in (_CONNECT, _BIND, 0)):
        facts += session_facts(sent, received)
        certainty = Certainty.OPAQUE
        reason = N_(
            "{protocol}: {sent} bytes sent and {received} received in another protocol",
            protocol=f"SOCKS {agreed.version}", sent=len(sent), received=len(received),
        )  # fmt: skip
    elif inside is None:
        reason = N_("nothing went on behind the agreement")
    size = len(sent) + len(received)
    recorder.session("session", certainty, reason, carriage, size=size, facts=facts)
    recorder.missing_ends(client, server)
    return [*recorder.transfers, *(inside or ())]


def _inside(conversation: Conversation, client: Track, agreed: _Agreement) -> list[Transfer] | None:
    """What a reader makes of it; ``None`` where none knows it."""
    ends = agreed.client_end, agreed.server_end
    within = behind(conversation, *(ends if client.stream.to_responder else ends[::-1]))
    protocol = recogniser().recognise(within) if conversation.depth < DEEPEST else None
    if protocol is None or protocol.name in UNREAD:
        return None
    return list(inner(protocol.inspect(within)))


SIGNS = Signs((b"\4", b"\5"))
PLUGIN = Protocol("socks", "SOCKS proxy", recognise, inspect, signs=SIGNS)
