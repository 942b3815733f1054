"""ゾーン間通信マトリクス as text: a grid of signs, then what may pass between each pair of zones."""

from __future__ import annotations

from rich.cells import cell_len

from zoneguard.model.findings import MatrixCell, Report, Row
from zoneguard.model.text import N_
from zoneguard.reports._page import Page, pad
from zoneguard.reports._words import STATES

# one column wide in English, two in Japanese: none of them is of ambiguous width
SIGNS = {
    "en": {"allowed": "A", "sanitized": "S", "violated": "X", "undetermined": "?", "denied": ".", "same": "\\"},
    "ja": {"allowed": "許", "sanitized": "無", "violated": "違", "undetermined": "？", "denied": "・", "same": "＼"},
}
STYLES = {"allowed": "blue", "sanitized": "cyan", "violated": "bold red", "undetermined": "yellow", "denied": "dim"}
SHOWN_RULES = 6


def write_matrix(page: Page, report: Report) -> None:
    """The grid, its legend, and every pair between which something may pass or did."""
    page.heading(page.say(N_("Zone matrix: who may open a session to whom")))
    if not report.matrix:
        page.paragraph(page.say(N_("No matrix: the configurations were not looked at.")), 2)
        return
    if report.spoofed:
        page.paragraph(page.say(N_("Hosts may use any source address.")), 2)
    zones = [zone.name for zone in report.project.zones]
    _grid(page, zones, {(c.source, c.destination): c for c in report.matrix})
    for cell in report.matrix:
        if cell.state != "denied" or cell.observed or cell.attempted:
            page.line()
            _cell(page, cell)


def _grid(page: Page, zones: list[str], cells: dict[tuple[str, str], MatrixCell]) -> None:
    signs = SIGNS[page.lang]
    number_width = len(str(len(zones)))
    name_width = max(cell_len(zone) for zone in zones) + number_width + 4
    column = max(number_width, cell_len(signs["same"])) + 1
    per_block = max(1, (page.width - name_width) // column)
    for start in range(0, len(zones), per_block):
        block = range(start, min(start + per_block, len(zones)))
        page.line(" " * name_width + page.paint("".join(f"{i + 1:>{column}}" for i in block), "dim"))
        for i, source in enumerate(zones):
            line = page.paint(pad(f"  {i + 1:>{number_width}} {source}", name_width))
            for j in block:
                cell = cells.get((source, zones[j]))
                state = cell.state if cell else "same"
                sign = signs[state]
                line += " " * (column - cell_len(sign)) + page.paint(sign, STYLES.get(state, "dim"))
            page.line(line)
    legend = "  ".join(f"{signs[state]} {page.say(word)}" for state, word in STATES.items())
    page.paragraph(page.say(N_("Rows open sessions to columns. {legend}", legend=legend)), 2)


def _cell(page: Page, cell: MatrixCell) -> None:
    state = page.paint(page.say(STATES[cell.state]), STYLES[cell.state])
    page.line(page.paint(f"  {cell.source} → {cell.destination}  ") + state)
    label_width = 12
    page.field(page.say(N_("packets")), row_lines(page, cell.rows, cell.more_rows), 4, label_width)
    if cell.via:
        page.field(page.say(N_("through")), [", ".join(cell.via)], 4, label_width)
    more = len(cell.rules) - SHOWN_RULES
    rules = [str(rule) for rule in cell.rules[:SHOWN_RULES]]
    if more > 0:
        rules.append(page.say(N_("… and {count} more", count=more)))
    page.field(page.say(N_("rules")), rules, 4, label_width)
    if cell.observed or cell.attempted:
        seen = N_("{observed} flows, {attempted} attempts", observed=cell.observed, attempted=cell.attempted)
        page.field(page.say(N_("captured")), [page.say(seen)], 4, label_width)


def row_lines(page: Page, rows: tuple[Row, ...], more: int) -> list[str]:
    """Each row as ``source → destination protocol ports``, and how many are not shown."""
    lines = [f"{r.source} → {r.destination}  {r.protocol} {r.ports}".rstrip() for r in rows]
    return [*lines, page.say(N_("… and {count} more", count=more))] if more else lines
