"""Configurations and captures together, against the kernel: what it let pass is no bypass, and what passed is in use.

Real packets open sessions through a box with random rules and translations, are answered, go on and are refused; each
wire is captured as it is. The audit reads the box's export and the captures of all wires, or of one. Sessions that were
answered by a reset alone are left out: a rule that rejects sends one in the name of the host.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from tests.oracle.frames import IPV4, IPV6, build
from tests.oracle.iptables_rules import iptables_ruleset
from tests.oracle.netns import Lab, Probe, Seen, unavailable
from tests.oracle.sessions import answers, errors, following, sessions
from tests.oracle.world import FIREWALL, INTERFACES, World
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import parse_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import FlowState
from zoneguard.model.match import ACK, SYN
from zoneguard.model.packet import Packet
from zoneguard.model.zones import ZoneMap

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

RULESETS = int(os.environ.get("ZONEGUARD_ORACLE_RULESETS", "3"))
SEED = int(os.environ.get("ZONEGUARD_ORACLE_SEED", "2"))
PROBES = 120
ZONES = ("office", "dmz", "servers")
TARGETS = (*ZONES, "far", "world")
PORTS = (22, 53, 80, 81, 443, 8080)
PROTOCOLS = {6: "tcp", 17: "udp"}
COMMANDS = ("ip addr", "ip rule", "ip -4 route show table all", "ip -6 route show table all")
PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  office: {{class: lgwan, prefixes: [10.0.0.0/24, "fd00::/64"]}}
  dmz: {{class: dmz, prefixes: [10.0.1.0/24, "fd00:1::/64"]}}
  servers: {{class: internet, prefixes: [10.0.2.0/24, "fd00:2::/64"]}}
  far: {{class: other, prefixes: [10.9.0.0/16, "fd09::/16"]}}
  world: {{class: public, prefixes: [0.0.0.0/0, "::/0"]}}
devices:
  fw: {{config: fw.rules, format: iptables, routes: fw.routes, routes-format: ip-route}}
allow: [{rows}]
captures: [{captures}]
"""
ROWS = ", ".join(
    f"{{id: {a}-{b}-{proto}-{port}, from: {a}, to: {b}, services: [{proto}/{port}]}}"
    for a in ZONES
    for b in TARGETS
    for proto in PROTOCOLS.values()
    for port in PORTS
    if a != b
)


@dataclass(frozen=True)
class Town:
    """What was exported and captured; ``opened``: the sessions that got through."""

    folder: Path
    opened: Sequence[tuple[Probe, Seen]]
    frames: Mapping[str, list[bytes]]

    def audit(self, points: Sequence[str]) -> tuple[tuple[Finding, ...], ZoneMap]:
        """What the audit says, given the captures of these zones, and the zones."""
        captures = ", ".join(f"{{path: {zone}.pcap, point: {{zone: {zone}}}}}" for zone in points)
        for zone in points:
            write(self.folder / f"{zone}.pcap", self.frames[zone])
        (self.folder / "zoneguard.yaml").write_text(PROJECT.format(rows=ROWS, captures=captures))
        project = load_project(self.folder, None)
        return run(project).findings, project.zones


def write(path: Path, frames: Sequence[bytes]) -> None:
    """The frames as a capture, each a microsecond after the one before."""
    records = (struct.pack("<IIII", 1_700_000_000, n, len(f), len(f)) + f for n, f in enumerate(frames))
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))


def drawn(random: Random) -> list[Probe]:
    """Packets that open sessions, no two between the same ends and ports."""
    worlds = World(random, v6=False), World(random, v6=True)
    probes: dict[object, Probe] = {}
    while len(probes) < PROBES:
        ingress, packet = random.choice(worlds).opener()
        ends = frozenset({(packet.src, packet.sport), (packet.dst, packet.dport)})
        probes.setdefault((ends, packet.proto), Probe(("fw", ingress), packet))
    return list(probes.values())


def captured(lab: Lab, probes: Sequence[Probe], folder: Path) -> Town:
    """Real sessions through the rules that are loaded, and what was seen on every wire."""
    with ExitStack() as stack:
        taps = {zone: stack.enter_context(lab.tap(("fw", i))) for zone, i in zip(ZONES, INTERFACES, strict=True)}
        opened = sessions(lab, probes)
        for more in (following, answers, errors):
            lab.send(more(opened))
        frames = {zone: [f for f in heard() if f[12:14] in (IPV4, IPV6)] for zone, heard in taps.items()}
    (folder / "fw.rules").write_text("".join(lab.run("fw", f"{name}-nft-save") for name in ("iptables", "ip6tables")))
    (folder / "fw.routes").write_text("".join(f"$ {c}\n{lab.run('fw', *c.split())}" for c in COMMANDS))
    return Town(folder, opened, frames)


def in_use(town: Town, zones: ZoneMap, points: Sequence[str]) -> set[str]:
    """The rows of the sessions that crossed between zones, as far as these captures could see them."""
    found = set()
    for probe, seen in town.opened:
        assert seen.packet
        assert seen.egress
        if {probe.ingress[1], seen.egress[1]} & {INTERFACES[ZONES.index(zone)] for zone in points}:
            source, destination = zones.of(probe.packet.src), zones.of(seen.packet.dst)
            assert source
            assert destination
            service = f"{PROTOCOLS[seen.packet.proto]}-{seen.packet.dport}"
            found.add(f"{source.name}-{destination.name}-{service}")
    return found


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab({"fw": FIREWALL}) as made:
        yield made


@pytest.mark.parametrize("number", range(RULESETS))
def test_what_the_kernel_passes_is_no_bypass_and_is_in_use(lab: Lab, tmp_path: Path, number: int) -> None:
    random = Random(f"joint {SEED} {number}")
    iptables_ruleset(random, "nft", tables=("nat", "mangle")).load(lab, "fw")
    town = captured(lab, drawn(random), tmp_path)
    for points in (ZONES, (random.choice(ZONES),)):
        findings, zones = town.audit(points)
        around = [f for f in findings if f.check == "ZG301" and f.flow and f.flow.state is not FlowState.REFUSED]
        assert not around, (points, [str(f.message) for f in around])
        unused = {f.anchor[0] for f in findings if f.check == "ZG302"}
        assert not unused & in_use(town, zones, points), points


RULES = """\
*filter
:FORWARD DROP [0:0]
-A FORWARD -d 10.0.1.0/24 -i eth0 -o eth1 -p tcp -m multiport --dports 80,443 -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
COMMIT
"""
CLOSED = """\
*filter
:FORWARD DROP [0:0]
COMMIT
"""


def test_what_the_kernel_drops_is_not_in_use_and_its_answer_is_a_bypass(lab: Lab, tmp_path: Path) -> None:
    """Two SYNs from the office: 80 passes, 22 is dropped; an answer to that can only have come another way."""
    lab.run("fw", "nft", "flush", "ruleset")
    lab.run("fw", "iptables-nft-restore", stdin=RULES)
    lab.run("fw", "ip6tables-nft-restore", stdin=CLOSED)
    asked = [
        Packet(parse_address("10.0.0.5"), parse_address("10.0.1.7"), 6, 2000, port, flags=SYN) for port in (80, 22)
    ]
    town = captured(lab, [Probe(("fw", "eth0"), packet) for packet in asked], tmp_path)
    assert [probe.packet.dport for probe, _ in town.opened] == [80]
    findings, _ = town.audit(ZONES)
    assert not [f for f in findings if f.check == "ZG301"]
    assert [f.anchor[0] for f in findings if f.check == "ZG302"] == ["office-dmz-tcp-443"]
    back = replace(asked[1], src=asked[1].dst, dst=asked[1].src, sport=22, dport=2000, flags=SYN | ACK)
    town.frames["office"].append(build(back, 0, bytes(6)))
    findings, _ = town.audit(ZONES)
    assert [f.flow.dport for f in findings if f.check == "ZG301" and f.flow] == [22]
