"""The real PAN-OS files of the corpus: parsed without a crash, every line accounted for, as their names claim."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.parsers.panos_run import goes, result
from zoneguard.model.addresses import format_prefix
from zoneguard.model.device import Device
from zoneguard.parsers import Parsed
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.panos import PLUGIN
from zoneguard.parsers.panos_routes import PLUGIN as ROUTES
from zoneguard.parsers.reading import read_source

ROOT = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs"
FILES = sorted((ROOT / "palo_alto").glob("*")) if ROOT.is_dir() else []
LAB = ROOT / "lab__panos_fw_policy_app_override"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]
LEFT, RIGHT = "ethernet1/1", "ethernet1/2"
ACROSS = "10.0.1.9 > 10.0.2.9 tcp/80"


def parsed(path: Path) -> Parsed:
    return PLUGIN.parse(read_source(path, path.name), "fw")


def named(part: str) -> Device:
    (path,) = [p for p in FILES if p.name.endswith(f"__{part}")]
    return parsed(path).devices[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.rpartition("__")[2])
def test_every_file_is_parsed_and_accounted_for(path: Path, record_property: Callable[[str, object], None]) -> None:
    found = parsed(path)
    account = found.account
    record_property("not_understood", len(account.not_understood))
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    build = path.name.endswith("BUILD.bazel")
    assert (PLUGIN.sniff(read_source(path, path.name)) >= 0.6) is not build
    assert build or not any("not known" in m.reason for m in account.not_understood)


def test_what_claims_to_pass_passes_and_what_claims_to_be_dropped_is() -> None:
    passing = {
        "allow-inter-sg": "vr1", "allow-intra-sg": "vr1", "allow-intra-vsys-next-vr": "vr1",
        "allow-same-zone-no-matching-rules": "vr1", "allow-vsys-to-sg-next-vr": "vr1",
    }  # fmt: skip
    dropped = {
        "drop-inter-vsys-implicit": "vr1", "drop-inter-vsys-misconfigured-external-egress": "vr1",
        "drop-same-zone-explicit": "vr1", "drop-vsys-to-sg-misconfigured-external": "vr1",
    }  # fmt: skip
    ways = {part: goes(named(part), LEFT, ACROSS, vrf) for part, vrf in (passing | dropped).items()}
    assert ways == dict.fromkeys(passing, RIGHT) | dict.fromkeys(dropped, "deny")
    assert goes(named("allow-sg-to-vsys"), RIGHT, "10.0.2.9 > 10.0.1.9 tcp/80", "vr1") == LEFT


def test_overrides_apply_where_all_their_conditions_hold() -> None:
    found = named("application-override-conditions")
    assert goes(found, LEFT, "10.0.1.2 > 10.0.2.2 tcp/7653") == RIGHT
    assert goes(found, LEFT, "10.0.1.3 > 10.0.2.2 tcp/7653") == "may"
    traced = named("application-override-tracing")
    assert goes(traced, LEFT, "10.0.1.9 > 10.0.2.9 tcp/8642") == RIGHT
    assert goes(traced, LEFT, "10.0.1.9 > 10.0.3.9 udp/99") == "ethernet1/3"


def test_destination_translation_and_the_address_that_rules_see() -> None:
    found = named("security-rules-original-flow")
    to_first = result(found, "ethernet1/1.1", "1.1.1.9 > 2.2.2.2 tcp/80", "vr1")
    assert {way.egress for way in to_first.may} == {"ethernet1/2.2"}
    assert goes(found, "ethernet1/1.1", "1.1.1.9 > 3.3.3.3 tcp/80", "vr1") == "deny"


def test_the_lab_is_understood_but_for_nothing() -> None:
    (config,) = [p for p in LAB.glob("*") if p.name.endswith("configs__fw__show.txt")]
    (table,) = [p for p in LAB.glob("*") if p.name.endswith("run_show_routing_route.txt")]
    whole = parsed(config)
    exported = ROUTES.parse(read_source(table, table.name), "fw")
    assert not whole.account.not_understood
    assert not exported.account.not_understood
    (device,) = whole.devices
    assert not with_routes(device, exported.devices[0]).uncertain
    linked = {(format_prefix(a.subnet.first, a.length), i.name) for i in device.interfaces for a in i.addresses}
    routes = exported.devices[0].vrfs[0].routes
    assert linked == {(format_prefix(r.network, r.length), r.interface) for r in routes}
