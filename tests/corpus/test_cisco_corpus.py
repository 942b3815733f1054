"""The real Cisco files of the corpus: no crash, every line accounted for, nothing relevant passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoneguard.parsers import Parser, cisco_ios, cisco_nxos, cisco_routes
from zoneguard.parsers.reading import detect, read_source

CONFIGS = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs"
IOS = [*sorted((CONFIGS / "cisco_ios").glob("*")), *sorted((CONFIGS / "network__example").glob("*.cfg"))]
NXOS = sorted((CONFIGS / "cisco_nxos").glob("*"))
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not IOS, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]
INVALID = ("permit esp host any any", "deny any", "ip address 172.16.0.1", "ipv6 address 2003:", "crypto ss", "\\xa0ip")
"""Lines of the corpus that no IOS has: invalid on purpose, or damaged."""


@pytest.mark.parametrize("path", IOS, ids=lambda p: p.name[-40:])
def test_every_ios_file_is_parsed_and_accounted_for(path: Path) -> None:
    source = read_source(path, path.name)
    parsed = cisco_ios.PLUGIN.parse(source, "device")
    account = parsed.account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    unread = [m for m in account.not_understood if m.reason.startswith("this command")]
    if path.suffix != ".bazel":
        assert [m.text for m in unread if not m.text.startswith(INVALID)] == []


@pytest.mark.parametrize(
    "name", ["sample_01.ios", "sample_05.ios", "sample_06.ios", "as2border1.cfg", "ios-inspection"]
)
def test_ios_is_recognised(name: str) -> None:
    (path,) = [p for p in IOS if p.name.endswith(name)]
    found: Parser = detect(read_source(path, path.name))
    assert found.name == "cisco-ios"


@pytest.mark.parametrize("name", ["d1_inside", "d3_outside"])
def test_a_router_of_the_lab_has_the_table_that_its_configuration_says(name: str) -> None:
    lab = CONFIGS / "lab__fortios_first_basic"
    (config,) = lab.glob(f"*configs__{name}__show_running-config.txt")
    (shown,) = lab.glob(f"*show__{name}__show_ip_route.txt")
    (device,) = cisco_ios.PLUGIN.parse(read_source(config, "config"), name).devices
    (table,) = cisco_routes.PLUGIN.parse(read_source(shown, "table"), name).devices
    assert not device.uncertain
    assert not table.uncertain
    up = {(i.name, a) for i in device.interfaces if i.enabled for a in i.addresses}
    assert up == {(i.name, a) for i in table.interfaces for a in i.addresses}
    (configured,), (exported,) = (
        [(r.network, r.length, r.next_hop) for r in d.vrfs[0].routes if r.next_hop] for d in (device, table)
    )
    assert configured == exported


@pytest.mark.parametrize("path", NXOS, ids=lambda p: p.name)
def test_every_nxos_file_is_parsed_recognised_and_accounted_for(path: Path) -> None:
    source = read_source(path, path.name)
    account = cisco_nxos.PLUGIN.parse(source, "device").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert {m.reason.partition(":")[0] for m in account.not_understood} <= {"dynamic routing"}
    assert detect(source).name == "cisco-nxos"
