"""Any bytes as a Yamaha configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_accounted, start

from zoneguard.model.errors import InputError
from zoneguard.parsers import Source, rule_list
from zoneguard.parsers._rule_list.workbook import is_workbook, workbook_text
from zoneguard.parsers.reading import decode, split_lines


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it."""
    try:
        text = workbook_text(data, "input") if is_workbook(data) else decode(data, "input")[0]
    except InputError:
        return
    parse_accounted(Source("input", split_lines(text)), rule_list.PLUGIN)


if __name__ == "__main__":
    start(one_input)
