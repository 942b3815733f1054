"""Any bytes as a Fujitsu IPCOM configuration: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import ipcom


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it."""
    parse_all(data, ipcom.PLUGIN)


if __name__ == "__main__":
    start(one_input)
