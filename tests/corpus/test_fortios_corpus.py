"""The real FortiGate files of the corpus: parsed without a crash, every line accounted for; a lab's table agrees."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.model.addresses import format_address, format_prefix, parse_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.fortios import PLUGIN
from zoneguard.parsers.fortios_routes import PLUGIN as ROUTES
from zoneguard.parsers.reading import read_source
from zoneguard.static.trace import Outcome, run_vrf

ROOT = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs"
FILES = sorted((ROOT / "fortios").glob("*")) if ROOT.is_dir() else []
LAB = ROOT / "lab__fortios_first_basic"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


def parsed(path: Path) -> Parsed:
    return PLUGIN.parse(read_source(path, path.name), "fw")


def named(part: str) -> Parsed:
    (path,) = [p for p in FILES if p.name.endswith(f"__{part}")]
    return parsed(path)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.rpartition("__")[2])
def test_every_file_is_parsed_and_accounted_for(path: Path, record_property: Callable[[str, object], None]) -> None:
    found = parsed(path)
    account = found.account
    record_property("not_understood", len(account.not_understood))
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert len(found.devices) == 1
    recognised = PLUGIN.sniff(read_source(path, path.name)) >= 0.9
    assert recognised == (not path.name.endswith("BUILD.bazel"))


def test_what_the_vendor_calls_well_formed_is_understood() -> None:
    whole = {
        "access_list", "access_list_reference", "address", "address_defs_refs", "addrgrp", "firewall_policy_addrgrp",
        "firewall_vi_policy", "fortios_ignored", "fortios_replacemsg", "fortios_system_recovery", "iface",
        "iface_aggregate", "policy_delete", "route_map", "service_group", "static_routes", "zone",
    }  # fmt: skip
    assert {part for part in whole if named(part).account.not_understood} == set()


def test_policies_keep_the_order_of_their_making() -> None:
    policies = [s for s in named("policy_delete").devices[0].vrfs[0].stages if hasattr(s, "rules")][-1]
    assert [r.name for r in policies.rules.rules] == ["policy 2", "policy 1"]


def lab() -> tuple[Device, Device]:
    (config,) = [p for p in LAB.glob("*") if p.name.endswith("d2_fw__show.txt")]
    (table,) = [p for p in LAB.glob("*") if p.name.endswith("routing-table_all.txt")]
    exported = ROUTES.parse(read_source(table, table.name), "fw")
    assert not exported.account.not_understood
    return parsed(config).devices[0], exported.devices[0]


def test_the_lab_is_understood_but_for_nothing() -> None:
    (config,) = [p for p in LAB.glob("*") if p.name.endswith("d2_fw__show.txt")]
    account = parsed(config).account
    assert account.total > 10_000
    assert not account.not_understood
    device, _ = lab()
    assert not [u for u in device.uncertain if u.concern is not Concern.OTHER]


def test_routes_of_the_labs_configuration_are_those_of_its_table() -> None:
    device, exported = lab()

    def ways(found: Device) -> set[tuple[str, str, str]]:
        linked = {(a.subnet.first, a.length, i.name) for i in found.interfaces if i.enabled for a in i.addresses}
        return {(format_prefix(network, length), "", name) for network, length, name in linked} | {
            (format_prefix(r.network, r.length), format_address(r.next_hop) if r.next_hop else "", r.interface)
            for r in found.vrfs[0].routes
        }

    shown = ways(exported)
    made = {w for w in ways(device) if w[2] != "fortilink"}  # its link is down in the lab: the table has no route there
    assert made == shown
    merged = with_routes(device, exported)
    assert {w for w in ways(merged) if w[2] != "fortilink"} == shown


def test_what_passed_in_the_lab_passes() -> None:
    """Its readme: the routers on either side reach each other through a policy that accepts everything."""
    device, _ = lab()
    for ingress, source, destination, egress in (
        ("port2", "192.168.123.1", "192.168.123.3", "port3"),
        ("port3", "192.168.123.3", "192.168.123.1", "port2"),
    ):
        packet = Packet(parse_address(source), parse_address(destination), 1, icmp=0x800)
        result = run_vrf(device, "root", ingress, packet)
        assert result.outcome is Outcome.FORWARD
        assert {way.egress for way in result.may} == {egress}
        assert result.may[0].decisions[-1].name == "policy 1"
