"""The real captures of the corpus: every frame accounted for, and every connection that Zeek lists found."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest

from tests.dynamic.test_cores import COMPILED, compare
from zoneguard.dynamic.streams import reassemble
from zoneguard.dynamic.surveying import Survey, survey
from zoneguard.model.addresses import format_address
from zoneguard.model.flows import Flow

ROOT = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "captures"
FILES = sorted(p for p in ROOT.glob("*.pcap*")) if ROOT.is_dir() else []
TRUTH = json.loads((ROOT / "flows-truth.json").read_text()) if FILES else {}
PROTOCOLS = {1: "icmp", 58: "icmp", 6: "tcp", 17: "udp"}
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


@cache
def seen(name: str) -> Survey:
    return survey([str(ROOT / name)])


def named(flow: Flow) -> tuple[str, str, int, str, int]:
    proto = PROTOCOLS.get(flow.proto, "unknown_transport")
    return proto, format_address(flow.src), flow.sport, format_address(flow.dst), flow.dport


@pytest.mark.parametrize("case", TRUTH)
def test_every_connection_is_found_as_zeek_lists_it(case: str) -> None:
    found = {named(flow) for flow in seen(TRUTH[case]["file"]).table.flows}
    assert {tuple(connection) for connection in TRUTH[case]["connections"]} <= found


@pytest.mark.skipif(COMPILED is None, reason="the compiled core was not built: there was no C compiler")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_both_cores_see_the_same(path: Path) -> None:
    compare([str(path)])


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_frame_is_accounted_for(path: Path) -> None:
    account = seen(path.name).accounts[0]
    counted = account.decoded + sum(account.skipped.values()) + sum(account.without_ip.values())
    assert counted == account.frames
    unread = {"zeek__trunc__trunc-hdr.pcap": 1, "zeek__ipv6-fragmented-dns.pcap": 1}
    assert sum(account.skipped.values()) == unread.get(path.name, 0)
    assert bool(account.truncated) == (path.name == "suricata__http-mime-truncated__input.pcap")


@pytest.mark.parametrize(("name", "direction", "data", "gaps"), [
    ("suricata__eve-overlap-payload-05-gap__tcp-simple-gap2.pcap", "to_responder", b"VERY\0\0\0\0DATA", ((4, 8),)),
    ("zeek__smtp-attachment-msg.pcap", "to_originator", b"", ((0, 170),)),
])  # fmt: skip
def test_what_the_capture_missed_is_marked(
    name: str, direction: str, data: bytes, gaps: tuple[tuple[int, int], ...]
) -> None:
    (conversation,) = reassemble(seen(name), seen(name).tracks)
    stream = getattr(conversation, direction)
    assert (stream.data, stream.gaps) == (data, gaps)


def test_a_file_transfer_comes_out_whole() -> None:
    wanted = [t for t in seen("zeek__ftp__retr.pcap").tracks if t.flow.payload[1] == 16557]
    (conversation,) = reassemble(seen("zeek__ftp__retr.pcap"), wanted)
    assert conversation.to_originator.complete
    assert len(conversation.to_originator.data) == 16557


def test_one_connection_in_three_vlans_is_three_flows() -> None:
    assert [flow.vlan for flow in seen("zeek__vlan-collisions.pcap").table.flows] == [(), (42,), (10, 20)]
