"""A baseline holds back what was accepted, and nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.town import Town, session
from zoneguard.audit import run
from zoneguard.gate.baseline import accepting
from zoneguard.loading.baseline import baseline_text, read_baseline
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import parse_address
from zoneguard.model.errors import InputErrors
from zoneguard.model.findings import Accepted, Report
from zoneguard.model.policy import Verdict

DAY = date(2027, 3, 31)


def rule(port: str) -> str:
    return f"-A FORWARD -i eth2 -o eth1 -p tcp --dport {port} -j ACCEPT"


def audited(tmp_path: Path, rules: list[str], baseline: tuple[Accepted, ...] = ()) -> Report:
    Town(tmp_path, rules).audit()
    return run(load_project(tmp_path), baseline=baseline)


def accepted(tmp_path: Path, rules: list[str], expires: date = DAY) -> tuple[Accepted, ...]:
    """Everything that is wrong with these rules, written to a file and read again."""
    entries, refused = accepting(audited(tmp_path, rules).findings, "移行", "課長", expires)
    assert not refused
    file = tmp_path / "baseline.yaml"
    file.write_text(baseline_text("town", entries), encoding="utf-8")
    read = read_baseline(file, "town")
    assert [replace(e, span=entries[0].span) for e in read] == entries
    return read


def ports(report: Report) -> set[str]:
    return {
        row.ports for f in report.findings if f.check == "ZG102" and f.zones == ("internet", "lgwan") for row in f.rows
    }


def test_what_is_accepted_is_held_back_with_reason_and_owner(tmp_path: Path) -> None:
    baseline = accepted(tmp_path, [rule("443")])
    report = audited(tmp_path, [rule("443")], baseline)
    assert not report.findings
    assert report.verdict is Verdict.VIOLATES
    assert {(e.reason, e.owner, e.expires) for held in report.held for e in held.entries} == {("移行", "課長", DAY)}
    broken = next(r for r in report.clauses if r.clause == "mikasa:25柱書")
    assert broken.verdict is Verdict.VIOLATES


@pytest.mark.parametrize("other", ["22", "442:444", "0:65535"])
def test_an_accepted_port_never_hides_another(tmp_path: Path, other: str) -> None:
    baseline = accepted(tmp_path, [rule("443")])
    report = audited(tmp_path, [rule(other)], baseline)
    (shown,) = ports(report)
    assert shown == {"22": "22", "442:444": "442,444", "0:65535": "0-442,444-65535"}[other]
    part = next(f for f in report.findings if f.check == "ZG102")
    assert part.witness is not None
    assert part.witness.dport != 443


def test_part_of_what_is_accepted_is_accepted(tmp_path: Path) -> None:
    baseline = accepted(tmp_path, [rule("400:500")])
    narrow = "-A FORWARD -i eth2 -o eth1 -s 10.30.0.7/32 -p tcp --dport 443 -j ACCEPT"
    assert not ports(audited(tmp_path, [narrow], baseline))


def test_between_other_zones_it_holds_back_nothing(tmp_path: Path) -> None:
    baseline = accepted(tmp_path, [rule("443")])
    turned = "-A FORWARD -i eth1 -o eth2 -p tcp --dport 443 -j ACCEPT"
    report = audited(tmp_path, [turned], baseline)
    assert any(f.zones == ("lgwan", "internet") for f in report.findings)


def test_past_its_last_day_it_holds_back_nothing(tmp_path: Path) -> None:
    last = accepted(tmp_path, [rule("443")], date(2026, 11, 1))
    gone = accepted(tmp_path, [rule("443")], date(2026, 10, 31))
    assert not ports(audited(tmp_path, [rule("443")], last))
    assert ports(audited(tmp_path, [rule("443")], gone)) == {"443"}


def test_what_captures_show_is_accepted_flow_by_flow(tmp_path: Path) -> None:
    town = Town(
        tmp_path, captures={"lgwan": session("10.30.0.5", "10.20.0.5", 80) + session("10.30.0.5", "10.20.0.5", 81)}
    )
    found = [f for f in town.audit().findings if f.check == "ZG102"]
    entries, _ = accepting(found[:1], "r", "o", DAY)
    report = run(load_project(tmp_path), baseline=entries)
    assert [f.fingerprint for f in report.findings if f.check == "ZG102"] == [found[1].fingerprint]


def test_an_accepted_doubt_does_not_hide_a_violation(tmp_path: Path) -> None:
    doubt = "-A FORWARD -i eth2 -o eth1 -p tcp --dport 443 -m geoip --src-cc JP -j ACCEPT"
    baseline = accepted(tmp_path, [doubt])
    assert {e.verdict for e in baseline if e.check == "ZG102"} == {Verdict.UNDETERMINED}
    assert not ports(audited(tmp_path, [doubt], baseline))
    assert ports(audited(tmp_path, [rule("443")], baseline)) == {"443"}


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(1, 60), min_size=1, max_size=6), st.sets(st.integers(1, 60), min_size=1, max_size=6))
def test_what_is_left_is_the_difference(tmp_path_factory: pytest.TempPathFactory, old: set[int], new: set[int]) -> None:
    tmp_path = tmp_path_factory.mktemp("town")
    baseline = accepted(tmp_path, [rule(str(port)) for port in sorted(old)])
    left = audited(tmp_path, [rule(str(port)) for port in sorted(new)], baseline)
    shown = {int(port) for text in ports(left) for port in text.split(",") if "-" not in text}
    spans = [text.split("-") for texts in ports(left) for text in texts.split(",") if "-" in text]
    shown |= {port for low, high in spans for port in range(int(low), int(high) + 1)}
    shown |= {int(part) for text in ports(left) for part in text.split(",") if "-" not in part}
    assert shown == new - old


GOOD = """\
zoneguard-baseline: 1
project: town
accepted:
  - {finding: ab, check: ZG102, zones: [a, b], reason: r, owner: o, expires: 2027-03-31,
     packets: [{source: 10.0.0.0/8, destination: [10.1.0.0/16, 10.2.0.1], protocol: 6, dport: "80,443"}]}
"""


def test_the_file_leaves_out_what_no_rule_passes_on_and_says_so(tmp_path: Path) -> None:
    (entry, *_) = (e for e in accepted(tmp_path, [rule("443")]) if e.zones == ("internet", "lgwan"))
    text = (tmp_path / "baseline.yaml").read_text(encoding="utf-8")
    assert "# Addresses of the devices themselves are missing" in text
    for side, firewall, beside in (("src", "10.30.0.1", "10.30.0.2"), ("dst", "10.20.0.1", "10.20.0.2")):
        values = [getattr(box, side) for box in entry.boxes]
        assert not any(parse_address(firewall) in value for value in values)
        assert any(parse_address(beside) in value for value in values)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reason: r, ", "", "the key `reason` is missing"),
        ("owner: o, ", "", "the key `owner` is missing"),
        (", expires: 2027-03-31", "", "the key `expires` is missing"),
        (
            "project: town",
            "project: city",
            "this is the baseline of city, not of town; write one with `zoneguard baseline`",
        ),
        ("zoneguard-baseline: 1", "zoneguard-baseline: 2", "which reads 1; use the version that wrote it"),
        (
            "zoneguard-baseline: 1",
            "zoneguard: 1",
            "this is a file with `zoneguard:`; here one with `zoneguard-baseline:`",
        ),
        ("80,443", "80,70000", "`70000` is no number or range within 0-65535"),
        ("10.0.0.0/8", "10.0.0.0/33", ""),
        ("dport", "dprt", "did you mean `dport`?"),
    ],
)
def test_a_wrong_baseline_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text(GOOD)
    assert len(read_baseline(file, "town")) == 1
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        read_baseline(file, "town")
    assert any(said in str(e.message) and e.line and e.file == str(file) for e in caught.value.errors)
