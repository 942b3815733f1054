"""Any bytes as a Yamaha configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

import sys
from importlib import import_module

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
    source = Source("input", split_lines(text))
    assert 0 <= rule_list.PLUGIN.sniff(source) <= 1
    account = rule_list.PLUGIN.parse(source, "device").account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(source.lines)


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
