"""The reference municipality and its broken twin are well formed, and what is expected of them points at real lines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from zoneguard.loading.project import load_project
from zoneguard.model.policy import Severity, Verdict

ROOT = Path(__file__).parents[2]
TWINS = ("alpha-city", "alpha-city-broken")
both = pytest.mark.parametrize("twin", TWINS)


def folder(twin: str) -> Path:
    return ROOT / "topologies" / twin


def expected(twin: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((folder(twin) / "expected.yaml").read_text(encoding="utf-8"))
    return document


def lines_of(path: Path) -> list[str]:
    data = path.read_bytes()
    return data.decode("cp932" if path.name == "sc-rtr.conf" else "utf-8").splitlines()


def pointed_at(twin: str, evidence: str) -> list[str]:
    """The lines that ``file:line`` or ``file:first-last`` names."""
    name, _, place = evidence.rpartition(":")
    first, _, last = place.partition("-")
    lines = lines_of(folder(twin) / name)
    assert 1 <= int(first) <= int(last or first) <= len(lines), evidence
    return lines[int(first) - 1 : int(last or first)]


@both
def test_the_project_loads_and_names_files_that_exist(twin: str) -> None:
    project = load_project(folder(twin))
    assert project.name == twin
    for device in project.devices:
        assert device.config.stat().st_size > 0
        assert device.routes is None or device.routes.stat().st_size > 0
    for capture in project.captures:
        assert capture.path.stat().st_size > 24


@both
def test_a_device_that_binds_a_mac_has_the_exception_host_on_a_connected_segment(twin: str) -> None:
    firewall = "\n".join(lines_of(folder(twin) / "configs/fw-core.conf"))
    segment = re.search(r'edit "mn-renkei"\n(?:.*\n)*?    next', firewall)
    assert segment is not None
    assert "set ip 10.10.20.1 255.255.255.0" in segment.group()
    assert "set ipmac enable" in segment.group()
    assert "10.10.10.0/24 dev eth1 " in (folder(twin) / "configs/cs-gw.routes").read_text()


@both
def test_the_exports_have_the_encodings_of_their_makers(twin: str) -> None:
    router = (folder(twin) / "configs/sc-rtr.conf").read_bytes()
    assert router.count(b"\n") == router.count(b"\r\n") > 90
    with pytest.raises(UnicodeDecodeError):
        router.decode("utf-8")
    assert "セキュリティクラウド" in router.decode("cp932")
    firewall = (folder(twin) / "configs/fw-core.conf").read_text(encoding="utf-8")
    assert firewall.startswith("#config-version=FGT")
    assert firewall.count("\n") > 400


@both
def test_fortigate_blocks_close_and_references_resolve(twin: str) -> None:
    lines = [line.strip() for line in lines_of(folder(twin) / "configs/fw-core.conf")]
    depth = 0
    for line in lines:
        depth += line.startswith(("config ", "edit ")) - (line in ("end", "next"))
        assert depth >= 0
    assert depth == 0
    named = {m.group(1) for line in lines if (m := re.fullmatch(r'edit "(.+)"', line))}
    for line in lines:
        if line.startswith(
            ("set srcaddr ", "set dstaddr ", "set service ", "set srcintf ", "set dstintf ", "set poolname ")
        ):
            assert set(re.findall(r'"([^"]+)"', line)) <= named | {"any"}, line


@both
def test_yamaha_filters_that_are_applied_are_defined(twin: str) -> None:
    text = "\n".join(lines_of(folder(twin) / "configs/sc-rtr.conf"))
    static = set(re.findall(r"^ip filter (\d+) ", text, re.M))
    dynamic = set(re.findall(r"^ip filter dynamic (\d+) ", text, re.M))
    applied = re.findall(r"secure filter (?:in|out) ([\d ]+?)(?: dynamic ([\d ]+))?$", text, re.M)
    assert len(applied) == (3 if twin == "alpha-city" else 5)
    assert {n for numbers, _ in applied for n in numbers.split()} == static
    assert {n for _, numbers in applied for n in numbers.split()} == dynamic


@both
@pytest.mark.parametrize("device", ["lgw-fw", "cs-gw"])
def test_the_kernel_takes_the_linux_rules(twin: str, device: str, tmp_path: Path) -> None:
    if not (shutil.which("iptables-restore") and shutil.which("unshare")):
        pytest.skip("needs iptables and util-linux")
    environment = os.environ | {"XTABLES_LOCKFILE": str(tmp_path / "lock")}
    alone = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs permission to make a network namespace")
    rules = folder(twin) / "configs" / f"{device}.rules"
    run = subprocess.run(
        [*alone, "iptables-restore", "--test", str(rules)], check=False, capture_output=True, text=True, env=environment
    )
    assert run.returncode == 0, run.stderr


@both
def test_expected_findings_speak_the_vocabulary(twin: str) -> None:
    project = load_project(folder(twin))
    zones = {zone.name for zone in project.zones}
    plan = (ROOT / "docs/reference/checks.md").read_text(encoding="utf-8")
    known = {clause.id for profile in project.profiles for clause in profile.clauses}
    for finding in expected(twin)["findings"]:
        assert f"| {finding['check']} |" in plan
        assert Severity(finding["severity"])
        assert Verdict(finding["verdict"])
        assert set(finding["zones"]) <= zones
        assert len(finding["zones"]) == 2
        assert finding["clauses"]
        assert set(finding["clauses"]) <= known
        assert finding["evidence"]
        assert finding["note"]


def test_the_clean_twin_expects_nothing_and_the_broken_one_all_ten() -> None:
    assert expected("alpha-city")["findings"] == []
    assert {finding["n"] for finding in expected("alpha-city-broken")["findings"]} == set(range(1, 11))


@pytest.mark.parametrize(
    ("check", "number", "must_say"),
    [
        ("ZG101", 1, ['set srcintf "Z_MN"', 'set dstintf "Z_LG"', "set action accept", 'set service "ALL"']),
        ("ZG101", 2, ["-i eth1 -o eth1.120"]),
        ("ZG101", 2, ["-i eth1.120 -o eth1 "]),
        ("ZG104", 3, ['set srcaddr "N_MN_renkei"', 'set service "ALL"', "-s 10.10.20.0/24 -d 198.18.77.10/32"]),
        ("ZG108", 4, ["set extip 10.30.255.40", 'set mappedip "10.20.30.40"', 'set dstaddr "VIP_lg-filesv"']),
        ("ZG107", 5, ["ip route default gateway 203.0.113.1 gateway pp 1"]),
        ("ZG109", 6, [":FORWARD ACCEPT"]),
        ("ZG108", 6, ["-j DNAT --to-destination 10.20.30.50:80"]),
        ("ZG105", 7, ["applicant: 市民課長, approver: 市民課長", "expires: 2026-03-31"]),
    ],
)
def test_expected_lines_say_what_was_planted(check: str, number: int, must_say: list[str]) -> None:
    twin = "alpha-city-broken"
    findings = [f for f in expected(twin)["findings"] if (f["check"], f["n"]) == (check, number)]
    texts = ["\n".join(line for e in f["evidence"] for line in pointed_at(twin, e)) for f in findings]
    assert any(all(words in text for words in must_say) for text in texts)


@both
def test_every_line_pointed_at_exists(twin: str) -> None:
    document = expected(twin)
    places = [e for f in document["findings"] for e in f["evidence"]] + [
        f["where"] for f in document.get("not-findings", [])
    ]
    for place in places:
        if "#" not in place:
            assert any(line.strip() for line in pointed_at(twin, place)), place
