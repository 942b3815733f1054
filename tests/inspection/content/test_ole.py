"""Office 97–2003: macros, links, embedded files, passwords, each with its place."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.inspection.content.building import compound, kinds, look, ole10native, vba_project, word
from tests.inspection.talk import conversations
from zoneguard.inspection.content._vba import decompress
from zoneguard.inspection.protocols.smtp import PLUGIN as SMTP
from zoneguard.model.flows import Certainty

WORD_DOCUMENT = b"\xec\xa5\xc1\0" + bytes(4200)


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def workbook(*records: bytes) -> bytes:
    return compound({"Workbook": b"".join((record(0x0809, bytes(16)), *records, record(0x0A, b""))).ljust(4200, b"\0")})


def test_word_document_without_anything_is_inspected() -> None:
    seen = look(compound({"WordDocument": WORD_DOCUMENT, "1Table": bytes(100)}), "a.doc")
    assert seen.media_type == "application/msword"
    assert kinds(seen) == []
    assert seen.certainty is Certainty.INSPECTED


def test_macros_with_their_modules_and_triggers() -> None:
    seen = look(compound({"WordDocument": WORD_DOCUMENT, **vba_project(folder="Macros/")}), "a.doc")
    (hazard,) = seen.hazards
    assert (hazard.kind, hazard.where) == ("vba-macro", "Macros/VBA")
    assert hazard.detail == "modules: Module1; runs by itself: AutoOpen; uses: Shell"


def test_macro_project_is_seen_in_a_cut_file() -> None:
    data = compound({**vba_project(folder="Macros/"), "WordDocument": WORD_DOCUMENT})
    seen = look(data[: len(data) - 512], "a.doc", whole=False)
    assert "vba-macro" in kinds(seen)
    assert seen.certainty is Certainty.PARTIAL


def test_excel_4_macro_sheets() -> None:
    sheet = struct.pack("<IBBBB", 0, 2, 1, 6, 0) + b"Macro1"
    plain = struct.pack("<IBBBB", 0, 0, 0, 6, 0) + b"Sheet1"
    seen = look(workbook(record(0x85, plain), record(0x85, sheet)), "a.xls")
    assert [(h.kind, h.detail) for h in seen.hazards] == [("xlm-macro", "macro sheet Macro1 (very hidden)")]
    assert kinds(look(workbook(record(0x85, plain)), "a.xls")) == []


def test_excel_dde_link() -> None:
    seen = look(workbook(record(0x1AE, struct.pack("<HHB", 0, 8, 0) + b"\x01cmd\x03/c calc")), "a.xls")
    assert kinds(seen) == ["dde"]


def test_word_dde_field_in_either_encoding() -> None:
    for field in (b"\x13 DDEAUTO c:\\\\cmd.exe \x14", "\x13 DDEAUTO cmd \x14".encode("utf-16-le")):
        seen = look(compound({"WordDocument": WORD_DOCUMENT[:600] + field + bytes(4000)}), "a.doc")
        assert kinds(seen) == ["dde"], field
    assert kinds(look(compound({"WordDocument": WORD_DOCUMENT + b" the word DDEAUTO in prose "}), "a.doc")) == []


@pytest.mark.parametrize("target", ["http://evil.example/x.dot", "\\\\host\\share\\x"])
def test_word_field_that_fetches_in_either_encoding(target: str) -> None:
    field = f'\x13 INCLUDEPICTURE "{target}" \\d \x14'
    for raw in (field.encode("cp932"), field.encode("utf-16-le")):
        seen = look(compound({"WordDocument": WORD_DOCUMENT[:600] + raw + bytes(4000)}), "a.doc")
        assert kinds(seen) == ["external-relationship"], raw
        assert "byte 600" in seen.hazards[0].where
    local = b'\x13 INCLUDEPICTURE "a.png" \x14 and later http://x.example/'
    assert kinds(look(compound({"WordDocument": WORD_DOCUMENT[:600] + local + bytes(4000)}), "a.doc")) == []


@pytest.mark.parametrize(("action", "found"), [(1, "macro"), (2, "program"), (5, "object"), (3, ""), (4, "")])
def test_slides_that_start_something(action: int, found: str) -> None:
    clicked = struct.pack("<HHI", 0, 0x0FF3, 16) + bytes(8) + bytes((action,)) + bytes(7)
    container = struct.pack("<HHI", 0xF, 1006, len(clicked)) + clicked
    seen = look(compound({"PowerPoint Document": container + bytes(4200)}), "a.ppt")
    assert [(h.kind, h.detail) for h in seen.hazards] == ([("program-action", found)] if found else [])


def test_rtf_and_html_bodies_of_an_outlook_message() -> None:
    rtf = b"{\\rtf1{\\object\\objemb{\\*\\objdata 4d5a9000" + b"00" * 60 + b"}}}"
    packed = struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf
    html = "<html><script>x</script></html>".encode("utf-16-le")
    bodies = {"__substg1.0_10090102": packed, "__substg1.0_1013001F": html}
    seen = look(compound({"__properties_version1.0": bytes(32), **bodies}), "a.msg")
    assert {"embedded-object", "executable", "active-html"} == set(kinds(seen))
    assert look(compound({"__properties_version1.0": bytes(32)}), "a.msg").hazards == ()


@pytest.mark.parametrize(
    "streams",
    [
        {"EncryptedPackage": bytes(5000), "EncryptionInfo": bytes(200)},
        {"WordDocument": b"\xec\xa5\xc1\0" + bytes(7) + b"\x01" + bytes(4200)},
        {"Workbook": (record(0x0809, bytes(16)) + record(0x2F, bytes(6))).ljust(4200, b"\0")},
        {"PowerPoint Document": bytes(4200), "Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF)},
    ],
)
def test_password_protected_documents_are_opaque(streams: dict[str, bytes]) -> None:
    seen = look(compound(streams), "a.docx")
    assert seen.media_type == "application/encrypted"
    assert kinds(seen) == ["encrypted"]
    assert seen.certainty is Certainty.OPAQUE


def test_a_document_that_another_implementation_encrypted_is_opaque() -> None:
    from msoffcrypto.format.ooxml import OOXMLFile

    sealed = io.BytesIO()
    OOXMLFile(io.BytesIO(word())).encrypt("secret", sealed)
    seen = look(sealed.getvalue(), "a.docx")
    assert (kinds(seen), seen.certainty) == (["encrypted"], Certainty.OPAQUE)


def test_package_is_opened_and_its_program_found() -> None:
    program = b"MZ\x90\0" + bytes(200)
    seen = look(
        compound({"WordDocument": WORD_DOCUMENT, "ObjectPool/_1/\x01Ole10Native": ole10native(b"run.exe", program)}),
        "a.doc",
    )
    assert kinds(seen) == ["embedded-object", "executable"]
    (member,) = seen.members
    assert (member.content.name, member.content.data) == ("run.exe", program)
    assert [h.where for h in seen.hazards if h.kind == "executable"] == ["run.exe"]


def test_documents_in_a_workbook_are_said() -> None:
    book = {"Workbook": bytes(4200), "MBD0018D4CE/WordDocument": WORD_DOCUMENT, **vba_project(folder="MBD0018D4CE/")}
    seen = look(compound(book), "a.xls")
    assert [(h.kind, h.where) for h in seen.hazards] == [
        ("vba-macro", "MBD0018D4CE/VBA"),
        ("embedded-object", "MBD0018D4CE"),
    ]


def test_objects_in_a_presentation_are_opened() -> None:
    project = compound(vba_project())
    packed = struct.pack("<I", len(project)) + zlib.compress(project)
    stored = struct.pack("<HHI", 0x0010, 0x1011, len(packed)) + packed
    seen = look(
        compound({"PowerPoint Document": struct.pack("<HHI", 0xF, 1000, len(stored)) + stored + bytes(4200)}), "a.ppt"
    )
    assert kinds(seen) == ["vba-macro"]


def test_activex_equation_and_links() -> None:
    moniker = (
        bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + bytes(4) + "http://evil.example/x.rtf".encode("utf-16-le")
    )
    seen = look(
        compound(
            {
                "WordDocument": WORD_DOCUMENT,
                "ObjectPool/_1/\x03OCXNAME": b"T\0",
                "ObjectPool/_2/Equation Native": bytes(100),
                "ObjectPool/_3/\x01Ole": moniker,
            }
        ),
        "a.doc",
    )
    assert {"activex", "equation-editor", "external-relationship", "embedded-object"} == set(kinds(seen))
    assert "http://evil.example/x.rtf" in [h.detail for h in seen.hazards]


def test_outlook_message_with_an_attachment() -> None:
    folder = "__attach_version1.0_#00000000/"
    seen = look(
        compound(
            {
                "__properties_version1.0": bytes(32),
                folder + "__substg1.0_37010102": b"MZ\x90\0" + bytes(100),
                folder + "__substg1.0_3707001F": "報告.exe".encode("utf-16-le"),
            }
        ),
        "a.msg",
    )
    assert seen.media_type == "application/vnd.ms-outlook"
    assert [m.content.name for m in seen.members] == ["報告.exe"]
    assert "executable" in kinds(seen)


def test_unknown_compound_file_is_opaque() -> None:
    assert look(compound({"Something": bytes(5000)})).certainty is Certainty.OPAQUE


def test_ichitaro_is_told_by_its_streams() -> None:
    seen = look(
        compound({"DocumentText": b"SsmgV.01" + bytes(5000), "\x04JSRV_SegmentInformation": bytes(20)}), "a.jtd"
    )
    assert seen.media_type == "application/x-js-taro"
    assert seen.certainty is Certainty.OPAQUE
    assert kinds(seen) == []
    assert look(b"\x01\x02\x03" * 50, "old.jbw").media_type == "application/x-js-taro"


def test_installer_is_told_by_its_class() -> None:
    seen = look(compound({"!_Tables": bytes(5000)}, clsid=bytes.fromhex("84100c0000000000c000000000000046")), "a.msi")
    assert kinds(seen) == ["installer"]


def test_decompression_stops_at_its_limit() -> None:
    chunk = struct.pack("<H", 0xB000 | 3) + b"\x02a\xff\x0f"  # one letter, repeated 4098 times
    assert decompress(b"\x01" + chunk, 10_000) == b"a" * 4099
    assert decompress(b"\x01" + chunk * 5000, 10_000) == b"a" * 10_000


@pytest.mark.corpus
def test_macros_of_a_real_document_agree_with_olevba() -> None:
    from oletools.olevba import VBA_Parser, detect_autoexec

    kept: dict[str, bytes] = {}
    (conversation,) = conversations(
        "suricata__smtp-data-rejected__10.7.29.101_49898-178.63.41.150_25.pcap",
        keep=lambda t, data: kept.update({t.name: data}),
    )
    (document,) = (t for t in SMTP.inspect(conversation) if t.name.endswith(".xls"))
    parser = VBA_Parser(document.name, data=kept[document.name])
    sources = [(path, code) for _, path, _, code in parser.extract_macros()]
    triggers = {word for _, code in sources for word, _ in detect_autoexec(code)}
    (hazard,) = (h for h in document.hazards if h.kind == "vba-macro")
    assert triggers & {"Workbook_Open", "Auto_Open", "Workbook_Activate"} <= set(
        hazard.detail.replace(";", ",").replace(":", ",").replace(" ", "").split(",")
    )
    parser.close()
