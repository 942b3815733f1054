"""Any bytes as answers about a VPC: refused or parsed, every line accounted for."""

from __future__ import annotations

import sys
from importlib import import_module

from zoneguard.model.errors import InputError
from zoneguard.parsers import Source, aws
from zoneguard.parsers.reading import decode, split_lines


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it."""
    try:
        text, encoding = decode(data, "input")
    except InputError:
        return
    source = Source("input", split_lines(text), encoding)
    assert 0 <= aws.PLUGIN.sniff(source) <= 1
    account = aws.PLUGIN.parse(source, "device").account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(source.lines)


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
