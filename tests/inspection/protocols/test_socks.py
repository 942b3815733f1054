"""SOCKS: what goes on behind the agreement is read; what cannot be is said."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.protocols.test_inside import FETCHED, SHA256, read
from tests.inspection.protocols.test_smuggled import MAIL, PROGRAM
from tests.inspection.talk import client_hello, talk
from zoneguard.inspection.protocols.socks import PLUGIN
from zoneguard.model.flows import Certainty

Turns = list[tuple[str, bytes]]
HOST = b"\x03\x0bexample.com\x00\x50"
FOUR = (b"\x04\x01\x00\x50\x0a\x00\x00\x02me\0", b"\0\x5a" + bytes(6))
FOUR_A = (b"\x04\x01\x00\x50\0\0\0\x01me\0example.com\0", b"\0\x5a" + bytes(6))


def five(answer: int = 0, command: int = 1, address: bytes = HOST, password: bool = False) -> Turns:
    asked = [(">", b"\x05\x02\x00\x02"), ("<", b"\x05\x02" if password else b"\x05\x00")]
    asked += [(">", b"\x01\x02me\x03you"), ("<", b"\x01\x00")] if password else []
    return [*asked, (">", bytes((5, command, 0)) + address), ("<", bytes((5, answer, 0, 1)) + bytes(6))]


def four(turns: tuple[bytes, bytes]) -> Turns:
    return [(">", turns[0]), ("<", turns[1])]


@pytest.mark.parametrize(
    ("turns", "target", "version"),
    [
        (five(), "example.com:80", 5),
        (five(password=True), "example.com:80", 5),
        (five(address=b"\x01\x0a\0\0\2\0\x50"), "10.0.0.2:80", 5),
        (five(address=b"\x04" + bytes(15) + b"\x01\0\x50"), "[::1]:80", 5),
        (four(FOUR), "10.0.0.2:80", 4),
        (four(FOUR_A), "example.com:80", 4),
    ],
)
def test_what_goes_on_is_read(turns: Turns, target: str, version: int) -> None:
    session, file = read(talk(*turns, *FETCHED))
    assert (file.protocol, file.name, file.sha256) == ("http", "run.exe", SHA256)
    assert "executable" in {h.kind for h in file.hazards}
    assert (session.protocol, session.certainty) == ("socks", Certainty.INSPECTED)
    assert dict(session.facts) == {"tunnel": f"SOCKS {version}", "target": target}
    assert "smtp" in {t.protocol for t in read(talk(*turns, *MAIL))}


def test_what_is_encrypted_or_unknown_is_opaque() -> None:
    for rest in ((">", client_hello("x.example")), ("<", bytes(range(256))), ("<", PROGRAM)):
        (session,) = read(talk(*five(), rest))
        assert session.certainty is Certainty.OPAQUE
    (relayed,) = read(talk(*five(command=3)))
    assert relayed.certainty is Certainty.OPAQUE


def test_what_was_declined_or_unused_carried_nothing() -> None:
    declined = [(">", b"\x05\x01\x00"), ("<", b"\x05\xff")]
    for turns in (five(answer=5), five(), declined, [(">", FOUR[0]), ("<", b"\0\x5b" + bytes(6))]):
        (session,) = read(talk(*turns))
        assert session.certainty is Certainty.INSPECTED
        (session, *_) = read(talk(*turns, (">", PROGRAM)))
        assert session.certainty is Certainty.OPAQUE


def test_a_gap_is_said() -> None:
    found = read(talk(*five(), *FETCHED, gaps=[("<", 3, 5)]))
    assert Certainty.INSPECTED not in {t.certainty for t in found}
    start = sum(len(data) for side, data in five() if side == "<") + 3000
    _, file = read(talk(*five(), *FETCHED, gaps=[("<", start, start + 100)]))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)


def test_others_are_not_recognised() -> None:
    for turns in (FETCHED, MAIL, [(">", b"\x05\x01\x00")], [(">", b"\x04\x01"), ("<", b"\0\x5a" + bytes(6))]):
        assert PLUGIN.recognise(talk(*turns)) == 0


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([b"\x04", b"\x05\x01\x00", b""]))
def test_any_bytes_never_raise(up: bytes, down: bytes, start: bytes) -> None:
    conversation = talk((">", start + up), ("<", down))
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    assert all(len(hashlib.sha256(t.key.encode()).digest()) for t in PLUGIN.inspect(conversation))
