"""Any bytes as rules or routes of a Linux box: no exception but the refusal to read, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import iproute, iptables
from zoneguard.parsers.assembly import with_routes


def one_input(data: bytes) -> None:
    """Read ``data``, parse it both ways and put the results together."""
    devices = parse_all(data, iptables.PLUGIN, iproute.PLUGIN)
    if devices:
        with_routes(*devices)


if __name__ == "__main__":
    start(one_input)
