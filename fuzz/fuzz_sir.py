"""Any bytes as a Fujitsu Si-R configuration: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import sir


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it."""
    parse_all(data, sir.PLUGIN)


if __name__ == "__main__":
    start(one_input)
