"""Any bytes as a UNIVERGE IX configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

import sys
from importlib import import_module

from zoneguard.model.errors import InputError
from zoneguard.parsers import Source, nec_ix, nec_ix_routes
from zoneguard.parsers.reading import decode, split_lines


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it both ways."""
    try:
        text, encoding = decode(data, "input")
    except InputError:
        return
    source = Source("input", split_lines(text), encoding)
    for plugin in (nec_ix.PLUGIN, nec_ix_routes.PLUGIN):
        assert 0 <= plugin.sniff(source) <= 1
        account = plugin.parse(source, "device").account
        accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
        assert accounted == account.total == len(source.lines)


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
