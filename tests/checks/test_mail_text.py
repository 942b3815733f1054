"""ZG201: text, HTML, an attachment, and what cannot be read."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

HELLO = b"EHLO gw\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"
ANSWERS = b"220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"


def verdicts(tmp_path: Path, content: bytes, to: str = "10.20.0.25", answers: bytes = ANSWERS) -> list[Verdict]:
    mail = HELLO + content + b"\r\n.\r\n"
    town = Town(tmp_path, captures={"lgwan": session("10.40.0.10", to, 2525, mail, answers)})
    return [f.verdict for f in town.findings("ZG201")]


def test_a_mail_of_plain_text_is_quiet(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, b"Subject: x\r\n\r\nhello")


def test_html_is_more_than_text(tmp_path: Path) -> None:
    assert verdicts(tmp_path, b"Content-Type: text/html\r\n\r\n<p>hello") == [Verdict.VIOLATES]


def test_an_attachment_is_found_whatever_the_port(tmp_path: Path) -> None:
    content = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"hi\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
        b"%PDF-1.4\r\n--b--"
    )
    assert verdicts(tmp_path, content) == [Verdict.VIOLATES]
    assert not verdicts(tmp_path, content, to="10.40.0.25")


def test_an_encrypted_session_is_undetermined(tmp_path: Path) -> None:
    request = b"EHLO gw\r\nSTARTTLS\r\n" + b"\x16\x03\x01\x00\x05hello"
    answers = b"220 hi\r\n250 STARTTLS\r\n220 go\r\n" + b"\x16\x03\x03\x00\x05hello"
    town = Town(tmp_path, captures={"lgwan": session("10.40.0.10", "10.20.0.25", 25, request, answers)})
    assert [f.verdict for f in town.findings("ZG201")] == [Verdict.UNDETERMINED]


def test_a_mail_that_leaves_may_have_attachments_but_no_hazard(tmp_path: Path) -> None:
    def leaving(profile: str, name: bytes, content: bytes) -> list[str]:
        mail = (
            (
                HELLO + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=" + name
            )
            + b"\r\n\r\n"
            + content
            + b"\r\n--b--\r\n.\r\n"
        )
        capture = {"internet": session("10.40.0.10", "10.30.0.25", 25, mail, ANSWERS)}
        return [f.aspect for f in Town(tmp_path, captures=capture, profile=profile).findings("ZG201")]

    assert not leaving("yokote", b"a.txt", b"hello")
    assert leaving("yokote", b"a.vbs", b'CreateObject("WScript.Shell").Run "calc"') == ["export"]
    assert not leaving("setagaya", b"a.vbs", b'CreateObject("WScript.Shell").Run "calc"')


def attached(kind: str, content: bytes, name: str = "") -> bytes:
    """A mail with a text and one more part."""
    head = f"Content-Type: {kind}" + (f'; name="{name}"' if name else "")
    return (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"hi\r\n--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--b--"
    )


@pytest.mark.parametrize(
    "content",
    [
        attached("application/ms-tnef", b"\x78\x9f\x3e\x22\x01\x00", "winmail.dat"),
        attached("message/rfc822", b"Subject: y\r\nContent-Type: text/html\r\n\r\n<p>x</p>"),
        attached("text/plain", b"x", "a.txt"),
        attached("text/plain", b"<html><body>x</body></html>"),
        attached("text/calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR"),
        b"Subject: x\r\n\r\nsee\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n",
        b"Subject: x\r\n\r\nsee\r\n=ybegin line=128 size=3 name=a.txt\r\n\x8b\x8c\x8d\r\n=yend size=3\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"MZ\x90\0" * 40),
    ],
    ids=["tnef", "message", "named", "html-inside", "calendar", "uuencode", "yenc", "program"],
)
def test_whatever_is_more_than_text_is_found(tmp_path: Path, content: bytes) -> None:
    assert verdicts(tmp_path, content) == [Verdict.VIOLATES]


@pytest.mark.parametrize(
    ("charset", "codec"), [("iso-2022-jp", "iso2022_jp"), ("shift_jis", "cp932"), ("utf-8", "utf-8")]
)
@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_text_in_the_encodings_of_japanese_mailers_is_quiet(
    tmp_path: Path, charset: str, codec: str, encoding: str
) -> None:
    text = "補助金の件、begin と書いた本文です。\r\n".encode(codec)
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    assert not verdicts(tmp_path, head + (base64.encodebytes(text) if encoding == "base64" else text))
