"""baseline, and --baseline of the commands that judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import yaml
from openpyxl import load_workbook

Run = Callable[..., tuple[int, str, str]]
BROKEN = Path(__file__).resolve().parents[2] / "topologies/alpha-city-broken"
WORDS = ("--reason", "移行期間", "--owner", "情報政策課")


def test_what_is_accepted_today_passes_the_gate_and_is_still_said(zoneguard: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    assert zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2027-03-31", "-o", str(file))[0] == 0
    status, out, _ = zoneguard("audit", str(BROKEN), "--baseline", str(file), "--format", "json")
    report = json.loads(out)
    assert status == 0
    assert report["verdict"] == "violates"
    assert {f["verdict"] for f in report["findings"]} == {"attestation-needed"}
    assert len(report["accepted"]) > 20
    assert report["accepted"][0]["entries"][0]["owner"] == "情報政策課"
    assert "移行期間" in zoneguard("audit", str(BROKEN), "--baseline", str(file))[1]


def test_entries_that_hold_are_kept_with_their_words(zoneguard: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "1.yaml", tmp_path / "2.yaml"
    zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2027-03-31", "-o", str(first))
    more = ("--reason", "other", "--owner", "x", "--expires", "2027-01-31", "--baseline", str(first), "-o", str(second))
    assert zoneguard("baseline", str(BROKEN), *more)[0] == 0
    assert second.read_text(encoding="utf-8") == first.read_text(encoding="utf-8")


def test_words_and_a_day_to_come_are_demanded(zoneguard: Run) -> None:
    status, _, err = zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2026-10-31")
    assert (status, "nothing would be accepted" in err) == (2, True)
    blank = ("--reason", " ", "--owner", "x", "--expires", "2027-01-31")
    status, _, err = zoneguard("baseline", str(BROKEN), *blank)
    assert (status, "who answers for it" in err) == (2, True)
    assert zoneguard("baseline", str(BROKEN))[0] == 2


def test_a_baseline_that_is_none_is_refused(zoneguard: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_text("zoneguard: 1\n")
    status, _, err = zoneguard("audit", str(BROKEN), "--baseline", str(file))
    assert status == 2
    assert "b.yaml" in err


def test_entries_that_hold_nothing_are_said(zoneguard: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2027-03-31", "-o", str(file))
    _, _, err = zoneguard("audit", str(BROKEN), "--baseline", str(file), "--as-of", "2027-04-01")
    assert "b.yaml:6: ZG101 was accepted until 2027-03-31: this counts no more" in err
    file.write_text(file.read_text(encoding="utf-8").replace("ZG101", "ZG999", 1), encoding="utf-8")
    _, _, err = zoneguard("audit", str(BROKEN), "--baseline", str(file))
    assert err.count("nothing like it was found") == 1
    assert "ZG999" in err


def test_junit_skips_what_is_accepted_and_fails_what_is_not(zoneguard: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    assert zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2027-03-31", "-o", str(file))[0] == 0
    before = outcomes(zoneguard("audit", str(BROKEN), "--format", "junit")[1])
    after = outcomes(zoneguard("audit", str(BROKEN), "--baseline", str(file), "--format", "junit")[1])
    failed = {name for name, outcome in before.items() if outcome == "failure"}
    assert len(failed) > 20
    assert {after[name] for name in failed} == {"accepted"}
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    data["accepted"] = [entry for entry in data["accepted"] if entry["check"] != "ZG101"]
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    partly = outcomes(zoneguard("audit", str(BROKEN), "--baseline", str(file), "--format", "junit")[1])
    assert partly["zoneguard.zones lgwan > mynumber"] == "failure"
    assert "accepted" in partly.values()


def outcomes(junit: str) -> dict[str, str]:
    """What became of each case; empty where it passed."""
    found = {}
    for case in ElementTree.fromstring(junit).iter("testcase"):
        child = next(iter(case), None)
        accepted = child is not None and child.get("type") == "accepted"
        found[f"{case.get('classname')} {case.get('name')}"] = (
            "" if child is None else "accepted" if accepted else child.tag
        )
    return found


def test_the_workbook_and_markdown_say_what_is_accepted(zoneguard: Run, tmp_path: Path) -> None:
    file, book, page = tmp_path / "b.yaml", tmp_path / "b.xlsx", tmp_path / "b.md"
    assert zoneguard("baseline", str(BROKEN), *WORDS, "--expires", "2027-03-31", "-o", str(file))[0] == 0
    written = ("--report", f"xlsx={book}", "--report", f"markdown={page}")
    assert zoneguard("audit", str(BROKEN), "--baseline", str(file), *written)[0] == 0
    sheets = load_workbook(book)
    cells = {cell.value for row in sheets[sheets.sheetnames[-1]] for cell in row}
    assert {"移行期間", "情報政策課", "2027-03-31"} <= cells
    assert "移行期間 (情報政策課, until 2027-03-31)" in page.read_text(encoding="utf-8")
