"""A file written where a protocol says something else, or nothing: somebody has to say that it is there."""

from __future__ import annotations

import base64
import random

import pytest

from tests.inspection.talk import talk
from zoneguard.dynamic.looking import Reader
from zoneguard.inspection import Protocol
from zoneguard.inspection.recognising import PROTOCOLS
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.plugins import of_type

PROGRAM = b"MZ\x90\0" + random.Random(6).randbytes(70_000)
ARMOURED = base64.encodebytes(PROGRAM)
Turn = tuple[str, bytes]

FTP = (
    ("<", b"220 FTP ready\r\n"),
    (">", b"USER a\r\n"),
    ("<", b"331 who\r\n"),
    (">", b"PASS b\r\n"),
    ("<", b"230 ok\r\n"),
)
BYE = (">", b"QUIT\r\n"), ("<", b"221 bye\r\n")
GREETING = ("<", b"220 x ESMTP\r\n"), (">", b"EHLO a\r\n"), ("<", b"250 x\r\n")
ENVELOPE = (
    (">", b"MAIL FROM:<a@b>\r\n"), ("<", b"250 x\r\n"), (">", b"RCPT TO:<a@b>\r\n"), ("<", b"250 x\r\n"),
    (">", b"DATA\r\n"), ("<", b"354 go\r\n"),
)  # fmt: skip
TAKEN = ("<", b"250 taken\r\n")
MAIL = (*GREETING, *ENVELOPE, (">", b"Subject: x\r\n\r\nhi\r\n.\r\n"), TAKEN)
ASKED = (">", b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")


def lines(text: bytes, prefix: bytes) -> bytes:
    return b"".join(prefix + line + b"\r\n" for line in text.split())


def http2(*frames: tuple[int, int, bytes]) -> bytes:
    return b"".join(len(d).to_bytes(3, "big") + bytes([kind, 0]) + n.to_bytes(4, "big") + d for kind, n, d in frames)


def mail(content: bytes) -> tuple[Turn, ...]:
    return (*GREETING, *ENVELOPE, (">", content + b"\r\n.\r\n"), TAKEN, *BYE)


HIDDEN: dict[str, tuple[Turn, ...]] = {
    "ftp, from the client": (*FTP, (">", PROGRAM + b"\r\n"), ("<", b"500 no\r\n"), *BYE),
    "ftp, from the server": (*FTP, ("<", PROGRAM), *BYE),
    "ftp, in a long answer": (*FTP, (">", b"STAT /x\r\n"), ("<", b"211-x\r\n" + ARMOURED + b"211 end\r\n"), *BYE),
    "ftp, in answers to nothing": (*FTP, ("<", lines(ARMOURED, b"200 ")), *BYE),
    "ftp, in commands that do nothing": (*FTP, (">", lines(ARMOURED, b"NOOP ")), ("<", b"200 ok\r\n"), *BYE),
    "mail, from the client behind the mail": (*MAIL, (">", PROGRAM), ("<", b"500 x\r\n")),
    "mail, behind the end": (*MAIL, *BYE, (">", PROGRAM)),
    "mail, from the server": (*MAIL, ("<", PROGRAM)),
    "mail, in a greeting": (*GREETING[:2], ("<", lines(ARMOURED, b"250-") + b"250 x\r\n"), *MAIL[3:]),
    "mail, in commands that do nothing": (*MAIL, (">", lines(ARMOURED, b"NOOP ")), ("<", b"250 x\r\n"), *BYE),
    "mail, in one that is long": (*MAIL, (">", b"RSET " + ARMOURED[:4000].replace(b"\n", b"") + b"\r\n"), *BYE),
    "mail, instead of a mail": (*GREETING, (">", PROGRAM), *BYE),
    "mail, in its headers": mail(b"Subject: x\r\nX-A: " + lines(ARMOURED, b" ") + b"\r\nhi"),
    "mail, in its text": mail(b"Subject: x\r\n\r\nhi\r\n" + lines(ARMOURED, b"")),
    "mail, in its text on one line": mail(b"Subject: x\r\n\r\nhi " + ARMOURED.replace(b"\n", b"") + b" there"),
    "a text": (("<", b"hello\r\n" + lines(ARMOURED, b"")),),
    "web, a document": (
        ASKED,
        ("<", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"),
        ("<", b'{"file": "' + ARMOURED.replace(b"\n", b"") + b'"}'),
    ),
    "web, in a header": (ASKED, ("<", b"HTTP/1.1 200 OK\r\nX: " + ARMOURED[:90_000].replace(b"\n", b"") + b"\r\n"
                                 b"Content-Length: 2\r\n\r\nok")),
    "web, behind an answer": (ASKED, ("<", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + PROGRAM)),
    "web 2, in frames of no known kind": (
        (">", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2((4, 0, b""))),
        ("<", http2((4, 0, b""), (99, 0, PROGRAM))),
    ),
    "web 2, in a stream that nobody opened": (
        (">", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2((4, 0, b""))),
        ("<", http2((4, 0, b""), (0, 7, PROGRAM))),
    ),
    "talk": ((">", b"NICK a\r\nUSER a b c d\r\n"), ("<", b":s 001 a :hi\r\n"), (">", lines(ARMOURED, b"PRIVMSG x :"))),
    "a screen that was declined": (
        (">", b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"),
        ("<", b"\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\3\0\x08\0\5\0\0\0"),
        ("<", PROGRAM),
    ),
    "a share's session": (
        (">", b"\0" + (64 + len(PROGRAM)).to_bytes(3, "big") + b"\xfeSMB@\0" + bytes(58) + PROGRAM),
        ("<", b"\0\0\0\x80\xfeSMB@\0" + bytes(10) + b"\1" + bytes(111)),
    ),
    "a share's empty message": (
        (">", b"\0\0\0\x80\xfeSMB@\0" + bytes(122) + b"\x85" + len(PROGRAM).to_bytes(3, "big") + PROGRAM),
        ("<", b"\0\0\0\x80\xfeSMB@\0" + bytes(10) + b"\1" + bytes(111)),
    ),
}  # fmt: skip


def read(*turns: Turn) -> list[Transfer] | None:
    found = Reader(of_type(PROTOCOLS, Protocol)).look(talk(*turns))
    return None if found is None else list(found)


@pytest.mark.parametrize("where", HIDDEN)
def test_it_is_found_or_something_is_said_to_be_unread(where: str) -> None:
    transfers = read(*HIDDEN[where])
    if transfers is None:  # a flow that no protocol recognises is told as such
        return
    found = any(hazard.kind == "executable" for t in transfers for hazard in t.hazards)
    unread = [t for t in transfers if t.certainty is not Certainty.INSPECTED]
    assert found or unread
    side = max(HIDDEN[where], key=lambda turn: len(turn[1]))[0] == ">"
    assert found or any(t.to_responder is side or t.certainty is Certainty.OPAQUE for t in unread)


@pytest.mark.parametrize("said", [(*FTP, *BYE), (*MAIL, *BYE), (*GREETING, *BYE)], ids=["ftp", "mail", "no mail"])
def test_of_the_same_without_it_nothing_is_said(said: tuple[Turn, ...]) -> None:
    transfers = read(*said)
    assert transfers is not None
    assert all(t.certainty is Certainty.INSPECTED for t in transfers)


def test_an_interrupted_transfer_and_an_unknown_command_are_ordinary() -> None:
    odd = (">", b"\xff\xf4\xff\xf2ABOR\r\n"), ("<", b"226 ok\r\n"), (">", b"XYZZY\r\n"), ("<", b"500 what\r\n")
    transfers = read(*FTP, *odd, *BYE)
    assert transfers is not None
    assert [t.certainty for t in transfers] == [Certainty.INSPECTED]


def test_a_password_of_several_lines_is_no_command() -> None:
    asked = (">", b"AUTH LOGIN\r\n"), ("<", b"334 VXNlcg==\r\n"), (">", b"YQ==\r\n"), ("<", b"334 UGFzcw==\r\n")
    transfers = read(*GREETING, *asked, (">", b"A" * 12_000 + b"\r\n"), ("<", b"235 ok\r\n"), *BYE)
    assert transfers == []


def test_a_text_with_a_key_or_a_short_token_in_it_holds_no_file() -> None:
    key = b"-----BEGIN CERTIFICATE-----\r\n" + base64.encodebytes(b"\x30\x82" + bytes(range(200))) + b"-----END\r\n"
    transfers = read(*mail(b"Subject: x\r\n\r\n" + key + base64.b64encode(PROGRAM[:30])))
    assert transfers is not None
    assert [(t.kind, t.certainty) for t in transfers] == [
        ("message", Certainty.INSPECTED),
        ("body", Certainty.INSPECTED),
    ]
