"""--record and verify-record."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run
from zoneguard.loading.record import RunRecord, _plain, record_text

BROKEN = Path(__file__).resolve().parents[2] / "topologies/alpha-city-broken"


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A copy of the broken municipality, to change."""
    shutil.copytree(BROKEN, tmp_path / "city")
    return tmp_path / "city"


def verified(zoneguard: Run, record: Path, *more: str | Path) -> tuple[int, dict[str, Any]]:
    status, out, err = zoneguard("verify-record", record, "--format", "json", *more)
    assert not err
    value: dict[str, Any] = json.loads(out)
    assert value["schema"] == "zoneguard.verification/1"
    assert value["holds"] is (status == 0)
    return status, value


def states(value: dict[str, Any], state: str) -> list[tuple[str, str]]:
    return [(item["kind"], item["path"]) for item in value["items"] if item["state"] == state]


def test_what_is_as_it_was_holds_and_comes_out_the_same(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    record, report = tmp_path / "file/run.json", tmp_path / "file/report.html"
    assert zoneguard("audit", city, "--format", "html", "-o", report, "--record", record)[0] == 1
    content = json.loads(record.read_text(encoding="utf-8"))
    assert content["asked"]["command"] == "audit"
    assert content["exit-status"] == "1"
    (written,) = content["reports"]
    assert written | {"sha256": ""} == {"path": "report.html", "format": "html", "lang": "en", "sha256": ""}
    assert {i["kind"] for i in content["inputs"]} >= {"project", "fortios", "yamaha", "ip-route", "capture"}
    status, value = verified(zoneguard, record, "--again")
    assert status == 0
    assert len(states(value, "same")) == len(value["items"])
    assert value["again"] == {"gone": [], "new": [], "changed": [], "problems": []}
    moved = tmp_path / "moved"
    (tmp_path / "file").rename(moved)
    city.rename(tmp_path / "town")
    assert verified(zoneguard, moved / "run.json")[0] == 1
    assert verified(zoneguard, moved / "run.json", "--project", tmp_path / "town", "--again")[0] == 0


def test_what_changed_or_is_gone_is_named(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    record, report = tmp_path / "run.json", tmp_path / "report.txt"
    zoneguard("verify", city, "-o", report, "--record", record)
    config = city / "configs/fw-core.conf"
    config.write_bytes(config.read_bytes() + b"\n")
    (city / "configs/cs-gw.routes").unlink()
    report.write_text("all clear\n")
    status, value = verified(zoneguard, record)
    assert status == 1
    assert states(value, "changed") == [("fortios", "configs/fw-core.conf"), ("report", "report.txt")]
    assert states(value, "missing") == [("ip-route", "configs/cs-gw.routes")]
    status, out, _ = zoneguard("verify-record", record)
    assert status == 1
    assert "CHANGED" in out
    assert "does not hold" in out


def test_what_is_gone_cannot_be_run_again_and_all_is_still_compared(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record)
    (city / "configs/cs-gw.routes").unlink()
    status, value = verified(zoneguard, record, "--again")
    assert status == 1
    assert states(value, "missing") == [("ip-route", "configs/cs-gw.routes")]
    assert len(states(value, "same")) > 5
    assert value["again"]["problems"] == ["a file that it was made from is missing"]
    status, out, err = zoneguard("verify-record", record, "--again", "--lang", "ja")
    assert (status, err) == (1, "")
    assert "再実行できませんでした: 元になったファイルがありません" in out
    assert "`" not in out, "no name is guessed"


def test_what_can_no_longer_be_read_is_said_with_its_place(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record)
    (city / "configs/fw-core.conf").write_bytes(b"")
    (problem,) = verified(zoneguard, record, "--again")[1]["again"]["problems"]
    assert problem.startswith(f"{city / 'configs/fw-core.conf'}: the file is empty")
    with (city / "zoneguard.yaml").open("a", encoding="utf-8") as file:
        file.write("nonsense: 1\nmore: 2\n")
    assert len(verified(zoneguard, record, "--again")[1]["again"]["problems"]) == 2


def test_kinds_and_verdicts_are_said_in_japanese(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    zoneguard("audit", city, "-o", tmp_path / "report.txt", "--record", record)
    shutil.copy(BROKEN.parent / "alpha-city/configs/fw-core.conf", city / "configs/fw-core.conf")
    out = zoneguard("verify-record", record, "--again", "--lang", "ja")[1]
    kinds = {line.split()[1] for line in out.partition("再実行")[0].splitlines()[1:] if line.strip()}
    assert kinds == {
        "実行記録",
        "プロジェクト",
        "キャプチャ",
        "ポリシー",
        "報告書",
        "fortios",
        "yamaha",
        "iptables",
        "ip-route",
    }
    assert "mikasa:2(11): 不適合 から 適合 に変わりました" in out


def test_a_record_that_was_written_in_does_not_hold(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record, "--fail-on", "critical")
    assert verified(zoneguard, record)[0] == 0
    laid_out = tmp_path / "compact.json"
    laid_out.write_text(json.dumps(json.loads(record.read_text(encoding="utf-8"))))
    assert verified(zoneguard, laid_out)[0] == 0
    record.write_text(record.read_text(encoding="utf-8").replace('"verdict": "violates"', '"verdict": "conforms"', 1))
    assert states(verified(zoneguard, record)[1], "changed") == [("record", record.as_posix())]


def test_a_run_that_comes_out_otherwise_is_told_by_finding_and_clause(
    zoneguard: Run, city: Path, tmp_path: Path
) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record)
    before = json.loads(record.read_text(encoding="utf-8"))
    clean = BROKEN.parent / "alpha-city/configs/fw-core.conf"
    shutil.copy(clean, city / "configs/fw-core.conf")
    status, value = verified(zoneguard, record, "--again")
    assert status == 1
    assert set(value["again"]["gone"]) <= {finding["fingerprint"] for finding in before["findings"]}
    assert value["again"]["gone"]
    assert ("mikasa:2(11)", "violates") in [(c["what"], c["then"]) for c in value["again"]["changed"]]
    assert "no longer found" in zoneguard("verify-record", record, "--again")[1]


def test_captures_of_the_command_line_and_a_baseline_are_part_of_the_run(
    zoneguard: Run, city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(city / "captures/lg-edge.pcap", "edge.pcap")
    zoneguard("baseline", city, "--reason", "r", "--owner", "o", "--expires", "2027-03-31", "-o", "accepted.yaml")
    zoneguard("replay", city, "edge.pcap", "--baseline", "accepted.yaml", "--record", "run.json", "--all-flows")
    content = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert [(i["kind"], i["path"]) for i in content["inputs"]] == [
        ("project", "zoneguard.yaml"),
        ("capture", "../edge.pcap"),
        ("baseline", "../accepted.yaml"),
    ]
    status, value = verified(zoneguard, Path("run.json"), "--again")
    assert states(value, "unknown") == [("report", "-")]
    assert status == 0
    Path("kept.txt").write_text("another")
    assert verified(zoneguard, Path("run.json"), "--report", "kept.txt")[0] == 1


@pytest.mark.parametrize("content", ["", "{}", '{"zoneguard-record": 2}', "[1]", '{"zoneguard-record": 1}', "\0"])
def test_what_is_no_record_is_refused(zoneguard: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    status, out, err = zoneguard("verify-record", tmp_path / "run.json")
    assert (status, out) == (2, "")
    assert "run.json" in err
    assert zoneguard("verify-record", tmp_path / "none.json")[0] == 2


@pytest.mark.parametrize(
    ("content", "english", "japanese"),
    [
        ('{"a":', "run.json:1:6: no run record, which is JSON: Expecting value", "JSONとして読めません(Expecting"),
        ("{}", "zoneguard-record: the key `zoneguard-record` is missing", "キー `zoneguard-record` がありません"),
    ],
)  # fmt: skip
def test_why_it_is_no_record_is_said_in_both_languages(
    zoneguard: Run, tmp_path: Path, content: str, english: str, japanese: str
) -> None:
    (tmp_path / "run.json").write_text(content)
    assert english in zoneguard("verify-record", tmp_path / "run.json")[2]
    assert japanese in zoneguard("verify-record", tmp_path / "run.json", "--lang", "ja")[2]


def test_a_record_cannot_take_the_place_of_the_report(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert zoneguard("verify", city, "-o", path, "--record", path)[0] == 2
    assert zoneguard("verify", city, "-o", path, "--report", f"json={path}")[0] == 2
    assert not path.exists()
    assert zoneguard("verify", city, "--record", tmp_path / "none/x")[0] == 2


def test_redacted_reports_of_one_key_agree(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    reports = [zoneguard("verify", city, "--format", "json", "--redact-key", key)[1] for _ in range(2)]
    assert reports[0] == reports[1]
    assert "10.20.30.40" not in reports[0]
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
    status, out, _ = zoneguard("verify", city, "--redact")
    assert status == 1
    assert "Addresses are pseudonyms." in out
    assert "10.20.30.40" not in out
    assert "10.20.30.40" in zoneguard("verify", city)[1]


def test_what_is_no_key_is_refused(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    status, out, err = zoneguard("verify", city, "--redact-key", tmp_path / "key")
    assert (status, out) == (2, "")
    assert "32 bytes" in err
    assert zoneguard("verify", city, "--redact-key", tmp_path / "none/key")[0] == 2
    assert (tmp_path / "key").read_text() == "secret"


def test_a_file_name_that_is_no_text_is_found_again(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"edge-\xff\x7f-\xf0\x9f\x97\xbb.pcap")
    shutil.copy(city / "captures/lg-edge.pcap", city / odd)
    zoneguard("replay", city, city / odd, "--record", tmp_path / "run.json")
    assert states(verified(zoneguard, tmp_path / "run.json")[1], "missing") == []


def test_what_is_nested_without_end_is_refused(zoneguard: Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[" * 200_000)
    assert zoneguard("verify-record", tmp_path / "run.json")[0] == 2


def test_one_run_writes_several_reports_and_its_record_names_all(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    html, book, record = (tmp_path / name for name in ("a.html", "a.xlsx", "run.json"))
    more = ("--report", f"html={html}", "--report", f"xlsx={book}", "--record", record)
    status, out, _ = zoneguard("verify", city, "--format", "json", *more)
    assert status == 1
    assert json.loads(out)["command"] == "verify"
    assert html.read_bytes().startswith(b"<!doctype html>")
    assert book.read_bytes().startswith(b"PK")
    _, value = verified(zoneguard, record)
    assert [item["path"] for item in value["items"] if item["kind"] == "report"] == ["-", "a.html", "a.xlsx"]
    html.write_bytes(b"")
    assert states(verified(zoneguard, record)[1], "changed") == [("report", "a.html")]


@pytest.mark.parametrize("report", ["html", "html=", "=x", "nothing=x"])
def test_a_report_that_cannot_be_is_refused_before_the_run(
    zoneguard: Run, city: Path, tmp_path: Path, report: str
) -> None:
    status, out, _ = zoneguard("verify", city, "--report", report)
    assert (status, out) == (2, "")


def test_no_report_takes_the_place_of_an_input_or_is_written_alone(zoneguard: Run, city: Path, tmp_path: Path) -> None:
    before = (city / "zoneguard.yaml").read_bytes()
    for options in (["--report", f"json={city / 'zoneguard.yaml'}"], ["--record", city / "configs/sc-rtr.conf"]):
        assert zoneguard("verify", city, *options)[0] == 2
    assert (city / "zoneguard.yaml").read_bytes() == before
    out, gone = tmp_path / "a.json", tmp_path / "none/x.html"
    assert zoneguard("verify", city, "--format", "json", "-o", out, "--report", f"html={gone}")[0] == 2
    twice = f"csv={city / '../a.json'}"
    assert zoneguard("verify", city, "--format", "json", "-o", out, "--report", twice)[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city"]


def test_a_record_made_up_with_a_digest_of_its_own_does_not_come_out_the_same(
    zoneguard: Run, city: Path, tmp_path: Path
) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record)
    content = json.loads(record.read_text(encoding="utf-8"))
    content["verdict"], content["exit-status"] = "conforms", "0"
    content["findings"] = [{**f, "verdict": "undetermined", "severity": "info"} for f in content["findings"]]
    content["clauses"] = content["clauses"][:1]
    del content["digest"]
    made_up = record_text(RunRecord.model_validate(_plain(content)))
    record.write_text(made_up, encoding="utf-8")
    assert verified(zoneguard, record)[0] == 0
    status, value = verified(zoneguard, record, "--again")
    assert status == 1
    assert {"verdict", "exit-status"} <= {c["what"] for c in value["again"]["changed"]}


@pytest.mark.parametrize(("old", "new"), [('"verify"', '"destroy"'), ("zoneguard.yaml", "\\ud800")])
def test_a_crafted_record_is_refused_or_does_not_hold(
    zoneguard: Run, city: Path, tmp_path: Path, old: str, new: str
) -> None:
    record = tmp_path / "run.json"
    zoneguard("verify", city, "--record", record)
    record.write_text(record.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert zoneguard("verify-record", record)[0] in (1, 2)
