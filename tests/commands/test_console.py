"""Output, errors and exit statuses as a user meets them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from tests.loading.test_project import GOOD
from zoneguard import audit
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.text import N_

Run = Callable[..., tuple[int, str, str]]


def raising(error: BaseException) -> Callable[..., Any]:
    def run(*_args: Any) -> Any:
        raise error

    return run


@pytest.mark.usefixtures("seen")
def test_output_file_language_and_exit_status(zoneguard: Run, town: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    status, out, err = zoneguard("audit", town, "--lang", "ja", "-o", report, "--fail-on", "high")
    assert (status, out, err) == (1, "", "")
    assert "ゾーン間通信マトリクス" in report.read_text()
    assert [p.name for p in tmp_path.glob(".report*")] == []


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
    assert "internal error: ZeroDivisionError: by zero (test_console.py:" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ZONEGUARD_DEBUG", "1")
    assert "Traceback" in zoneguard("audit", town)[2]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort()])
def test_interrupted(zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(audit, "run", raising(error))
    assert zoneguard("audit", town)[0] == 130


@pytest.mark.usefixtures("seen")
def test_no_half_written_file_is_left(zoneguard: Run, town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    target = town / "report.txt"
    target.write_text("the report of yesterday")
    monkeypatch.setattr(Path, "replace", full)
    status, _, err = zoneguard("audit", town, "-o", target)
    assert (status, err) == (2, f"error: {target}: cannot be written: No space left on device\n")
    assert target.read_text() == "the report of yesterday"
    assert list(town.glob(".report*")) == []


@pytest.mark.usefixtures("seen")
def test_output_to_a_device(zoneguard: Run, town: Path) -> None:
    assert zoneguard("audit", town, "-o", "/dev/null") == (1, "", "")
