"""SMB 1: old and new commands for opening, reading and writing, chains, reused numbers."""

from __future__ import annotations

import hashlib
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import talk
from zoneguard.inspection.protocols.smb import PLUGIN
from zoneguard.model.flows import Certainty, Transfer

TEXT = b"the quick brown fox\n" * 30
UNICODE, ANSWER = 0x8000, 0x80
Turns = list[tuple[str, bytes]]


def message(command: int, words: bytes, data: bytes, *, answer: bool = False, mid: int = 1, status: int = 0) -> bytes:
    flags = ANSWER if answer else 0
    header = b"\xffSMB" + struct.pack("<BIBHH8sHHHHH", command, status, flags, UNICODE, 0, bytes(8), 0, 1, 1, 1, mid)
    body = header + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data
    return struct.pack(">I", len(body)) + body


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def tree() -> Turns:
    return [
        (">", message(0x75, b"\xff\0\0\0" + struct.pack("<HH", 0, 1), b"\0" + wide(r"\\fs\pub") + b"?????\0")),
        ("<", message(0x75, b"\xff\0\0\0" + bytes(2), b"A:\0", answer=True)),
    ]


def create(name: str, size: int, action: int, kind: int = 0, mid: int = 2) -> Turns:
    answer = b"\xff\0\0\0\0" + struct.pack("<HI32sIQQHHB", 0x4000, action, bytes(32), 0x20, size, size, kind, 0, 0)
    return [
        (
            ">",
            message(
                0xA2, b"\xff\0\0\0\0" + struct.pack("<H", len(wide(name)) - 2) + bytes(41), b"\0" + wide(name), mid=mid
            ),
        ),
        ("<", message(0xA2, answer, b"", answer=True, mid=mid)),
    ]


def read_x(offset: int, data: bytes, mid: int) -> Turns:
    words = b"\xff\0\0\0" + struct.pack("<HIHHIH", 0x4000, offset, len(data), 0, 0, 0)
    reply = b"\xff\0\0\0" + struct.pack("<HHHHHH8s", 0xFFFF, 0, 0, len(data), 32 + 1 + 24 + 2, 0, bytes(8))
    return [(">", message(0x2E, words, b"", mid=mid)), ("<", message(0x2E, reply, data, answer=True, mid=mid))]


def write_x(offset: int, data: bytes, mid: int, status: int = 0) -> Turns:
    head = struct.pack("<HIIHHHHHI", 0x4000, offset & 0xFFFFFFFF, 0, 0, 0, 0, len(data), 32 + 1 + 28 + 2, offset >> 32)
    return [
        (">", message(0x2F, b"\xff\0\0\0" + head, data, mid=mid)),
        ("<", message(0x2F, b"\xff\0\0\0" + bytes(8), b"", answer=True, mid=mid, status=status)),
    ]


def close(mid: int = 9) -> Turns:
    return [
        (">", message(0x04, struct.pack("<HI", 0x4000, 0), b"", mid=mid)),
        ("<", message(0x04, b"", b"", answer=True, mid=mid)),
    ]


def inspect(*turns: tuple[str, bytes]) -> list[Transfer]:
    conversation = talk(*turns, mss=300)
    assert PLUGIN.recognise(conversation) > 0.9
    return list(PLUGIN.inspect(conversation))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_file_read_with_one_number_used_again_and_again() -> None:
    halves = [*read_x(0, TEXT[:300], 3), *read_x(300, TEXT[300:], 3)]
    (file,) = inspect(*tree(), *create("\\dir\\a.txt", len(TEXT), 1), *halves)
    assert (file.name, file.sha256, file.to_responder) == ("a.txt", sha256(TEXT), False)
    assert dict(file.facts)["path"] == r"\\fs\pub\dir\a.txt"


def test_file_written_and_closed() -> None:
    turns = [*tree(), *create("b.txt", 0, 2), *write_x(300, TEXT[300:], 3), *write_x(0, TEXT[:300], 4), *close()]
    (file,) = inspect(*turns)
    assert (file.sha256, file.to_responder, file.certainty) == (sha256(TEXT), True, Certainty.INSPECTED)
    (declined,) = inspect(*tree(), *create("b.txt", 0, 2), *write_x(0, TEXT, 3, status=0xC0000022), *close())
    assert declined.refused


def test_old_commands() -> None:
    open_words = b"\xff\0\0\0" + bytes(26)
    open_reply = b"\xff\0\0\0" + struct.pack("<HHIIHHHHIHH", 0x4000, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0)
    framed = b"\1" + struct.pack("<H", len(TEXT)) + TEXT
    turns = [
        *tree(),
        (">", message(0x2D, open_words, b"\0" + wide("old.txt"), mid=2)),
        ("<", message(0x2D, open_reply, b"", answer=True, mid=2)),
        (">", message(0x0B, struct.pack("<HHIH", 0x4000, len(TEXT), 0, 0), framed, mid=3)),
        ("<", message(0x0B, struct.pack("<H", len(TEXT)), b"", answer=True, mid=3)),
        (">", message(0x0A, struct.pack("<HHIH", 0x4000, len(TEXT), 0, 0), b"", mid=4)),
        ("<", message(0x0A, struct.pack("<H8s", len(TEXT), bytes(8)), framed, answer=True, mid=4)),
        *close(),
    ]
    read, written = inspect(*turns)
    assert (written.name, written.sha256) == ("old.txt", sha256(TEXT))
    assert read.size == len(TEXT)


def test_pipes_are_no_files_and_answers_alone_are_said() -> None:
    assert inspect(*tree(), *create("srvsvc", 0, 1, kind=2), *write_x(0, TEXT, 3), *close()) == []
    (unclaimed,) = PLUGIN.inspect(talk(*(t for t in read_x(0, TEXT, 3) if t[0] == "<")))
    assert (unclaimed.kind, unclaimed.certainty) == ("session", Certainty.PARTIAL)
    (sent,) = PLUGIN.inspect(talk(*(t for t in write_x(0, TEXT, 3) if t[0] == ">")))
    assert (sent.size, sent.sha256) == (len(TEXT), "")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_or_order_never_raises(data: st.DataObject) -> None:
    turns = [*tree(), *create("b.txt", 0, 2), *write_x(0, TEXT, 3), *read_x(0, TEXT, 4), *close()]
    changed = []
    for side, said in data.draw(st.permutations(turns)):
        raw = bytearray(said)
        for _ in range(data.draw(st.integers(0, 2))):
            raw[data.draw(st.integers(0, min(len(raw), 100) - 1))] = data.draw(st.integers(0, 255))
        changed.append((side, bytes(raw)))
    list(PLUGIN.inspect(talk(*changed)))
