"""One flow as plain values."""

from __future__ import annotations

from pathlib import Path

from tests.dynamic.making import MAC_A, MAC_B, START, A, B, Talk, flows
from zoneguard.dynamic.communityid import community_id
from zoneguard.dynamic.export import FIELDS, flow_record

PROMISED = (
    "src sport dst dport proto vlan tunnel state opened_by packets bytes payload first last first_frame macs"
    " community_id"
)


def test_a_record_has_the_promised_names_and_values(tmp_path: Path) -> None:
    talk = Talk().opened().said(">", b"hello")
    (flow,) = flows(tmp_path, [(START + i * 1500, p) for i, p in enumerate(talk.packets)])
    record = flow_record(flow)
    assert set(PROMISED.split()) <= set(record)
    assert tuple(record) == FIELDS
    assert record == {
        "src": A,
        "sport": 40000,
        "dst": B,
        "dport": 25,
        "proto": "tcp",
        "vlan": [],
        "tunnel": [],
        "state": "payload",
        "opened_by": "handshake",
        "packets": [3, 2],
        "bytes": [125, 80],
        "payload": [5, 0],
        "first": "2023-11-14T22:13:20.000000Z",
        "last": "2023-11-14T22:13:20.000006Z",
        "first_frame": 1,
        "last_frame": 5,
        "macs": [[MAC_A], [MAC_B]],
        "community_id": community_id(6, (flow.src, flow.dst), (40000, 25)),
        "file": flow.first.file,
        "icmp": None,
    }
