"""What goes inside HTTP behind CONNECT or an upgrade is read by the reader that knows it."""

from __future__ import annotations

import hashlib

import h2.config
import h2.connection

from tests.inspection.protocols.test_smuggled import MAIL, PROGRAM
from tests.inspection.talk import client_hello, talk
from zoneguard.dynamic.looking import Reader
from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.recognising import DEEPEST, PROTOCOLS
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.plugins import of_type

OPENED = (">", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"), ("<", b"HTTP/1.1 200 Connection established\r\n\r\n")
SHA256 = hashlib.sha256(PROGRAM).hexdigest()
FETCHED = (
    (">", b"GET /a/run.exe HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("<", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PROGRAM), PROGRAM)),
)


def read(conversation: Conversation) -> list[Transfer]:
    found = list(Reader(of_type(PROTOCOLS, Protocol)).look(conversation) or ())
    assert len({t.key for t in found}) == len(found)
    return found


def upgraded(path: str) -> Conversation:
    """A download over HTTP/2 that was asked for by HTTP/1."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    settings = client.initiate_upgrade_connection()
    server.initiate_upgrade_connection(settings)
    asked = f"GET {path} HTTP/1.1\r\nHost: files.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    turns = [(">", asked.encode() + b"HTTP2-Settings: " + (settings or b"") + b"\r\n\r\n")]
    turns.append(("<", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"))
    server.send_headers(1, [(":status", "200"), ("content-type", "application/octet-stream")])
    server.send_data(1, PROGRAM[:16_000])
    server.send_data(1, PROGRAM[16_000:32_000], end_stream=True)
    turns += [("<", server.data_to_send()), (">", client.data_to_send())]
    return talk(*turns)


def test_http2_that_was_asked_for_by_http1() -> None:
    frames: dict[str, bytes] = {}
    conversation = upgraded("/files/a.exe?x=1")
    kept = Conversation(
        conversation.flow,
        conversation.to_responder,
        conversation.to_originator,
        lambda t, data: frames.update({t.key: data}),
    )
    (file,) = read(kept)
    assert (file.protocol, file.name, file.to_responder, file.certainty) == (
        "http2",
        "a.exe",
        False,
        Certainty.INSPECTED,
    )
    assert file.sha256 == hashlib.sha256(PROGRAM[:32_000]).hexdigest()
    assert dict(file.facts)["url"] == "http://files.example/files/a.exe"
    assert frames == {file.key: PROGRAM[:32_000]}
    carried = {s.at.frame for s in conversation.to_originator.segments} - {
        conversation.to_originator.segments[0].at.frame
    }
    assert {f.frame for f in file.frames} <= carried


def test_a_web_page_and_a_mail_behind_connect() -> None:
    (file,) = read(talk(*OPENED, *FETCHED))
    assert (file.protocol, file.name, file.sha256, file.to_responder) == ("http", "run.exe", SHA256, False)
    message, body = read(talk(*OPENED, *MAIL))
    assert (message.protocol, message.kind, body.parent) == ("smtp", "message", message.key)
    assert (
        read(talk(*FETCHED, *OPENED, *FETCHED))[0].sha256 == read(talk(*FETCHED, *OPENED, *FETCHED))[1].sha256 == SHA256
    )


def test_a_proxy_that_asks_for_a_password_first() -> None:
    declined = OPENED[0], ("<", b"HTTP/1.1 407 Who?\r\nContent-Length: 3\r\n\r\nno!")
    (page, file) = read(talk(*declined, *OPENED, *FETCHED))
    assert (page.size, file.sha256) == (3, SHA256)


def test_what_is_encrypted_or_unknown_or_too_deep_is_opaque() -> None:
    hello = client_hello("x.example")
    for turns in ((*OPENED, (">", hello)), (*OPENED, ("<", bytes(range(256)))), (*OPENED * (DEEPEST + 1), *FETCHED)):
        (session,) = read(talk(*turns))
        assert (session.protocol, session.certainty) == ("http", Certainty.OPAQUE)
        assert dict(session.facts)["tunnel"] == "CONNECT"


def test_a_gap_inside_is_one_of_the_file() -> None:
    start = sum(len(said) for side, said in OPENED if side == "<") + 3000
    (file,) = read(talk(*OPENED, *FETCHED, gaps=[("<", start, start + 500)]))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)
    assert [h.kind for h in file.hazards] == ["executable"]


def test_what_follows_a_declined_agreement_belongs_to_nothing() -> None:
    declined = ("<", b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    upgrade = (">", b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n")
    for asked in (OPENED[0], upgrade):
        (session,) = read(talk(asked, declined, (">", PROGRAM)))
        assert (session.certainty, session.size, session.to_responder) == (Certainty.PARTIAL, len(PROGRAM), True)
