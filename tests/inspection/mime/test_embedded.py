"""yEnc and BinHex in texts: written here by the formats' rules, read back byte for byte."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.content.building import kinds, look
from tests.inspection.talk import talk
from zoneguard.inspection.mime.embedded import text_files
from zoneguard.inspection.protocols.smtp import PLUGIN as SMTP

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 3
DIGITS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def yenc(data: bytes, name: str = "run.exe", line: int = 128) -> bytes:
    out = bytearray()
    for byte in data:
        value = (byte + 42) & 0xFF
        out += bytes((0x3D, (value + 64) & 0xFF)) if value in (0, 10, 13, 0x3D) else bytes((value,))
    lines = b"\r\n".join(out[i : i + line] for i in range(0, len(out), line))
    end = f"\r\n=yend size={len(data)} crc32={zlib.crc32(data):08x}\r\n".encode()
    return f"=ybegin line={line} size={len(data)} name={name}\r\n".encode() + lines + end


def binhex(data: bytes, name: bytes = b"run.exe", resources: bytes = b"") -> bytes:
    head = bytes((len(name),)) + name + b"\0APPLxxxx\0\0" + struct.pack(">II", len(data), len(resources))
    plain = head + struct.pack(">H", binascii.crc_hqx(head + b"\0\0", 0))
    plain += data + struct.pack(">H", binascii.crc_hqx(data + b"\0\0", 0)) + resources + b"\0\0"
    coded = plain.replace(b"\x90", b"\x90\0").replace(b"\0" * 10, b"\0\x90\x0a")
    bits = int.from_bytes(coded, "big") << -len(coded) * 8 % 6
    count = -(-len(coded) * 8 // 6)
    text = bytes(DIGITS[bits >> 6 * (count - 1 - i) & 63] for i in range(count))
    lines = b"\r\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + lines + b":\r\n"


def named_yenc(data: bytes) -> bytes:
    return yenc(data)


@pytest.mark.parametrize("write", [named_yenc, binhex])
def test_files_come_back(write: object) -> None:
    (file,) = text_files(b"see below\r\n\r\n" + write(PROGRAM) + b"bye\r\n")  # type: ignore[operator]
    assert (file.name, file.decoded.data, file.decoded.whole) == (b"run.exe", PROGRAM, True)


@given(st.binary(max_size=600))
def test_any_file_comes_back(data: bytes) -> None:
    assert [f.decoded.data for f in text_files(yenc(data))] == [data]
    assert [f.decoded.data for f in text_files(binhex(data))] == [data]


def test_both_forks_of_binhex_are_read() -> None:
    (file,) = text_files(binhex(b"data", resources=PROGRAM))
    assert file.decoded.data == b"data" + PROGRAM


@pytest.mark.parametrize("write", [named_yenc, binhex])
def test_what_ends_early_is_not_whole(write: object) -> None:
    (file,) = text_files(write(PROGRAM)[:400])  # type: ignore[operator]
    assert not file.decoded.whole
    assert file.decoded.problem


def test_one_part_of_several_is_not_whole() -> None:
    part = yenc(PROGRAM).replace(b"=ybegin line=128", b"=ybegin part=1 total=2 line=128")
    part = part.replace(b"name=run.exe\r\n", b"name=run.exe\r\n=ypart begin=1 end=772\r\n")
    (file,) = text_files(part)
    assert (file.decoded.data, file.decoded.whole) == (PROGRAM, False)


def test_a_program_in_the_text_of_a_mail_is_an_attachment() -> None:
    for written in (yenc(PROGRAM), binhex(PROGRAM)):
        mail = b"From: a@example.jp\r\nSubject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhello\r\n" + written
        stuffed = mail.replace(b"\r\n.", b"\r\n..")
        turns = [
            ("<", b"220 mx ESMTP\r\n"),
            (">", b"EHLO a\r\n"),
            ("<", b"250 ok\r\n"),
            (">", b"DATA\r\n"),
            ("<", b"354 go\r\n"),
        ]
        transfers = list(SMTP.inspect(talk(*turns, (">", stuffed + b".\r\n"), ("<", b"250 ok\r\n"))))
        (attachment,) = (t for t in transfers if t.kind == "attachment")
        assert (attachment.name, attachment.size) == ("run.exe", len(PROGRAM))
        assert [h.kind for h in attachment.hazards] == ["executable"]


def test_a_program_in_a_text_file_and_in_a_stored_mail() -> None:
    assert kinds(look(b"x\r\n" + yenc(PROGRAM), "a.txt")) == ["executable"]
    assert kinds(look(b"x\r\n" + binhex(PROGRAM), "a.hqx")) == ["executable"]
    uu = (
        b"begin 644 run.exe\n"
        + b"".join(binascii.b2a_uu(PROGRAM[i : i + 45]) for i in range(0, len(PROGRAM), 45))
        + b"`\nend\n"
    )
    assert kinds(look(uu, "a.txt")) == ["executable"]
    mail = b"From: a@example.jp\r\nSubject: x\r\nMessage-ID: <a@b>\r\nReceived: x\r\n\r\nhello\r\n" + uu
    assert kinds(look(mail, "a.eml")) == ["executable"]


@pytest.mark.parametrize(
    "text", [b"=ybegin is what yEnc begins with\r\n", b"(This file must be converted with BinHex 4.0)"]
)
def test_prose_about_it_is_prose(text: bytes) -> None:
    assert list(text_files(text)) == []
    assert look(text, "a.txt").hazards == ()


@given(st.lists(st.sampled_from(
    [b"=ybegin line=1 size=3 name=a\r\n", b"=ypart x\r\n", b"=yend\r\n", b"=", b"abc", b"\r\n", b":", b"!!!!",
     b"(This file must be converted with BinHex 4.0)\r\n:"]
), max_size=20).map(b"".join))  # fmt: skip
def test_any_tokens_never_raise(text: bytes) -> None:
    list(text_files(text))


@pytest.mark.parametrize("line", [64, 76, 10_000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_base64_without_a_mark_is_a_file_where_it_begins_as_one(line: int, end: bytes) -> None:
    def text(data: bytes) -> bytes:
        letters = base64.b64encode(data)
        return b"see:" + end + end.join(letters[i : i + line] for i in range(0, len(letters), line)) + end + b"end"

    (found,) = text_files(text(PROGRAM))
    assert found.decoded.data == PROGRAM
    assert not list(text_files(text(bytes(range(255, 0, -1)) * 3)))


def test_base64_that_begins_anew_behind_its_padding_is_one_file() -> None:
    program = PROGRAM * 4
    text = b"".join(base64.b64encode(program[i : i + 1000]) for i in range(0, len(program), 1000))
    (found,) = text_files(text)
    assert found.decoded.data == program
