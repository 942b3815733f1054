"""ZG401: what was not read is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from tests.checks.town import ROUTES, Town, session
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict


def test_a_whole_input_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)}).findings("ZG401")


def test_a_zone_without_device_is_said(tmp_path: Path) -> None:
    routes = "".join(line + "\n" for line in ROUTES.splitlines() if "eth3" not in line)
    (found,) = Town(tmp_path, routes=routes).findings("ZG401")
    assert found.verdict is Verdict.UNDETERMINED
    assert "dmz-san" in str(found.message)


@pytest.mark.parametrize(("name", "said"), [("eth7", 1), ("eth1", 0)])
def test_a_link_to_an_interface_that_is_not_there_is_said_with_its_line(name: str, said: int, tmp_path: Path) -> None:
    ends = f"{{a: {{device: fw, interface: {name}}}, b: {{device: fw, interface: eth2}}}}"
    findings = Town(tmp_path, more=f"links: [{ends}]\n").findings("ZG401")
    found = [f for f in findings if "fw has no interface eth7" in str(f.message)]
    assert len(found) == said
    assert all("zoneguard.yaml:" in str(f.evidence[0]) for f in found)


def test_a_capture_that_was_cut_is_said_with_the_frame(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    town.audit()
    whole = (tmp_path / "internet.pcap").read_bytes()

    town.captures = {}
    town.audit()
    (tmp_path / "internet.pcap").write_bytes(whole[:-7])
    text = (tmp_path / "zoneguard.yaml").read_text(encoding="utf-8")
    text = text.replace("captures: []", "captures: [{path: internet.pcap, point: {zone: internet}}]")
    (tmp_path / "zoneguard.yaml").write_text(text, encoding="utf-8")
    report = run(load_project(tmp_path, None))
    (found,) = [f for f in report.findings if f.check == "ZG401"]
    assert "internet.pcap" in str(found.message)
    assert report.verdict is Verdict.UNDETERMINED


def test_a_line_that_may_matter_makes_the_clauses_undetermined(tmp_path: Path) -> None:
    report = Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -j SOMETHING-ELSE"]).audit()
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert verdicts["mikasa:25柱書"] is Verdict.UNDETERMINED


def test_what_is_not_understood_bounds_no_clause_that_rests_on_the_register_or_on_captures(tmp_path: Path) -> None:
    town = Town(
        tmp_path,
        devices=("sw: {config: sw.cfg, format: awplus}",),
        files={"sw.cfg": "interface vlan30\n ip address 10.30.0.77/24\n!\nrouter ospf 1\n network 10.0.0.0/8 area 0\n"},
        captures={"internet": session("10.30.0.7", "10.30.0.9", 443)},
    )
    report = town.audit()
    assert [f.check for f in report.findings if f.verdict is Verdict.UNDETERMINED] == ["ZG401"]
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert {verdicts[f"mikasa:{clause}"] for clause in ("20-1", "129", "131")} == {Verdict.CONFORMS}
    assert verdicts["mikasa:85-4"] is Verdict.ATTESTATION_NEEDED, "captures show a part of the ways in only"
    asking = {verdicts[f"mikasa:{clause}"] for clause in ("24(1)前段", "67(1)", "67(3)", "82")}
    assert asking == {Verdict.UNDETERMINED}, "67(3) rests on a check that asks configurations and captures"


def tunnel(src: str, dst: str, port: int = 0) -> list[Packet]:
    """Two packets of ESP, or of datagrams to this port and back."""
    outer = [IP(src=src, dst=dst), IP(src=dst, dst=src)]
    if not port:
        return [Ether() / ip.copy() / Raw(bytes(60)) for ip in outer for ip.proto in [50]]
    ports = [UDP(sport=40000, dport=port), UDP(sport=port, dport=40000)]
    return [Ether() / ip / udp / Raw(bytes(60)) for ip, udp in zip(outer, ports, strict=True)]


@pytest.mark.parametrize("port", [0, 4500, 51820, 1194])
def test_an_encrypted_tunnel_inside_a_zone_is_said_and_bounds_what_captures_can_say(tmp_path: Path, port: int) -> None:
    report = Town(tmp_path, captures={"lgwan": tunnel("10.20.0.7", "10.20.0.8", port)}).audit()
    (found,) = [f for f in report.findings if f.check == "ZG401"]
    assert found.verdict is Verdict.UNDETERMINED
    assert "10.20.0.7 > 10.20.0.8" in str(found.message)
    assert "120 bytes" in str(found.message)
    assert [str(frame) for frame in found.evidence] == ["lgwan.pcap#1", "lgwan.pcap#2"]
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert verdicts["mikasa:24(1)前段"] is Verdict.UNDETERMINED
    assert verdicts["mikasa:129"] is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("src", "dst", "port"),
    [
        ("10.20.0.7", "198.51.100.7", 0),  # between zones: other checks speak of it
        ("10.20.0.7", "10.20.0.8", 443),
        ("10.20.0.70", "10.20.0.1", 4500),  # by the line that is meant for it
        ("198.51.100.7", "198.51.100.8", 4500),  # through the Internet
        ("10.60.0.7", "10.60.0.8", 0),  # not the municipality's matter
    ],
)
def test_other_flows_and_tunnels_of_which_others_speak_are_not_said(
    tmp_path: Path, src: str, dst: str, port: int
) -> None:
    town = Town(
        tmp_path,
        zones=("edu: {class: out-of-scope, prefixes: [10.60.0.0/24]}",),
        hosts=("carrier: {addresses: [10.20.0.64/26], roles: [access-line]}",),
        captures={"internet": tunnel(src, dst, port)},
    )
    assert not [f for f in town.findings("ZG401") if f.flow]


@pytest.mark.parametrize(("service", "said"), [("ip/50", False), ("udp/4500", True)])
@pytest.mark.parametrize("ends", [("10.20.0.7", "10.20.0.8"), ("10.20.0.8", "10.20.0.7")])
def test_a_tunnel_that_a_row_names_is_declared(ends: tuple[str, str], service: str, said: bool, tmp_path: Path) -> None:
    row = f"{{id: T, from: 10.20.0.7, to: 10.20.0.8, services: [{service}], purpose: p, clauses: []}}"
    town = Town(tmp_path, allow=(row,), captures={"lgwan": tunnel(*ends)})
    assert bool(town.findings("ZG401")) is said


def test_a_tunnel_of_which_no_end_is_in_a_zone_is_said(tmp_path: Path) -> None:
    zones = "world: {class: public, prefixes: [0.0.0.0/0]}"
    town = Town(tmp_path, captures={"internet": tunnel("172.16.0.1", "172.16.9.1")})
    town.audit()
    text = (tmp_path / "zoneguard.yaml").read_text(encoding="utf-8")
    (tmp_path / "zoneguard.yaml").write_text(text.replace(zones, "world: {class: public, prefixes: [198.51.100.0/24]}"))
    report = run(load_project(tmp_path, None))
    assert [f.zones for f in report.findings if f.check == "ZG401" and f.flow] == [("",)]
