"""Make the tables of coverage.md: what became of every line of a folder of configurations.

``python docs/reference/coverage_table.py FOLDER``; each subfolder of FOLDER is a row. A file is read by the parser that
its content speaks for; one that none recognises is counted apart and named on stderr (JSON that none recognises is not:
most of it is no configuration).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from zoneguard.model.device import Concern, LineAccount
from zoneguard.model.errors import InputError
from zoneguard.parsers.reading import detect, read_source

PAGE = Path(__file__).with_name("coverage.md")
MARK = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)
NO_CONFIGURATION = {".yaml", ".yml", ".py", ".bazel"}
DESCRIPTION = "README.md"


def accounts(folder: Path) -> tuple[list[LineAccount], int]:
    """The account of each configuration and routing table below ``folder``, and how many files no parser recognises."""
    found: list[LineAccount] = []
    unread = 0
    files = (p for p in folder.rglob("*") if p.is_file() and p.suffix not in NO_CONFIGURATION)
    for path in sorted(p for p in files if not p.name.endswith(DESCRIPTION)):
        try:
            source = read_source(path, path.name)
            found.append(detect(source).parse(source, path.stem).account)
        except InputError as error:
            if path.suffix == ".json":
                continue
            unread += 1
            print(f"{path}: {error}", file=sys.stderr)
    return found, unread


def row(name: str, found: list[LineAccount], unread: int) -> str:
    """One line of the table."""
    formats = ", ".join(f"{form} {n}" for form, n in sorted(Counter(a.format for a in found).items()))
    total, understood = (sum(values) for values in ((a.total for a in found), (a.understood for a in found)))
    ignored = sum(sum(a.ignored.values()) for a in found)
    open_lines = [m for a in found for m in a.not_understood]
    bounded = sum(m.bounded or m.concern is Concern.OTHER for m in open_lines)
    cells = (name, formats, total, understood, ignored, bounded, len(open_lines) - bounded, unread)
    return "| " + " | ".join(map(str, cells)) + " |"


def main(folder: Path) -> None:
    """Write the table into the page."""
    heads = "| folder | formats and files | lines | understood | ignored | bounded | open | files not read |"
    lines = [heads, "| --- | --- | --: | --: | --: | --: | --: | --: |"]
    lines += [row(sub.name, *accounts(sub)) for sub in sorted(folder.iterdir()) if sub.is_dir()]
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARK.sub(lambda m: m[1] + "\n".join(lines) + "\n" + m[2], page), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
