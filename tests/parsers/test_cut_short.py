"""Files that end too early: by a missing line end, by what a table counts of itself. Whole files raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.model.device import Concern
from zoneguard.parsers import Kind
from zoneguard.parsers.reading import read_source
from zoneguard.parsers.splitting import parse_source

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
PANOS = """flags: A:active, ?:loose, C:connect, H:host, S:static, ~:internal, R:rip, O:ospf, B:bgp,

VIRTUAL ROUTER: default (id 1)
  ==========
destination        nexthop          metric flags      age   interface          next-AS
0.0.0.0/0          203.0.113.1      10     A S              ethernet1/6
10.10.0.0/16       10.10.255.254    10     A S              ethernet1/1
10.20.0.0/16       10.10.255.254    10       S              ethernet1/1
total routes shown: 3
"""
NEC = """IP Routing Table - 3 entries, 2 hidden, 2043 frees
Entries: 2 Connected, 1 Static, 0 RIP, 0 OSPF, 0 BGP
S      10.20.0.0/16 [1/1] via 10.20.250.1, GigaEthernet0.1, 15:21:35
C      10.20.64.0/24 [0/1] is directly connected, GigaEthernet1.0, 15:21:35
C      10.20.250.0/30 [0/1] is directly connected, GigaEthernet0.1, 15:21:35
"""
NXOS = """IP Route Table for VRF "default"
'*' denotes best ucast next-hop

10.1.0.0/24, ubest/mbest: 1/0, attached
    *via 10.1.0.2, Vlan10, [0/0], 30w1d, direct
10.9.0.0/16, ubest/mbest: 2/0
    *via 10.1.0.8, [110/41], 12w3d, ospf-1, intra
    *via 10.1.0.9, [110/41], 12w3d, ospf-1, intra
"""
YAMAHA = "# RTX1210 Rev.14.01.42\nip lan1 address 10.1.0.1/24\nip route 10.9.0.0/16 gateway 10.1.0.9"


def said(folder: Path, text: str, kind: Kind | None = None) -> list[tuple[int, Concern]]:
    """Lines not understood of a file with these bytes, which also make the device uncertain."""
    path = folder / "export.txt"
    path.write_bytes(text.encode())
    parsed = parse_source(read_source(path, "export.txt"), "d", kind=kind)
    doubts = {entry.span.first for device in parsed.devices for entry in device.uncertain}
    return [(m.span.first, m.concern) for m in parsed.account.not_understood if m.span.first in doubts]


@pytest.mark.parametrize("table", [PANOS, NEC, NXOS])
def test_a_whole_table_is_whole(tmp_path: Path, table: str) -> None:
    assert said(tmp_path, table, Kind.ROUTES) == []


@pytest.mark.parametrize("table", [PANOS, NEC, NXOS])
def test_a_table_without_its_last_row_is_cut_short(tmp_path: Path, table: str) -> None:
    lines = [line for line in table.splitlines(keepends=True) if not line.startswith("total")]
    found = said(tmp_path, "".join(lines[:-1]), Kind.ROUTES)
    assert [concern for _, concern in found] == [Concern.ROUTING]


def test_a_count_that_is_too_high_is_said_at_its_line(tmp_path: Path) -> None:
    found = said(
        tmp_path, PANOS.replace("10.10.0.0/16       10.10.255.254    10     A S              ethernet1/1\n", "")
    )
    assert found == [(8, Concern.ROUTING)]


@pytest.mark.parametrize("table", [PANOS, NEC, NXOS])
def test_a_table_whose_last_line_has_no_end_may_be_cut(tmp_path: Path, table: str) -> None:
    assert said(tmp_path, table.rstrip("\n"), Kind.ROUTES) == [(table.count("\n"), Concern.ROUTING)]
    assert said(tmp_path, table + "admin@host> ", Kind.ROUTES) == []


def test_a_configuration_that_the_device_printed_ends_with_a_line_end(tmp_path: Path) -> None:
    assert said(tmp_path, YAMAHA) == [(3, Concern.FILTER)]
    assert said(tmp_path, YAMAHA + "\n") == []
    assert said(tmp_path, YAMAHA + "\r\n# ") == []
    assert said(tmp_path, YAMAHA.partition("\n")[2]) == []


def test_a_list_of_rules_may_end_anywhere(tmp_path: Path) -> None:
    assert said(tmp_path, "No,送信元,宛先,プロトコル,ポート,許可\n1,10.1.0.1,10.2.0.0/16,TCP,80,許可") == []


@pytest.mark.parametrize(
    "path", sorted(TOPOLOGIES.rglob("configs/*")), ids=lambda path: f"{path.parts[-3]}-{path.name}"
)
def test_no_whole_file_of_ours_is_taken_for_cut(path: Path) -> None:
    account = parse_source(read_source(path, path.name), "d").account
    assert not [entry for entry in account.not_understood if "cut short" in entry.reason]
