"""What is said of all flows that nobody reads at once is what would be said of a transfer of each."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from tests.checks.town import Town, attempt, session
from tests.dynamic.making import look
from zoneguard.checks import Case, DynamicResult
from zoneguard.checks._transfers import EXPORT, IMPORT
from zoneguard.checks._unread import unread, unread_flows
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.traffic import Traffic
from zoneguard.inspection.unread import unrecognised
from zoneguard.loading.project import load_project
from zoneguard.model.packets import PacketSpace
from zoneguard.model.policy import Verdict
from zoneguard.model.project import CaptureEntry, Method
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneClass

HOSTS = (
    "10.10.0.5", "10.20.0.5", "10.20.0.6", "10.30.0.7", "10.30.0.50", "10.40.0.10", "10.40.0.20", "203.0.113.2",
    "198.51.100.7",
)  # fmt: skip
PORTS = (25, 53, 443, 993, 8443, 40000)


def packet(draw: random.Random) -> Packet:
    src, dst = draw.sample(HOSTS, 2)
    ends = {"sport": draw.choice(PORTS), "dport": draw.choice(PORTS)}
    kind = draw.randrange(4)
    content = b"x" * draw.randrange(2)
    if kind == 3:  # a tunnel in echoes: answers that are longer than what they answer
        answer = Ether() / IP(src=dst, dst=src) / ICMP(type=0) / bytes(draw.choice((100, 9000)))
        return answer if draw.randrange(2) else Ether() / IP(src=src, dst=dst) / ICMP() / content
    layer = (UDP(**ends), TCP(**ends, flags=draw.choice(("S", "SA", "PA")), seq=7), ICMP())[min(kind, 2)]
    return Ether() / IP(src=src, dst=dst) / layer / content


@pytest.mark.parametrize("terminals", ["alpha", "beta"])
@pytest.mark.parametrize("point", ["lgwan", "internet", ""])
def test_both_ways_to_ask_agree(terminals: str, point: str, tmp_path: Path) -> None:
    town = Town(tmp_path, model=terminals)
    town.audit()
    project = load_project(tmp_path, None)
    draw = random.Random(5)
    seen = look(tmp_path, [packet(draw) for _ in range(1500)])
    flows = Flows((seen.tracks,), by_time=True)
    carried = [flow for flow in flows if flow.carried]
    entry = CaptureEntry(tmp_path / "capture.pcap", SourceSpan("", 1, 1), point)
    points = {seen.names[0]: entry}
    columns = Traffic(flows, project.zones, points, np.array([flow.carried for flow in flows]))
    apart = Traffic(flows, project.zones, points)
    one = Case(project, PacketSpace(), None, DynamicResult(seen.table, columns, (), (), points))
    each = replace(
        one, dynamic=DynamicResult(seen.table, apart, tuple(map(unrecognised, carried)), (), points), unread={}
    )
    assert (project.network_model.terminals is ZoneClass.INTERNET) == (terminals == "beta")
    found = 0
    for method in Method:
        for direction in (IMPORT, EXPORT):
            expected = [transfer.flow for transfer, _ in unread(each, method, direction)]
            mask = unread_flows(one, columns, method, direction)
            assert list(columns.some(np.flatnonzero(mask))) == expected
            found += len(expected)
    assert found > 10


@pytest.mark.parametrize(("answer", "hidden"), [(56, False), (1400, True)])
def test_answers_longer_than_what_they_answer_are_content_that_nobody_reads(
    answer: int, hidden: bool, tmp_path: Path
) -> None:
    out, back = IP(src="10.20.0.5", dst="198.51.100.7"), IP(src="198.51.100.7", dst="10.20.0.5")
    ping = [Ether() / out / ICMP(id=5, seq=n) / bytes(56) for n in range(20)]
    pong = [Ether() / back / ICMP(type=0, id=5, seq=n) / bytes(answer) for n in range(20)]
    row = "{id: P, from: lgwan, to: world, services: [icmp], purpose: p, clauses: []}"
    pairs = [packet for both in zip(ping, pong, strict=True) for packet in both]
    town = Town(tmp_path, allow=(row,), captures={"lgwan": pairs})
    found = [f for f in town.findings("ZG203") if f.verdict is Verdict.UNDETERMINED]
    assert [f"{answer * 20} received" in str(f.message) for f in found] == ([True] if hidden else [])


@pytest.mark.parametrize("midst", [False, True])
def test_of_a_session_of_which_one_side_was_captured_the_other_carried_what_nobody_knows(
    midst: bool, tmp_path: Path
) -> None:
    row = "{id: A1, from: lgwan, to: world, services: [tcp/443], purpose: p, clauses: []}"
    whole = session("10.20.0.5", "198.51.100.7", 443, b"\x01q" * 9, b"")
    ours = [packet for packet in whole if packet[IP].src == "10.20.0.5"]
    shown = [packet for packet in ours if not packet[TCP].flags.S] if midst else ours

    def said(packets: list[Packet]) -> list[Verdict]:
        return [f.verdict for f in Town(tmp_path, allow=(row,), captures={"lgwan": packets}).findings("ZG203")]

    assert said(shown) == [Verdict.UNDETERMINED]
    assert said(whole) == []
    assert said(attempt("10.20.0.5", "198.51.100.7", 443)) == []
