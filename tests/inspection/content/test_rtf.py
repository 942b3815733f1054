"""RTF: objects are read through the tricks that hide them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, ole10native, vba_project
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(300)


def ole1(name: bytes, data: bytes) -> bytes:
    strings = b"".join(struct.pack("<I", len(s)) + s for s in (name + b"\0", b"", b""))
    return struct.pack("<II", 0x501, 2) + strings + struct.pack("<I", len(data)) + data


def rtf(body: bytes) -> bytes:
    return b"{\\rtf1\\ansi Text " + body + b"}"


def embedded(data: bytes, head: bytes = b"\\object\\objemb") -> bytes:
    return rtf(b"{" + head + b"{\\*\\objdata " + data.hex().encode() + b"}}")


PACKAGE = ole1(b"Package", ole10native(b"run.exe", PROGRAM)[4:])


def test_plain_document_is_inspected() -> None:
    seen = look(rtf(b"{\\b bold} and {\\*\\generator x;} DDEAUTO in prose"), "a.rtf")
    assert (seen.media_type, seen.hazards, seen.certainty) == ("text/rtf", (), Certainty.INSPECTED)


def test_package_is_opened() -> None:
    seen = look(embedded(PACKAGE), "a.rtf")
    assert kinds(seen) == ["embedded-object", "executable"]
    assert [(m.content.name, m.content.data) for m in seen.members] == [("run.exe", PROGRAM)]


@pytest.mark.parametrize(
    "hide",
    [
        lambda h: b" \r\n".join(h[i : i + 3] for i in range(0, len(h), 3)),
        lambda h: h[:40] + b"{\\*\\unknown 414141}" + h[40:],
        lambda h: h[:40] + b"\\par " + h[40:],
        lambda h: b"{" + h + b"}",
        lambda h: b"\\bin%d " % len(PACKAGE) + PACKAGE,
        lambda h: h[:41] + b"zzz" + h[41:],
    ],
)
def test_hexadecimal_is_read_through_what_hides_it(hide: object) -> None:
    data = hide(PACKAGE.hex().encode())  # type: ignore[operator]
    seen = look(rtf(b"{\\object\\objemb{\\*\\objdata " + data + b"}}"), "a.rtf")
    assert [m.content.data for m in seen.members] == [PROGRAM]


def test_embedded_compound_file_is_opened() -> None:
    seen = look(embedded(ole1(b"Excel.Sheet.8", compound(vba_project()))), "a.rtf")
    assert kinds(seen) == ["embedded-object", "vba-macro"]


def test_equation_editor_and_self_updating_link() -> None:
    assert "equation-editor" in kinds(look(embedded(ole1(b"Equation.3", bytes(200))), "a.rtf"))
    assert "self-updating-object" in kinds(look(embedded(PACKAGE, b"\\object\\objautlink\\objupdate"), "a.rtf"))


def test_template_from_elsewhere_and_dde_field() -> None:
    assert kinds(look(rtf(b"{\\*\\template http://evil.example/t.dotm}"), "a.rtf")) == ["external-template"]
    field = b"{\\field{\\*\\fldinst {\\rtlch DDE}{\\b AUTO c:\\\\\\\\cmd.exe}}{\\fldrslt x}}"
    assert kinds(look(rtf(field), "a.rtf")) == ["dde"]


@pytest.mark.parametrize("target", [rb"http://x.example/a", rb"\\\\\\\\host\\\\share\\\\a"])
def test_content_from_elsewhere(target: bytes) -> None:
    field = b"{\\field{\\*\\fldinst INCLUDEPICTURE " + target + b"}{\\fldrslt x}}"
    assert kinds(look(rtf(field), "a.rtf")) == ["external-relationship"]


@pytest.mark.parametrize(
    "spelled", [rb"\u68?\u68?\u69?AUTO cmd", rb"\uc0\u68 \u68 \u69 AUTO cmd", rb"\u68\'44\u68\'44\u69\'45AUTO cmd"]
)
def test_dde_that_is_spelled_by_numbers(spelled: bytes) -> None:
    assert kinds(look(rtf(b"{\\field{\\*\\fldinst " + spelled + b"}{\\fldrslt x}}"), "a.rtf")) == ["dde"]


def test_links_and_local_pictures_are_no_hazard() -> None:
    field = b"{\\field{\\*\\fldinst HYPERLINK https://www.example.jp/}{\\fldrslt x}}"
    assert kinds(look(rtf(field), "a.rtf")) == []


def test_named_doc_is_said() -> None:
    assert kinds(look(rtf(b"x"), "a.doc")) == ["name-mismatch"]


@pytest.mark.parametrize(
    "hostile", [b"{" * 500_000, b"}" * 500_000, b"\\a" * 300_000, b"\\bin9999999999 x", b"\\" * 500_000]
)
def test_hostile_documents_end_in_time(hostile: bytes) -> None:
    look(b"{\\rtf1 " + hostile, "a.rtf")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"{",
                b"}",
                b"\\*",
                b"\\objdata ",
                b"\\objemb",
                b"0105",
                b"\\bin3 abc",
                b"\\'4",
                b"\\'41",
                b"\\fldinst DDE",
                b"\\template x",
                b"\\",
                b" ",
                b"\\bin-5 ",
            ]
        ),
        max_size=40,
    ).map(b"".join)
)
def test_any_tokens_never_raise(body: bytes) -> None:
    look(b"{\\rt" + body, "a.rtf")
