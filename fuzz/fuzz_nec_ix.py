"""Any bytes as a UNIVERGE IX configuration or routing table: refused or parsed, every line accounted for."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.parsers import nec_ix, nec_ix_routes


def one_input(data: bytes) -> None:
    """Read ``data`` and parse it both ways."""
    parse_all(data, nec_ix.PLUGIN, nec_ix_routes.PLUGIN)


if __name__ == "__main__":
    start(one_input)
