"""Any bytes as a Cisco configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import cisco_ios, cisco_nxos, cisco_routes


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it every way."""
    parse_all(data, cisco_ios.PLUGIN, cisco_nxos.PLUGIN, cisco_routes.PLUGIN)


if __name__ == "__main__":
    start(one_input)
