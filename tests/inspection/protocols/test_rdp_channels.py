"""RDP without encryption: what went by the clipboard and by devices is carved; what cannot be read is said."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.protocols.test_rdp import chunk, confirm, device_list, initial, request, response
from tests.inspection.talk import talk
from zoneguard.inspection.protocols.rdp import PLUGIN
from zoneguard.model.flows import Certainty, Transfer

PROGRAM = b"MZ" + bytes(range(256)) * 40
CLIPBOARD, DEVICES, DYNAMIC = 1004, 1005, 1006
Turns = list[tuple[str, bytes]]


def session(*turns: tuple[str, bytes], level: int = 0) -> list[Transfer]:
    """The screen, then what its channels carried."""
    asked = initial(b"cliprdr", b"rdpdr", b"drdynvc")
    answered = response(CLIPBOARD, DEVICES, DYNAMIC, level=level)
    conversation = talk((">", request()), ("<", confirm()), (">", asked), ("<", answered), *turns)
    screen, *rest = PLUGIN.inspect(conversation)
    assert screen.kind == "screen"
    return [screen, *rest]


def said(side: str, channel: int, message: bytes, flags: int = 0) -> tuple[str, bytes]:
    """A message in chunks of at most 1,600 bytes, as clients and servers cut it."""
    cut = [message[i : i + 1600] for i in range(0, len(message), 1600)] or [b""]
    kind = 0x64 if side == ">" else 0x68
    marks = [flags | (i == 0) | (i == len(cut) - 1) << 1 for i in range(len(cut))]
    return side, b"".join(
        chunk(channel, piece, kind, mark, len(message)) for piece, mark in zip(cut, marks, strict=True)
    )


def other(side: str) -> str:
    return "<" if side == ">" else ">"


def clip(kind: int, body: bytes, flags: int = 0) -> bytes:
    return struct.pack("<HHI", kind, flags, len(body)) + body


def utf16(text: str, size: int = 0) -> bytes:
    return text.encode("utf-16-le").ljust(size, b"\0")


def short_list(*formats: tuple[int, str]) -> bytes:
    return clip(2, b"".join(struct.pack("<I", number) + utf16(name, 32) for number, name in formats))


def long_list(*formats: tuple[int, str]) -> bytes:
    return clip(2, b"".join(struct.pack("<I", number) + utf16(name) + b"\0\0" for number, name in formats))


def pasted(side: str, number: int, body: bytes, offered: bytes, channel: int = CLIPBOARD) -> Turns:
    """One side offers, the other asks for a format and gets it."""
    return [
        said(side, channel, offered),
        said(other(side), channel, clip(4, struct.pack("<I", number))),
        said(side, channel, clip(5, body, 1)),
    ]


def described(*files: tuple[str, int]) -> bytes:
    entries = b"".join(
        struct.pack("<I", 0x40) + bytes(60) + struct.pack("<II", 0, size) + utf16(name, 520) for name, size in files
    )
    return struct.pack("<I", len(files)) + entries


def fetched(side: str, stream: int, file: int, offset: int, data: bytes, what: int = 2) -> Turns:
    wanted = struct.pack("<IIIIII", stream, file, what, offset, 0, len(data))
    return [
        said(other(side), CLIPBOARD, clip(8, wanted)),
        said(side, CLIPBOARD, clip(9, struct.pack("<I", stream) + data, 1)),
    ]


@pytest.mark.parametrize("side", "><")
@pytest.mark.parametrize(
    ("offered", "number", "body", "media_type", "content"),
    [
        (short_list((13, "")), 13, utf16("回覧\0"), "text/plain", "回覧".encode()),
        (long_list((1, "")), 1, b"memo\0", "text/plain", b"memo"),
        (long_list((0xC004, "Rich Text Format")), 0xC004, rb"{\rtf1 a}" + b"\0", "text/rtf", rb"{\rtf1 a}"),
        (short_list((0xC00D, "HTML Format")), 0xC00D, b"<html><script>x()</script>", "text/html", b""),
    ],
)
def test_what_is_pasted_is_carved(
    side: str, offered: bytes, number: int, body: bytes, media_type: str, content: bytes
) -> None:
    screen, text = session(*pasted(side, number, body, offered))
    assert "clipboard" in [h.kind for h in screen.hazards]
    assert (text.kind, text.media_type, text.certainty) == ("body", media_type, Certainty.INSPECTED)
    assert text.to_responder == (side == ">")
    assert text.sha256 == hashlib.sha256(content or body).hexdigest()
    assert [h.kind for h in text.hazards] == (["active-html"] if media_type == "text/html" else [])


def test_a_bitmap_is_a_picture() -> None:
    bitmap = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 24, 0, 16, 0, 0, 0, 0) + bytes(16)
    _, picture = session(*pasted("<", 8, bitmap, short_list((8, ""))))
    assert (picture.media_type, picture.certainty, picture.hazards) == ("image/bmp", Certainty.INSPECTED, ())


@pytest.mark.parametrize("side", "><")
def test_files_that_are_pasted_are_put_together(side: str) -> None:
    offer = pasted(side, 0xC0BC, described(("run.exe", len(PROGRAM)), ("b.txt", 3)),
                   long_list((0xC0BC, "FileGroupDescriptorW")))  # fmt: skip
    ranges = [turn for i in (0, 4000, 8000) for turn in fetched(side, 5 + i, 0, i, PROGRAM[i : i + 4000])]
    size = fetched(side, 4, 1, 0, struct.pack("<Q", 3), what=1)
    screen, program, text = session(*offer, *size, *ranges, *fetched(side, 9, 1, 0, b"abc"))[0:3]
    found = {t.name: t for t in (program, text)}
    assert found["run.exe"].sha256 == hashlib.sha256(PROGRAM).hexdigest()
    assert [h.kind for h in found["run.exe"].hazards] == ["executable"]
    assert found["b.txt"].sha256 == hashlib.sha256(b"abc").hexdigest()
    assert {t.to_responder for t in found.values()} == {side == ">"}
    assert "file run.exe" in screen.hazards[0].detail


def test_a_file_of_which_a_range_is_missing_is_partial() -> None:
    offer = pasted("<", 0xC0BC, described(("run.exe", len(PROGRAM))), long_list((0xC0BC, "FileGroupDescriptorW")))
    _, program = session(*offer, *fetched("<", 1, 0, 0, PROGRAM[:4000]))
    assert (program.name, program.certainty, program.sha256) == ("run.exe", Certainty.PARTIAL, "")


def asked(device: int, file: int, completion: int, kind: int, body: bytes) -> tuple[str, bytes]:
    head = struct.pack("<IIIII", device, file, completion, kind, 0)
    return said("<", DEVICES, b"rDRI" + head + body)


def done(device: int, completion: int, body: bytes, status: int = 0) -> tuple[str, bytes]:
    return said(">", DEVICES, b"rDCI" + struct.pack("<III", device, completion, status) + body)


def opened(device: int, path: str, how: int = 2) -> Turns:
    """``how``: 1 opens a file that is there, 2 makes one."""
    name = utf16(path + "\0")
    body = struct.pack("<IQIIIII", 1, 0, 0, 0, how, 0, len(name)) + name
    return [asked(device, 0, 1, 0, body), done(device, 1, struct.pack("<IB", 7, 0))]


def written(device: int, data: bytes, offset: int, completion: int, status: int = 0) -> Turns:
    body = struct.pack("<IQ", len(data), offset) + bytes(20) + data
    return [asked(device, 7, completion, 4, body), done(device, completion, struct.pack("<IB", len(data), 0), status)]


def read(device: int, data: bytes, offset: int, completion: int, wanted: int) -> Turns:
    body = struct.pack("<IQ", wanted, offset) + bytes(20)
    return [asked(device, 7, completion, 3, body), done(device, completion, struct.pack("<I", len(data)) + data)]


def closed(device: int) -> Turns:
    return [asked(device, 7, 99, 2, bytes(32)), done(device, 99, bytes(5))]


OFFERED = said(">", DEVICES, device_list(8, 4))


def test_a_file_written_to_a_drive_goes_to_the_client() -> None:
    turns = [*opened(0, r"\dir\run.exe"), *written(0, PROGRAM[:5000], 0, 2), *written(0, PROGRAM[5000:], 5000, 3)]
    screen, program = session(OFFERED, *turns, *closed(0))
    assert (program.name, program.sha256) == ("run.exe", hashlib.sha256(PROGRAM).hexdigest())
    assert (program.to_responder, program.certainty) == (False, Certainty.INSPECTED)
    assert dict(program.facts)["path"] == r"\\tsclient\NAME\dir\run.exe"
    assert ("drive-redirection", "drive, printer") in [(h.kind, h.detail) for h in screen.hazards]
    _, renamed = session(
        OFFERED,
        *turns,
        asked(0, 7, 50, 6, struct.pack("<II", 10, 28) + bytes(24) + struct.pack("<BBI", 0, 0, 14) + utf16(r"\no.exe")),
        done(0, 50, bytes(4)),
        *closed(0),
    )
    assert (renamed.name, renamed.sha256) == ("no.exe", program.sha256)


@pytest.mark.parametrize("emptied", [False, True])
def test_a_file_that_is_not_closed_or_was_there_before_is_partial(emptied: bool) -> None:
    empty = [asked(0, 7, 60, 6, struct.pack("<II", 20, 8) + bytes(24) + bytes(8)), done(0, 60, bytes(4))]
    turns = [*opened(0, r"\run.exe", 1), *(empty if emptied else []), *written(0, PROGRAM, 0, 2)]
    _, open_one = session(OFFERED, *turns)
    assert (open_one.certainty, open_one.sha256) == (Certainty.PARTIAL, "")
    _, file = session(OFFERED, *turns, *closed(0))
    assert bool(file.sha256) is emptied


def test_a_file_read_from_a_drive_goes_to_the_server() -> None:
    turns = [*opened(0, r"\run.exe", 1), *read(0, PROGRAM[:8000], 0, 2, 8000), *read(0, PROGRAM[8000:], 8000, 3, 8000)]
    _, program = session(OFFERED, *turns)
    assert (program.to_responder, program.sha256) == (True, hashlib.sha256(PROGRAM).hexdigest())
    _, cut = session(OFFERED, *turns[:-2])
    assert (cut.certainty, cut.sha256) == (Certainty.PARTIAL, "")


def test_what_is_printed_goes_to_the_client_in_the_order_in_which_it_was_sent() -> None:
    turns = [*opened(1, "", 0), *written(1, b"%PDF-1.4\n" + PROGRAM, 0, 2), *written(1, b"%%EOF", 0, 3), *closed(1)]
    _, page = session(OFFERED, *turns)
    assert (page.size, page.to_responder) == (len(PROGRAM) + 14, False)
    assert page.sha256 == hashlib.sha256(b"%PDF-1.4\n" + PROGRAM + b"%%EOF").hexdigest()


def test_a_write_that_the_client_declined_crossed_all_the_same() -> None:
    _, file = session(OFFERED, *opened(0, r"\run.exe"), *written(0, PROGRAM, 0, 2, 0xC0000022), *closed(0))
    assert file.refused
    assert [h.kind for h in file.hazards] == ["executable"]


def dynamic(kind: int, number: int, rest: bytes) -> bytes:
    return bytes((kind << 4, number)) + rest


def opening(name: bytes, status: int = 0) -> Turns:
    return [
        said("<", DYNAMIC, dynamic(1, 3, name + b"\0")),
        said(">", DYNAMIC, dynamic(1, 3, struct.pack("<I", status))),
    ]


def test_a_clipboard_by_a_dynamic_channel_is_read() -> None:
    message = clip(5, utf16("回覧") * 700, 1)
    first = bytes((2 << 4 | 1 << 2, 3)) + struct.pack("<H", len(message)) + message[:1500]
    screen, text = session(
        *opening(b"cliprdr"),
        said("<", DYNAMIC, dynamic(3, 3, short_list((13, "")))),
        said(">", DYNAMIC, dynamic(3, 3, clip(4, struct.pack("<I", 13)))),
        said("<", DYNAMIC, first),
        said("<", DYNAMIC, dynamic(3, 3, message[1500:])),
    )
    assert text.sha256 == hashlib.sha256("回覧".encode() * 700).hexdigest()
    assert ("clipboard", "channel drdynvc, cliprdr") in [(h.kind, h.where) for h in screen.hazards]


@pytest.mark.parametrize(("status", "told"), [(0, ["URBDRC 0/3"]), (0xC0000001, [])])
def test_dynamic_channels_count_unless_declined(status: int, told: list[str]) -> None:
    used = [] if status else [said("<", DYNAMIC, dynamic(3, 3, b"abc"))]
    screen, *_ = session(*opening(b"URBDRC", status), *used)
    assert [h.detail for h in screen.hazards if h.kind == "dynamic-channels"] == told


def test_what_the_server_sends_at_the_low_level_is_in_clear() -> None:
    def low(side: str, message: bytes) -> tuple[str, bytes]:
        header, body = b"\0\0\0\0", struct.pack("<II", len(message), 3) + message
        sent = body if side == "<" else bytes(8) + body
        packet = chunk(CLIPBOARD, b"", 0x68 if side == "<" else 0x64)[:13]
        whole = header + sent if side == "<" else b"\x08\0\0\0" + sent
        payload = packet[4:-1] + struct.pack(">H", 0x8000 | len(whole)) + whole
        return side, b"\x03\0" + struct.pack(">H", len(payload) + 4) + payload

    screen, text = session(
        low("<", short_list((13, ""))), low(">", clip(4, b"\x0d\0\0\0")), low("<", clip(5, utf16("a"), 1)), level=1
    )
    assert (text.to_responder, text.size) == (False, 2)
    assert "clipboard" in [h.kind for h in screen.hazards]
    (encrypted,) = session(low("<", short_list((13, ""))), low("<", clip(5, utf16("a"), 1)), level=2)
    assert encrypted.certainty is Certainty.OPAQUE


def test_compressed_messages_are_not_taken_for_read() -> None:
    (screen,) = session(said(">", DEVICES, device_list(), flags=0x200000))
    assert ("open-channel", "opened as 1005") in [(h.kind, h.detail) for h in screen.hazards]


@pytest.mark.parametrize("hole", [b"?", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_cannot_be_followed_makes_the_session_partial(hole: bytes) -> None:
    screen, *_ = session((">", hole + PROGRAM))
    assert screen.certainty is Certainty.PARTIAL


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_never_raises(data: st.DataObject) -> None:
    turns = [
        *pasted("<", 0xC0BC, described(("run.exe", 9)), long_list((0xC0BC, "FileGroupDescriptorW"))),
        *fetched("<", 1, 0, 0, b"MZ1234567"),
        OFFERED,
        *opened(0, r"\a"),
        *written(0, b"abc", 0, 2),
        *opening(b"x"),
    ]
    changed = []
    for side, message in turns:
        raw = bytearray(message)
        for _ in range(data.draw(st.integers(0, 3))):
            raw[data.draw(st.integers(15, len(raw) - 1))] = data.draw(st.integers(0, 255))
        changed.append((side, bytes(raw)))
    assert session(*changed)
