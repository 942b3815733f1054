"""Any bytes as a ruleset of nftables, text or JSON: no exception but the refusal to read, no line lost."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import nftables, nftables_json


def one_input(data: bytes) -> None:
    """Read ``data`` both ways."""
    parse_all(data, nftables.PLUGIN, nftables_json.PLUGIN)


if __name__ == "__main__":
    start(one_input)
