"""IRC (RFC 1459, RFC 2812): one session of text, which is not looked into; the files that it offers by DCC go over
connections of their own.

``DCC SEND`` names a file and the end point at which its sender waits; with port 0 it is the receiver who waits, at the
end point of the answer that bears the same token. By these the file gets its name (``joining``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.addresses import endpoint_text, parse_address
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

_FIRST = re.compile(rb"(?:CAP [^\r\n]*\r?\n|PASS [^\r\n]*\r?\n)*(?:NICK [^\r\n]+|USER(?: [^\r\n ]+){3} [^\r\n]+)\r?\n")
_SERVER = re.compile(rb":\S{1,255} (?:\d{3}|NOTICE|PRIVMSG|JOIN|MODE|PING|CAP) ")
_OFFER = re.compile(
    rb"(?m)^[^\r\n]*PRIVMSG [^\r\n]*\x01DCC (?:SEND|RESEND) (?:\"([^\"\r\n]{1,500})\"|(\S{1,500})) (\S{1,50}) (\d{1,5})"
    rb"(?: (\d{1,20})(?: (\d{1,20}))?)?[^\r\n\x01]*\x01"
)
MAX_OFFERS = 1000


def recognise(conversation: Conversation) -> float:
    """By the client's first commands, or by the server's lines."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _FIRST.match(client):
        return 0.9 if _SERVER.match(server) or not server else 0.6
    return 0.8 if _SERVER.match(server) and (not client or b"\n" in client) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """One session, with each file that is offered in it."""
    tracks = [Track(stream) for stream in sides(conversation, _score)]
    facts = list(dict.fromkeys(_offers(track.data for track in tracks)))
    reason = N_("what is said there is not looked into, but for the files that are offered")
    carriage = Carriage(tracks[1].stream.to_responder, session_ends(*tracks))
    recorder = Recorder(conversation, "irc")
    size = sum(len(track.data) for track in tracks)
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts[:MAX_OFFERS])]


def _offers(streams: Iterable[bytes]) -> Iterable[tuple[str, str]]:
    found = [match.groups() for data in streams for match in _OFFER.finditer(data)]
    waiting = {token for *_, port, _, token in found if port == b"0"}  # of offers whose sender does not wait
    for quoted, plain, host, port, _, token in found:
        if port != b"0" and (address := _address(host)) is not None:
            operation = "fetch" if token in waiting else "offer"
            yield "data-connection", f"{endpoint_text(address, int(port))} {operation} {decode_text(quoted or plain)}"


def _address(text: bytes) -> int | None:
    """As a decimal number, as clients send IPv4, or written as usual."""
    try:
        return int(text) if text.isdigit() and int(text) < 1 << 32 else parse_address(text.decode("ascii"))
    except ValueError:
        return None


SIGNS = Signs((b":", b"CAP ", b"PASS ", b"NICK ", b"USER"))
PLUGIN = Protocol("irc", "IRC", recognise, inspect, signs=SIGNS)
