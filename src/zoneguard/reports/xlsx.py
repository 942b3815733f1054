"""Excel workbook, the auditor's working paper (監査調書).

Sheets: overview, zone matrix, findings, verdicts by clause, exception register, attestations, evidence, and what
a baseline accepted. Every cell that comes from an input is a string: nothing is taken for a formula or a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from io import BytesIO
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from zoneguard.locale import translator
from zoneguard.model.findings import Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.reports import ReportFormat
from zoneguard.reports._words import REDACTED, SEVERITIES, STATES, VERDICTS
from zoneguard.reports._working_paper import Table, accepted, tables

WIDEST = 60
LONGEST = 32_767  # characters that a cell holds
COLOURS = {
    VERDICTS[Verdict.VIOLATES]: "#F8CBAD", VERDICTS[Verdict.UNDETERMINED]: "#FFE699",
    VERDICTS[Verdict.ATTESTATION_NEEDED]: "#BDD7EE", VERDICTS[Verdict.CONFORMS]: "#C6E0B4",
    VERDICTS[Verdict.NOT_APPLICABLE]: "#E7E6E6", STATES["violated"]: "#F8CBAD", STATES["undetermined"]: "#FFE699",
    STATES["sanitized"]: "#DDEBF7", STATES["allowed"]: "#C6E0B4", STATES["denied"]: "#F2F2F2",
    SEVERITIES[Severity.CRITICAL]: "#F8CBAD", SEVERITIES[Severity.HIGH]: "#FCE4D6",
}  # fmt: skip
"""Light enough for black print; the word in the cell says the same."""


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The workbook, the same bytes for the same report."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    book.set_properties({"title": _storable(f"zoneguard {report.project.name}"), "created": _day(report)})
    say = _sayer(lang)
    colours = {say(word): book.add_format({**_CELL, "bg_color": colour}) for word, colour in COLOURS.items()}
    plain = book.add_format(_CELL)
    head = book.add_format({**_CELL, "bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF"})
    _overview(book, report, say, plain)
    _matrix(book, report, say, plain, head, colours)
    held = [accepted(report, translator(lang))] if report.held else []
    for table in (*tables(report, lang), *held):
        _table(book.add_worksheet(say(table.title)), table, say, plain, head, colours)
    book.close()
    return out.getvalue()


_CELL = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#BFBFBF"}
Say = Callable[[Text], str]


def _sayer(lang: str) -> Say:
    translate = translator(lang)
    return lambda text: text.render(translate)


def _day(report: Report) -> datetime:
    return datetime.combine(report.project.as_of, time(), UTC).replace(tzinfo=None)


def _string(sheet: Worksheet, row: int, column: int, text: str, form: Format | None) -> None:
    sheet.write_string(row, column, _storable(text)[:LONGEST], form)


def _storable(text: str) -> str:
    """What UTF-8 can hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _overview(book: Workbook, report: Report, say: Say, plain: Format) -> None:
    title, counted = book.add_format({"bold": True, "font_size": 14}), book.add_format({**_CELL, "align": "left"})
    sheet = book.add_worksheet(say(N_("Overview")))
    _string(sheet, 0, 0, f"zoneguard {report.command}: {report.project.name}", title)
    violations = Counter(f.severity for f in report.findings if f.verdict is Verdict.VIOLATES)
    clauses = Counter(result.verdict for result in report.clauses)
    rows: list[tuple[str, str | int]] = [
        (say(N_("Verdict")), say(VERDICTS[report.verdict])),
        (say(N_("Policy")), ", ".join(profile.name for profile in report.project.profiles)),
        (say(N_("Day of judgement")), report.project.as_of.isoformat()),
        *([("", say(REDACTED))] if report.redacted else []),
        *((say(SEVERITIES[s]), violations[s]) for s in Severity if violations[s]),
        *((f"{say(N_('clauses'))}: {say(word)}", clauses[v]) for v, word in VERDICTS.items() if clauses[v]),
    ]
    for n, (label, value) in enumerate(rows, 2):
        _string(sheet, n, 0, label, plain)
        if isinstance(value, int):
            sheet.write_number(n, 1, value, counted)
        else:
            _string(sheet, n, 1, value, plain)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, WIDEST)


def _matrix(book: Workbook, report: Report, say: Say, plain: Format, head: Format, colours: dict[str, Format]) -> None:
    sheet = book.add_worksheet(say(N_("Matrix of zones")))
    names = list(dict.fromkeys(name for cell in report.matrix for name in (cell.source, cell.destination)))
    _string(sheet, 0, 0, "→", head)
    for n, name in enumerate(names, 1):
        _string(sheet, 0, n, name, head)
        _string(sheet, n, 0, name, head)
    for cell in report.matrix:
        state = say(STATES[cell.state])
        rows = (" ".join((r.source, "→", r.destination, r.protocol, r.ports)).strip() for r in cell.rows)
        more = [f"+{cell.more_rows}"] if cell.more_rows else []
        at = names.index(cell.source) + 1, names.index(cell.destination) + 1
        _string(sheet, *at, "\n".join([state, *rows, *more]), colours.get(state, plain))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(names), 24)


def _table(sheet: Worksheet, table: Table, say: Say, plain: Format, head: Format, colours: dict[str, Format]) -> None:
    heads = [say(column) for column in table.columns]
    for column, text in enumerate(heads):
        _string(sheet, 0, column, text, head)
    for n, cells in enumerate(table.rows, 1):
        for column, cell in enumerate(cells):
            _string(sheet, n, column, cell, colours.get(cell, plain))
    for column, width in enumerate(_widths([heads, *table.rows[:500]])):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """In characters; a full-width one counts twice."""
    return [min(WIDEST, max(map(_width, column)) + 2) for column in zip(*rows, strict=True)]


def _width(text: str) -> int:
    return max((sum(1 + (east_asian_width(c) in "WF") for c in line) for line in text.split("\n")), default=0)


PLUGIN = ReportFormat(name="xlsx", title="Excel workbook", write=write, binary=True)
