"""The machine interface of the flow table."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import GRE, Dot1Q, Ether

from tests.dynamic.making import MAC_A, MAC_B, START, A, B, Talk, ether, flows, udp
from zoneguard.dynamic import export
from zoneguard.dynamic.communityid import community_id
from zoneguard.dynamic.export import FIELDS, columns, csv_lines, flow_record, jsonl

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


def test_json_lines_and_csv_say_the_same(tmp_path: Path) -> None:
    ping = Ether(src=MAC_A, dst=MAC_B) / Dot1Q(vlan=7) / Dot1Q(vlan=8) / IP(src=A, dst=B) / ICMP(type=13, code=0)
    tunnel = ether(IP(src=A, dst=B) / GRE() / IP(src="1.1.1.1", dst="2.2.2.2", proto=50))
    found = flows(tmp_path, [ping, ping, tunnel])
    records = [json.loads(line) for line in jsonl(found)]
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(found)))))
    assert [list(r) for r in rows] == [list(FIELDS)] * len(records)
    assert [r["proto"] for r in records] == [r["proto"] for r in rows] == ["icmp", "gre", "esp"]
    assert (records[0]["vlan"], rows[0]["vlan"], records[0]["icmp"], rows[0]["icmp"]) == (
        [7, 8],
        "7;8",
        [13, 0],
        "13;0",
    )
    assert rows[0]["macs"] == f"{MAC_A}|"
    assert rows[2]["tunnel"] == f"gre {A}-{B}"
    assert rows[0]["packets"] == "2;0"


def test_columns_hold_the_same_in_plain_types(tmp_path: Path) -> None:
    talk = Talk().opened().said(">", b"hello")
    ping = Ether(src=MAC_A, dst=MAC_B) / Dot1Q(vlan=7) / IP(src=A, dst=B) / ICMP(type=8, code=0)
    found = flows(tmp_path, [*talk.packets, ping])
    table = json.loads("".join(columns(found)))
    records = [flow_record(flow) for flow in found]
    assert {len(column) for column in table.values()} == {2}
    assert table["src"] == [record["src"] for record in records]
    assert (table["packets_to_responder"], table["packets_to_originator"]) == ([3, 1], [2, 0])
    assert (table["macs_originator"], table["macs_responder"]) == ([[MAC_A], [MAC_A]], [[MAC_B], []])
    assert (table["icmp_type"], table["icmp_code"], table["vlan"]) == ([None, 8], [None, 0], [[], [7]])
    for column in table.values():
        assert len({type(value) for value in column if value is not None}) <= 1


def test_columns_of_no_flow_are_there(tmp_path: Path) -> None:
    table = json.loads("".join(columns([])))
    assert "payload_to_originator" in table
    assert not any(table.values())


def test_long_columns_and_odd_names_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROOM", 16)
    found = [
        replace(flow, first=flow.first._replace(file="odd-\udc80-名.pcap"), sport=n)
        for flow in flows(tmp_path, [ether(udp())])
        for n in range(50)
    ]
    table = json.loads("".join(columns(found)).encode("utf-8", "backslashreplace"))
    assert table["sport"] == list(range(50))
    assert set(table["file"]) == {"odd-\udc80-名.pcap"}
