"""Any bytes as a PAN-OS configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import panos, panos_routes


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it both ways."""
    parse_all(data, panos.PLUGIN, panos_routes.PLUGIN)


if __name__ == "__main__":
    start(one_input)
