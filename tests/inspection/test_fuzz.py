"""The fuzz target of the inspection layer on bytes that hypothesis makes."""

from __future__ import annotations

from fuzz.fuzz_inspection import one_input
from hypothesis import example, given, settings
from hypothesis import strategies as st

STARTS = [
    b"RFB 003.008\n\1",
    b"l\0\x0b\0\0\0\0\0\0\0\0\0\x18\0\4\0",
    b"\xc3\0\0\0\1\x08abcdefgh\0\0\x44\x9e",
    b"7z\xbc\xaf\x27\x1c\0\4",
    b"MSCF\0\0\0\0",
    b"\x24\x10-lh5-",
    b"EHLO a\r\nDATA\r\n",
    b"+OK hi\r\n\xf0\x9f\x94\x84RETR 1\r\n\xf0\x9f\x94\x84+OK\r\nSubject: a\r\n\r\n",
    b"* OK hi\r\n\xf0\x9f\x94\x84a FETCH 1 BODY[]\r\n\xf0\x9f\x94\x84* 1 FETCH (BODY[] {9}\r\n",
    b"PK\x03\x04",
    b"%PDF-1.4 obj ",
    b"{\\rtf1 ",
    b"\0\0\0\x40\xfeSMB@\0",
    b"GET / HTTP/1.1\r\n",
    b"\x16\x03\x01",
    b"NICK a\r\nPRIVMSG b :\x01DCC SEND f 1 2 3\x01\r\n",
    b"ActiveMime" + bytes(40) + b"\x78\x9c",
    b"<?mso-application ?><w:a xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'>",
    b"ID;P\nC;X1;E",
    b"=ybegin line=128 size=3 name=a\r\n",
    b"(This file must be converted with BinHex 4.0)\r\n:",
    b"\x80\0\0\x40\0\0\0\1\0\0\0\0\0\0\0\2\0\1\x86\xa3\0\0\0\3\0\0\0\7",
]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=1), st.sampled_from(STARTS), st.binary(max_size=300))
@example(b"", b"", b"")
def test_any_bytes(choice: bytes, start: bytes, rest: bytes) -> None:
    one_input(choice + start + rest)
