"""HTTP/2 as a real implementation speaks it."""

from __future__ import annotations

import hashlib

import brotli
import h2.config
import h2.connection
import h2.events
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.talk import talk
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols.http import PLUGIN as HTTP1
from zoneguard.inspection.protocols.http2 import PLUGIN
from zoneguard.model.flows import Certainty, Transfer

PROGRAM = b"MZ" + bytes(range(256)) * 90


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Pair:
    """A client and a server of the library ``h2`` that talk to each other."""

    def __init__(self) -> None:
        self.client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.turns: list[tuple[str, bytes]] = []
        self.client.initiate_connection()
        self.server.initiate_connection()
        self.move()

    def move(self) -> None:
        """Carry what both have to say."""
        for _ in range(2):
            said = self.client.data_to_send()
            if said:
                self.turns.append((">", said))
                self.server.receive_data(said)
            said = self.server.data_to_send()
            if said:
                self.turns.append(("<", said))
                self.client.receive_data(said)

    def ask(self, path: str = "/files/a.exe", method: str = "GET", body: bytes = b"", **headers: str) -> int:
        number = int(self.client.get_next_available_stream_id())
        fields = [(":method", method), (":authority", "files.example"), (":scheme", "http"), (":path", path)]
        fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
        if method == "CONNECT":
            fields = fields[:2]
        self.client.send_headers(number, fields, end_stream=not body and method != "CONNECT")
        if body:
            self._send(self.client, number, body)
        self.move()
        return number

    def answer(self, number: int, body: bytes, status: str = "200", end: bool = True, **headers: str) -> None:
        fields = [(":status", status), *((name.replace("_", "-"), value) for name, value in headers.items())]
        self.server.send_headers(number, fields)
        self._send(self.server, number, body, end=end)
        self.move()

    def _send(self, side: h2.connection.H2Connection, number: int, body: bytes, end: bool = True) -> None:
        for at in range(0, len(body), 5000):
            last = end and at + 5000 >= len(body)
            side.send_data(number, body[at : at + 5000], end_stream=last, pad_length=7)

    def talk(self, **options: object) -> Conversation:
        return talk(*self.turns, **options)  # type: ignore[arg-type]


def inspect(conversation: Conversation) -> list[Transfer]:
    assert PLUGIN.recognise(conversation) > HTTP1.recognise(conversation)
    return list(PLUGIN.inspect(conversation))


def test_downloads_and_uploads_are_files_with_their_names_and_directions() -> None:
    pair = Pair()
    pair.answer(pair.ask("/files/a.exe?token=1"), PROGRAM, content_type="text/plain")
    pair.answer(pair.ask("/in", "POST", b"the report\n", content_type="text/plain"), b"ok\n")
    down, up, reply = inspect(pair.talk())
    assert (down.name, down.sha256, down.to_responder) == ("a.exe", sha256(PROGRAM), False)
    assert dict(down.facts)["url"] == "http://files.example/files/a.exe"
    assert "executable" in {h.kind for h in down.hazards}
    assert (up.sha256, up.to_responder, up.certainty) == (sha256(b"the report\n"), True, Certainty.INSPECTED)
    assert dict(up.facts)["method"] == "POST"
    assert (reply.sha256, dict(reply.facts)["status"]) == (sha256(b"ok\n"), "200")


def test_streams_that_run_into_each_other_are_told_apart() -> None:
    pair = Pair()
    first, second = pair.ask("/a"), pair.ask("/b")
    for number in (first, second):
        pair.server.send_headers(number, [(":status", "200")])
    for at in range(0, len(PROGRAM), 4000):
        for number in (second, first):
            pair.server.send_data(number, PROGRAM[at : at + 4000], end_stream=at + 4000 >= len(PROGRAM))
    pair.move()
    assert [(t.name, t.sha256) for t in inspect(pair.talk())] == [("a", sha256(PROGRAM)), ("b", sha256(PROGRAM))]


def test_encodings_forms_and_pushes_are_read() -> None:
    pair = Pair()
    number = pair.ask("/page")
    pair.server.push_stream(
        number, 2, [(":method", "GET"), (":authority", "files.example"), (":scheme", "http"), (":path", "/pushed.js")]
    )
    pair.answer(number, brotli.compress(PROGRAM), content_encoding="br")
    pair.answer(2, b"alert(1)\n")
    transfers = {t.name: t for t in inspect(pair.talk())}
    assert transfers["page"].sha256 == sha256(PROGRAM)
    assert transfers["pushed.js"].sha256 == sha256(b"alert(1)\n")


def test_a_body_without_its_end_or_of_another_length_is_not_asserted() -> None:
    pair = Pair()
    pair.answer(pair.ask(), PROGRAM, end=False)
    (file,) = inspect(pair.talk())
    assert (file.certainty, file.sha256) == (Certainty.PARTIAL, "")


def test_a_gap_in_a_body_damages_that_body_only() -> None:
    pair = Pair()
    pair.answer(pair.ask("/a"), PROGRAM)
    pair.answer(pair.ask("/b"), PROGRAM)
    said = b"".join(data for side, data in pair.turns if side == "<")
    at = said.index(PROGRAM[:100]) + 10
    first, second = inspect(pair.talk(gaps=[("<", at, at + 50)]))
    assert (first.certainty, first.sha256) == (Certainty.PARTIAL, "")
    assert second.sha256 == sha256(PROGRAM)


def test_behind_a_damaged_header_nothing_is_asserted_and_that_is_said() -> None:
    pair = Pair()
    pair.answer(pair.ask("/a"), PROGRAM)
    pair.answer(pair.ask("/b"), b"next\n")
    said = b"".join(data for side, data in pair.turns if side == "<")
    at = said.index(b"next\n") - 12
    first, lost = inspect(pair.talk(gaps=[("<", at, at + 3)]))
    assert first.sha256 == sha256(PROGRAM)
    assert (lost.kind, lost.certainty, lost.to_responder) == ("session", Certainty.PARTIAL, False)
    assert str(lost.reason).endswith("bytes belong to no HTTP message")


def test_what_connect_opens_is_opaque() -> None:
    pair = Pair()
    number = pair.ask(method="CONNECT")
    pair.answer(number, b"SSH-2.0-x\r\n", end=False)
    pair.client.send_data(number, b"hello")
    pair.move()
    (tunnel,) = inspect(pair.talk())
    assert (tunnel.kind, tunnel.certainty, tunnel.size) == ("session", Certainty.OPAQUE, 16)
    assert str(tunnel.reason).startswith("CONNECT: 5 bytes sent and 11 received")


def test_the_answering_side_alone_is_read() -> None:
    pair = Pair()
    pair.answer(pair.ask(), PROGRAM)
    (file,) = inspect(talk(*((side, data) for side, data in pair.turns if side == "<")))
    assert file.sha256 == sha256(PROGRAM)


@pytest.mark.parametrize("said", [b"", b"PRI * HTTP/2.0\r\n", b"GET / HTTP/1.1\r\n\r\n", bytes(9)])
def test_other_talk_is_not_recognised(said: bytes) -> None:
    assert PLUGIN.recognise(talk((">", said))) == 0.0


_TALK = Pair()
_TALK.answer(_TALK.ask("/a", "POST", b"body"), PROGRAM[:3000], etag="1")


@given(st.lists(st.tuples(st.integers(0, 3200), st.integers(0, 255)), max_size=8), st.integers(0, 3300))
def test_no_bytes_make_it_fail(changes: list[tuple[int, int]], end: int) -> None:
    turns = []
    for side, data in _TALK.turns:
        changed = bytearray(data)
        for at, value in changes:
            if at < len(changed):
                changed[at] = value
        turns.append((side, bytes(changed[:end])))
    for transfer in PLUGIN.inspect(talk(*turns)):
        assert transfer.size >= 0


@pytest.mark.parametrize(
    "flood", [b"\0\0\0\x09\0\0\0\0\x01" * 5000, b"\0\0\0\x01\0\0\0\0\x01" + b"\0\0\0\x09\0\0\0\0\x01" * 500]
)
def test_a_header_without_end_is_given_up_and_said(flood: bytes) -> None:
    (lost,) = PLUGIN.inspect(talk((">", Pair().turns[0][1] + flood)))
    assert (lost.certainty, lost.to_responder) == (Certainty.PARTIAL, True)
