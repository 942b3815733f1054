"""Which flows are looked into, by whom, and what is handed on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import GRE

from tests.dynamic.making import A, B, Talk, crosses, ether, flows, pcap, udp
from zoneguard.dynamic.replay import Options, replay
from zoneguard.inspection import Conversation, Protocol
from zoneguard.model.addresses import parse_prefix, prefix_of
from zoneguard.model.errors import InputErrors
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

SPAN = SourceSpan("zoneguard.yaml", 1, 1)


def zones(**prefixes: str) -> ZoneMap:
    return ZoneMap(Zone(name, ZoneClass.OTHER, (prefix_of(prefix),), SPAN) for name, prefix in prefixes.items())


TWO = zones(a="10.1.0.0/16", b="10.2.0.0/16")


def speaker(name: str, confidence: float) -> Protocol:
    def inspect(conversation: Conversation) -> Iterable[Transfer]:
        data = conversation.to_responder.data
        transfer = Transfer(
            key=f"{name}-{conversation.flow.sport}",
            flow=conversation.flow,
            protocol=name,
            kind="session",
            to_responder=True,
            frames=(),
            certainty=Certainty.INSPECTED,
            size=len(data),
        )
        if conversation.keep is not None:
            conversation.keep(transfer, data)
        yield transfer

    return Protocol(name, name, lambda conversation: confidence, inspect)


def entry(path: Path, zone: str = "") -> CaptureEntry:
    return CaptureEntry(path, SPAN, zone=zone)


def write(folder: Path, packets: list[Any], name: str = "c.pcap") -> Path:
    path = folder / name
    path.write_bytes(pcap(packets))
    return path


def moved(talk: Talk, src: str, dst: str) -> list[Any]:
    out = []
    for packet in talk.packets:
        turned = packet.copy()
        turned[IP].src, turned[IP].dst = (src, dst) if packet[IP].src == A else (dst, src)
        del turned[IP].chksum, turned[TCP].chksum
        out.append(turned)
    return out


def test_flows_that_cross_are_handed_to_the_protocol_that_is_surest(tmp_path: Path) -> None:
    crossing = Talk(sport=1).opened().said(">", b"hello").packets
    inside = moved(Talk(sport=2).opened().said(">", b"hello"), "10.1.0.1", "10.1.0.9")
    path = write(tmp_path, [*crossing, *inside])
    options = Options(protocols=[speaker("weak", 0.6), speaker("sure", 0.9), speaker("no", 0.0)])
    result = replay([entry(path)], TWO, options)
    assert [(t.protocol, t.flow.sport, t.size) for t in result.transfers] == [("sure", 1, 5)]
    assert len(result.table.flows) == 2
    assert result.table.accounts[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert result.entries == {str(path): entry(path)}


@pytest.mark.parametrize("protocols", [[], [speaker("unsure", 0.4)]])
def test_what_no_protocol_recognises_is_opaque_with_its_direction_and_volume(
    tmp_path: Path, protocols: list[Protocol]
) -> None:
    path = write(tmp_path, Talk().opened().said(">", b"hello").said("<", b"hello, hello").packets)
    [transfer] = replay([entry(path)], TWO, Options(protocols=protocols)).transfers
    assert (transfer.protocol, transfer.kind, transfer.certainty) == ("unknown", "session", Certainty.OPAQUE)
    assert (transfer.to_responder, transfer.size, transfer.sha256) == (False, 17, "")
    assert str(transfer.reason) == "no protocol is recognised: 5 bytes sent, 12 received"
    assert {f.frame for f in transfer.frames} == {transfer.flow.first.frame, transfer.flow.last.frame}


def test_datagrams_that_crossed_are_said_too(tmp_path: Path) -> None:
    path = write(tmp_path, [ether(udp(bytes(700))), ether(udp(bytes(300)))])
    [transfer] = replay([entry(path)], TWO).transfers
    assert (transfer.protocol, transfer.to_responder, transfer.size) == ("unknown", True, 1000)


def test_flows_inside_flows_have_keys_of_their_own(tmp_path: Path) -> None:
    tunnel = [ether(IP(src=A, dst=B) / GRE() / IP(src=A, dst=B) / GRE() / udp())]
    transfers = replay([entry(write(tmp_path, tunnel))], TWO).transfers
    assert len({t.key for t in transfers}) == len(transfers) == 3


def test_a_flow_without_content_gives_no_transfer(tmp_path: Path) -> None:
    assert replay([entry(write(tmp_path, Talk().opened().packets))], TWO).transfers == ()


def test_a_reader_that_fails_leaves_the_flow_unread_and_the_rest_read(tmp_path: Path) -> None:
    def inspect(conversation: Conversation) -> Iterable[Transfer]:
        raise ValueError("odd")

    failing = Protocol("odd", "odd", lambda c: float(c.to_responder.data == b"odd"), inspect)
    packets = [*Talk(sport=1).opened().said(">", b"odd").packets, *Talk(sport=2).opened().said(">", b"fine").packets]
    options = Options(protocols=[failing, speaker("fine", 0.6)])
    odd, fine = replay([entry(write(tmp_path, packets))], TWO, options).transfers
    assert (odd.protocol, odd.certainty) == ("unknown", Certainty.OPAQUE)
    assert str(odd.reason) == "the reader odd failed: ValueError('odd')"
    assert fine.protocol == "fine"


def test_files_of_ftp_data_connections_have_the_names_that_the_session_gave_them(tmp_path: Path) -> None:
    control = (
        Talk(sport=1, dport=21).opened().said("<", b"220 ftp\r\n").said(">", b"PASV\r\n")
        .said("<", b"227 Entering Passive Mode (10,2,0,2,4,1)\r\n").said(">", b"STOR /in/report.txt\r\n")
        .said("<", b"150 ok\r\n")
    )  # fmt: skip
    data = Talk(sport=2, dport=1025).opened().said(">", b"the report\n").closed()
    path = write(tmp_path, [*control.packets, *data.packets])
    [file] = [t for t in replay([entry(path)], TWO).transfers if t.protocol == "ftp-data"]
    assert (file.name, file.sha256) == ("report.txt", hashlib.sha256(b"the report\n").hexdigest())


def test_named_addresses_and_all_flows_are_looked_into_on_request(tmp_path: Path) -> None:
    inside = moved(Talk().opened().said(">", b"hello"), "10.1.0.1", "10.1.0.9")
    path = write(tmp_path, inside)
    for options, count in (
        (Options(), 0),
        (Options(touching=parse_prefix("10.1.0.9")), 1),
        (Options(touching=parse_prefix("10.1.0.8")), 0),
        (Options(all_flows=True), 1),
    ):
        chosen = Options(touching=options.touching, all_flows=options.all_flows, protocols=[speaker("x", 1)])
        assert len(replay([entry(path)], TWO, chosen).transfers) == count


def test_flows_inside_tunnels_are_judged_on_their_own(tmp_path: Path) -> None:
    inner = Talk().opened().said(">", b"hello").packets
    tunnel = [ether(IP(src="10.1.0.7", dst="10.1.0.8") / GRE() / p[IP]) for p in inner]
    result = replay([entry(write(tmp_path, tunnel))], TWO, Options(protocols=[speaker("x", 1)]))
    assert [(f.proto, crosses(TWO, f.src, f.dst)) for f in result.table.flows] == [(47, False), (6, True)]
    assert [t.flow.tunnel for t in result.transfers] == [("gre 10.1.0.7-10.1.0.8",)]


def test_captures_of_one_point_are_one_and_of_two_points_two(tmp_path: Path) -> None:
    packets = Talk().opened().said(">", b"hello").packets
    times = list(enumerate(packets))
    parts = [write(tmp_path, [(1_000_000 * i, p) for i, p in times[k::2]], f"{k}.pcap") for k in (0, 1)]
    together = replay([entry(p, "a") for p in parts], TWO, Options(protocols=[speaker("x", 1)]))
    assert [(f.state.value, sum(f.packets)) for f in together.table.flows] == [("payload", len(packets))]
    assert [t.size for t in together.transfers] == [5]
    apart = replay([entry(p, z) for p, z in zip(parts, "ab", strict=True)], TWO, Options(protocols=[]))
    assert len(apart.table.flows) == 2


def test_everything_that_cannot_be_read_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no capture")
    with pytest.raises(InputErrors) as caught:
        replay([entry(tmp_path / "text"), entry(tmp_path / "missing")], TWO)
    assert [Path(e.file).name for e in caught.value.errors] == ["text", "missing"]


def test_carved_content_and_progress_reach_the_caller(tmp_path: Path) -> None:
    packets = Talk().opened().said(">", b"hello").packets
    kept: list[bytes] = []
    read: list[int] = []
    options = Options(protocols=[speaker("x", 1)], keep=lambda t, data: kept.append(data), progress=read.append)
    replay([entry(write(tmp_path, packets))], TWO, options)
    assert (kept, sum(read)) == ([b"hello"], len(packets))


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [
        ("10.1.0.1", "10.2.0.1", True),
        ("10.1.0.1", "10.1.0.2", False),
        ("10.1.0.1", "8.8.8.8", True),
        ("8.8.8.8", "9.9.9.9", True),
        ("10.1.0.1", "255.255.255.255", False),
        ("10.1.0.1", "224.0.0.251", False),
        ("10.1.0.1", "239.1.1.1", True),
        ("0.0.0.0", "10.2.0.1", False),
        ("10.1.0.1", "169.254.1.1", False),
    ],
)
def test_what_crosses(src: str, dst: str, expected: bool, tmp_path: Path) -> None:
    (flow,) = flows(tmp_path, [ether(udp(src=src, dst=dst))])
    assert crosses(TWO, flow.src, flow.dst) is expected


def test_link_local_ipv6_stays_and_routed_ipv6_crosses(tmp_path: Path) -> None:
    from scapy.layers.inet import UDP
    from scapy.layers.inet6 import IPv6

    found = flows(
        tmp_path,
        [
            IPv6(src="fe80::1", dst="ff02::fb") / UDP(sport=1, dport=2),
            IPv6(src="fd00::1", dst="ff05::2") / UDP(sport=1, dport=2),
            IPv6(src="fd00::1", dst="2001:db8::1") / UDP(sport=1, dport=2),
            IPv6(src="::", dst="fd00::1") / UDP(sport=1, dport=2),
        ],
        101,
    )
    assert [crosses(TWO, f.src, f.dst) for f in found] == [False, True, True, False]
