"""Smaller families, names against content, and what the dispatcher makes of several answers.

Of the families executable, ichitaro, mail, media, odf, smime, text and tnef, which have no file of their own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, vba_project, word, zipped
from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Limits, Recognition
from zoneguard.inspection.content._compressed_rtf import expand as expand_rtf
from zoneguard.inspection.examining import examine
from zoneguard.model.flows import Certainty
from zoneguard.plugins import of_type

PROGRAM = b"MZ\x90\0" + bytes(range(256))


def partition() -> bytes:
    """One entry of a partition table: active, type 7, from sector 2048 on."""
    return b"\x80\0\0\0\x07\0\0\0" + struct.pack("<II", 2048, 4096)


def png(tail: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
        + tail
    )


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (PROGRAM, "a.bin", "executable"),
        (b"\x7fELF\2\1\1" + bytes(60), "", "executable"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(40), "A.class", "executable"),
        (bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(60), "a.lnk", "shortcut"),
        (b"ITSF\3\0\0\0" + bytes(60), "a.chm", "compiled-help"),
        (bytes(0x8001) + b"CD001" + bytes(100), "a.iso", "disk-image"),
        (b"x" * 1000 + b"conectix" + bytes(504), "a.vhd", "disk-image"),
        (b"#!/bin/sh\nrm -rf /\n", "a", "script"),
        (b"MsgBox 1\r\n", "a.vbs", "script"),
        (b"WScript.Echo(1)", "a.js", "script"),
        (b"<html><script>x</script>", "a.hta", "script"),
        (b"[InternetShortcut]\r\nURL=file://x\r\n", "a.url", "shortcut"),
        (bytes(range(200)), "a.scr", "executable"),
        (b"\0\1\0\0Standard ACE DB" + bytes(60), "a.accdb", "active-database"),
        (b"full address:s:evil.example\r\n", "a.rdp", "shortcut"),
        (b"<xsl:stylesheet/>", "a.xsl", "script"),
        (bytes(0x8001) + b"BEA01" + bytes(100), "", "disk-image"),
        (bytes(0x8801) + b"NSR03" + bytes(100), "", "disk-image"),
        (b"vhdxfile" + bytes(600), "", "disk-image"),
        (b"<<< a Disk Image >>>".ljust(0x40, b"\0") + b"\x7f\x10\xda\xbe" + bytes(60), "", "disk-image"),
        (bytes(510) + b"\x55\xaaEFI PART" + bytes(600), "", "disk-image"),
        (bytes(446) + partition() + bytes(48) + b"\x55\xaa" + bytes(600), "", "disk-image"),
        (PROGRAM + b"\xef\xbe\xad\xdeNullsoftInst" + bytes(60), "setup", "installer"),
        (PROGRAM + b"Inno Setup Setup Data (6.2.0)" + bytes(60), "setup", "installer"),
        (PROGRAM + bytes(40) + b".wixburn" + bytes(60), "setup", "installer"),
    ],
)
def test_what_runs(data: bytes, name: str, kind: str) -> None:
    assert kind in kinds(look(data, name))


def test_scripts_by_claimed_type() -> None:
    assert kinds(look(b"alert(1)", "", "text/javascript")) == ["script"]
    assert kinds(look(b"x = 1", "", "application/json")) == []


@pytest.mark.parametrize(
    "data", [bytes(512), bytes(510) + b"\x55\xaa" + bytes(600), b"text about EFI PART and conectix"]
)
def test_what_is_no_disk_image(data: bytes) -> None:
    assert kinds(look(data)) == []


def test_a_mail_body_that_shows_a_script_is_text() -> None:
    assert kinds(look(b"#!/bin/sh\nis the first line\n", "", "text/plain")) == []
    assert kinds(look(b"MZ is how a program begins", "note.txt")) == []


@pytest.mark.parametrize(
    ("data", "name", "detail"),
    [
        (PROGRAM, "report.pdf", "named .pdf, is executable"),
        (b"just text, sorry", "report.pdf", "named .pdf, is text"),
        (bytes([1, 2, 3, 4] * 30), "report.xlsx", "named .xlsx, is something else"),
        (zipped({"a.txt": b"x"}), "report.docx", "named .docx, is archive"),
        (word(), "report.txt", "named .txt, is ooxml"),
    ],
)
def test_names_that_lie(data: bytes, name: str, detail: str) -> None:
    assert detail in [h.detail for h in look(data, name).hazards if h.kind == "name-mismatch"]


def test_claimed_types_that_lie() -> None:
    assert "name-mismatch" in kinds(look(PROGRAM, "", "image/png"))
    assert kinds(look(png(), "", "image/jpeg")) == []
    assert kinds(look(png(), "a.png", "application/octet-stream")) == []


@pytest.mark.parametrize("name", ["invoice.pdf.exe", "photo.jpg   .scr", "cod\u202etxt.exe", "a\u200b.doc"])
def test_names_that_deceive(name: str) -> None:
    assert "deceptive-name" in kinds(look(PROGRAM, name))


@pytest.mark.parametrize("name", ["report.v1.2.docx", "報告書.最終.docx", "a.b.c"])
def test_names_that_do_not(name: str) -> None:
    assert "deceptive-name" not in kinds(look(word(), name))


def test_polyglot() -> None:
    data = png() + b"%PDF-1.4\n1 0 obj << /S /Launch >>" + zipped({"run.exe": PROGRAM})
    found = kinds(look(data, "a.png"))
    assert {"polyglot", "pdf-launch", "executable"} <= set(found)


def test_picture_with_something_behind_its_end() -> None:
    assert look(png(), "a.png").hazards == ()
    seen = look(png(PROGRAM), "a.png")
    assert kinds(seen) == ["appended-data", "executable"]


def jpeg(tail: bytes = b"") -> bytes:
    preview = b"\xff\xd8\xff\xd9"  # pictures hold smaller ones in their segments
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(preview)) + preview
    scan = b"\xff\xda" + struct.pack(">H", 2 + 6) + bytes(6) + b"data\xff\0more\xff\xd0data"
    return b"\xff\xd8" + segment + scan + b"\xff\xd9" + tail


def gif(tail: bytes = b"") -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    comment = b"\x21\xfe\x05;;;;;\0"
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + comment + picture + b"\x3b" + tail


def bmp(tail: bytes = b"") -> bytes:
    body = struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4)
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 54) + body + tail


def webp(tail: bytes = b"") -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + 8 + 4) + b"WEBPVP8 " + struct.pack("<I", 4) + bytes(4) + tail


@pytest.mark.parametrize("picture", [jpeg, gif, bmp, webp, png])
def test_what_stands_behind_a_picture(picture: Callable[[bytes], bytes]) -> None:
    clean = look(picture(b""))
    assert (clean.hazards, clean.certainty) == ((), Certainty.INSPECTED)
    seen = look(picture(PROGRAM))
    assert kinds(seen) == ["appended-data", "executable"]
    assert seen.hazards[0].where == f"byte {len(picture(b''))}"
    archive = look(picture(zipped({"run.exe": PROGRAM})))
    assert {"polyglot", "executable"} <= set(kinds(archive))  # a GIFAR and its like
    assert kinds(look(picture(jpeg()))) == []  # cameras write several pictures one behind the other
    assert "executable" in kinds(look(picture(jpeg(PROGRAM))))


def test_open_document_with_scripts() -> None:
    parts: dict[str, bytes | str] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": "<office:x xmlns:office='o'/>",
    }
    seen = look(zipped(parts), "a.odt")
    assert (seen.media_type, seen.hazards) == ("application/vnd.oasis.opendocument.text", ())
    listener = "<o:event-listener x:href='vnd.sun.star.script:a'/><o:dde-source o:dde-application='cmd'/>"
    events = f"<o:e xmlns:o='o' xmlns:x='x'>{listener}</o:e>"
    more: dict[str, bytes | str] = {
        "Basic/Standard/Module1.xml": "<x/>",
        "Object 1": compound(vba_project()),
        "content.xml": events,
    }
    assert set(kinds(look(zipped(parts | more), "a.odt"))) == {
        "script-macro",
        "event-macro",
        "dde",
        "embedded-object",
        "vba-macro",
    }
    locked: dict[str, bytes | str] = {"META-INF/manifest.xml": "<m:encryption-data xmlns:m='m'/>"}
    assert look(zipped(parts | locked), "a.odt").certainty is Certainty.OPAQUE


def test_open_document_is_known_by_its_parts_too() -> None:
    parts: dict[str, bytes | str] = {
        "content.xml": "<x/>",
        "META-INF/manifest.xml": "<manifest/>",
        "mimetype": "application/vnd.oasis.opendocument.text",
        "Basic/Standard/Module1.xml": "<x/>",
    }
    seen = look(zipped(parts), "a.odt")
    assert (seen.media_type, kinds(seen)) == ("application/vnd.oasis.opendocument.text", ["script-macro"])


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<d:a x:href='vnd.sun.star.script:a?language=Basic'/>", "event-macro"),
        ("<d:a x:href='macro:///Standard.Module1.x()'/>", "event-macro"),
        ("<t:script s:language='JavaScript'>x</t:script>", "script-macro"),
        ("<t:script x:href='http://x.example/a.js'/>", "script-macro"),
        ("<d:object x:href='file:///c:/a.ods'/>", "external-relationship"),
        ("<d:image x:href='http://x.example/a.png'/>", "external-relationship"),
        ("<d:plugin x:href='a.swf'/>", "external-relationship"),
        ("<d:floating-frame x:href='http://x.example/'/>", "external-relationship"),
        ("<t:dde-connection-decl o:dde-application='soffice'/>", "dde"),
        ("<t:cell t:formula='of:=DDE(1)'/>", "dde"),
    ],
)
def test_elements_of_open_document(markup: str, kind: str) -> None:
    content = f"<o:x xmlns:o='o' xmlns:d='d' xmlns:t='t' xmlns:s='s' xmlns:x='x'>{markup}</o:x>"
    parts: dict[str, bytes | str] = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}
    assert [(h.kind, h.where) for h in look(zipped(parts), "a.odt").hazards] == [(kind, "content.xml")]


def test_open_document_as_it_is_usually_written_has_no_hazard() -> None:
    content = "<d:a xmlns:d='d' xmlns:x='x' x:href='https://www.example.jp/'/>"
    parts: dict[str, bytes | str] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "Pictures/1.png": png(),
        "Thumbnails/thumbnail.png": png(),
        "layout-cache": bytes(20),
        "Configurations2/accelerator/current.xml": "",
        "ObjectReplacements/Object 1": b"VCLMTF" + bytes(20),
        "manifest.rdf": "<x/>",
    }
    seen = look(zipped(parts), "a.odt")
    assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)
    assert "executable" in kinds(look(zipped(parts | {"Pictures/2.png": PROGRAM}), "a.odt"))


def compressed_rtf(rtf: bytes) -> bytes:
    """With references to the words that stand in the window from the beginning."""
    body = bytearray()
    for at in range(0, len(rtf), 8):
        body += b"\0" + rtf[at : at + 8]
    body += b"\x01" + struct.pack(">H", (207 + len(rtf)) % 4096 << 4) if len(rtf) % 8 == 0 else b""
    return struct.pack("<II4sI", len(body) + 12, len(rtf), b"LZFu", zlib.crc32(bytes(body))) + bytes(body)


def test_compressed_rtf_of_the_published_example() -> None:
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )  # MS-OXRTFCP 4.1
    assert expand_rtf(packed, 1000) == (b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", True)


def test_compressed_rtf_that_repeats_itself() -> None:
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")  # MS-OXRTFCP 4.2
    assert expand_rtf(packed, 1000) == (b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}", True)
    assert expand_rtf(packed, 5) == (b"{\\rtf", False)


@given(st.binary(max_size=300))
def test_any_compressed_rtf_never_raises(rest: bytes) -> None:
    expand_rtf(struct.pack("<II4sI", len(rest), 500, b"LZFu", 0) + rest, 1000)


def test_objects_in_the_rtf_body_of_winmail_dat() -> None:
    rtf = b"{\\rtf1{\\object\\objemb{\\*\\objdata " + PROGRAM.hex().encode() + b"}}}"
    packed = compressed_rtf(rtf)
    padded = packed.ljust(-(-len(packed) // 4) * 4, b"\0")
    block = struct.pack("<IHHII", 1, 0x0102, 0x1009, 1, len(packed)) + padded
    seen = look(tnef((1, 0x00069003, block)), "winmail.dat")
    assert {"tnef", "embedded-object", "executable"} == set(kinds(seen))


def test_macros_in_winmail_dat() -> None:
    document = word({"word/vbaProject.bin": compound(vba_project())})
    data = tnef((2, 0x00069002, bytes(14)), (2, 0x00018010, b"a.docm\0"), (2, 0x0006800F, document))
    assert "a.docm!word/vbaProject.bin!VBA" in [h.where for h in look(data, "winmail.dat").hazards]
    inner = tnef((2, 0x00069002, bytes(14)), (2, 0x00018010, b"b.docm\0"), (2, 0x0006800F, document))
    outer = tnef((2, 0x00069002, bytes(14)), (2, 0x00018010, b"winmail.dat\0"), (2, 0x0006800F, inner))
    assert "vba-macro" in kinds(look(outer, "winmail.dat"))


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    out = b"\x78\x9f\x3e\x22\x01\x00"
    for level, attribute, data in attributes:
        out += struct.pack("<BII", level, attribute, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return out


def test_tnef_with_a_long_name() -> None:
    long_name = "見積書.exe\0".encode("utf-16-le")
    padded = long_name.ljust(-(-len(long_name) // 4) * 4, b"\0")
    properties = (
        struct.pack("<I", 2)
        + struct.pack("<HHI", 3, 0x3705, 1)
        + struct.pack("<HHII", 31, 0x3707, 1, len(long_name))
        + padded
    )
    data = tnef(
        (2, 0x00069002, bytes(14)),
        (2, 0x00018010, b"MITSUM~1.EXE\0"),
        (2, 0x0006800F, PROGRAM),
        (2, 0x00069005, properties),
    )
    seen = look(data, "winmail.dat")
    assert seen.media_type == "application/ms-tnef"
    assert [(m.content.name, m.content.data) for m in seen.members] == [("見積書.exe", PROGRAM)]
    assert {"tnef", "executable"} <= set(kinds(seen))
    assert look(data[:-30], "winmail.dat").certainty is Certainty.PARTIAL


def test_tnef_bodies_and_an_embedded_object() -> None:
    html = b"<html><script>x</script></html>\0"
    block = (
        struct.pack("<I", 1)
        + struct.pack("<HHII", 0x0102, 0x1013, 1, len(html))
        + html.ljust(-(-len(html) // 4) * 4, b"\0")
    )
    named = struct.pack("<HH", 0x0003, 0x8001) + bytes(16) + struct.pack("<II", 0, 7) + struct.pack("<I", 1)
    held = bytes(16) + PROGRAM
    objects = struct.pack("<I", 2) + named + struct.pack("<HHII", 0x000D, 0x3701, 1, len(held)) + held
    data = tnef(
        (1, 0x0002800C, b"text\n"), (1, 0x00069003, block), (2, 0x00069002, bytes(14)), (2, 0x00069005, objects)
    )
    seen = look(data, "winmail.dat")
    assert [m.media_type for m in seen.members][:2] == ["text/plain", "text/html"]
    assert seen.members[2].content.data == PROGRAM
    assert {"active-html", "executable"} <= set(kinds(seen))


def test_family_that_fails_leaves_the_content_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_content: Content, _budget: Budget) -> Examination:
        raise ValueError("broken")

    broken = ContentFamily("broken", "Broken", lambda _: Recognition.STRONG, fail)
    monkeypatch.setattr("zoneguard.inspection.examining.of_type", lambda *_: (broken,))
    seen = examine(Content(b"x"))
    assert seen.certainty is Certainty.OPAQUE
    assert "broken" in str(seen.reason)


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
        (b"\0\0\1\0\1\0\x20\x20\0\0", "image/vnd.microsoft.icon"),
        (b"GIF89a", "image/gif"),
    ],
)
def test_pictures_and_films_are_passive(start: bytes, media_type: str) -> None:
    seen = look(start + bytes(range(1, 60)))
    assert (seen.media_type, seen.hazards, seen.certainty) == (media_type, (), Certainty.INSPECTED)


def test_stored_message_is_opened() -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["MIME-Version"] = "x", "a@b", "1.0"
    message.set_content("text")
    message.add_attachment(PROGRAM, maintype="application", subtype="x", filename="run.exe")
    for name in ("a.eml", ""):
        seen = look(bytes(message), name)
        assert seen.media_type == "message/rfc822"
        assert "executable" in kinds(seen)
    assert look(b"Note: one\nAnd: two\nSo: three\n", "a.txt").media_type == "text/plain"


def test_encrypted_mail_is_opaque_and_a_signature_is_not() -> None:
    enveloped = bytes.fromhex("308201f006092a864886f70d010703a08201e1") + bytes(100)
    detached = (
        bytes.fromhex("308201f006092a864886f70d010702a08201e13082010102010131")
        + bytes.fromhex("300b06092a864886f70d010701")
        + b"\x31"
        + bytes(50)
    )
    assert look(enveloped, "smime.p7m").certainty is Certainty.OPAQUE
    assert look(detached, "smime.p7s").certainty is Certainty.INSPECTED
    armoured = b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n"
    assert (look(armoured).certainty, kinds(look(armoured))) == (Certainty.OPAQUE, ["encrypted"])


def test_unknown_content_is_opaque_and_empty_is_not() -> None:
    assert look(bytes([1, 2, 3, 4] * 30)).certainty is Certainty.OPAQUE
    assert look(b"").certainty is Certainty.INSPECTED
    assert look(b"", whole=False).certainty is Certainty.PARTIAL


def test_part_of_a_content_is_never_inspected() -> None:
    assert look(b"text", whole=False).certainty is Certainty.PARTIAL


def test_time_runs_out_without_an_end_of_the_run() -> None:
    data = zipped({f"{i}.txt": b"x" for i in range(50)})
    seen = look(data, "a.zip", limits=Limits(seconds=0))
    assert seen.certainty is Certainty.PARTIAL
    assert "seconds" in str(seen.reason)


def test_every_family_is_described() -> None:
    families = of_type("zoneguard.inspection.content", ContentFamily)
    assert len({f.name for f in families}) == len(families)
    assert all(f.title and f.recognise.__doc__ and f.examine.__doc__ for f in families)


MAGICS = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"%PDF-1.4 obj",
    b"{\\rtf",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"MZ\0",
    b"\x78\x9f\x3e\x22\1\0",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"<html>",
    b"<svg",
    b"Subject: a\r\nFrom: b\r\nMIME-Version: 1.0\r\n",
    b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07",
    b"#!/",
    b"CWS\x09",
    b"\0\0\1\0",
    b"[Content_Types].xml",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(MAGICS),
    st.lists(st.one_of(st.binary(max_size=80), st.sampled_from(MAGICS)), max_size=6).map(b"".join),
    st.sampled_from(["", "a.docx", "a.exe", "a.txt", "a.zip.exe", "a.eml", "winmail.dat", "a.html"]),
    st.sampled_from(["", "text/html", "message/rfc822", "image/png"]),
    st.booleans(),
)
def test_any_bytes_never_raise_and_end_in_time(magic: bytes, rest: bytes, name: str, claimed: str, whole: bool) -> None:
    seen = look(magic + rest, name, claimed, whole=whole)
    assert seen.certainty is not Certainty.INSPECTED or whole
