"""Two firewalls and a router in a row: the project exported from live boxes says what real packets do."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random

import pytest

from tests.oracle.agreement import batches
from tests.oracle.campaign import accepted
from tests.oracle.frames import ON_THE_WIRE
from tests.oracle.iptables_rules import iptables_ruleset
from tests.oracle.netns import LOCAL, Lab, Probe, Seen, unavailable
from tests.oracle.network import ENTRIES, FRR, ZONES, devices_of, export, three_boxes
from tests.oracle.nft_rules import nft_ruleset
from tests.oracle.sessions import answer_of
from tests.oracle.world import World
from zoneguard.audit.running import STATIC, run
from zoneguard.model.addresses import parse_address
from zoneguard.model.crossing import Crossing
from zoneguard.model.match import SYN, ConnState, Field, asks
from zoneguard.model.packet import PROTOCOL_NAMES, Packet
from zoneguard.model.project import Project
from zoneguard.static.answering import with_answer
from zoneguard.static.reachability import Network
from zoneguard.static.trace import Disposition, Entry, Tracer, Walk
from zoneguard.static.translation import sent

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

RULESETS = int(os.environ.get("ZONEGUARD_ORACLE_RULESETS", "8"))
SEED = int(os.environ.get("ZONEGUARD_ORACLE_SEED", "1"))
PACKETS = 80


@pytest.fixture(params=["frr", "plain"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if request.param == "frr" and not (FRR / "zebra").is_file():
        pytest.skip("FRR is not installed")
    with three_boxes(by_frr=request.param == "frr") as made:
        yield made


def load_rulesets(lab: Lab, random: Random) -> None:
    """Give both firewalls rules that their tools accept."""
    accepted(lab, "north", lambda: iptables_ruleset(random, "nft"))
    accepted(lab, "south", lambda: nft_ruleset(random))


def test_the_exported_project_says_what_packets_do(lab: Lab, tmp_path: Path) -> None:
    ends: Counter[str] = Counter()
    for number in range(RULESETS):
        random = Random(f"{SEED}/network/{number}")
        load_rulesets(lab, random)
        case = Case.of(export(lab, tmp_path))
        worlds = World(random, False), World(random, True)
        drawn = [random.choice(worlds).packet(False) for _ in range(PACKETS)]
        for batch in batches([Probe(ENTRIES[ingress], packet) for ingress, packet in drawn]):
            lab.forget_connections()
            for probe, seen in zip(batch, lab.send(batch), strict=True):
                trace = case.tracer.trace(probe.packet, Entry(probe.ingress[0], "default", probe.ingress[1]))
                ends[trace.disposition.value] += 1
                shown = f"{probe}\n{seen}\n{trace.disposition} {trace.reason}\nruleset {number}"
                assert any(reaches(seen, walk) for walk in trace.walks), shown
                if opens(probe.packet) and not any(map(comes_again, trace.walks)):
                    ends["opener"] += 1
                    differs = crosses(case, probe, seen, trace.walks)
                    assert not differs, f"{differs}\n{shown}"
    print(ends)
    assert min(ends["delivered"], ends["denied"], ends["opener"]) > 0


def test_answers_get_back_as_trace_says(lab: Lab, tmp_path: Path) -> None:
    """Through translations, too: real connection tracking undoes them on the way back."""
    ends: Counter[str] = Counter()
    for number in range(RULESETS):
        random = Random(f"{SEED}/answers/{number}")
        load_rulesets(lab, random)
        tracer = Case.of(export(lab, tmp_path)).tracer
        world = World(random, False)
        drawn = [world.packet(False) for _ in range(4 * PACKETS)]
        openers = [Probe(ENTRIES[ingress], packet) for ingress, packet in drawn if opens(packet) and packet.proto != 1]
        for batch in batches(openers):
            lab.forget_connections()
            traces = [tracer.trace(p.packet, Entry(p.ingress[0], "default", p.ingress[1])) for p in batch]
            there = [
                (with_answer(trace, tracer), answer)
                for trace, seen in zip(traces, lab.send(batch), strict=True)
                if len(trace.walks) == 1 and (answer := answer_of(seen)) and answer.ingress[1] != LOCAL
            ]
            for (trace, answer), seen in zip(there, lab.send([answer for _, answer in there]), strict=True):
                back = trace.answer
                changed = any(hop.rewritten for hop in trace.hops)
                ends[f"{back.disposition.value if back else 'none'}{' translated' if changed else ''}"] += 1
                shown = f"{answer}\n{seen}\n{back}\n{trace}\nruleset {number}"
                if back is not None and back.disposition is not Disposition.UNDETERMINED:
                    assert any(reaches(seen, walk) for walk in back.walks), shown
    print(ends)
    assert min(ends["delivered"], ends["delivered translated"]) > 0


@dataclass(frozen=True, slots=True)
class Case:
    """An exported project with both engines: possible crossings by the zone of their source.

    ``asks_macs``: a device admits some packets by their source's MAC address, which crossings do not keep.
    """

    project: Project
    tracer: Tracer
    crossings: dict[str, list[Crossing]]
    asks_macs: bool

    @classmethod
    def of(cls, project: Project) -> Case:
        """Everything that is said of the project."""
        devices = devices_of(project)
        network = Network(devices, project.zones)
        crossings = {zone: list(network.crossings([zone])) for zone in ZONES.values()}
        lists = (rules for d in devices for v in d.vrfs for rules in v.lists.values())
        macs = any(Field.MAC in asks(rule.match) for rules in lists for rule in rules.rules)
        return cls(project, Tracer(devices), crossings, macs)


ENDS = {
    Disposition.DENIED: False,
    Disposition.NO_ROUTE: False,
    Disposition.LOOP: False,
    Disposition.DELIVERED: True,
}


def reaches(seen: Seen, walk: Walk) -> bool:
    """Whether a packet that is seen there has gone this way; of one that is undetermined everything may be seen."""
    if comes_again(walk) or walk.disposition is Disposition.UNDETERMINED:
        return True
    if not ENDS[walk.disposition]:
        return seen.egress is None
    last = walk.hops[-1]
    where = (last.device, last.egress or LOCAL)
    pools = dict(last.pools)
    return (
        seen.egress == where
        and seen.packet is not None
        and all(
            seen.packet.get(f) in pools[f] if f in pools else seen.packet.get(f) == walk.packet.get(f)
            for f in ON_THE_WIRE
        )
    )


def comes_again(walk: Walk) -> bool:
    """Whether the packet comes translated to a box where it was. There a connection is left of it, or its source is the
    box: the models know no connections."""
    devices = [hop.device for hop in walk.hops]
    return len(set(devices)) < len(devices) and any(hop.rewritten for hop in walk.hops)


def opens(packet: Packet) -> bool:
    """Whether the packet opens a session, as reachability follows them."""
    return packet.state == ConnState.NEW and (packet.proto != 6 or packet.flags == SYN)


def crosses(case: Case, probe: Probe, seen: Seen, walks: tuple[Walk, ...]) -> str:
    """How what reachability says of an opening packet differs from where it got; empty where it does not."""
    zone = ZONES[probe.ingress]
    found = case.crossings[zone]
    if seen.packet is not None and seen.egress and seen.egress[1] != LOCAL:
        target = case.project.zones.of(seen.packet.dst)
        reached = target.name if target else ""
        may = {c.destination for c in found if probe.packet in sent(c.packets).may()}
        return "" if reached in {zone, *may} else f"it got to {reached}, and may get to {may}"
    if seen.egress or case.asks_macs or any(hop.pools for walk in walks for hop in walk.hops):
        return ""
    must = {c.destination for c in found if probe.packet in sent(c.packets).must()}
    return f"it got nowhere, and must get to {must}" if must else ""


NORTH_RULES = """\
*nat
-A PREROUTING -i eth2 -d 10.0.8.1 -p tcp --dport 25 -j DNAT --to-destination 10.0.1.4
-A POSTROUTING -s 10.0.0.0/24 -o eth2 -j SNAT --to-source 10.0.8.1
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A FORWARD -s 10.0.0.0/24 -d 10.0.2.0/24 -p tcp --dport 443 -j ACCEPT
-A FORWARD -i eth0 -o eth1 -p tcp -m multiport --dports 22,80 -j ACCEPT
-A FORWARD -i eth1 -d 10.0.2.5 -p udp --dport 53 -j ACCEPT
-A FORWARD -i eth2 -d 10.0.1.4 -p tcp --dport 25 -j ACCEPT
COMMIT
"""
SOUTH_RULES = """\
table inet t {
chain f {
type filter hook forward priority 0; policy drop;
ct state established,related accept
iifname "eth0" ip daddr 10.0.2.0/24 tcp dport { 443, 8443 } accept
iifname "eth0" ip saddr 10.0.1.0/24 udp dport 53 accept
iifname "eth2" tcp dport 25 accept
iifname "eth2" icmp type echo-request accept
}
}
"""
HOSTS = {"eth0": "10.0.0.5", "eth1": "10.0.1.4", "eth2": "10.0.2.5"}
PASSING = {
    ("office", "dmz", "tcp", 22),
    ("office", "dmz", "tcp", 80),
    ("office", "servers", "tcp", 443),
    ("dmz", "servers", "udp", 53),
    ("servers", "dmz", "tcp", 25),
}


def test_the_audit_of_the_exported_boxes_has_the_matrix_that_packets_show(lab: Lab, tmp_path: Path) -> None:
    lab.run("north", "iptables-nft-restore", stdin=NORTH_RULES)
    lab.run("north", "ip6tables-nft-restore", stdin="*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")
    lab.run("south", "nft", "-f", "-", stdin=SOUTH_RULES)
    project = export(lab, tmp_path)
    targets = [*map(parse_address, HOSTS.values()), parse_address("10.0.8.1")]
    passed = set()
    for ingress, host in HOSTS.items():
        for number, (proto, port) in enumerate(product((6, 17), (22, 25, 53, 80, 443, 8443))):
            packets = [Packet(parse_address(host), t, proto, 1024 + number, port) for t in targets]
            probes = [Probe(ENTRIES[ingress], replace(p, flags=SYN if proto == 6 else 0)) for p in packets]
            lab.forget_connections()
            for seen in lab.send(probes):
                if seen.egress in ZONES and seen.packet and ZONES[seen.egress] != ZONES[ENTRIES[ingress]]:
                    name = PROTOCOL_NAMES[proto]
                    passed.add((ZONES[ENTRIES[ingress]], ZONES[seen.egress], name, seen.packet.dport))
    assert passed == PASSING
    report = run(project, frozenset({STATIC}))
    told = {
        (cell.source, cell.destination, row.protocol, int(port))
        for cell in report.matrix
        for row in cell.rows
        for port in row.ports.split(",")
        if {cell.source, cell.destination} <= set(ZONES.values())
    }
    assert told == passed
