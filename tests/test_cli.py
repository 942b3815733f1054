"""The command line as a user meets it: output, exit status, errors in words."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from tests.loading.test_project import GOOD
from tests.reports.sample import REPORT

from zoneguard import audit, console
from zoneguard.cli import cli
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.findings import Report
from zoneguard.model.project import Project
from zoneguard.model.text import N_

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zoneguard(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process: exit status, stdout, stderr."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*args: str | Path) -> tuple[int, str, str]:
        status = console.run(cli, [str(arg) for arg in args])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return run


@pytest.fixture
def town(tmp_path: Path) -> Path:
    for name in ("fw.conf", "routes.txt", "a.pcap"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "zoneguard.yaml").write_text(GOOD)
    return tmp_path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Project, frozenset[str]]]:
    """What the orchestrator was asked, answered by the sample report."""
    calls: list[tuple[Project, frozenset[str]]] = []

    def run(project: Project, halves: frozenset[str], progress: Callable[[str], None]) -> Report:
        progress("working")
        calls.append((project, halves))
        return REPORT

    monkeypatch.setattr(audit, "run", run)
    return calls


def raising(error: BaseException) -> Callable[..., Any]:
    def run(*_args: Any) -> Any:
        raise error

    return run


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


@pytest.mark.usefixtures("seen")
def test_output_file_language_and_exit_status(zoneguard: Run, town: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    status, out, err = zoneguard("audit", town, "--lang", "ja", "-o", report, "--fail-on", "high")
    assert (status, out, err) == (1, "", "")
    assert "ゾーン間通信マトリクス" in report.read_text()
    assert [p.name for p in tmp_path.glob(".report*")] == []


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


@pytest.mark.usefixtures("seen")
def test_matrix(zoneguard: Run, town: Path) -> None:
    status, out, _ = zoneguard("matrix", town)
    assert status == 0
    assert "mynumber → lgwan  violates" in out
    assert json.loads(zoneguard("matrix", town, "--format", "json")[1])["matrix"][0]["state"] == "violated"


def test_every_error_of_the_project_is_on_stderr(zoneguard: Run, town: Path) -> None:
    (town / "zoneguard.yaml").write_text(GOOD.replace("class: lgwan", "class: lgwna").replace("tcp/25", "tpc/25"))
    status, out, err = zoneguard("audit", town)
    assert (status, out) == (2, "")
    assert [line.partition(f"{town}/zoneguard.yaml:")[2].split(":")[0] for line in err.splitlines()] == ["8", "24"]
    assert "エラー: " in zoneguard("audit", town, "--lang", "ja")[2]


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["audit", "--nonsense"],
        ["audit", "--fail-on", "enormous"],
        ["audit", "/nowhere/at/all"],
        ["audit", "--as-of", "yesterday"],
        ["trace", "--from", "10.0.0.1"],
        ["parse"],
        ["parse", "/nowhere.conf"],
        ["parse", "/"],
        ["parse", "x", "--format", "json", "--format", "text"],
        ["explain", "mikasa:999"],
        ["profiles", "atlantis"],
        ["schema", "everything"],
    ],
)
def test_wrong_usage_and_unreadable_input_exit_with_2(zoneguard: Run, args: list[str]) -> None:
    status, out, err = zoneguard(*args)
    assert (status, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_an_unknown_report_format_names_the_known_ones(zoneguard: Run, town: Path) -> None:
    status, _, err = zoneguard("audit", town, "--format", "papyrus")
    assert status == 2
    assert "no report format is called papyrus; known: json, text" in err


@pytest.mark.usefixtures("seen")
def test_an_output_that_cannot_be_written(zoneguard: Run, town: Path) -> None:
    for target in (town, town / "no" / "where.txt"):
        status, _, err = zoneguard("audit", town, "-o", target)
        assert status == 2
        assert f"error: {target}: cannot be written: " in err


def test_input_errors_from_below(zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = InputError(N_("there is no such file"), "a.conf", 3)
    monkeypatch.setattr(audit, "run", raising(one))
    assert zoneguard("audit", town) == (2, "", "error: a.conf:3: there is no such file\n")
    monkeypatch.setattr(audit, "run", raising(InputErrors((one, one))))
    assert zoneguard("audit", town)[2].count("\n") == 2


def test_an_internal_error_is_short_unless_debugging(
    zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "run", raising(ZeroDivisionError("by zero")))
    status, out, err = zoneguard("audit", town)
    assert (status, out) == (70, "")
    assert "internal error: ZeroDivisionError: by zero (test_cli.py:" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ZONEGUARD_DEBUG", "1")
    assert "Traceback" in zoneguard("audit", town)[2]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort()])
def test_interrupted(zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(audit, "run", raising(error))
    assert zoneguard("audit", town)[0] == 130


def test_parse_shows_the_model_and_what_was_not_understood(zoneguard: Run, tmp_path: Path) -> None:
    rules = tmp_path / "gw.rules"
    rules.write_text(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n"
    )
    status, out, _ = zoneguard("parse", rules)
    assert status == 0
    assert "10.1.0.0/16" in out
    assert "dport 443" in out
    shown = json.loads(zoneguard("parse", rules, "--format", "iptables", "--format", "json")[1])
    assert shown["format"] == "iptables"
    assert shown["devices"][0]["type"] == "Device"
    rules.write_text(rules.read_text().replace("COMMIT", "-A FORWARD -m nonsense --what -j ACCEPT\nCOMMIT"))
    status, out, _ = zoneguard("parse", rules)
    assert status == 3
    assert f"{rules}:6" in out
    assert zoneguard("parse", rules, "--allow-undetermined")[0] == 0


def test_profiles(zoneguard: Run) -> None:
    assert "mikasa" in zoneguard("profiles")[1]
    assert "24(1)前段  N  ZG101" in zoneguard("profiles", "mikasa")[1]
    assert json.loads(zoneguard("profiles", "--format", "json")[1])["profiles"][0]["clauses"] > 50
    profile = json.loads(zoneguard("profiles", "mikasa", "--format", "json")[1])
    clause = next(c for c in profile["clauses"] if c["clause"] == "24(1)前段")
    assert (clause["class"], clause["zones"], clause["checks"]) == ("N", ["mynumber"], ["ZG101"])
    assert set(clause["title"]) == {"en", "ja"}


def test_explain(zoneguard: Run) -> None:
    out = zoneguard("explain", "mikasa:24(1)")[1]
    assert "mikasa:24(1)前段" in out
    assert "mikasa:24(1)後段" in out
    assert zoneguard("explain", "exception-register")[1] == zoneguard("explain", "ZG105")[1]
    assert "証明すること" in zoneguard("explain", "24(3)", "--lang", "ja")[1]
    assert "did you mean `mynumber-isolation`?" in zoneguard("explain", "mynumber-isolatoin")[2]
    shown = json.loads(zoneguard("explain", "ZG105", "--format", "json")[1])
    assert "mikasa:131" in shown["checks"][0]["clauses"]


def test_schema(zoneguard: Run) -> None:
    assert json.loads(zoneguard("schema")[1])["title"] == "ProjectFile"
    assert json.loads(zoneguard("schema", "profile")[1])["title"] == "ProfileFile"


def process(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, as users start it."""
    return subprocess.run(
        [sys.executable, "-m", "zoneguard", *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **env},
    )


def test_help_is_quick_and_in_the_language_of_the_locale() -> None:
    best = 9.0
    for _ in range(3):
        begin = time.perf_counter()
        done = process("--help")
        best = min(best, time.perf_counter() - begin)
    assert done.returncode == 0
    assert "kept apart" in done.stdout
    assert best < 1.0  # 0.1 s on a quiet machine: what is guarded here is that no heavy module is imported
    assert "分離" in process("--help", LC_ALL="ja_JP.UTF-8").stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, zoneguard.cli; print(*(m for m in ('pydantic','scapy','numpy','networkx') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m zoneguard profiles mikasa --format json; echo status $? >&2"
    done = subprocess.run(["bash", "-c", f"({command}) | true"], capture_output=True, text=True, check=False)
    assert done.stderr in ("status 141\n", "status 0\n")


def test_progress_stays_out_of_pipes(town: Path) -> None:
    done = process("verify", str(town))
    assert "\x1b" not in done.stderr
    assert done.returncode in (2, 3)


def test_progress_appears_on_a_terminal_once_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "PATIENCE", 0.01)
    progress = console._Progress()
    try:
        progress.say("first")
        for _ in range(200):
            if progress._status is not None:
                break
            time.sleep(0.01)
        assert progress._status is not None
        progress.say("second")
        assert progress._status.status == "second"
    finally:
        progress.stop()
    silent = console._Progress()
    silent.stop()
    silent._show()
    assert silent._status is None
