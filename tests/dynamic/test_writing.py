"""The machine interface of the flow table, held against the plain values of each flow."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q, Ether

from tests.dynamic.making import MAC_A, MAC_B, A, B, Talk, ether, look, pcap, udp
from tests.dynamic.test_oriented import packet
from zoneguard.dynamic import table, writing
from zoneguard.dynamic.containers import find_captures
from zoneguard.dynamic.export import FIELDS, PAIRS, flow_record
from zoneguard.dynamic.surveying import survey
from zoneguard.dynamic.table import Tracks
from zoneguard.dynamic.writing import columns, csv_lines, jsonl
from zoneguard.model.errors import InputError


def agree(flows: Tracks) -> None:
    """Every form says what one record after the other says, to the character."""
    records = [flow_record(track.flow) for track in flows]
    assert "".join(jsonl(flows)) == "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([cell(value) for value in record.values()] for record in records)
    assert "".join(csv_lines(flows)) == lines.getvalue()
    flat = [dict(pairs for name, value in record.items() for pairs in parts(name, value)) for record in records]
    table = json.loads("".join(columns(flows)))
    assert list(table) == list(writing.FLAT)
    assert table == {name: [record[name] for record in flat] for name in table}


def cell(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], list):
        return "|".join(";".join(part) for part in value)
    return ";".join(map(str, value))


def parts(name: str, value: Any) -> list[tuple[str, Any]]:
    if name not in PAIRS:
        return [(name, value)]
    return [(f"{name}_{part}", one) for part, one in zip(PAIRS[name], value or (None, None), strict=True)]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1 << 32))
def test_any_flows_in_every_form(seed: int) -> None:
    draw = random.Random(seed)
    frames = [
        (draw.randrange(1 << 32) * 10**9 + draw.randrange(10**9), packet(draw)) for _ in range(draw.randrange(60))
    ]
    if draw.random() < 0.5:
        quoted = draw.choice(frames)[1] if frames else ether(udp())
        frames.append((5, ether(IP(src=B, dst=A) / ICMP(type=3, code=3) / bytes(quoted.payload))))
    with tempfile.TemporaryDirectory() as folder:
        agree(look(Path(folder), frames).tracks)


def test_odd_protocols_addresses_and_tunnels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "CHUNK", 7)
    ends = ("::", "::1", "1::", "1:0:0:2::3", "1::2:0:0:3", "::ffff:10.0.0.1", "::10.0.0.1", "1:2:3:4:5:6:7:8",
            "0:1:0:1:0:1:0:1", "fd00::a:0:0:b", "2001:db8:0:1:1:1:1:1", "1:2:3:4:5:6:7:0")  # fmt: skip
    six = [
        ether(IPv6(src=a, dst=b, nh=nh))
        for nh in (50, 132, 253)
        for a, b in zip(ends, ends[1:] + ends[:1], strict=True)
    ]
    ping = Ether(src=MAC_A, dst=MAC_B) / Dot1Q(vlan=7) / Dot1Q(vlan=8) / IP(src=A, dst=B) / ICMP(type=13, code=0)
    tunnel = ether(IP(src=A, dst=B) / GRE() / IP(src="1.1.1.1", dst="2.2.2.2", proto=50))
    found = look(tmp_path, [ping, ping, tunnel, *six, *Talk().opened().said(">", b"hello").packets]).tracks
    agree(found)
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(found)))))
    assert (rows[0]["vlan"], rows[0]["icmp"], rows[0]["macs"], rows[0]["packets"]) == (
        "7;8",
        "13;0",
        f"{MAC_A}|",
        "2;0",
    )
    assert rows[2]["tunnel"] == f"gre {A}-{B}"


def test_no_flow_at_all(tmp_path: Path) -> None:
    flows = look(tmp_path, []).tracks
    agree(flows)
    assert "payload_to_originator" in "".join(columns(flows))


@pytest.mark.parametrize("name", ["odd-\udc80-名.pcap", 'quoted ", and\nbroken.pcap'])
def test_long_columns_and_odd_names_are_whole(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROOM", 16)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([ether(udp(sport=10000 + port)) for port in range(50)]))
    flows = survey([str(path)], name=lambda _: name).tracks
    agree(flows)
    told = json.loads("".join(columns(flows)).encode("utf-8", "backslashreplace"))
    assert told["sport"] == list(range(10000, 10050))
    assert set(told["file"]) == {name}


@pytest.mark.skipif("ZONEGUARD_CORPUS" not in os.environ, reason="ZONEGUARD_CORPUS names no corpus")
def test_captures_of_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "CHUNK", 500)
    for file in find_captures(str(Path(os.environ["ZONEGUARD_CORPUS"]) / "captures")):
        try:
            agree(survey([file], digest=False, interesting=None).tracks)
        except InputError:
            continue
