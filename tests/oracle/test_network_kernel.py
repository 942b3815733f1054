"""Two firewalls and a router in a row: the project exported from live boxes says what real packets do."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.oracle.world import World
from zoneguard.model.crossing import Crossing
from zoneguard.model.match import SYN, ConnState, Field, asks
from zoneguard.model.packet import Packet
from zoneguard.model.project import Project
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


def test_the_exported_project_says_what_packets_do(lab: Lab, tmp_path: Path) -> None:
    ends: Counter[str] = Counter()
    for number in range(RULESETS):
        random = Random(f"{SEED}/network/{number}")
        accepted(lab, "north", lambda: iptables_ruleset(random, "nft"))  # noqa: B023 (called at once)
        accepted(lab, "south", lambda: nft_ruleset(random))  # noqa: B023
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
