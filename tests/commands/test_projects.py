"""audit, verify, replay, matrix."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dynamic.making import Talk, pcap
from tests.loading.test_project import GOOD
from tests.reports.sample import REPORT
from zoneguard import audit
from zoneguard.model.project import Project

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("command", "halves"),
    [("audit", {"static", "dynamic"}), ("verify", {"static"}), ("replay", {"dynamic"})],
)
def test_the_judging_commands_run_their_halves(
    zoneguard: Run, town: Path, seen: list[tuple[Project, frozenset[str]]], command: str, halves: set[str]
) -> None:
    status, out, err = zoneguard(command, town, "--format", "json", "--as-of", "2030-01-01")
    assert (status, err) == (1, "")
    assert json.loads(out)["schema"] == "zoneguard.report/1"
    ((project, asked),) = seen
    assert asked == halves
    assert project.as_of.isoformat() == "2030-01-01"


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 3), (["--allow-undetermined"], 0)],
)
def test_undetermined(
    zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], status: int
) -> None:

    report = replace(REPORT, findings=REPORT.findings[:1])
    monkeypatch.setattr(audit, "run", lambda *_: report)
    assert zoneguard("audit", town, *options)[0] == status


@pytest.mark.parametrize("command", ["audit", "verify"])
def test_nothing_to_look_at_is_no_pass(zoneguard: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: []\nzones: {a: {class: lgwan, prefixes: 10.0.0.0/8}}\n"
    )
    status, out, err = zoneguard(command, tmp_path)
    assert (status, out) == (2, "")
    keys = {"audit": "`devices` / `captures`", "verify": "`devices`"}[command]
    assert f"nothing to look at: {tmp_path / 'zoneguard.yaml'} declares no {keys}\n" in err


def test_the_nearest_project_is_the_default(
    zoneguard: Run, town: Path, seen: list[tuple[Project, frozenset[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (town / "sub").mkdir()
    monkeypatch.chdir(town / "sub")
    assert zoneguard("verify")[0] == 1
    assert seen[0][0].root == town


def test_captures_given_stand_for_the_declared_ones(
    zoneguard: Run, town: Path, seen: list[tuple[Project, frozenset[str]]]
) -> None:
    (town / "b.pcap").write_text("x")
    zoneguard("replay", town, town / "b.pcap", town / "a.pcap")
    captures = seen[0][0].captures
    assert [(c.path.name, c.zone, c.device) for c in captures] == [("b.pcap", "", ""), ("a.pcap", "", "")]


def test_captures_alone_use_the_nearest_project(
    zoneguard: Run, town: Path, seen: list[tuple[Project, frozenset[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(town)
    zoneguard("replay", "a.pcap")
    assert [c.path for c in seen[0][0].captures] == [Path("a.pcap")]


def test_replay_without_captures_is_wrong_usage(zoneguard: Run, town: Path) -> None:
    file = town / "zoneguard.yaml"
    file.write_text(GOOD[: GOOD.index("captures:")])
    assert zoneguard("replay", town)[::2] == (
        2,
        "error: no capture: name one, or declare it under `captures`\n",
    )
    assert "there is no such capture file" in zoneguard("replay", town, "missing.pcap")[2]


def test_replay_writes_evidence_of_every_flow_on_request(zoneguard: Run, town: Path) -> None:
    talk = Talk(dport=80).opened().said(">", b"PUT /a.txt HTTP/1.1\r\nContent-Length: 6\r\n\r\nhello\n").closed()
    (town / "talk.pcap").write_bytes(pcap(talk.packets))
    folder = town / "evidence"
    status, _, err = zoneguard("replay", town, town / "talk.pcap", "--all-flows", "--extract", folder)
    assert status in (0, 1, 3), err
    (file,) = json.loads((folder / "manifest.json").read_text("utf-8"))["transfers"]
    assert (folder / file["file"]).read_bytes() == b"hello\n"
    assert (file["name"], list(file["frames"].values())) == ("a.txt", [[4]])
    status, _, err = zoneguard("replay", town, town / "talk.pcap", "--extract", folder)
    assert (status, "the folder for extracted files is not empty" in err) == (2, True)


@pytest.mark.usefixtures("seen")
def test_matrix(zoneguard: Run, town: Path) -> None:
    status, out, _ = zoneguard("matrix", town)
    assert status == 0
    assert "mynumber → lgwan  violates" in out
    assert json.loads(zoneguard("matrix", town, "--format", "json")[1])["matrix"][0]["state"] == "violated"


def test_an_unknown_report_format_names_the_known_ones(zoneguard: Run, town: Path) -> None:
    status, _, err = zoneguard("audit", town, "--format", "papyrus")
    assert status == 2
    assert "no report format is called papyrus; known: csv, github," in err


def test_a_whole_run(zoneguard: Run, gateway: Path) -> None:
    status, out, err = zoneguard("verify", gateway, "--format", "json")
    report = json.loads(out)
    assert (status, err) == (1, "")
    assert report["verdict"] == "violates"
    assert {tuple(f["zones"]) for f in report["findings"] if f["check"] == "ZG102"} == {("a", "b"), ("b", "a")}
    assert [i["path"] for i in report["inputs"]] == ["zoneguard.yaml", "gw.rules", "gw.routes"]


def test_any_source_address_is_asked_for_where_that_is_said(zoneguard: Run, town: Path, seen: list[object]) -> None:
    for command in ("verify", "matrix"):
        assert json.loads(zoneguard(command, town, "--format", "json")[1])["spoofed"] is False
        assert json.loads(zoneguard(command, town, "--format", "json", "--spoofed")[1])["spoofed"] is True
    assert len(seen) == 4
    assert "any source address" in zoneguard("matrix", town, "--spoofed", "--lang", "en")[1]
    assert "any source address" not in zoneguard("matrix", town, "--lang", "en")[1]


def test_a_rule_that_trusts_the_source_address_alone_is_open_to_spoofing(zoneguard: Run, gateway: Path) -> None:
    """Traffic back from b is permitted by the address of a host in a, from whichever interface it comes."""
    (gateway / "gw.rules").write_text(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -s 10.1.0.5/32 -p tcp -m tcp --dport 445 -j ACCEPT\nCOMMIT\n"
    )

    def pairs(*options: str) -> set[tuple[str, str, str]]:
        _, out, _ = zoneguard("matrix", gateway, "--format", "json", *options)
        cells = json.loads(out)["matrix"]
        return {(cell["from"], cell["to"], row["source"]) for cell in cells for row in cell["rows"]}

    assert pairs() == {("a", "b", "10.1.0.5")}
    assert pairs("--spoofed") == {("a", "b", "10.1.0.5"), ("b", "a", "10.1.0.5")}
    status, out, _ = zoneguard("verify", gateway, "--format", "json", "--spoofed")
    assert status == 1
    assert {tuple(f["zones"]) for f in json.loads(out)["findings"] if f["check"] == "ZG102"} == {("a", "b"), ("b", "a")}


def test_spoofing_is_no_question_to_one_ruleset(zoneguard: Run, gateway: Path) -> None:
    asked = ("--ruleset", gateway / "gw.rules", "--chain", "FORWARD", "--service", "tcp/443")
    status, _, err = zoneguard("matrix", *asked, "--spoofed")
    assert status == 2
    assert "--spoofed" in err
    status, _, err = zoneguard("matrix", *asked, "--intrazone")
    assert status == 2
    assert "--intrazone" in err


def test_what_passes_within_a_zone_is_shown_where_that_is_asked(zoneguard: Run, gateway: Path) -> None:
    project = gateway / "zoneguard.yaml"
    project.write_text(
        project.read_text()
        .replace("10.1.0.0/24}", "[10.1.0.0/24, 10.2.0.0/25]}")
        .replace("prefixes: 10.2.0.0/24", "prefixes: 10.2.0.128/25")
    )

    def cells(*options: str) -> dict[tuple[str, str], list[str]]:
        _, out, _ = zoneguard("matrix", gateway, "--format", "json", *options)
        return {(c["from"], c["to"]): [r["destination"] for r in c["rows"]] for c in json.loads(out)["matrix"]}

    assert set(cells()) == {("a", "b"), ("b", "a")}
    within = cells("--intrazone")
    assert set(within) == {("a", "b"), ("b", "a"), ("a", "a")}
    assert set(within["a", "a"]) == {"10.1.0.0/24", "10.2.0.0/25"}
    assert "a → a  allowed" in zoneguard("matrix", gateway, "--intrazone", "--lang", "en")[1]


def test_a_matrix_says_what_it_does_not_know(zoneguard: Run, gateway: Path) -> None:
    assert json.loads(zoneguard("matrix", gateway, "--format", "json")[1])["undetermined"] == []
    (gateway / "gw.routes").write_text("10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1\n")
    (unknown,) = json.loads(zoneguard("matrix", gateway, "--format", "json")[1])["undetermined"]
    assert unknown["evidence"] == [{"file": "zoneguard.yaml", "line": 5, "last_line": 5}]
    assert "attaches to no device" in unknown["message"]
    assert "attaches to no device" in zoneguard("matrix", gateway)[1]
