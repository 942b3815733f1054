"""Tables as text that a spreadsheet program opens: formulas in CSV cells, SYLK (records ``ID``, ``NN``, ``O``, ``C``).

A cell that begins as a formula is run as one; ``program|topic!item`` starts a program by DDE, some functions fetch
content. SYLK is opened by its first bytes whatever its name, and may be a macro sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Content
from zoneguard.inspection.content._texts import ascii_compatible
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard

_OPENED_AS_TABLE = frozenset(["csv", "tsv", "tab", "prn", "dif", "xls", "slk"])
_TABLE_TYPES = ("text/csv", "text/tab-separated-values", "application/vnd.ms-excel", "application/csv")
_CELL = re.compile(rb"(?:^|[,;\t\"|])[ \t\"']{0,8}([=+\-@][^\r\n]{0,2000})", re.MULTILINE)
_DDE = re.compile(r"[A-Za-z_.][\w.\\:]{0,60}'?\|(?:'[^'\r\n]{0,500}'|[^\s'!|,;]{1,200})!|(?i:\bDDE\s*\()")
_SPACED = re.compile(r"=[ \w.\\:'\"]{1,200}\|\s*'[^'\r\n]{0,500}'\s*!")  # blanks are left out of names
_FETCH = re.compile(r"\b(WEBSERVICE|IMPORTXML|IMPORTDATA|IMPORTHTML|IMPORTFEED|IMPORTRANGE|IMAGE)\s*\(", re.IGNORECASE)
_SYLK = re.compile(rb"ID;[^\r\n]{0,200}[\r\n]")
_SYLK_MACRO = re.compile(
    rb"^O;[^\r\n]*;E\b|^NN;N(?:Auto_|_xlnm)[^\r\n]*|^C;[^\r\n]*;E(?:EXEC|CALL|REGISTER|RUN)\(", re.MULTILINE
)
_SYLK_CELL = re.compile(rb"^C;[^\r\n]*?;E([^\r\n]{0,2000})", re.MULTILINE)
MAX_HAZARDS = 20


def table_hazards(content: Content) -> list[Hazard]:
    """Hazards of a text that is opened as a table, by its name, its claimed type or its first bytes."""
    return list(_found(content))[:MAX_HAZARDS]


def _found(content: Content) -> Iterator[Hazard]:
    data = ascii_compatible(content.data)
    ending = extension(content.name)
    sylk = _SYLK.match(data) is not None and b"\nC;" in data.replace(b"\r", b"\n")
    if not sylk and ending not in _OPENED_AS_TABLE and content.claimed_type not in _TABLE_TYPES:
        return
    if sylk and ending != "slk" and ending:
        yield Hazard("name-mismatch", "", f"named .{ending}, is SYLK")
    if sylk:
        for macro in _SYLK_MACRO.finditer(data.replace(b"\r", b"\n")):
            yield Hazard("xlm-macro", f"byte {macro.start()}", _shown(macro.group()))
    cells = _SYLK_CELL if sylk else _CELL
    for cell in cells.finditer(data):
        yield from formula_hazard(cell[1].decode("cp932", "replace"), f"byte {cell.start(1)}")


def formula_hazard(formula: str, where: str) -> Iterator[Hazard]:
    """What a formula starts or fetches."""
    if _DDE.search(formula) or _SPACED.match(formula):
        yield Hazard("dde", where, formula.strip()[:200])
    elif _FETCH.search(formula):
        yield Hazard("external-relationship", where, formula.strip()[:200])


def _shown(raw: bytes) -> str:
    return raw.strip().decode("cp932", "replace")[:200]
