"""Exact sets of packets."""

from zoneguard.model.packets.packetset import PacketSet

__all__ = ["PacketSet"]
