"""PDF: actions and embedded files wherever they hide, and nothing where there is none."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.actions import JavaScript

from tests.inspection.content.building import kinds, look
from tests.inspection.talk import conversations
from zoneguard.inspection import Budget
from zoneguard.inspection.content._pdf_filters import undo
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(300)


def pdf(*objects: bytes, trailer: bytes = b"<< /Root 1 0 R >>") -> bytes:
    body = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    for number, content in enumerate(objects, 1):
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    return body + b"trailer\n" + trailer + b"\nstartxref\n0\n%%EOF\n"


def stream(dictionary: bytes, data: bytes, deflate: bool = True) -> bytes:
    raw = zlib.compress(data) if deflate else data
    extra = b" /Filter /FlateDecode" if deflate else b""
    return b"<< " + dictionary + extra + b" /Length %d >>\nstream\n" % len(raw) + raw + b"\nendstream"


def object_stream(*objects: tuple[int, bytes]) -> bytes:
    header, body = b"", b""
    for number, content in objects:
        header += b"%d %d " % (number, len(body))
        body += content + b"\n"
    return stream(b"/Type /ObjStm /N %d /First %d" % (len(objects), len(header)), header + body)


def test_plain_document_is_inspected() -> None:
    seen = look(
        pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages >>", stream(b"", b"BT (Hello) Tj ET")), "a.pdf"
    )
    assert (seen.media_type, seen.hazards, seen.certainty) == ("application/pdf", (), Certainty.INSPECTED)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<< /S /JavaScript /JS (app.alert(1)) >>", "pdf-javascript"),
        (b"<< /S /J#61vaScript /#4A#53 (x) >>", "pdf-javascript"),
        (b"<< /S /Launch /F (cmd.exe) >>", "pdf-launch"),
        (b"<</S/Launch/F(cmd.exe)>>", "pdf-launch"),
        (b"<< /AA << /O 5 0 R >> >>", "pdf-open-action"),
        (b"<< /OpenAction << /S /URI /URI (http://x) >> >>", "pdf-open-action"),
        (b"<< /Subtype /RichMedia >>", "pdf-rich-media"),
        (b"<< /AcroForm << /XFA 5 0 R >> >>", "pdf-xfa"),
        (b"<< /S /SubmitForm >>", "pdf-submit"),
        (b"<< /S /GoToR /F (\\\\\\\\host\\\\share) >>", "external-relationship"),
    ],
)
def test_hazards_in_plain_and_in_compressed_objects(content: bytes, kind: str) -> None:
    (hazard, *_) = look(pdf(b"<< /Type /Catalog >>", content), "a.pdf").hazards
    assert (hazard.kind, hazard.where) == (kind, "object 2")
    (hazard, *_) = look(pdf(object_stream((7, b"<< /A 1 >>"), (8, content))), "a.pdf").hazards
    assert (hazard.kind, hazard.where) == (kind, "object 8 in object stream 1")


@pytest.mark.parametrize(
    "content",
    [
        b"<< /Title (about /JavaScript and \\( /Launch) >>",
        b"<< /A 1 >> % /JavaScript",
        b"<< /JavaScriptX 1 /OpenActions 2 >>",
        b"<< /OpenAction [3 0 R /Fit] >>",
        b"<< /OpenAction << /S /GoTo /D [3 0 R /XYZ] >> >>",
        stream(b"", b"/JavaScript /Launch"),
    ],
)
def test_no_hazard_where_there_is_none(content: bytes) -> None:
    assert look(pdf(content), "a.pdf").hazards == ()


def test_open_action_elsewhere_is_judged_by_what_it_is() -> None:
    assert look(pdf(b"<< /OpenAction 2 0 R >>", b"<< /S /GoTo /D [1 0 R /Fit] >>"), "a.pdf").hazards == ()
    assert look(pdf(b"<< /OpenAction 2 0 R >>", b"[1 0 R /Fit]"), "a.pdf").hazards == ()
    assert "pdf-open-action" in kinds(look(pdf(b"<< /OpenAction 2 0 R >>", b"<< /S /JavaScript /JS (x) >>"), "a.pdf"))
    assert "pdf-open-action" in kinds(look(pdf(b"<< /OpenAction 9 0 R >>"), "a.pdf"))


def test_embedded_file_is_opened() -> None:
    seen = look(pdf(b"<< /Names << /EmbeddedFiles 2 0 R >> >>", stream(b"/Type /EmbeddedFile", PROGRAM)), "a.pdf")
    assert kinds(seen) == ["embedded-file", "executable"]
    assert seen.members[0].content.data == PROGRAM


def test_a_file_is_opened_though_its_stream_does_not_say_what_it_is() -> None:
    attached = b"<< /Type /Annot /Subtype /FileAttachment /FS << /F (a) /EF << /F 2 0 R >> >> >>"
    seen = look(pdf(attached, stream(b"", PROGRAM)), "a.pdf")
    assert kinds(seen) == ["embedded-file", "executable"]
    assert [h.where for h in seen.hazards] == ["object 1", "object 2"]
    lost = look(pdf(b"<< /EF << /F 9 0 R >> >>"), "a.pdf")
    assert (kinds(lost), lost.certainty) == (["embedded-file"], Certainty.PARTIAL)


def test_a_file_that_was_written_twice_is_opened_twice() -> None:
    first = pdf(b"<< /EF << /F 2 0 R >> >>", stream(b"", PROGRAM))
    seen = look(first + b"2 0 obj\n" + stream(b"", b"text") + b"\nendobj\n%%EOF\n", "a.pdf")
    assert [m.content.data for m in seen.members] == [PROGRAM, b"text"]


def lzw(data: bytes) -> bytes:
    """Nothing but literals, and a clear before the codes would grow."""
    codes = [c for i, byte in enumerate(data) for c in ((256, byte) if i % 200 == 0 else (byte,))] + [257]
    bits = "".join(f"{code:09b}" for code in codes)
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def runs(data: bytes) -> bytes:
    return (
        b"".join(bytes((len(data[i : i + 128]) - 1,)) + data[i : i + 128] for i in range(0, len(data), 128)) + b"\x80"
    )


@pytest.mark.parametrize(
    ("names", "pack"),
    [
        (b"/ASCIIHexDecode", lambda d: d.hex().encode() + b">"),
        (b"/ASCII85Decode", lambda d: base64.a85encode(d) + b"~>"),
        (b"[/ASCII85Decode /FlateDecode]", lambda d: base64.a85encode(zlib.compress(d), wrapcol=70) + b"~>"),
        (b"[/AHx /Fl]", lambda d: zlib.compress(d).hex().encode() + b">"),
        (b"/RunLengthDecode", runs),
        (b"/LZWDecode", lzw),
    ],
)
def test_filters_are_undone(names: bytes, pack: Callable[[bytes], bytes]) -> None:
    held = pack(PROGRAM)
    seen = look(pdf(b"<< /Type /EmbeddedFile /Filter " + names + b" >>\nstream\n" + held + b"\nendstream"), "a.pdf")
    assert [m.content.data for m in seen.members] == [PROGRAM]
    assert "executable" in kinds(seen)


@given(st.binary(max_size=400))
def test_what_was_packed_comes_back(data: bytes) -> None:
    for name, packed in (
        ("A85", base64.a85encode(data)),
        ("RL", runs(data)),
        ("LZW", lzw(data)),
        ("AHx", data.hex().encode()),
    ):
        assert undo(packed, [name], Budget()).data == data


@given(st.sampled_from(["A85", "RL", "LZW", "AHx", "Fl"]), st.binary(max_size=200))
def test_any_bytes_are_undone_or_said_to_be_damaged(name: str, data: bytes) -> None:
    undo(data, [name, name], Budget())


def test_lzw_with_codes_that_grow_is_what_others_read() -> None:
    packed = bytes.fromhex("800b6050220c0c8501")  # the example of ISO 32000-1, 7.4.4.2
    assert undo(packed, ["LZWDecode"], Budget()).data == bytes([45, 45, 45, 45, 45, 65, 45, 45, 45, 66])


def test_object_inside_of_stream_data_is_found() -> None:
    hidden = b"\n7 0 obj\n<< /S /Launch >>\nendobj\n"
    assert kinds(look(pdf(stream(b"", b"x" * 50 + hidden, deflate=False)), "a.pdf")) == ["pdf-launch"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"(\n", b"\n)"),
        (b"% ", b""),
        (b"8 0 obj << /Length 1 >> stream \n(", b"\nendstream endobj )"),
    ],
    ids=["string", "comment", "stream"],
)
def test_object_that_a_reader_finds_by_its_offset(before: bytes, after: bytes) -> None:
    hidden = b"7 0 obj << /S /JavaScript /JS (x) >> endobj"
    assert kinds(look(pdf(b"<< >>") + before + hidden + after, "a.pdf")) == ["pdf-javascript"]


def test_encrypted_document_is_opaque() -> None:
    seen = look(pdf(b"<< /Type /Catalog >>", trailer=b"<< /Root 1 0 R /Encrypt 5 0 R >>"), "a.pdf")
    assert kinds(seen) == ["encrypted"]
    assert seen.certainty is Certainty.OPAQUE


ALGORITHMS = ("RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256")


def written(algorithm: str = "", user: str = "") -> bytes:
    """A page, a script and an attachment, as another implementation writes them."""
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.add_open_action(JavaScript("app.alert(1)"))
    writer.add_attachment("run.exe", PROGRAM)
    if algorithm:
        writer.encrypt(user, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_another_implementation_writes() -> None:
    seen = look(written(), "a.pdf")
    assert {"pdf-javascript", "embedded-file", "executable"} == set(kinds(seen))
    plain = PdfWriter()
    plain.add_blank_page(72, 72)
    out = io.BytesIO()
    plain.write(out)
    seen = look(out.getvalue(), "a.pdf")
    assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_document_that_opens_without_a_password_is_read(algorithm: str) -> None:
    seen = look(written(algorithm), "a.pdf")
    assert {"pdf-javascript", "embedded-file", "executable"} == set(kinds(seen))
    assert (seen.certainty, seen.members[0].content.data) == (Certainty.INSPECTED, PROGRAM)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_document_that_needs_a_password_is_opaque(algorithm: str) -> None:
    seen = look(written(algorithm, "secret"), "a.pdf")
    assert "encrypted" in kinds(seen)
    assert (seen.certainty, "executable" in kinds(seen)) == (Certainty.OPAQUE, False)


def test_two_encryption_dictionaries_are_not_believed() -> None:
    made = written("AES-128")
    assert look(made + b"trailer << /Encrypt 99 0 R >>", "a.pdf").certainty is Certainty.OPAQUE
    number = re.search(rb"/Encrypt (\d+) 0 R", made)
    assert number is not None
    assert look(made + number[1] + b" 0 obj << /Filter /Standard >> endobj", "a.pdf").certainty is Certainty.OPAQUE


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_change_of_the_encryption_is_survived(data: st.DataObject) -> None:
    made = bytearray(LOCKED)
    start = LOCKED.index(b"/Filter /Standard")
    for _ in range(data.draw(st.integers(1, 6))):
        made[data.draw(st.integers(max(0, start - 400), min(len(made) - 1, start + 900)))] = data.draw(
            st.integers(0, 255)
        )
    look(bytes(made), "a.pdf")


LOCKED = written("AES-128")


def test_object_stream_that_cannot_be_read_is_partial() -> None:
    broken = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nnot deflate\nendstream"
    assert look(pdf(broken), "a.pdf").certainty is Certainty.PARTIAL
    foreign = b"<< /Type /ObjStm /Filter /DCTDecode >>\nstream\nxx\nendstream"
    assert look(pdf(foreign), "a.pdf").certainty is Certainty.PARTIAL


def test_header_may_come_late() -> None:
    assert look(b"junk" * 200 + pdf(b"<< >>"), "a.pdf").media_type == "application/pdf"


@pytest.mark.parametrize(
    "hostile",
    [
        b"(" * 300_000,
        b"<<" * 300_000,
        b"/" * 500_000,
        b"stream\n" * 100_000,
        b"1 0 obj " * 100_000,
        b"1 " * 400_000,
        b"(\\" * 300_000,
        b"(" * 200_000 + b"1 0 obj" + b")" * 200_000,
        b"% 1 0 obj " * 50_000,
    ],
)
def test_hostile_documents_end_in_time(hostile: bytes) -> None:
    look(b"%PDF-1.7\n1 0 obj" + hostile, "a.pdf")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"/JS",
                b"(",
                b")",
                b"<<",
                b">>",
                b"\\",
                b"stream\n",
                b"endstream",
                b"1 0 obj ",
                b"/ObjStm ",
                b"/First 9 ",
                b"/OpenAction ",
                b"5 0 R",
                b"%",
                b"\n",
                b"/#4",
                b"/Encrypt",
                b"x",
            ]
        ),
        max_size=40,
    ).map(b"".join)
)
def test_any_tokens_never_raise(body: bytes) -> None:
    look(b"%PDF-1.4\nobj " + body, "a.pdf")


@pytest.mark.corpus
def test_document_of_the_corpus() -> None:
    (conversation,) = conversations("suricata__filemagic-flowbits__pdf-dl.pcap")
    body = conversation.to_originator.data
    assert look(body[body.index(b"%PDF") :], "a.pdf", whole=False).media_type == "application/pdf"
