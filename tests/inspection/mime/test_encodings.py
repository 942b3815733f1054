"""Content transfer encodings, forgiving as mail programs are."""

from __future__ import annotations

import base64
import binascii

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.mime.embedded import _unarmoured
from zoneguard.inspection.mime.encodings import base64_in_lines, decode, uu_files

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def uuencoded(data: bytes, name: bytes = b"file.bin") -> bytes:
    lines = [binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45)]
    return b"begin 644 " + name + b"\n" + b"".join(lines) + b"`\nend\n"


@given(st.binary(max_size=2000))
def test_round_trips(data: bytes) -> None:
    assert decode(base64.encodebytes(data), "base64").data == data
    quoted = binascii.b2a_qp(data, istext=False).replace(b"\n", b"\r\n")
    assert decode(quoted, "quoted-printable").data == data
    if data:
        (found,) = uu_files(b"hello\n" + uuencoded(data) + b"bye\n")
        assert found.decoded.data == data
        assert found.decoded.whole


@given(st.binary(min_size=1, max_size=500), st.binary(max_size=50))
def test_base64_skips_what_is_not_of_its_alphabet(data: bytes, junk: bytes) -> None:
    clean = junk.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    encoded = base64.b64encode(data)
    assert decode(encoded[:3] + clean + encoded[3:], "base64").data == data


def test_base64_without_padding_and_cut_short() -> None:
    assert decode(b"aGVsbG8", "base64").data == b"hello"
    assert decode(b"aGVsbG8", "base64").whole
    cut = decode(b"aGVsb", "base64")
    assert cut.data == b"hel"
    assert not cut.whole


@given(
    st.lists(
        st.sampled_from([b"QUJD", b"QQ==", b"QUI=", b"QR==", b"=", b"\r\n", b"\n", b" ", b"A", b"/+", b"-", b"\0"])
    )
)
def test_base64_is_read_as_the_standard_library_reads_it(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = base64_in_lines(data)
    if found is not None:
        assert found == binascii.a2b_base64(data) == _unarmoured(data)
    elif not data.translate(None, b"\r\n" + ALPHABET):
        assert len(data.translate(None, b"\r\n")) % 4  # it is only cut short


def test_base64_that_goes_on_behind_its_padding_is_doubted() -> None:
    decoded = decode(b"aGVsbG8=\r\n-- \r\nfooter of the list\r\n", "base64")
    assert decoded.data == b"hello"
    assert decoded.problem


def test_uuencoded_text_is_told_from_prose() -> None:
    assert list(uu_files(b"begin 644 with a plan\nThis is prose, not code at all, for sure.\nend\n")) == []
    two = list(uu_files(uuencoded(b"one", b"a.exe") + b"text\n" + uuencoded(b"two", b"\x95\xf1.exe")))
    assert [decode_text(f.name) for f in two] == ["a.exe", "報.exe"]
    cut = next(uu_files(uuencoded(b"x" * 100)[:100]))
    assert not cut.decoded.whole


def test_unknown_encoding_is_said() -> None:
    assert decode(b"x", "x-strange").problem
    assert not decode(b"x", "x-strange").whole


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "punycode", "idna", "\0", "utf-16", "hz"]),
)
def test_any_bytes_in_any_charset_become_text(data: bytes, charset: str) -> None:
    assert isinstance(decode_text(data, charset), str)


def test_japanese_charsets() -> None:
    text = "住民基本台帳ﾃｽﾄ"
    assert decode_text("住民基本台帳".encode("iso2022_jp"), "ISO-2022-JP") == "住民基本台帳"
    assert decode_text("ﾃｽﾄ".encode("iso2022_jp_ext"), "iso-2022-jp") == "ﾃｽﾄ"
    assert decode_text(text.encode("cp932"), "Shift_JIS") == text
    assert decode_text(text.encode("euc_jp"), "EUC-JP") == text
    assert decode_text(text.encode("cp932")) == text
