"""Where ``--exact`` says less than the verified analyser: the Linux kernel lets none of these packets pass.

The packets are drawn from the difference of the two readings; each is sent in by every interface that the ruleset
names and routed out by every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.exports import read_export, world_box
from tests.oracle.netns import Lab, Probe, inside, unavailable
from zoneguard.model.addresses import ALL_V4, format_address, parse_address
from zoneguard.model.match import SYN, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.approximation import Approximation
from zoneguard.static.services import find_list, parse_service
from zoneguard.static.undecided import Apart, Together

REASON = unavailable()
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(bool(REASON), reason=REASON)]

FILE = "configs_chair_for_Network_Architectures_and_Services__iptables-save-2015-05-15_15-23-41"
SSH = parse_service("tcp/22")
NAMED = parse_address("192.168.212.5"), parse_address("131.159.15.247")
"""Source and destination of the packet in docs/explanation/service-matrix.md."""
ADMITTED = Packet(parse_address("203.0.113.9"), NAMED[1], 6, SSH.sport, SSH.dport, flags=SYN)
BY = "eth1.110", "eth1.152"
"""The way by which line 155 admits what is not dropped before."""


def differing(configs: Path) -> Iterator[tuple[int, int]]:
    """Source and destination of a packet from each part of the difference."""
    export = read_export(configs / "iptables" / FILE, "iptables-legacy")
    (vrf,) = export.parse.devices[0].vrfs
    space = PacketSpace()
    passing: list[PacketSet] = []
    for undecided in (Apart(space), Together(space)):
        lists = Approximation(space, vrf.lists, SSH.fields, undecided)
        passing.append(undecided.settle(lists.may_pass(find_list(vrf, "FORWARD"))))
    ours = space.field(Field.SRC, ALL_V4) & space.field(Field.DST, ALL_V4)
    for destinations, sources in ((passing[0] - passing[1]) & ours).by_destination():
        for address in (destinations.first, destinations.spans[-1][1]):
            yield sources.first, address


def test_the_kernel_passes_none_of_what_only_the_analyser_passes(corpus: Path) -> None:
    configs = corpus / "configs"
    export = read_export(configs / "iptables" / FILE, "iptables-legacy")
    pairs = {*differing(configs), NAMED}
    box = world_box(export.parse.devices[0], most_interfaces=30)
    packets = [Packet(src, dst, SSH.proto, SSH.sport, SSH.dport, flags=SYN) for src, dst in sorted(pairs)]
    admitted = 0
    with Lab({"fw": box}) as lab:
        export.load(lab, "fw")
        for egress in box.interfaces:
            lines = "".join(f"route replace {format_address(a)} dev {egress}\n" for a in {p.dst for p in packets})
            lab.run("fw", "ip", "-batch", "-", stdin=lines)
            forget_recent(lab)
            for ingress in box.interfaces:
                lab.forget_connections()
                probes = [Probe(("fw", ingress), packet) for packet in (*packets, ADMITTED)]
                *seen, control = lab.send(probes)
                assert not [str(p.packet) for p, s in zip(probes, seen, strict=False) if s.egress], (ingress, egress)
                assert (control.egress is not None) or (ingress, egress) != BY
                admitted += control.egress is not None
    assert len(packets) >= 2
    assert admitted


def forget_recent(lab: Lab) -> None:
    """No source has knocked too often."""
    with inside(lab.namespace("fw")):
        for known in Path("/proc/thread-self/net/xt_recent").iterdir():
            known.write_text("/")
