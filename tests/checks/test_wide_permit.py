"""ZG127: permits that name no service, or no host of an inner zone."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line

SERVICE, HOSTS = "-p tcp -m tcp --dport 443", "-s 10.30.0.5/32 -d 10.20.0.9/32"


def found(root: Path, *rules: str) -> list[str]:
    return [f"{line(f)} {f.aspect}" for f in Town(root, rules).findings("ZG127")]


def test_rules_that_name_hosts_and_services_are_quiet(tmp_path: Path) -> None:
    assert not found(
        tmp_path,
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        f"-A FORWARD {HOSTS} {SERVICE} -j ACCEPT",
        "-A FORWARD -s 10.30.0.0/24 -d 10.20.0.9/32 -p icmp -j ACCEPT",
        f"-A FORWARD -i eth2 -o eth4 -s 10.30.0.0/24 {SERVICE} -j ACCEPT",
    )


def test_a_rule_for_every_service_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, f"-A FORWARD {HOSTS} -j ACCEPT") == ["fw.rules:8 service"]
    assert found(tmp_path, f"-A FORWARD {HOSTS} -p tcp -m tcp --dport 1:65535 -j ACCEPT") == ["fw.rules:8 service"]


def test_a_rule_for_every_host_of_an_inner_zone_is_found(tmp_path: Path) -> None:
    (finding,) = Town(tmp_path, [f"-A FORWARD -i eth2 -s 10.30.0.5/32 {SERVICE} -j ACCEPT"]).findings("ZG127")
    assert (finding.aspect, finding.clauses) == ("destination", ("mikasa:67(2)", "mikasa:82"))
    assert "lgwan" in finding.zones


def test_the_rules_that_call_a_chain_count_as_part_of_its_rules(tmp_path: Path) -> None:
    chain = [":WEB - [0:0]", f"-A FORWARD {HOSTS} {SERVICE} -j WEB", "-A WEB -j ACCEPT"]
    assert not found(tmp_path, *chain)
    assert not Town(tmp_path, chain).findings("ZG110")
    assert found(tmp_path, *chain, "-A FORWARD -i eth2 -s 10.30.0.7/32 -j WEB") == ["fw.rules:10 service"]


def test_what_cannot_be_decided_is_taken_to_be_narrow(tmp_path: Path) -> None:
    assert not found(tmp_path, f"-A FORWARD {HOSTS} -m geoip --source-country JP -j ACCEPT")
