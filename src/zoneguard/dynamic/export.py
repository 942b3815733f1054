"""One flow as plain values, under the names of the machine interface of ``zoneguard flows``."""

from __future__ import annotations

from datetime import UTC, datetime

from zoneguard.dynamic.communityid import community_id
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.flows import Flow
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.spans import CaptureSpan

FIELDS = (
    "src", "sport", "dst", "dport", "proto", "vlan", "tunnel", "state", "opened_by", "packets", "bytes", "payload",
    "first", "last", "first_frame", "macs", "community_id", "file", "last_frame", "icmp",
)  # fmt: skip
PAIRS = {"packets": ("to_responder", "to_originator"), "macs": ("originator", "responder"), "icmp": ("type", "code")}
PAIRS |= {"bytes": PAIRS["packets"], "payload": PAIRS["packets"]}


def flow_record(flow: Flow) -> dict[str, object]:
    """One flow as plain values under the names in ``FIELDS``.

    Pairs are ``[to_responder, to_originator]``; ``macs`` the source addresses each way; times ISO 8601 in UTC;
    ``first_frame`` counts from 1 in ``file``; ``icmp`` is ``[type, code]`` of the opening message, else null.
    """
    return {
        "src": format_address(flow.src),
        "sport": flow.sport,
        "dst": format_address(flow.dst),
        "dport": flow.dport,
        "proto": PROTOCOL_NAMES.get(flow.proto, str(flow.proto)),
        "vlan": list(flow.vlan),
        "tunnel": list(flow.tunnel),
        "state": flow.state.value,
        "opened_by": flow.opened_by,
        "packets": list(flow.packets),
        "bytes": list(flow.bytes),
        "payload": list(flow.payload),
        "first": _time(flow.first),
        "last": _time(flow.last),
        "first_frame": flow.first.frame,
        "macs": [[format_mac(mac) for mac in macs] for macs in flow.macs],
        "community_id": community_id(flow.proto, (flow.src, flow.dst), (flow.sport, flow.dport), flow.icmp),
        "file": flow.first.file,
        "last_frame": flow.last.frame,
        "icmp": [flow.icmp >> 8, flow.icmp & 0xFF] if flow.proto in (1, 58) else None,
    }


def _time(at: CaptureSpan) -> str:
    return datetime.fromtimestamp(at.time, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
