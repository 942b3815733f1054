"""Any bytes as a plan: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import terraform


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it."""
    parse_all(data, terraform.PLUGIN)


if __name__ == "__main__":
    start(one_input)
