"""A session seen on both sides of a translation is one; what only resembles it stays apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import TCP
from scapy.packet import Packet

from tests.checks.town import Town, session
from zoneguard.model.findings import Finding

NAT = ("-A POSTROUTING -s 10.20.0.0/24 -o eth4 -j SNAT --to-source 203.0.113.2",)
PORTS = tuple(f"{rule}:1024-65535" for rule in NAT)
PASS = ("-A FORWARD -i eth1 -o eth4 -j ACCEPT",)
FAR = "198.51.100.7"
BEFORE = session("10.20.0.5", FAR, 443)


def at(seconds: float, packets: list[Packet]) -> list[Packet]:
    """The packets, a millisecond apart from then on."""
    for number, packet in enumerate(packets):
        packet.time = 1_700_000_000 + seconds + number / 1000
    return packets


def observed(root: Path, after: list[Packet], before: list[Packet] = BEFORE, **town: object) -> list[Finding]:
    captures = {"lgwan": at(0, before), "cloud": after}
    options: dict[str, object] = {"nat": NAT, "forward": PASS, **town}
    report = Town(root, captures=captures, **options).audit()  # type: ignore[arg-type]
    return [f for f in report.findings if f.anchor[0] == "observed"]


def test_both_sides_are_one_finding_with_the_frames_of_both(tmp_path: Path) -> None:
    (found,) = observed(tmp_path, at(0.5, session("203.0.113.2", FAR, 443)))
    assert found.zones == ("lgwan", "world")
    assert sorted({str(e.file) for e in found.evidence if e}) == ["cloud.pcap", "lgwan.pcap"]


@pytest.mark.parametrize(
    ("why", "after"),
    [
        ("another time", at(60, session("203.0.113.2", FAR, 443))),
        ("other bytes", at(0, session("203.0.113.2", FAR, 443, b"more"))),
        ("another service", at(0, session("203.0.113.2", FAR, 444))),
        ("an address that no device gives", at(0, session("203.0.113.3", FAR, 443))),
    ],
)
def test_what_only_resembles_it_is_a_finding_of_its_own(why: str, after: list[Packet], tmp_path: Path) -> None:
    assert {f.zones for f in observed(tmp_path, after)} == {("lgwan", "world"), ("cloud", "world")}


def test_without_a_translation_nothing_is_joined(tmp_path: Path) -> None:
    after = at(0.5, session("203.0.113.2", FAR, 443))
    assert len(observed(tmp_path, after, nat=())) == 2


def numbered(packets: list[Packet], begin: int, port: int = 40000) -> list[Packet]:
    """The session with sequence numbers of its own, the other side's 1000 further, and another source port."""
    for packet in packets:
        tcp = packet[TCP]
        out = tcp.dport == 443
        tcp.seq, tcp.ack = tcp.seq + begin + 1000 * (not out), tcp.ack and tcp.ack + begin + 1000 * out
        tcp.sport, tcp.dport = (port, 443) if out else (443, port)
    return packets


def two(*begins: int, behind: str = "") -> list[Packet]:
    """Sessions to one server that carry the same: of two hosts, or behind one address from two ports."""
    hosts = [behind] * 2 if behind else ["10.20.0.5", "10.20.0.6"]
    pairs = [
        numbered(session(host, FAR, 443), begin, 50000 + number if behind else 40000)
        for number, (host, begin) in enumerate(zip(hosts, begins, strict=True))
    ]
    return [*pairs[0], *pairs[1]]


def test_sequence_numbers_tell_look_alikes_behind_one_address(tmp_path: Path) -> None:
    after = at(0.5, two(70_000, 50_000, behind="203.0.113.2"))
    found = observed(tmp_path, after, two(50_000, 70_000), nat=PORTS)
    assert {f.zones for f in found} == {("lgwan", "world")}
    (first, second) = sorted((f for f in found if f.check == "ZG102"), key=lambda f: f.anchor)
    # the first host's session (50,000) is the second one behind the translation
    assert {e.frame for e in first.evidence if e.file == "cloud.pcap"} == {9, 16}  # type: ignore[union-attr]
    assert {e.frame for e in second.evidence if e.file == "cloud.pcap"} == {1, 8}  # type: ignore[union-attr]


@pytest.mark.parametrize("begins", [(50_000, 50_000), (90_000, 91_000)])
def test_sequence_numbers_that_do_not_decide_join_nothing(begins: tuple[int, int], tmp_path: Path) -> None:
    after = at(0.5, two(*begins, behind="203.0.113.2"))
    assert {f.zones for f in observed(tmp_path, after, two(50_000, 50_000), nat=PORTS)} == {
        ("lgwan", "world"),
        ("cloud", "world"),
    }


def test_what_could_be_one_of_two_is_neither(tmp_path: Path) -> None:
    after = at(0.5, session("203.0.113.2", FAR, 443))
    twice = [*BEFORE, *session("10.20.0.6", FAR, 443)]
    assert {f.zones for f in observed(tmp_path, after, twice)} == {("lgwan", "world"), ("cloud", "world")}
