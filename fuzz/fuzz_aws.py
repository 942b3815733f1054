"""Any bytes as answers about a VPC: refused or parsed, every line accounted for, and a packet traced."""

from __future__ import annotations

from fuzz._parsing import parse_all, start

from zoneguard.model.addresses import parse_address
from zoneguard.model.packet import Packet
from zoneguard.parsers import aws
from zoneguard.parsers.assembly import with_open_ends
from zoneguard.static.trace import Tracer

PACKET = Packet(parse_address("10.0.1.10"), parse_address("10.0.2.10"), 6, 40000, 443)


def one_input(data: bytes) -> None:
    """Read ``data``, parse it, and trace a packet through the devices."""
    Tracer(with_open_ends(parse_all(data, aws.PLUGIN))).trace(PACKET)


if __name__ == "__main__":
    start(one_input)
