"""Packets followed by classes of destinations go where packets followed by sets go, on the same paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, V6_BASE, WIRE_SIZE, WIRES, devices, networks
from zoneguard.audit.inputs import load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Filter, Rule, SetField, Vrf
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.engine import Engine, TooLarge
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.text import N_
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.propagation import Landmarks
from zoneguard.static.reachability import Network

WIRE_ZONES = [
    Zone(f"wire{n}", ZoneClass.OTHER, ((V4_BASE + n * WIRE_SIZE, 29), (V6_BASE + n * WIRE_SIZE, 125)), SPAN)
    for n in range(WIRES)
]
ZONES = ZoneMap((*WIRE_ZONES, Zone("other", ZoneClass.PUBLIC, ((0, 0), (V6, 0)), SPAN)))
LANDMARKS = (Landmarks(), Landmarks(frozenset({"wire0"}), ZONES.addresses("wire1")))


def unchanging(vrf: Vrf) -> Vrf:
    """The context without what changes packets or routes them by policy."""

    def plain(stage: Filter) -> Filter:
        rules = (r for r in stage.rules.rules if not (isinstance(r, Rule) and isinstance(r.action, SetField)))
        return replace(stage, rules=replace(stage.rules, rules=tuple(rules)))

    stages = tuple(plain(s) if isinstance(s, Filter) else s for s in vrf.stages)
    lists = {n: plain(Filter(rules)).rules for n, rules in vrf.lists.items()}
    return replace(vrf, stages=stages, lists=lists, policy_routes=())


@st.composite
def meshes(draw: st.DrawFn) -> tuple[Device, ...]:
    """Four or five devices, each on two or three of four wires; one may change packets, the others only filter."""
    made = []
    changing = draw(st.integers(0, 9))
    for number in range(draw(st.integers(4, 5))):
        wires = draw(st.lists(st.integers(0, WIRES - 1), min_size=2, max_size=3, unique=True))
        device = draw(devices(f"r{number}", tuple(wires), number + 1, True, number == changing))
        vrfs = device.vrfs if number == changing else tuple(map(unchanging, device.vrfs))
        made.append(replace(device, vrfs=vrfs))
    return tuple(made)


def held_against_sets(made: tuple[Device, ...], engine: Engine, spoofed: bool, landmarks: Landmarks) -> None:
    space = PacketSpace(engine)

    def answers() -> object:
        network = Network(made, ZONES, space=space)
        return (
            list(network.crossings(spoofed=spoofed, landmarks=landmarks, intrazone=spoofed)),
            network.loops,
            network.refused,
        )

    by_classes = answers()
    with patch.object(Pipeline, "transit", lambda *_: None):
        assert answers() == by_classes


@settings(max_examples=60)
@given(made=meshes(), spoofed=st.booleans(), landmarks=st.sampled_from(LANDMARKS))
def test_classes_of_destinations_make_no_difference(
    made: tuple[Device, ...], spoofed: bool, landmarks: Landmarks
) -> None:
    held_against_sets(made, BinaryEngine(1 << 20, 1 << 16), spoofed, landmarks)


@settings(max_examples=20)
@given(made=networks(unknowns=True, nat=True), spoofed=st.booleans())
def test_nor_do_they_between_devices_that_translate(made: tuple[Device, ...], spoofed: bool) -> None:
    held_against_sets(made, BinaryEngine(1 << 22, 1 << 16), spoofed, LANDMARKS[0])


@settings(max_examples=20)
@given(made=meshes(), spoofed=st.booleans())
def test_nor_do_they_on_the_other_engine(made: tuple[Device, ...], spoofed: bool) -> None:
    held_against_sets(made, IntervalEngine(), spoofed, LANDMARKS[0])


def test_a_list_that_outgrows_the_engine_is_never_taken_for_one_that_passes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the load that asks for it first is empty or not."""
    project = load_project(Path(__file__).resolve().parents[2] / "topologies/alpha-city")
    devices, _, _ = load_devices(project)
    whole = Network(devices, project.zones, project.links)
    crossed = {crossing.source for crossing in whole.crossings()}
    assert {"mynumber", "lgwan", "internet"} <= crossed

    def outgrown(*_: object) -> Iterator[object]:
        raise TooLarge(N_("too large for a test"))

    monkeypatch.setattr(Pipeline, "_through", outgrown)
    network = Network(devices, project.zones, project.links)
    left = {crossing.source for crossing in network.crossings()}
    refused = {refusal.source for refusal in network.refused}
    assert crossed <= refused
    assert not left & {"mynumber", "lgwan", "internet"}
