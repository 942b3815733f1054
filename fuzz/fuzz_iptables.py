"""Any bytes as rules or routes of a Linux box: no exception but the refusal to read, every line accounted for."""

from __future__ import annotations

import sys
from importlib import import_module

from zoneguard.model.device import Device
from zoneguard.model.errors import InputError
from zoneguard.parsers import Source, iproute, iptables
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.reading import decode, split_lines


def one_input(data: bytes) -> None:
    """Read ``data``, parse it both ways and put the results together."""
    try:
        text, encoding = decode(data, "input")
    except InputError:
        return
    source = Source("input", split_lines(text), encoding)
    devices: list[Device] = []
    for plugin in (iptables.PLUGIN, iproute.PLUGIN):
        assert 0 <= plugin.sniff(source) <= 1
        parsed = plugin.parse(source, "device")
        account = parsed.account
        accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
        assert accounted == account.total == len(source.lines)
        devices += parsed.devices
    with_routes(*devices)


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
