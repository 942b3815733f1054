"""IRC and the files that DCC sends, from either side."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.talk import flow, talk
from zoneguard.inspection import Conversation
from zoneguard.inspection.joining import name_data_connections
from zoneguard.inspection.protocols.irc import PLUGIN
from zoneguard.inspection.protocols.raw import PLUGIN as RAW
from zoneguard.model.addresses import parse_address
from zoneguard.model.flows import Certainty, Transfer

HELLO = (">", b"CAP LS 302\r\nNICK me\r\nUSER me 0 * :Me\r\n"), ("<", b":irc.example 001 me :Welcome\r\n")
HERE = int(parse_address("10.0.0.1"))
CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def offer(side: str, port: int, host: str = str(HERE), name: str = "a.png", token: str = "") -> tuple[str, bytes]:
    end = f" {token}" if token else ""
    return side, f":x!x@x PRIVMSG me :\x01DCC SEND {name} {host} {port} {len(CONTENT)}{end}\x01\r\n".encode()


def data(port: int, *, waiting_sends: bool) -> Conversation:
    """A connection to 10.0.0.1 of ``port``, where somebody waits, on which a file goes and is counted."""
    end = len(CONTENT).to_bytes(4, "big")
    turns = [("<", CONTENT), (">", end)] if waiting_sends else [(">", CONTENT), ("<", end)]
    made = talk(*turns)
    of = replace(flow(dport=port, src="10.0.0.9"), dst=parse_address("10.0.0.1"))
    streams = (replace(s, flow=of) for s in (made.to_responder, made.to_originator))
    up, down = streams
    return Conversation(of, up, down)


def named(*conversations: Conversation) -> list[Transfer]:
    session, *files = conversations
    assert PLUGIN.recognise(session) > 0.5
    seen = [*PLUGIN.inspect(session), *(t for f in files for t in RAW.inspect(f))]
    return [t for t in name_data_connections(seen) if t.kind == "file"]


@pytest.mark.parametrize("name", ["a.png", '"a b.png"', "見積.png"])
def test_a_file_has_the_name_under_which_it_was_offered(name: str) -> None:
    (file,) = named(talk(*HELLO, offer("<", 5000, name=name)), data(5000, waiting_sends=True))
    assert (file.protocol, file.name) == ("dcc", name.strip('"'))
    assert (file.sha256, file.to_responder) == (hashlib.sha256(CONTENT).hexdigest(), False)


def test_where_the_receiver_waits_the_file_goes_to_it() -> None:
    session = talk(*HELLO, offer("<", 0, token="77"), offer(">", 5001, token="77"))
    (file,) = named(session, data(5001, waiting_sends=False))
    assert (file.name, file.to_responder) == ("a.png", True)


def test_another_end_point_or_direction_is_not_what_was_offered() -> None:
    session = talk(*HELLO, offer("<", 5000))
    assert [f.name for f in named(session, data(5002, waiting_sends=True))] == [""]
    assert [f.name for f in named(session, data(5000, waiting_sends=False))] == [""]


def test_what_is_said_is_not_read() -> None:
    for session in (talk(*HELLO), talk(*HELLO, gaps=[(">", 5, 9)])):
        (said,) = PLUGIN.inspect(session)
        assert said.certainty is Certainty.OPAQUE


def test_a_mailbox_is_not_taken_for_irc() -> None:
    assert PLUGIN.recognise(talk(("<", b"+OK hi\r\n"), (">", b"USER me\r\n"), ("<", b"+OK\r\n"))) == 0.0


@pytest.mark.parametrize("host", ["99999999999999", "nowhere", "1.2.3"])
def test_an_end_point_that_is_none_is_passed_over(host: str) -> None:
    (session,) = PLUGIN.inspect(talk(*HELLO, offer("<", 5000, host=host)))
    assert session.facts == ()


def test_other_talk_is_not_irc() -> None:
    assert PLUGIN.recognise(talk((">", b"EHLO a\r\n"), ("<", b"220 hi\r\n"))) == 0.0
    assert PLUGIN.recognise(talk()) == 0.0


@given(st.binary(max_size=200))
def test_any_bytes_never_raise(rest: bytes) -> None:
    conversation = talk(*HELLO, (">", b"PRIVMSG a :\x01DCC SEND " + rest))
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    assert len(list(PLUGIN.inspect(conversation))) == 1
