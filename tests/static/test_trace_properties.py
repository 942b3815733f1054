"""What must hold of any context, network and packet: unknowns, pools, and that every packet ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import KEYS, V4_BASE, devices, networks, packets
from zoneguard.model.device import Device, NatRule, Rewrite, Routing, RuleList, SetTo, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, MATCHABLE, NEVER, All, AnyOf, Match, Not, Unknown
from zoneguard.model.packet import Packet
from zoneguard.static.trace import Disposition, Entry, Outcome, Tracer, run_vrf, to_json, trace_packet


def known(match: Match, truth: dict[str, bool]) -> Match:
    """``match`` with every ``Unknown`` decided."""
    if isinstance(match, Unknown):
        return ALWAYS if truth[match.key] else NEVER
    if isinstance(match, All | AnyOf):
        return type(match)(tuple(known(p, truth) for p in match.parts))
    return Not(known(match.part, truth)) if isinstance(match, Not) else match


def decided(device: Device, truth: dict[str, bool]) -> Device:
    def rules(made: RuleList) -> RuleList:
        return replace(made, rules=tuple(replace(r, match=known(r.match, truth)) for r in made.rules))

    def stages(made: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(s if isinstance(s, Routing) else replace(s, rules=rules(s.rules)) for s in made)

    (vrf,) = device.vrfs
    lists = {name: rules(made) for name, made in vrf.lists.items()}
    return replace(device, vrfs=(replace(vrf, stages=stages(vrf.stages), local=stages(vrf.local), lists=lists),))


@given(devices(unknowns=True, nat=False), st.lists(packets(), min_size=3, max_size=3))
def test_a_context_may_do_what_it_does_for_some_truth_of_the_unknowns(device: Device, made: list[Packet]) -> None:
    truths = [dict(zip(KEYS, values, strict=True)) for values in product((True, False), repeat=len(KEYS))]
    for packet in made:
        may = {(s.outcome, s.egress, s.next_hop, s.packet) for s in run_vrf(device, "main", "eth0", packet).may}
        under = (run_vrf(decided(device, truth), "main", "eth0", packet).may for truth in truths)
        assert may == {(s.outcome, s.egress, s.next_hop, s.packet) for steps in under for s in steps}


def singles(device: Device, pick: int) -> tuple[Device, int]:
    """``device`` with one value picked of each pool, and how many pickings there are in all."""
    count = 1

    def one(rewrite: Rewrite) -> Rewrite:
        nonlocal count, pick
        if not isinstance(rewrite, SetTo):
            return rewrite
        values = tuple(rewrite.values)
        count *= len(values)
        pick, index = divmod(pick, len(values))
        return replace(rewrite, values=Intervals.of(values[index]))

    def stage(made: Stage) -> Stage:
        if not isinstance(made, Translate):
            return made
        rules = (
            replace(r, rewrites=tuple(map(one, r.rewrites))) if isinstance(r, NatRule) else r for r in made.rules.rules
        )
        return replace(made, rules=replace(made.rules, rules=tuple(rules)))

    (vrf,) = device.vrfs
    return replace(device, vrfs=(replace(vrf, stages=tuple(map(stage, vrf.stages))),)), count


@given(devices(), packets(V4_BASE))
def test_a_pool_does_what_its_members_do(device: Device, packet: Packet) -> None:
    pickings = singles(device, 0)[1]
    if pickings > 64:
        return
    steps = run_vrf(device, "main", "eth0", packet).may
    by_member = [run_vrf(singles(device, pick)[0], "main", "eth0", packet).may for pick in range(pickings)]
    members = [s for may in by_member for s in may]
    ways = {(s.outcome, s.egress, s.next_hop) for s in steps}
    assert ways == {(s.outcome, s.egress, s.next_hop) for s in members}
    for step in steps:
        pools = dict(step.pools)
        fitting = [m for m in members if m.outcome is step.outcome]
        assert any(
            all(m.packet.get(f) in pools[f] if f in pools else m.packet.get(f) == step.packet.get(f) for f in MATCHABLE)
            for m in fitting
        )


@given(networks(unknowns=True), st.lists(packets(), min_size=5, max_size=5))
def test_every_packet_ends_somewhere(made: tuple[Device, ...], sent: list[Packet]) -> None:
    tracer = Tracer(made)
    for packet in sent:
        for trace in (tracer.trace(packet), tracer.trace(packet, Entry("fw0", "main", "eth0"))):
            outcomes = {walk.disposition for walk in trace.walks}
            if trace.disposition is not Disposition.UNDETERMINED:
                assert outcomes == {trace.disposition}
            for walk in trace.walks:
                if walk.hops and walk.disposition is Disposition.DELIVERED:
                    assert walk.hops[-1].action in ("deliver", "local")
                assert all(hop.action == "forward" for hop in walk.hops[:-1])
            assert to_json(trace)["disposition"] == trace.disposition.value


@given(devices(), packets())
def test_one_context_agrees_with_a_network_of_one(device: Device, packet: Packet) -> None:
    result = run_vrf(device, "main", "eth0", packet)
    trace = trace_packet([device], packet, entry=Entry("fw", "main", "eth0"))
    expected = {
        Outcome.FORWARD: Disposition.DELIVERED,
        Outcome.LOCAL: Disposition.DELIVERED,
        Outcome.DENY: Disposition.DENIED,
        Outcome.NO_ROUTE: Disposition.NO_ROUTE,
        Outcome.UNDETERMINED: Disposition.UNDETERMINED,
    }
    assert {expected[s.outcome] for s in result.may} == {w.disposition for w in trace.walks}
