"""Any bytes as a file of several devices: refused or told apart, every line accounted for once."""

from __future__ import annotations

from fuzz._parsing import start

from zoneguard.model.errors import InputError
from zoneguard.parsers import Source
from zoneguard.parsers.reading import decode, split_lines
from zoneguard.parsers.splitting import parse_source


def one_input(data: bytes) -> None:
    """Read ``data`` and parse each device in it."""
    try:
        text, encoding = decode(data, "input")
        source = Source("input", split_lines(text), encoding)
        account = parse_source(source, "device").account
    except InputError:
        return
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert account.total == len(source.lines)


if __name__ == "__main__":
    start(one_input)
