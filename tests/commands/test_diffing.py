"""``diff``: what a change newly permits and newly denies, and what the exit status says of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import RULES, Run

TOPOLOGIES = Path(__file__).resolve().parents[2] / "topologies"
WEB = "-A FORWARD -i eth0 -o eth1 -s 10.1.0.0/24 -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW -j ACCEPT\n"
ALLOW = "allow:\n  - {id: A1, from: a, to: b, services: [tcp/443, tcp/8443, icmp]}\n"


@pytest.fixture
def pair(gateway: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two projects that are equal at first: zones a and b behind one Linux gateway."""
    found = []
    for name in ("old", "new"):
        root = tmp_path / name
        root.mkdir()
        for file in ("gw.rules", "gw.routes", "zoneguard.yaml"):
            shutil.copy(gateway / file, root / file)
        found.append(root)
    return found[0], found[1]


def rewrite(root: Path, old: str, new: str, file: str = "gw.rules") -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


def compared(zoneguard: Run, *args: str | Path) -> tuple[int, dict[str, Any]]:
    status, out, err = zoneguard("diff", *args, "--format", "json")
    assert not err
    value: dict[str, Any] = json.loads(out)
    assert value["schema"] == "zoneguard.diff/1"
    return status, value


def test_twins_do_not_differ(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    assert compared(zoneguard, *pair, "--fail-on-new")[1]["changes"] == []
    rewrite(pair[1], "*filter\n", "# the same with a comment\n*filter\n")
    status, value = compared(zoneguard, pair[0], pair[1] / "zoneguard.yaml")
    assert (status, value["changes"]) == (0, [])


def test_what_is_new_and_what_is_gone_is_said_with_its_line(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], "--dport 443", "--dport 8443")
    status, value = compared(zoneguard, *pair)
    assert status == 0
    permits, denies = value["changes"]
    for change, kind, port in ((permits, "permits", "8443"), (denies, "denies", "443")):
        assert (change["source"], change["destination"], change["kind"]) == ("a", "b", kind)
        assert change["rows"] == [
            {"source": "10.1.0.0/24", "destination": "10.2.0.0/24", "protocol": "tcp", "ports": port}
        ]
        assert change["witness"]["dport"] == int(port)
        assert change["lines"] == [{"file": "gw.rules", "line": 5, "last_line": 5, "changed": True}]
        assert change["certain"]
        assert change["forbidden"]
        assert not change["unknowns"]


def test_only_what_is_newly_forbidden_fails(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], "--dport 443", "--dport 8443")
    assert compared(zoneguard, *pair, "--fail-on-new")[0] == 1
    with (pair[1] / "zoneguard.yaml").open("a") as project:
        project.write(ALLOW)
    status, value = compared(zoneguard, *pair, "--fail-on-new")
    assert status == 0
    assert [change["forbidden"] for change in value["changes"]] == [False, False]
    rewrite(pair[1], "--dport 8443", "--dport 8443:8444")
    status, value = compared(zoneguard, *pair, "--fail-on-new")
    assert status == 1
    permits = [change for change in value["changes"] if change["kind"] == "permits"]
    assert {(change["forbidden"], change["rows"][0]["ports"]) for change in permits} == {
        (True, "8444"),
        (False, "8443"),
    }


def test_what_was_forbidden_before_does_not_fail(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], WEB, "")
    status, value = compared(zoneguard, *pair, "--fail-on-new")
    assert status == 0
    assert [change["kind"] for change in value["changes"]] == ["denies"]


UNDECIDED = "-A FORWARD -i eth0 -o eth1 -p udp -m geoip --src-cc {} -j ACCEPT\n"


def test_a_condition_that_changes_is_undetermined(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    for root, country in zip(pair, ("JP", "JP"), strict=True):
        rewrite(root, WEB, WEB + UNDECIDED.format(country))
    rewrite(pair[1], "icmp-type 8", "icmp-type 13")
    _, value = compared(zoneguard, *pair)
    assert {change["certain"] for change in value["changes"]} == {True}
    rewrite(pair[1], "--src-cc JP", "--src-cc CN")
    rewrite(pair[1], "icmp-type 13", "icmp-type 8")
    status, value = compared(zoneguard, *pair, "--fail-on-new")
    assert status == 3
    assert {(c["kind"], c["certain"], c["rows"][0]["protocol"]) for c in value["changes"]} == {
        ("permits", False, "udp"),
        ("denies", False, "udp"),
    }
    assert all(change["unknowns"] for change in value["changes"])
    assert compared(zoneguard, *pair, "--fail-on-new", "--allow-undetermined")[0] == 0


def test_a_rule_that_no_longer_asks_for_the_sender_permits_the_other_senders(
    zoneguard: Run, pair: tuple[Path, Path]
) -> None:
    bound = (
        "-A FORWARD -s 10.1.0.7 -d 10.2.0.7 -p tcp -m tcp --dport 25 -m mac --mac-source 00:00:5e:00:53:07 -j ACCEPT\n"
    )
    register = (
        "exceptions:\n  - {id: EX-1, from: 10.1.0.7, to: 10.2.0.7, services: [tcp/25], macs: ['00:00:5e:00:53:07']}\n"
    )
    for root in pair:
        rewrite(root, "-A FORWARD -m mac --mac-source 00:00:5e:00:53:20 -j ACCEPT\n", bound)
        with (root / "zoneguard.yaml").open("a") as project:
            project.write(register)
    rewrite(pair[1], "-m mac --mac-source 00:00:5e:00:53:07 ", "")
    status, value = compared(zoneguard, *pair, "--fail-on-new")
    (change,) = value["changes"]
    assert (change["kind"], change["forbidden"], status) == ("permits", True, 1)
    assert change["macs"] == ["00:00:00:00:00:00-00:00:5e:00:53:06", "00:00:5e:00:53:08-ff:ff:ff:ff:ff:ff"]
    status, value = compared(zoneguard, pair[1], pair[0], "--fail-on-new")
    assert ([c["kind"] for c in value["changes"]], status) == (["denies"], 0)


def test_what_was_not_read_is_said(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], "zones:\n", "zones:\n  c: {class: mynumber, prefixes: 10.3.0.0/24}\n", "zoneguard.yaml")
    status, value = compared(zoneguard, *pair)
    assert status == 3
    (unread,) = value["undetermined"]
    assert unread["side"] == "new"
    assert "zone c" in unread["message"]
    _, out, _ = zoneguard("diff", *pair, "--lang", "en")
    assert "Not read of the new state" in out


def test_the_text_says_it_in_both_languages(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], "--dport 443", "--dport 8443")
    status, out, _ = zoneguard("diff", *pair, "--lang", "en")
    assert status == 0
    for said in ("a → b", "tcp 8443", "gw.rules:5 (changed)", "No row of the new state allows this."):
        assert said in out
    _, japanese, _ = zoneguard("diff", *pair, "--lang", "ja")
    assert "No row" not in japanese
    assert "gw.rules:5" in japanese


def test_a_project_without_devices_is_refused(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    rewrite(pair[1], "devices:\n  gw: {config: gw.rules, routes: gw.routes}\n", "", "zoneguard.yaml")
    status, _, err = zoneguard("diff", *pair)
    assert status == 2
    assert "no device" in err


def test_every_change_that_was_planted_in_the_configurations_appears(zoneguard: Run) -> None:
    _, value = compared(zoneguard, TOPOLOGIES / "alpha-city", TOPOLOGIES / "alpha-city-broken")
    lines = {
        (change["source"], change["destination"]): {f"{e['file']}:{e['line']}" for e in change["lines"] if e["changed"]}
        for change in value["changes"]
        if change["kind"] == "permits"
    }
    planted = {
        ("mynumber", "lgwan"): {"configs/fw-core.conf:693", "configs/cs-gw.rules:14"},
        ("lgwan", "mynumber"): {"configs/cs-gw.rules:15"},
        ("mynumber", "lgwan-wan"): {"configs/fw-core.conf:641", "configs/lgw-fw.rules:23"},
        ("internet", "lgwan"): {"configs/fw-core.conf:595", "configs/fw-core.conf:839"},
        ("internet", "world"): {"configs/sc-rtr.conf:24"},
        ("lgwan-wan", "lgwan"): {"configs/lgw-fw.rules:4", "configs/lgw-fw.rules:34"},
    }
    assert planted.keys() == lines.keys()
    assert all(expected <= lines[zones] for zones, expected in planted.items())
    assert all(change["forbidden"] for change in value["changes"] if change["kind"] == "permits")
    egress = [c for c in value["changes"] if c["kind"] == "permits" and c["destination"] == "world"]
    assert [c["not_via"] for c in egress] == [["security-cloud"]]


def large(root: Path, port: int) -> None:
    """Two zones behind a firewall of 5,000 random rules, of which number 2,500 has this port."""
    root.mkdir(exist_ok=True)
    rng = random.Random(5000)

    def network(zone: int) -> str:
        length = rng.choice((24, 28, 32))
        return f"10.{zone}.0.{rng.randrange(256) & -(1 << (32 - length))}/{length}"

    rules = [
        f"-A FORWARD -s {network(1)} -d {network(2)} -p {proto} -m {proto} --dport {rng.randrange(1, 20000)} "
        f"-j {rng.choice(('ACCEPT', 'ACCEPT', 'DROP'))}"
        for proto in (rng.choice(("tcp", "udp")) for _ in range(5000))
    ]
    rules[2500] = f"-A FORWARD -s 10.1.0.5/32 -d 10.2.0.64/28 -p tcp -m tcp --dport {port} -j ACCEPT"
    head, tail = RULES.split("-A", 1)[0], "COMMIT\n"
    (root / "gw.rules").write_text(head + "\n".join(rules) + "\n" + tail)


def test_the_difference_of_one_rule_of_5000_is_exactly_its_effect(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    for root, port in zip(pair, (30001, 30002), strict=True):
        large(root, port)
    _, value = compared(zoneguard, *pair)
    assert [(c["kind"], c["rows"], c["more_rows"], c["lines"]) for c in value["changes"]] == [
        (
            kind,
            [{"source": "10.1.0.5", "destination": "10.2.0.64/28", "protocol": "tcp", "ports": port}],
            0,
            [{"file": "gw.rules", "line": 2505, "last_line": 2505, "changed": True}],
        )
        for kind, port in (("permits", "30002"), ("denies", "30001"))
    ]


def test_two_revisions_of_one_project_are_compared(
    zoneguard: Run, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = pair[1]

    def git(*arguments: str) -> None:
        names = ["-c", "user.name=Tester", "-c", "user.email=tester@example.jp"]
        subprocess.run(["git", "-C", str(root), *names, *arguments], check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    for port in ("8443", "9443"):
        git("add", "--all")
        git("commit", "--quiet", "--message", "state")
        rewrite(root, "--dport " + {"8443": "443", "9443": "8443"}[port], f"--dport {port}")

    def ports(*sides: str | Path) -> list[tuple[str, str]]:
        changes = compared(zoneguard, *sides)[1]["changes"]
        return [(change["kind"], change["rows"][0]["ports"]) for change in changes]

    assert ports("HEAD~1", "HEAD", "--project", root) == [("permits", "8443"), ("denies", "443")]
    assert ports("HEAD", root) == [("permits", "9443"), ("denies", "8443")]
    monkeypatch.chdir(root)
    status, value = compared(zoneguard, "HEAD~1", "HEAD")
    assert status == 0
    assert [value[side]["file"] for side in ("old", "new")] == ["HEAD~1:zoneguard.yaml", "HEAD:zoneguard.yaml"]
    (root / "gw.rules").unlink()
    status, out, err = zoneguard("diff", "HEAD", ".")
    assert (status, out) == (2, "")
    assert "gw.rules" in err


def test_what_is_neither_path_nor_revision_is_said(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    status, out, err = zoneguard("diff", "nowhere", pair[1])
    assert (status, out) == (2, "")
    assert err.startswith("error: nowhere: there is no such project, and no git repository in ")
    assert "(fatal: not a git repository" in err


def test_an_empty_side_and_a_file_beside_the_revision_are_refused(zoneguard: Run, pair: tuple[Path, Path]) -> None:
    root = pair[1]
    assert zoneguard("diff", "", root)[0] == 2
    text = (root / "zoneguard.yaml").read_text().replace("config: gw.rules", f"config: {root / 'gw.rules'}")
    (root / "zoneguard.yaml").write_text(text)
    names = ["-c", "user.name=Tester", "-c", "user.email=tester@example.jp"]
    for arguments in (["init", "-q"], ["add", "-A"], [*names, "commit", "-q", "-m", "state"]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)
    status, _, err = zoneguard("diff", "HEAD", root)
    assert (status, "no file of the revision" in err) == (2, True)


def test_what_git_tells_a_hook_of_another_repository_counts_for_nothing(
    zoneguard: Run, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["-c", "user.name=Tester", "-c", "user.email=tester@example.jp"]
    for root in pair:
        for arguments in (["init", "-q"], ["add", "-A"], [*names, "commit", "-q", "-m", "state"]):
            subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)
    rewrite(pair[1], "--dport 443", "--dport 8443")
    monkeypatch.setenv("GIT_DIR", str(pair[0] / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(pair[0]))
    changes = compared(zoneguard, "HEAD", pair[1])[1]["changes"]
    assert [change["kind"] for change in changes] == ["permits", "denies"]
