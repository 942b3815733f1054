"""What the targets of parsers share: any bytes are refused or parsed, every line accounted for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from zoneguard.model.device import Device
from zoneguard.model.errors import InputError
from zoneguard.parsers import Parser, Source
from zoneguard.parsers.reading import decode, split_lines


def parse_all(data: bytes, *plugins: Parser) -> list[Device]:
    """The devices that each of ``plugins`` makes of ``data``, whose lines each accounts for."""
    try:
        text, encoding = decode(data, "input")
    except InputError:
        return []
    source = Source("input", split_lines(text), encoding)
    return [device for plugin in plugins for device in parse_accounted(source, plugin)]


def parse_accounted(source: Source, plugin: Parser) -> tuple[Device, ...]:
    """The devices; asserts that the confidence is one and that no line is lost."""
    assert 0 <= plugin.sniff(source) <= 1
    parsed = plugin.parse(source, "device")
    account = parsed.account
    accounted = account.understood + sum(account.ignored.values()) + account.open_lines
    assert accounted == account.total == len(source.lines)
    return parsed.devices


def start(one_input: Callable[[bytes], object]) -> None:
    """Run the fuzzer with the arguments of the command line."""
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
