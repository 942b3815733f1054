"""Draws ``report-ja.svg``, the README's picture, from a real run: ``python docs/images/make.py`` in the project."""

from __future__ import annotations

import html
import io
import os
import re
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from zoneguard import audit
from zoneguard.loading.project import load_project
from zoneguard.reports import text

WIDTH = 84
TEXT = re.compile(r'(<text [^>]*?)textLength="([\d.]+)"([^>]*>)([^<]*)</text>')
HEAD, FINDINGS = 24, 30  # lines shown of the summary and matrix, and of the findings


def main() -> None:
    """Run the audit and draw the beginning of its report."""
    os.environ["COLUMNS"] = str(WIDTH)
    project = load_project(Path("topologies/alpha-city-broken"))
    lines = text.write(audit.run(project), "ja", True).decode().splitlines()
    findings = next(i for i, line in enumerate(lines) if "指摘事項" in line and "====" in lines[i + 1])
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in (*lines[:HEAD], "", *lines[findings : findings + FINDINGS]):
        console.print(Text.from_ansi(line), soft_wrap=True)
    title = "zoneguard audit topologies/alpha-city-broken --lang ja"
    svg = TEXT.sub(_full_width, console.export_svg(title=title))
    Path(__file__).with_name("report-ja.svg").write_text(svg, encoding="utf-8")


def _full_width(match: re.Match[str]) -> str:
    """A text element as long as its cells: rich counts characters, and full-width ones take two."""
    head, length, tail, content = match.groups()
    text = html.unescape(content)
    return f'{head}textLength="{float(length) * cell_len(text) / max(1, len(text)):.1f}"{tail}{content}</text>'


main()
