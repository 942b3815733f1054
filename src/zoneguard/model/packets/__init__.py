"""Exact sets of packets."""

from zoneguard.model.packets.packetset import PacketSet
from zoneguard.model.packets.space import PacketSpace

__all__ = ["PacketSet", "PacketSpace"]
