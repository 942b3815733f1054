"""Running the shipped examples, as they are and with a planted fault."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "topologies" / "examples"


def verified(project: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and report of ``zoneguard verify``."""
    command = [sys.executable, "-m", "zoneguard", "verify", str(project), "--format", "json", "--lang", "en"]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert result.returncode in (0, 1, 3), result.stderr.decode()
    report: dict[str, Any] = json.loads(result.stdout)
    return result.returncode, report


def faulty(name: str, to: Path, file: str, encoding: str, before: str, after: str) -> Path:
    """A copy of the example under ``to`` in which ``before`` is ``after`` in one file."""
    project = to / name
    shutil.copytree(EXAMPLES / name, project)
    path = project / file
    text = path.read_bytes().decode(encoding)
    assert before in text
    path.write_bytes(text.replace(before, after).encode(encoding))
    return project


def crossings(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """The pairs of zones of violations."""
    return {tuple(f["zones"]) for f in report["findings"] if f["verdict"] == "violates"}
