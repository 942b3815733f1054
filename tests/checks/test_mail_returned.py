"""ZG211: a mail that goes out again, and one that stays."""

from __future__ import annotations

from pathlib import Path

from scapy.packet import Packet

from tests.checks.town import Town, session

ANSWERS = b"220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
LETTER = b"Dear all, here is the letter that was asked for, at some length, so that it is unlike others.\r\n"


def mail(src: str, dst: str, body: bytes, header: bytes = b"") -> list[Packet]:
    text = (
        b"EHLO gw\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"
        + header
        + b"Subject: s\r\n\r\n"
        + body
        + b"\r\n.\r\n"
    )
    return session(src, dst, 25, text, ANSWERS)


def returned(tmp_path: Path, *mails: list[Packet]) -> int:
    return len(Town(tmp_path, captures={"internet": [p for m in mails for p in m]}).findings("ZG211"))


IN = mail("198.51.100.7", "10.30.0.25", LETTER)


def test_the_same_body_out_again_is_found_under_other_headers(tmp_path: Path) -> None:
    out = mail("10.30.0.25", "198.51.100.99", LETTER, b"Received: by gw\r\n")
    assert returned(tmp_path, IN, out) == 1


def test_another_body_or_the_other_order_is_none(tmp_path: Path) -> None:
    out = mail("10.30.0.25", "198.51.100.99", LETTER.replace(b"Dear", b"Hello"))
    same = mail("10.30.0.25", "198.51.100.99", LETTER)
    assert not returned(tmp_path, IN, out)
    assert not returned(tmp_path, same, IN)


def test_short_bodies_do_not_tell(tmp_path: Path) -> None:
    assert not returned(tmp_path, mail("198.51.100.7", "10.30.0.25", b"ok"), mail("10.30.0.25", "198.51.100.99", b"ok"))
