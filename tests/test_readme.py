"""What the README shows is what a reader gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_report_begins_as_the_readme_shows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = readme.partition("`make audit` begins like this:\n\n```text\n")
    shown, _, _ = rest.partition("```")
    command = [sys.executable, "-m", "zoneguard", "audit", "topologies/alpha-city"]
    env = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=True)
    assert shown
    assert done.stdout.startswith(shown)
