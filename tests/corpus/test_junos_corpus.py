"""The real Junos files of the corpus: parsed without a crash, every line accounted for; one network audited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.model.device import Concern
from zoneguard.parsers.junos import PLUGIN
from zoneguard.parsers.reading import read_source

CONFIGS = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs"
TESTBED = sorted((CONFIGS / "network__srx-testbed").glob("*.cfg"))
FILES = [*sorted((CONFIGS / "juniper").glob("*")), *TESTBED]
NO_CONFIGURATION = ("BUILD.bazel", "misbraced", "sample_02.junos")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.rpartition("__")[2])
def test_every_file_is_parsed_and_accounted_for(path: Path, record_property: Callable[[str, object], None]) -> None:
    source = read_source(path, path.name)
    account = PLUGIN.parse(source, "device").account
    record_property("not_understood", len(account.not_understood))
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert (PLUGIN.sniff(source) >= 0.5) == (not path.name.endswith(NO_CONFIGURATION))


def test_of_the_network_nothing_but_bgp_is_open() -> None:
    for path in TESTBED:
        account = PLUGIN.parse(read_source(path, path.name), "device").account
        assert [(m.reason, m.concern) for m in account.not_understood] == [
            ("dynamic routing: the routes of bgp are not in the file", Concern.ROUTING)
        ]


ZONES = {
    "link12": "10.12.0.0/24", "link13": "10.13.0.0/24", "link23": "10.23.0.0/24", "hostos": "192.168.56.0/24",
    "vpn12": "10.0.12.0/24", "vpn13": "10.0.13.0/24", "vpn23": "10.0.23.0/24",
}  # fmt: skip
MESHES = (
    ("vpn12", "vpn13"),  # srx-1: from trust to trust; untrust to untrust is rejected, all else denied
    ("link12", "link23", "hostos", "vpn12", "vpn23"),  # srx-2: default-policy permit-all, in every zone
    ("link13", "link23", "hostos", "vpn23"),  # srx-3: likewise, but the VPN of st0.1 is deactivated
)


def test_the_audit_of_the_network_finds_what_its_policies_let_pass(tmp_path: Path) -> None:
    """By connected routes alone: what BGP brings is not in the files, and said to be undetermined."""
    names = [path.name.rpartition("__")[2].removesuffix(".cfg").removeprefix("junos-") for path in TESTBED]
    project = {
        "zoneguard": 1,
        "profile": ["mikasa"],
        "zones": {name: {"class": "other", "prefixes": [prefix]} for name, prefix in ZONES.items()},
        "devices": {name: {"config": str(path)} for name, path in zip(names, TESTBED, strict=True)},
    }
    (tmp_path / "zoneguard.yaml").write_text(json.dumps(project), encoding="utf-8")
    command = [sys.executable, "-m", "zoneguard", "verify", str(tmp_path), "--format", "json", "--lang", "en"]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    report = json.loads(result.stdout)
    found = {(e["from"], e["to"]) for e in report["matrix"] if e["state"] not in ("denied", "same")}
    assert found == {(a, b) for mesh in MESHES for a in mesh for b in mesh if a != b}
    open_ = [f for f in report["findings"] if f["verdict"] == "undetermined"]
    assert len(open_) == len(TESTBED)
    assert all("bgp" in json.dumps(f) for f in open_)
