"""The parts of a message: where they are, what they are called, what they hold."""

from __future__ import annotations

from email.header import Header
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP as SMTP_POLICY
from email.policy import compat32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneguard.inspection.mime import Message, Part, decode, read_entity, read_message
from zoneguard.inspection.mime.structure import MAX_PARTS


def leaf(raw: bytes) -> Part:
    (part,) = read_message(raw).parts
    return part


def contents(raw: bytes, message: Message | None = None) -> list[bytes]:
    parts = (message or read_message(raw)).parts
    return [decode(raw[p.start : p.end], p.encoding).data for p in parts]


names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Zs")), min_size=1, max_size=60
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, st.binary(max_size=3000)), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_attachments_written_by_the_standard_library_come_back(files: list[tuple[str, bytes]], newline: str) -> None:
    message = EmailMessage()
    message.set_content("本文\n", charset="utf-8")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    raw = message.as_bytes(policy=SMTP_POLICY.clone(linesep=newline))
    parts = read_message(raw).parts
    assert contents(raw)[1:] == [data for _, data in files]
    assert [p.name for p in parts[1:]] == [name for name, _ in files]
    assert [p.attached for p in parts] == [False] + [True] * len(files)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=plain.txt", "plain.txt"),
        ('attachment; filename="semi;colon \\"quoted\\".txt"', 'semi;colon "quoted".txt'),
        ("attachment; filename*=UTF-8''%E5%A0%B1%E5%91%8A.docx", "報告.docx"),
        ("attachment; filename*=iso-2022-jp'ja'%1B%24B%4A%73%39%70%1B%28B.xls", "報告.xls"),
        ("attachment; filename*=Shift_JIS'ja'%95%F1%8D%90.xls", "報告.xls"),
        ("attachment; filename*0=\"first-\"; filename*1=\"second\"; filename*2=\".exe\"", "first-second.exe"),
        ("attachment; filename*0*=utf-8''%E5%A0; filename*1*=%B1; filename*2=.doc", "報.doc"),
        ("attachment; filename*1=b; filename*0=a", "ab"),
        ("attachment;\r\n\tfilename=\"=?ISO-2022-JP?B?GyRCSnM5cBsoQi5kb2M=?=\"", "報告.doc"),
        ("attachment; filename=\"=?Shift_JIS?Q?=95=F1=8D=90.doc?=\"", "報告.doc"),
        ("attachment; filename=\"=?utf-8?B?5aCx?= =?utf-8?B?5ZGK?=\"", "報告"),
        ("attachment; filename=\"=?utf-8?B?5aA=?=\r\n =?utf-8?B?sQ==?=.doc\"", "報.doc"),
        ("attachment; filename=unclosed\"quote", 'unclosed"quote'),
        ("attachment; filename=\"no end", "no end"),
        ("attachment; filename*=nonsense''%41%", "A%"),
        ("attachment; filename=a.txt; filename=b.exe", "a.txt"),
    ],
)  # fmt: skip
def test_names(header: str, name: str) -> None:
    raw = f"Content-Type: application/octet-stream\r\nContent-Disposition: {header}\r\n\r\nx".encode()
    assert leaf(raw).name == name


@pytest.mark.parametrize(
    ("codec", "text"), [("cp932", "見積①.xls"), ("utf-8", "見積①.xls"), ("iso2022_jp", "見積.xls")]
)
def test_names_in_raw_eight_bit_and_jis(codec: str, text: str) -> None:
    raw = b'Content-Disposition: attachment; filename="' + text.encode(codec) + b'"\r\n\r\nx'
    assert leaf(raw).name == text


def test_iso_2022_jp_with_the_characters_that_the_standard_does_not_have() -> None:
    circled = b"\x1b$B-!\x1b(B"  # NEC row 13, first character
    raw = (
        b"Content-Disposition: attachment; filename*=iso-2022-jp''"
        + b"".join(b"%%%02X" % b for b in circled)
        + b"\r\n\r\nx"
    )
    assert leaf(raw).name == "①"


def test_legacy_writer_with_encoded_words_in_the_name() -> None:
    message = MIMEMultipart()
    message.attach(MIMEText("本文", _charset="iso-2022-jp"))
    part = MIMEApplication(b"\x00\x01")
    part.add_header("Content-Disposition", "attachment", filename=Header("添付ファイル.doc", "iso-2022-jp").encode())
    message.attach(part)
    raw = message.as_bytes(policy=compat32.clone(linesep="\r\n"))
    body, attachment = read_message(raw).parts
    assert body.charset == "iso-2022-jp"
    assert attachment.name == "添付ファイル.doc"
    assert contents(raw)[1] == b"\x00\x01"


def test_nested_message_and_multiparts() -> None:
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("inner text\n")
    inner.add_attachment(b"\x00inner", maintype="application", subtype="x-a", filename="inner.bin")
    outer = EmailMessage()
    outer.set_content("outer text\n")
    outer.add_alternative("<p>outer</p>\n", subtype="html")
    outer.add_attachment(inner, filename="forwarded.eml")
    raw = outer.as_bytes(policy=SMTP_POLICY)
    parts = read_message(raw).parts
    assert [(p.path, p.within, p.media_type) for p in parts] == [
        ("1.1.1", "", "text/plain"),
        ("1.1.2", "", "text/html"),
        ("1.2", "", "message/rfc822"),
        ("1.2.1.1", "1.2", "text/plain"),
        ("1.2.1.2", "1.2", "application/x-a"),
    ]
    assert contents(raw)[4] == b"\x00inner"
    assert raw[parts[2].start : parts[2].end].startswith(b"Subject: inner")


def test_part_ends_before_the_line_end_of_the_boundary() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n--b  \r\n\r\ntwo\n--b--\r\n"
    assert contents(raw) == [b"one\r\n", b"two"]


def test_boundary_that_begins_like_another() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
        b"--bb\r\n\r\ninner\r\n--bb--\r\n--b\r\n\r\nouter\r\n--b--\r\n"
    )
    assert contents(raw) == [b"inner", b"outer"]


def test_text_that_looks_like_a_boundary_is_text() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx --b\r\n--bc\r\n--b\r\n\r\ny\r\n--b--\r\n"
    assert contents(raw) == [b"x --b\r\n--bc", b"y"]


def test_missing_close_and_last_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\ncut"
    assert contents(raw) == [b"one", b"cut"]


def test_wrong_boundary_is_found_and_doubted() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=wrong\r\n\r\n"
        b"--right\r\nContent-Type: a/b; name=x.exe\r\n\r\nMZ\r\n--right--\r\n"
    )
    message = read_message(raw)
    assert [p.name for p in message.parts] == ["x.exe"]
    assert message.doubts == (("1", "the boundary is not the announced one"),)


def test_headers_given_twice_are_doubted() -> None:
    raw = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx"
    assert leaf(raw).doubts == ("content-type is given twice",)


def test_two_names_with_different_endings_are_doubted() -> None:
    raw = b'Content-Type: a/b; name="a.txt"\r\nContent-Disposition: attachment; filename="a.exe"\r\n\r\nx'
    assert leaf(raw).doubts == ("two names: a.exe and a.txt",)


def test_long_text_outside_all_parts_is_a_part() -> None:
    hidden = b"hidden " * 200
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + hidden + b"\r\n--b\r\n\r\none\r\n--b--\r\n" + hidden
    assert [c.strip() for c in contents(raw)] == [hidden.strip(), b"one", hidden.strip()]


def test_no_header_at_all_is_a_body() -> None:
    assert contents(b"just some text\nwithout headers\n") == [b"just some text\nwithout headers\n"]
    assert contents(b"\r\nbody") == [b"body"]
    assert contents(b"") == [b""]


def test_uploaded_form() -> None:
    raw = (
        b'--f\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--f\r\nContent-Disposition: form-data; name="file"; filename="\xe5\xa0\xb1.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--f--\r\n"
    )
    message = read_entity(raw, 'multipart/form-data; boundary="f"')
    assert [(p.field_name, p.name, p.attached) for p in message.parts] == [
        ("note", "", False),
        ("file", "報.pdf", True),
    ]
    assert contents(raw, message) == [b"hello", b"%PDF"]


def test_parts_and_depth_are_bounded() -> None:
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * (MAX_PARTS + 500)
    message = read_message(many)
    assert len(message.parts) == MAX_PARTS
    assert message.unread
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(500))
    assert read_message(deep).unread
    enclosed = b"Content-Type: message/rfc822\r\n\r\n" * 500
    assert read_message(enclosed).unread


@pytest.mark.parametrize(
    "hostile",
    [
        b"Content-Type: (" + b"(" * 200_000 + b"\r\n\r\n",
        b"Content-Type: a/b" + b";" * 200_000 + b"\r\n\r\n",
        b"Content-Type: a/b; " + b"x*" * 100_000 + b"\r\n\r\n",
        b'Content-Type: a/b; x="' + b"\\" * 200_000 + b"\r\n\r\n",
        b"Subject: " + b"=?a?b?" * 40_000 + b"\r\n\r\n",
        b"Subject: " + b"=?" * 100_000 + b"\r\n\r\n",
        b"Subject: " + b"=?utf-7?Q?" + b"+" * 200_000 + b"?=\r\n\r\n",
        b"a:" * 100_000,
        b"\n".join([b"a:b"] * 60_000),
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a" * 300_000,
        b"Content-Type: multipart/mixed\r\n\r\n" + b"--a\r\n" * 200_000,
        b"begin 644 x\n" * 100_000,
    ],
)  # fmt: skip
def test_hostile_messages_end_in_time(hostile: bytes) -> None:
    message = read_message(hostile)
    message.headers.text("subject")
    contents(hostile, message)


PIECES = [
    b"\r\n",
    b"\n",
    b"--a",
    b"--a--\r\n",
    b"Content-Type: multipart/mixed; boundary=a\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename*0*=x'y'%1B$B; filename*1=z\r\n",
    b"=?iso-2022-jp?B?",
    b"?=",
    b"begin 644 a\n",
    b"#AAA\n",
    b"end\n",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                PIECES
            ),
        ),
        max_size=25,
    ).map(b"".join)
)  # fmt: skip
def test_any_bytes_never_raise_and_parts_lie_within(raw: bytes) -> None:
    message = read_message(raw)
    message.headers.text("subject")
    for part in message.parts:
        assert 0 <= part.top <= part.start <= part.end <= len(raw)
        decode(raw[part.start : part.end], part.encoding)
