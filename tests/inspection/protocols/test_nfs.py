"""NFS: calls and answers that scapy builds, over TCP with record marks and over UDP."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.nfs import (
    CREATE_Call,
    CREATE_Reply,
    Fattr3,
    File_Object,
    LOOKUP_Call,
    LOOKUP_Reply,
    Object_Name,
    READ_Call,
    READ_Reply,
    WRITE_Call,
    WRITE_Reply,
)
from scapy.contrib.oncrpc import RPC, RPC_Call, RPC_Reply

from tests.inspection.protocols.test_datagrams import stream
from tests.inspection.talk import flow, talk
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols.nfs import PLUGIN
from zoneguard.model.flows import Certainty, Transfer

FILE = bytes(range(256)) * 40 + b"end"
DIRECTORY, HANDLE = b"D" * 28, b"F" * 32
Message = tuple[str, bytes]


def handle(value: bytes) -> Any:
    return File_Object(length=len(value), fh=value)


def name(value: str) -> Any:
    data = value.encode()
    return Object_Name(length=len(data), _name=data, fill=bytes(-len(data) % 4))


def call(number: int, procedure: int, body: Any, **more: Any) -> Message:
    return ">", bytes(RPC(xid=number, mtype=0) / RPC_Call(procedure=procedure, aflavor=0, **more)) + bytes(body)


def answer(number: int, body: Any) -> Message:
    return "<", bytes(RPC(xid=number, mtype=1) / RPC_Reply()) + bytes(body)


def looked_up(number: int = 1, path: str = "report.docx") -> list[Message]:
    found = LOOKUP_Reply(filehandle=handle(HANDLE))
    return [call(number, 3, LOOKUP_Call(dir=handle(DIRECTORY), filename=name(path))), answer(number, found)]


def read(data: bytes = FILE, size: int = 4096, told: int | None = None) -> list[Message]:
    out: list[Message] = []
    for number, at in enumerate(range(0, len(data), size), 10):
        piece = data[at : at + size]
        got = READ_Reply(
            attributes_follow=1, attributes=Fattr3(size=len(data) if told is None else told), count=len(piece),
            eof=at + size >= len(data), data_length=len(piece), data=piece, fill=bytes(-len(piece) % 4),
        )  # fmt: skip
        out += [call(number, 6, READ_Call(filehandle=handle(HANDLE), offset=at, count=size)), answer(number, got)]
    return out


def written(data: bytes = FILE, size: int = 4096, status: int = 0) -> list[Message]:
    out: list[Message] = []
    for number, at in enumerate(range(0, len(data), size), 50):
        piece = data[at : at + size]
        put = WRITE_Call(
            filehandle=handle(HANDLE), offset=at, count=len(piece), length=len(piece), contents=piece,
            fill=bytes(-len(piece) % 4),
        )  # fmt: skip
        reach = Fattr3(size=at + len(piece))
        out += [call(number, 7, put), answer(number, WRITE_Reply(status=status, af_after=1, attributes_after=reach))]
    return out


def created() -> list[Message]:
    made = CREATE_Reply(handle_follows=1, filehandle=handle(HANDLE))
    return [call(2, 8, CREATE_Call(dir=handle(DIRECTORY), filename=name("new.bin"))), answer(2, made)]


def tcp(messages: Sequence[Message]) -> Conversation:
    marked = [(side, (len(m) | 1 << 31).to_bytes(4, "big") + m) for side, m in messages]
    return talk(*marked)


def udp(messages: Sequence[Message]) -> Conversation:
    up, down = ([m for s, m in messages if s == side] for side in "><")
    return Conversation(replace(flow(), proto=17), stream(up, True), stream(down, False))


def files(conversation: Conversation) -> list[Transfer]:
    assert PLUGIN.recognise(conversation) > 0.9
    return [t for t in PLUGIN.inspect(conversation) if t.kind == "file"]


@pytest.mark.parametrize("over", [tcp, udp])
def test_a_file_that_is_read_has_its_name_hash_and_direction(over: Any) -> None:
    (file,) = files(over([*looked_up(), *read()]))
    assert (file.name, file.sha256, file.to_responder) == ("report.docx", hashlib.sha256(FILE).hexdigest(), False)
    assert dict(file.facts)["operation"] == "read"


@pytest.mark.parametrize("over", [tcp, udp])
def test_a_file_that_is_written_goes_the_other_way(over: Any) -> None:
    (file,) = files(over([*created(), *written()]))
    assert (file.name, file.sha256, file.to_responder) == ("new.bin", hashlib.sha256(FILE).hexdigest(), True)


def test_a_mount_gives_the_path_its_root() -> None:
    mount = call(5, 1, name("/export"), program=100005)
    root = answer(5, b"\0\0\0\0" + bytes(handle(DIRECTORY)))
    (file,) = files(tcp([mount, root, *looked_up(), *read()]))
    assert dict(file.facts)["path"] == "/export/report.docx"


@pytest.mark.parametrize(
    "messages",
    [read(told=len(FILE) + 1), read()[:-2], [*read()[:2], *read()[4:]], written()[2:], written()[:-1]],
    ids=["longer than what was read", "end missing", "hole", "beginning missing", "last answer missing"],
)
def test_what_is_not_whole_is_not_asserted(messages: list[Message]) -> None:
    (file,) = files(tcp(messages))
    assert (file.sha256, file.certainty is Certainty.INSPECTED) == ("", False)


def test_a_write_that_was_declined_is_refused() -> None:
    (file,) = files(tcp([*created(), *written(status=13)]))
    assert file.refused


def test_answers_without_their_calls_may_have_carried_anything() -> None:
    messages = [*looked_up(), read()[1]]
    (session,) = PLUGIN.inspect(tcp(messages))
    assert (session.kind, session.certainty) == ("session", Certainty.PARTIAL)


@pytest.mark.parametrize("more", [{"pversion": 4}, {"aflavor": 6}])
def test_what_is_of_version_4_or_protected_is_opaque(more: dict[str, Any]) -> None:
    if "aflavor" in more:
        message = bytearray(call(1, 6, READ_Call(filehandle=handle(HANDLE)))[1])
        message[24:28] = (6).to_bytes(4, "big")
    else:
        message = bytearray(call(1, 1, b"\0" * 40, **more)[1])
    (session,) = PLUGIN.inspect(tcp([(">", bytes(message)), answer(1, b"\0" * 400)]))
    assert (session.kind, session.certainty) == ("session", Certainty.OPAQUE)


def test_bytes_that_are_no_messages_are_said() -> None:
    conversation = tcp(read())
    spoilt = replace(conversation.to_originator, data=conversation.to_originator.data + b"\x80\0\0\x10garbage")
    transfers = list(PLUGIN.inspect(replace(conversation, to_originator=spoilt)))
    assert [t.certainty for t in transfers if t.kind == "session"] == [Certainty.PARTIAL]


def test_other_programs_are_none_of_it() -> None:
    assert PLUGIN.recognise(tcp([call(1, 3, b"", program=100099)])) == 0.0
    assert PLUGIN.recognise(talk((">", b"GET / HTTP/1.1\r\n\r\n"))) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=8), st.booleans())
def test_no_change_makes_it_fail(at: int, change: bytes, datagrams: bool) -> None:
    messages = [*looked_up(), *created(), *read(FILE[:600], 300), *written(FILE[:600], 300)]
    joined = [(side, m[:at] + change + m[at + len(change) :]) for side, m in messages]
    conversation = (udp if datagrams else tcp)(joined)
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    transfers = list(PLUGIN.inspect(conversation))
    assert len({t.key for t in transfers}) == len(transfers)
