"""What is wrong in a project or profile is said in one clear sentence, with its place and the way out; what two
policies say differently is shown side by side, and the stricter wins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checks.town import Town
from zoneguard.model.policy import Severity, Verdict

Run = Callable[..., tuple[int, str, str]]
ROW = "{id: EX-1, from: 10.10.0.5, to: %s, services: [tcp/443]%s}"
WHOLE = (
    ", purpose: p, applicant: a, approver: CISO, approved: 2026-01-01, peer-internet: attested-no, "
    'macs: ["00:00:5e:00:53:20"]'
)


def refused(zoneguard: Run, root: Path, lang: str = "en") -> str:
    status, out, err = zoneguard("audit", str(root), "--lang", lang)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    return err


def written(root: Path, old: str = "", new: str = "", **parts: object) -> Path:
    Town(root, **parts).audit()  # type: ignore[arg-type]
    file = root / "zoneguard.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("old", "new", "said", "ja"),
    [
        (
            "clauses: [mikasa:25(1)]", "clauses: [mikasa:25(9)]",
            "no profile here has the clause mikasa:25(9); did you mean `mikasa:2(9)`?", "mikasa:25(9)",
        ),
        ("hosts: [mail-gw]", "hosts: []", "at least one is needed here", "少なくとも一つ"),
        ("hosts: [mail-gw]", "hosts: [mail-qw]", "no host is called `mail-qw`; did you mean `mail-gw`?", "mail-qw"),
    ],
)  # fmt: skip
def test_an_unknown_clause_and_a_sanitizer_without_hosts(
    zoneguard: Run, tmp_path: Path, old: str, new: str, said: str, ja: str
) -> None:
    allow = ["{id: A1, from: lgwan, to: vdi, services: [tcp/8443], clauses: ['mikasa:25(1)']}"]
    root = written(tmp_path, allow=allow)
    file = root / "zoneguard.yaml"
    text = file.read_text(encoding="utf-8").replace("['mikasa:25(1)']", "[mikasa:25(1)]")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert said in refused(zoneguard, root)
    assert f"{file}:" in refused(zoneguard, root)
    assert ja in refused(zoneguard, root, "ja")


def test_an_exception_whose_host_is_in_no_zone(zoneguard: Run, tmp_path: Path) -> None:
    root = written(
        tmp_path, "prefixes: [0.0.0.0/0]", "prefixes: [192.0.2.0/24]", exceptions=[ROW % ("203.0.113.9", "")]
    )
    file = root / "zoneguard.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("to: 203.0.113.9", "to: 172.31.0.9"), encoding="utf-8")
    assert "172.31.0.9 of `172.31.0.9` is in no zone" in refused(zoneguard, root)


@pytest.mark.parametrize(
    ("more", "said", "clause"),
    [
        (WHOLE + ", expires: 2026-10-31", "expired on 2026-10-31 and is still in force on 2026-11-01", "mikasa:131"),
        (WHOLE, "has no end", "mikasa:131"),
        (WHOLE.replace(", approved: 2026-01-01", "") + ", expires: 2027-03-31", "has no approved", "mikasa:129"),
        (WHOLE.replace("2026-01-01", "2026-12-01") + ", expires: 2027-03-31", "after the day of the", "mikasa:129"),
    ],
)  # fmt: skip
def test_an_expired_or_undated_exception_breaks_its_clause(tmp_path: Path, more: str, said: str, clause: str) -> None:
    report = Town(tmp_path, exceptions=[ROW % ("203.0.113.9", more)]).audit()
    (found,) = [f for f in report.findings if f.check == "ZG105"]
    assert said in str(found.message)
    assert found.clauses == (clause,)
    assert [c.verdict for c in report.clauses if c.clause == clause] == [Verdict.VIOLATES]


OWN = """\
zoneguard-profile: 1
name: own
title: {en: Our policy, ja: 本市の方針}
clauses:
  - {clause: "1", class: N, checks: ["%s"], severity: %s, force: %s, title: {en: One, ja: 一}}
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ZG1O1", "clause own:1 cites ZG1O1, and there is no such check; did you mean `ZG"),
        ("ZG105:expired", "ZG105 has no such aspect; it has: applicant, approval, emergency, expiry"),
        ("ZG101:dmz-lgwan", "ZG101 has no such aspect; it has: mynumber, >dmz, dmz>internet"),
        ("ZG110:cloud", "ZG110 has no such aspect; it has: -"),
    ],
)
def test_a_clause_that_rests_on_a_check_or_aspect_that_is_not_there(
    zoneguard: Run, tmp_path: Path, name: str, said: str
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN % (name, "high", "must"), encoding="utf-8")
    root = written(tmp_path, "profile: [mikasa]", "profile: [own.yaml]")
    assert said in refused(zoneguard, root)
    status, _, err = zoneguard("profiles", str(own), "--lang", "en")
    assert (status, said in err) == (2, True)


def test_of_two_policies_that_differ_the_stricter_wins_and_both_are_shown(zoneguard: Run, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN % ("ZG101", "medium", "effort"), encoding="utf-8")
    rule = "-A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 445 -j ACCEPT"
    root = written(tmp_path, "profile: [mikasa]", "profile: [own.yaml, mikasa, yokote]", forward=[rule])
    report = json.loads(zoneguard("audit", str(root), "--format", "json", "--lang", "en")[1])
    (found,) = [f for f in report["findings"] if f["check"] == "ZG101"]
    assert found["severity"] == Severity.CRITICAL
    assert found["clauses"] == ["own:1", "mikasa:7(3)ア", "mikasa:24(1)前段", "yokote:5①", "yokote:7③(ア)"]
    differ = next(d for d in report["policies_differ"] if d["check"] == "ZG101")
    assert [c["id"] for c in differ["clauses"]] == ["mikasa:24(1)前段", "yokote:5①", "own:1"]
    text = zoneguard("audit", str(root), "--lang", "ja")[1]
    side = text[text.index("ポリシー", text.index("ZG101")) :]
    assert "own:1" in side and "mikasa:24(1)前段" in side
