"""The command line as a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from zoneguard import audit, console
from zoneguard.cli import cli
from zoneguard.loading.project import load_project
from zoneguard.model.progress import Step
from zoneguard.model.text import Text

ROOT = Path(__file__).parent.parent


def process(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, as users start it."""
    return subprocess.run(
        [sys.executable, "-m", "zoneguard", *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **env},
    )


def test_help_is_in_the_language_of_the_locale() -> None:
    done = process("--help")
    assert done.returncode == 0
    assert "kept apart" in done.stdout
    assert "分離" in process("--help", LC_ALL="ja_JP.UTF-8").stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, zoneguard.cli; print(*(m for m in ('pydantic','scapy','numpy','networkx') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("args", [["profiles", "mikasa"], ["--help"]])
def test_a_reader_that_leaves_is_no_error(args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "zoneguard", *args], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_whole_audit_says_nothing_on_stderr_in_a_pipe() -> None:
    done = process("audit", str(ROOT / "topologies" / "alpha-city"))
    assert done.stderr == ""
    assert "ゾーン" not in done.stdout
    assert "Zone matrix" in done.stdout


def test_progress_appears_on_a_terminal_once_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "PATIENCE", 0.01)
    progress = console._Progress(Text.render)
    try:
        progress.tell(Step(Text("first")))
        for _ in range(200):
            if progress._bar is not None and progress._bar.tasks:
                break
            time.sleep(0.01)
        assert progress._bar is not None
        assert progress._bar.tasks[0].total is None
        progress.tell(Step(Text("second"), 3, 8))
        task = progress._bar.tasks[0]
        assert (task.description, task.completed, task.total) == ("second", 3, 8)
    finally:
        progress.stop()
    quiet = console._Progress(Text.render)
    quiet.stop()
    quiet._show()
    assert quiet._bar is None


def test_a_run_tells_how_far_it_is() -> None:
    steps: list[Step] = []
    audit.run(load_project(ROOT / "topologies/alpha-city"), progress=steps.append)
    counted = [step for step in steps if step.total]
    assert {step.doing.template for step in counted} == {"configurations", "checks"}
    assert all(0 <= step.done < step.total for step in counted)
    frames = [int(str(dict(s.doing.args)["frames"])) for s in steps if "frames" in dict(s.doing.args)]
    assert frames == sorted(frames)
    assert frames[-1] > 0


@pytest.mark.parametrize("command", cli.commands.values(), ids=cli.commands)
def test_every_command_and_option_is_in_the_reference(command: click.Command) -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert f"`zoneguard {command.name}" in page
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in page and f" {option}" not in page] == []
